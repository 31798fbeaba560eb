//! Times of a goroutine by state.

use crate::analysis::names::NameId;
use crate::analysis::{TimeInStates, add_up};
use crate::spec::state::GoState;
use smallvec::{SmallVec, smallvec};

/// Times by name, in the order in which the names came. Most goroutines have none, or one:
/// those need no allocation.
#[derive(PartialEq, Eq, Debug, Default)]
pub struct ByName(Times);

impl Clone for ByName {
    fn clone(&self) -> ByName {
        ByName(self.0.clone())
    }

    #[inline]
    fn clone_from(&mut self, other: &ByName) {
        self.0.clone_from(&other.0);
    }
}

#[derive(PartialEq, Eq, Debug, Default)]
enum Times {
    #[default]
    None,
    One(NameId, i64),
    Several(Box<SmallVec<[(NameId, i64); 4]>>),
}

impl Clone for Times {
    fn clone(&self) -> Times {
        match self {
            Times::None => Times::None,
            &Times::One(name, time) => Times::One(name, time),
            Times::Several(times) => Times::Several(times.clone()),
        }
    }

    /// Copies another, into the memory of this one if that has some.
    #[inline]
    fn clone_from(&mut self, other: &Times) {
        match (&mut *self, other) {
            (Times::Several(own), Times::Several(times)) => {
                own.clear();
                own.extend_from_slice(times);
            }
            _ => *self = other.clone(),
        }
    }
}

impl ByName {
    /// Adds to the time of a name.
    #[inline(always)]
    pub(super) fn add(&mut self, name: NameId, nanos: i64) {
        let known = match &mut self.0 {
            Times::One(known, time) if *known == name => Some(time),
            Times::Several(times) => times.iter_mut().find(|(known, _)| *known == name).map(|(_, time)| time),
            _ => None,
        };
        match known {
            Some(time) => add_up(time, nanos),
            None => self.add_new(name, nanos),
        }
    }

    #[inline(never)]
    fn add_new(&mut self, name: NameId, nanos: i64) {
        match &mut self.0 {
            Times::None => self.0 = Times::One(name, nanos),
            &mut Times::One(first, time) => {
                self.0 = Times::Several(Box::new(smallvec![(first, time), (name, nanos)]));
            }
            Times::Several(times) => times.push((name, nanos)),
        }
    }

    /// Returns whether no name has a time.
    pub fn is_empty(&self) -> bool {
        matches!(self.0, Times::None)
    }

    /// Returns the time of a name, in nanoseconds; 0 if it has none.
    pub fn get(&self, name: NameId) -> i64 {
        self.iter().find(|(known, _)| *known == name).map_or(0, |(_, time)| time)
    }

    /// Returns the names that have a time, with their times in nanoseconds.
    pub fn iter(&self) -> impl Iterator<Item = (NameId, i64)> + '_ {
        let (one, several) = match &self.0 {
            Times::None => (None, &[][..]),
            &Times::One(name, time) => (Some((name, time)), &[][..]),
            Times::Several(times) => (None, &times[..]),
        };
        one.into_iter().chain(several.iter().copied())
    }

    /// Returns the sum of the times, in nanoseconds.
    pub fn total(&self) -> i64 {
        self.iter().fold(0, |sum, (_, time)| sum.saturating_add(time))
    }

    /// Returns the increase since `earlier`, without the names that did not increase.
    fn minus(&self, earlier: &ByName) -> ByName {
        let mut more = ByName::default();
        for (name, time) in self.iter() {
            let since = time.saturating_sub(earlier.get(name));
            if since != 0 {
                more.add(name, since);
            }
        }
        more
    }
}

/// Times of a goroutine in a stretch of time, in nanoseconds.
#[derive(PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Time running.
    pub exec: i64,
    /// Time ready to run, but not running.
    pub sched_wait: i64,
    /// Time blocked, by reason.
    pub block: ByName,
    /// Time in system calls, with a P.
    pub syscall: i64,
    /// Time in system calls, after it lost its P.
    pub syscall_block: i64,
    /// Whole time of the stretch.
    pub total: i64,
    /// Time in special ranges: mark assists, sweeps, stops of the world. They overlap with
    /// the states, and with each other.
    pub ranges: ByName,
}

