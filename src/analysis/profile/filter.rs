//! Filters of the goroutines' time that a profile counts.

use crate::base::ids::GoId;
use crate::base::time::Time;
use rustc_hash::{FxHashMap, FxHashSet};

/// Time of some goroutines, as intervals in order, that do not overlap.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WorkIntervals(FxHashMap<GoId, Vec<(Time, Time)>>);

impl WorkIntervals {
    /// Adds an interval. Where some overlap, that which begins first counts, as the
    /// outermost region does for Go's tools; of those that begin together, the shortest.
    pub fn add(&mut self, id: GoId, from: Time, to: Time) {
        self.0.entry(id).or_default().push((from, to));
    }

    /// Sorts the intervals that were added, and drops those that overlap.
    pub fn settle(&mut self) {
        for intervals in self.0.values_mut() {
            intervals.sort_unstable();
            let mut until = Time(i64::MIN);
            intervals.retain(|&(from, to)| {
                let counts = until <= from;
                if counts {
                    until = to;
                }
                counts
            });
        }
    }

    /// Adds an interval behind those that were added for the goroutine; one that begins
    /// where the last ends makes that longer. Nothing is left to [settle](Self::settle).
    pub(crate) fn append(&mut self, id: GoId, from: Time, to: Time) {
        if to <= from {
            return;
        }
        let intervals = self.0.entry(id).or_default();
        match intervals.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => intervals.push((from, to)),
        }
    }

    /// Returns the time that is in both.
    pub fn and(&self, other: &WorkIntervals) -> WorkIntervals {
        let mut both = WorkIntervals::default();
        for (&id, ours) in &self.0 {
            for &(from, to) in ours {
                other.parts(id, from, to).for_each(|(from, to)| both.add(id, from, to));
            }
        }
        both.settle();
        both
    }

    /// Returns the parts of a span that are in intervals of a goroutine, in order.
    pub fn parts(&self, id: GoId, from: Time, to: Time) -> impl Iterator<Item = (Time, Time)> {
        let intervals = self.of(id);
        let first = intervals.partition_point(|&(_, end)| end <= from);
        let rest = intervals.get(first..).unwrap_or_default();
        let overlapping = rest.iter().take_while(move |&&(begin, _)| begin < to);
        overlapping.map(move |&(begin, end)| (begin.max(from), end.min(to)))
    }

    /// Returns whether no goroutine has an interval.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the intervals of a goroutine, in order.
    pub fn of(&self, id: GoId) -> &[(Time, Time)] {
        self.0.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Returns whether a time is in an interval of a goroutine, its ends included.
    pub(crate) fn touch(&self, id: GoId, at: Time) -> bool {
        let intervals = self.of(id);
        let first = intervals.partition_point(|&(_, end)| end < at);
        intervals.get(first).is_some_and(|&(begin, _)| begin <= at)
    }

    /// Returns whether a time is in an interval of a goroutine, its end excluded.
    pub fn contains(&self, id: GoId, at: Time) -> bool {
        let intervals = self.of(id);
        let first = intervals.partition_point(|&(_, end)| end <= at);
        intervals.get(first).is_some_and(|&(begin, _)| begin <= at)
    }

    /// Returns the part of a span that is in intervals of a goroutine, in nanoseconds.
    pub(crate) fn within(&self, id: GoId, from: Time, to: Time) -> i64 {
        self.parts(id, from, to).map(|(from, to)| to.since(from)).fold(0, i64::saturating_add)
    }
}

/// Filter of the time that a profile counts; by default, all passes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Filter {
    /// Time from which on spans count.
    pub from: Option<Time>,
    /// Time before which spans count.
    pub to: Option<Time>,
    /// Goroutines whose spans count.
    pub goroutines: Option<FxHashSet<GoId>>,
    /// Intervals of goroutines that count: those of tasks or regions.
    pub intervals: Option<WorkIntervals>,
}

impl Filter {
    /// Returns the part of a span that passes, in nanoseconds.
    #[inline(never)]
    pub(crate) fn within(&self, id: GoId, from: Time, to: Time) -> i64 {
        if self.goroutines.as_ref().is_some_and(|wanted| !wanted.contains(&id)) {
            return 0;
        }
        let from = self.from.map_or(from, |limit| limit.max(from));
        let to = self.to.map_or(to, |limit| limit.min(to));
        match &self.intervals {
            None => to.since(from),
            // The span lies outside the window.
            Some(_) if from >= to => 0,
            Some(intervals) => intervals.within(id, from, to),
        }
    }

    /// Returns whether a time passes.
    pub(crate) fn counts(&self, id: Option<GoId>, at: Time) -> bool {
        self.from.is_none_or(|from| from <= at)
            && self.to.is_none_or(|to| at < to)
            && self.goroutines.as_ref().is_none_or(|wanted| id.is_some_and(|id| wanted.contains(&id)))
            && self.intervals.as_ref().is_none_or(|intervals| id.is_some_and(|id| intervals.contains(id, at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outermost_intervals_count() {
        let g = GoId(1);
        let mut intervals = WorkIntervals::default();
        for (from, to) in [(10, 20), (12, 15), (10, 30), (25, 40), (20, 22)] {
            intervals.add(g, Time(from), Time(to));
        }
        intervals.settle();
        assert_eq!(intervals.0[&g], [(10, 20), (20, 22), (25, 40)].map(|(from, to)| (Time(from), Time(to))));
        for (from, to, want) in [(0, 100, 27), (0, 10, 0), (15, 26, 8), (21, 24, 1), (40, 50, 0), (23, 24, 0)] {
            assert_eq!(intervals.within(g, Time(from), Time(to)), want, "{from} to {to}");
        }
        assert_eq!(intervals.within(GoId(2), Time(0), Time(100)), 0);
        let mut other = WorkIntervals::default();
        other.add(g, Time(18), Time(26));
        assert_eq!(intervals.and(&other).within(g, Time(0), Time(100)), 5);
        assert_eq!(other.and(&intervals), intervals.and(&other));
        let mut appended = WorkIntervals::default();
        for (from, to) in [(1, 3), (3, 5), (6, 6), (7, 9)] {
            appended.append(g, Time(from), Time(to));
        }
        assert_eq!(appended.of(g), [(1, 5), (7, 9)].map(|(from, to)| (Time(from), Time(to))));
    }

    #[test]
    fn windows_clip() {
        let filter = Filter { from: Some(Time(10)), to: Some(Time(20)), ..Filter::default() };
        let within = |from, to| filter.within(GoId(1), Time(from), Time(to)).max(0);
        assert_eq!([within(0, 100), within(0, 5), within(15, 16), within(19, 30)], [10, 0, 1, 1]);
        assert!(filter.counts(None, Time(10)) && !filter.counts(None, Time(20)));
    }
}
