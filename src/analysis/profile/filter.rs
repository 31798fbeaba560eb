//! Which parts of the goroutines' time a profile counts.

use crate::ids::GoId;
use crate::time::Time;
use rustc_hash::{FxHashMap, FxHashSet};

/// For some goroutines, when their time counts: intervals in order, that do not
/// overlap.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Intervals(FxHashMap<GoId, Vec<(Time, Time)>>);

impl Intervals {
    /// Adds an interval. Where some overlap, that which begins first counts, as
    /// for Go's tools the outermost region does; of those the shortest.
    pub fn add(&mut self, id: GoId, from: Time, to: Time) {
        self.0.entry(id).or_default().push((from, to));
    }

    /// Puts what was added in order.
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

    /// The intervals of both; a goroutine has to be in both.
    pub fn and(&self, other: &Intervals) -> Intervals {
        let mut both = Intervals::default();
        for (id, ours) in &self.0 {
            let Some(theirs) = other.0.get(id) else { continue };
            for &(from, to) in ours {
                let overlaps = theirs.iter().map(|&(other_from, other_to)| (from.max(other_from), to.min(other_to)));
                overlaps.filter(|(from, to)| from < to).for_each(|(from, to)| both.add(*id, from, to));
            }
        }
        both.settle();
        both
    }

    /// Whether no goroutine's time counts.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How much of a span counts, in nanoseconds.
    fn within(&self, id: GoId, from: Time, to: Time) -> i64 {
        let Some(intervals) = self.0.get(&id) else { return 0 };
        // From the first that does not end before it.
        let first = intervals.partition_point(|&(_, end)| end < from);
        let rest = intervals.get(first..).unwrap_or_default();
        rest.iter()
            .take_while(|&&(begin, _)| begin <= to)
            .map(|&(begin, end)| end.min(to).since(begin.max(from)))
            .filter(|&nanos| nanos > 0)
            .fold(0, i64::saturating_add)
    }
}

/// Which time a profile counts: all of it, by default.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Filter {
    /// Only from this time on.
    pub from: Option<Time>,
    /// Only before this time.
    pub to: Option<Time>,
    /// Only these goroutines.
    pub goroutines: Option<FxHashSet<GoId>>,
    /// Only this time of these goroutines: that of regions.
    pub intervals: Option<Intervals>,
}

impl Filter {
    /// How much of a span counts, in nanoseconds.
    #[inline(never)]
    pub(crate) fn within(&self, id: GoId, from: Time, to: Time) -> i64 {
        if self.goroutines.as_ref().is_some_and(|wanted| !wanted.contains(&id)) {
            return 0;
        }
        let from = self.from.map_or(from, |limit| limit.max(from));
        let to = self.to.map_or(to, |limit| limit.min(to));
        match &self.intervals {
            None => to.since(from),
            Some(_) if from >= to => 0,
            Some(intervals) => intervals.within(id, from, to),
        }
    }

    /// Whether a moment counts.
    pub(crate) fn counts(&self, id: Option<GoId>, at: Time) -> bool {
        self.from.is_none_or(|from| from <= at)
            && self.to.is_none_or(|to| at < to)
            && self.goroutines.as_ref().is_none_or(|wanted| id.is_some_and(|id| wanted.contains(&id)))
            && self.intervals.as_ref().is_none_or(|intervals| {
                let own = id.and_then(|id| intervals.0.get(&id));
                own.is_some_and(|own| own.iter().any(|&(from, to)| from <= at && at < to))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outermost_intervals_count() {
        let g = GoId(1);
        let mut intervals = Intervals::default();
        for (from, to) in [(10, 20), (12, 15), (10, 30), (25, 40), (20, 22)] {
            intervals.add(g, Time(from), Time(to));
        }
        intervals.settle();
        assert_eq!(intervals.0[&g], [(10, 20), (20, 22), (25, 40)].map(|(from, to)| (Time(from), Time(to))));
        for (from, to, want) in [(0, 100, 27), (0, 10, 0), (15, 26, 8), (21, 24, 1), (40, 50, 0), (23, 24, 0)] {
            assert_eq!(intervals.within(g, Time(from), Time(to)), want, "{from} to {to}");
        }
        assert_eq!(intervals.within(GoId(2), Time(0), Time(100)), 0);
        let mut other = Intervals::default();
        other.add(g, Time(18), Time(26));
        assert_eq!(intervals.and(&other).within(g, Time(0), Time(100)), 5);
    }

    #[test]
    fn windows_clip() {
        let filter = Filter { from: Some(Time(10)), to: Some(Time(20)), ..Filter::default() };
        let within = |from, to| filter.within(GoId(1), Time(from), Time(to)).max(0);
        assert_eq!([within(0, 100), within(0, 5), within(15, 16), within(19, 30)], [10, 0, 1, 1]);
        assert!(filter.counts(None, Time(10)) && !filter.counts(None, Time(20)));
    }
}