impl Clone for Stats {
    fn clone(&self) -> Stats {
        let mut copy = Stats::default();
        copy.clone_from(self);
        copy
    }

    /// Copies other times, into the memory that these have.
    #[inline]
    fn clone_from(&mut self, other: &Stats) {
        let Stats { exec, sched_wait, block, syscall, syscall_block, total, ranges } = other;
        (self.exec, self.sched_wait, self.total) = (*exec, *sched_wait, *total);
        (self.syscall, self.syscall_block) = (*syscall, *syscall_block);
        self.block.clone_from(block);
        self.ranges.clone_from(ranges);
    }
}

impl Stats {
    /// Returns the part of the total that no state accounts for, in nanoseconds.
    pub fn unknown(&self) -> i64 {
        let parts = [self.exec, self.sched_wait, self.syscall, self.syscall_block, self.block.total()];
        self.total.saturating_sub(parts.into_iter().fold(0, i64::saturating_add)).max(0)
    }

    /// Adds the times that the pass added up.
    pub(super) fn spend(&mut self, spent: &TimeInStates) {
        self.exec = self.exec.saturating_add(spent.of(GoState::Running));
        self.sched_wait = self.sched_wait.saturating_add(spent.of(GoState::Runnable));
    }

    /// Returns the increase since `earlier`.
    pub(super) fn minus(&self, earlier: &Stats) -> Stats {
        Stats {
            exec: self.exec.saturating_sub(earlier.exec),
            sched_wait: self.sched_wait.saturating_sub(earlier.sched_wait),
            block: self.block.minus(&earlier.block),
            syscall: self.syscall.saturating_sub(earlier.syscall),
            syscall_block: self.syscall_block.saturating_sub(earlier.syscall_block),
            total: self.total.saturating_sub(earlier.total),
            ranges: self.ranges.minus(&earlier.ranges),
        }
    }

    /// Adds the times of another.
    pub fn add(&mut self, other: &Stats) {
        let sums = [
            (&mut self.exec, other.exec),
            (&mut self.sched_wait, other.sched_wait),
            (&mut self.syscall, other.syscall),
            (&mut self.syscall_block, other.syscall_block),
            (&mut self.total, other.total),
        ];
        for (sum, more) in sums {
            *sum = sum.saturating_add(more);
        }
        other.block.iter().for_each(|(name, time)| self.block.add(name, time));
        other.ranges.iter().for_each(|(name, time)| self.ranges.add(name, time));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::names::Names;
    use proptest::prelude::*;

    proptest! {
        /// None, one or several: they are what a list of pairs is.
        #[test]
        fn times_by_name_are_a_list(added in prop::collection::vec((0u8..6, 1i64..9), 0..12), later in 0usize..12) {
            let mut names = Names::default();
            let added: Vec<_> = added.into_iter().map(|(name, time)| (names.intern(&[name]), time)).collect();
            let (mut times, mut want, mut earlier) = (ByName::default(), Vec::<(NameId, i64)>::new(), None);
            for (at, &(name, time)) in added.iter().enumerate() {
                if at == later {
                    earlier = Some(times.clone());
                }
                times.add(name, time);
                match want.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, sum)) => *sum += time,
                    None => want.push((name, time)),
                }
            }
            prop_assert_eq!(times.iter().collect::<Vec<_>>(), &want[..]);
            prop_assert_eq!(times.total(), want.iter().map(|(_, time)| time).sum::<i64>());
            if let Some(earlier) = earlier {
                let more = times.minus(&earlier);
                want.retain_mut(|(name, time)| {
                    *time -= earlier.get(*name);
                    *time != 0
                });
                prop_assert_eq!(more.iter().collect::<Vec<_>>(), want);
            }
        }
    }
}
