//! Stretches of time whose paths will be followed: what happens outside of them is not kept.

use crate::base::ids::GoId;
use crate::base::time::Time;
use rustc_hash::FxHashSet;

/// Stretches of time whose states are kept, and those that come next, which say how those ended.
#[derive(Clone, Debug)]
pub(super) struct Needed {
    /// Starts and ends of the stretches that have not begun, the last first; none touches another.
    to_come: Vec<(Time, Time)>,
    /// End of the last stretch that has begun.
    until: Time,
    /// Goroutines whose last state that is kept went on behind the end of a stretch.
    awaited: FxHashSet<GoId>,
}

impl Needed {
    /// Returns what is needed of some stretches, each given by its start and end.
    pub(super) fn of(mut stretches: Vec<(Time, Time)>) -> Needed {
        stretches.sort_unstable_by_key(|stretch| std::cmp::Reverse(*stretch));
        let mut to_come: Vec<(Time, Time)> = Vec::new();
        for (start, end) in stretches.into_iter().rev() {
            match to_come.last_mut() {
                Some((_, until)) if start <= *until => *until = end.max(*until),
                _ => to_come.push((start, end)),
            }
        }
        to_come.reverse();
        Needed { to_come, until: Time(i64::MIN), awaited: FxHashSet::default() }
    }

    /// Returns whether a state of a goroutine is needed that has ended. States are to be shown in
    /// the order of their ends.
    #[inline(always)]
    pub(super) fn has(&mut self, id: GoId, (start, end): (Time, Time)) -> bool {
        while let Some((_, until)) = self.to_come.pop_if(|(from, _)| *from <= end) {
            self.until = until;
        }
        let touches = start <= self.until;
        if touches && self.until < end {
            self.awaited.insert(id);
        }
        touches || (!self.awaited.is_empty() && self.awaited.remove(&id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_that_touch_a_stretch_are_needed_and_the_next_ones() {
        let times = |(start, end)| (Time(start), Time(end));
        let mut needed = Needed::of([(50, 60), (10, 20), (15, 30), (30, 31)].map(times).to_vec());
        for (id, state, is_needed, why) in [
            (1, (0, 9), false, "it ends in front of the first stretch"),
            (1, (9, 10), true, "it ends as the stretch begins"),
            (2, (25, 28), true, "the stretches overlap"),
            (2, (28, 40), true, "it begins within"),
            (3, (32, 41), false, "it is between two"),
            (2, (40, 42), true, "it says how the one in front ended"),
            (2, (42, 43), false, "nothing in front of it is needed"),
            (3, (41, 70), true, "it lasts through the second stretch"),
            (3, (70, 71), true, "it says how that ended"),
            (3, (71, 72), false, "all is over"),
        ] {
            assert_eq!(needed.has(GoId(id), times(state)), is_needed, "{id} {state:?}: {why}");
        }
    }
}
