//! Goroutines in little memory, of which there may be millions.

use super::record::{COMMON, RARE, Reader, Record, length};
use super::{Goroutine, Stats};
use crate::analysis::names::NameId;
use crate::analysis::stacks::StackKey;
use crate::base::bytes::{unzigzag, zigzag};
use crate::base::ids::GoId;
use crate::base::time::Time;
use crate::spec::state::GoState;

/// The goroutines of a trace, ordered by ID. Each takes some 60 bytes, from which a
/// [`Goroutine`] is made whenever one is asked for.
#[derive(Clone, Debug, Default)]
pub struct Goroutines {
    bytes: Vec<u8>,
    /// Start of each record in `bytes`.
    starts: Vec<usize>,
    /// Lowest and highest ID.
    range: Option<(u64, u64)>,
}

/// Bits of the flags that hold the state; the bits above say which lists follow.
const STATE: u64 = 0b111;
const CREATION_SEEN: u64 = 1 << 3;
const HAS_LISTS: u64 = 1 << 4;

impl Goroutines {
    /// Returns the number of goroutines.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Returns all goroutines, ordered by ID.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Goroutine> + '_ {
        self.starts.iter().map(|&start| self.unpack(start))
    }

    /// Returns the goroutine at an index in that order.
    pub fn get(&self, place: usize) -> Option<Goroutine> {
        self.starts.get(place).map(|&start| self.unpack(start))
    }

    /// Removes all goroutines, and gives each to `each`, in the order in which they came.
    pub(super) fn drain(&mut self, each: impl FnMut(Goroutine)) {
        self.starts.iter().map(|&start| self.unpack(start)).for_each(each);
        self.bytes.clear();
        self.starts.clear();
        self.range = None;
    }

    /// Adds a goroutine; [`sort`](Self::sort) puts it in its place.
    pub(super) fn push(&mut self, g: &Goroutine) {
        // Figures near to another one are stored as the difference, which is short.
        let lived = g.ended.0.wrapping_sub(g.created.0);
        let has_lists = !g.stats.block.is_empty() || !g.stats.ranges.is_empty() || !g.regions.is_empty();
        let flags = [(g.creation_seen, CREATION_SEEN), (has_lists, HAS_LISTS)];
        let common: [u64; COMMON] = [
            g.id.0,
            zigzag(g.created.0),
            g.name.index() as u64,
            zigzag(g.creator.0.wrapping_sub(g.id.0).cast_signed()),
            zigzag(g.started.0.wrapping_sub(g.created.0)),
            zigzag(lived),
            g.creation_stack.index() as u64,
            zigzag(g.stats.exec),
            zigzag(g.stats.sched_wait),
            flags.iter().filter(|(is, _)| *is).fold(g.state as u64, |all, (_, flag)| all | flag),
        ];
        let rare: [u64; RARE] = [
            zigzag(g.stats.syscall),
            zigzag(g.stats.syscall_block),
            zigzag(g.stats.total.wrapping_sub(lived)),
            zigzag(g.since.0.wrapping_sub(g.ended.0)),
            g.reason.index() as u64,
            g.stack.index() as u64,
        ];
        let mut record = Record::default();
        common.into_iter().for_each(|figure| record.put(figure));
        // Most goroutines have none of these; skipping them saves time, not bytes.
        if rare.iter().fold(0, |all, figure| all | figure) != 0 {
            rare.into_iter().for_each(|figure| record.put(figure));
        }
        let (low, high) = self.range.unwrap_or((g.id.0, g.id.0));
        self.range = Some((low.min(g.id.0), high.max(g.id.0)));
        self.starts.push(self.bytes.len());
        self.bytes.extend_from_slice(record.finish());
        if has_lists {
            self.push_lists(g);
        }
    }

    fn push_lists(&mut self, g: &Goroutine) {
        for times in [&g.stats.block, &g.stats.ranges] {
            let numbers = || times.iter().flat_map(|(name, time)| [name.index() as u64, zigzag(time)]);
            self.push_number(numbers().count() as u64);
            numbers().for_each(|number| self.push_number(number));
        }
        self.push_number(g.regions.len() as u64);
        g.regions.iter().for_each(|&at| self.push_number(at as u64));
    }

    fn push_number(&mut self, number: u64) {
        let length = length(number);
        self.bytes.push(length as u8);
        self.bytes.extend_from_slice(number.to_le_bytes().get(..length).unwrap_or_default());
    }

    fn unpack(&self, start: usize) -> Goroutine {
        let mut from = Reader::at(&self.bytes, start);
        let [id, created, name, creator, started, lived, creation_stack, rest @ ..] = from.figures();
        let [exec, sched_wait, flags, syscall, syscall_block, total, since, reason, stack] = rest;
        let (created, lived) = (unzigzag(created), unzigzag(lived));
        let ended = created.wrapping_add(lived);
        let mut stats = Stats {
            exec: unzigzag(exec),
            sched_wait: unzigzag(sched_wait),
            syscall: unzigzag(syscall),
            syscall_block: unzigzag(syscall_block),
            total: unzigzag(total).wrapping_add(lived),
            ..Stats::default()
        };
        let mut regions = Vec::new();
        if flags & HAS_LISTS != 0 {
            (stats.block, stats.ranges) = (from.by_name(), from.by_name());
            regions.extend((0..from.number()).map(|_| from.number() as usize));
        }
        Goroutine {
            id: GoId(id),
            name: NameId::at(name),
            created: Time(created),
            creator: GoId(id.wrapping_add_signed(unzigzag(creator))),
            started: Time(created.wrapping_add(unzigzag(started))),
            ended: Time(ended),
            creation_seen: flags & CREATION_SEEN != 0,
            creation_stack: StackKey::at(creation_stack),
            stats,
            state: GoState::ALL.get((flags & STATE) as usize).copied().unwrap_or(GoState::Undetermined),
            since: Time(ended.wrapping_add(unzigzag(since))),
            reason: NameId::at(reason),
            stack: StackKey::at(stack),
            regions: regions.into(),
        }
    }

    /// Returns the ID of the goroutine whose record starts at `start`.
    #[inline(always)]
    fn id(&self, start: usize) -> u64 {
        Reader::at(&self.bytes, start).first_figure()
    }

    /// Sorts the goroutines by ID; those with one ID stay in the order in which they came.
    pub(super) fn sort(&mut self) {
        if self.starts.is_sorted_by_key(|&start| self.id(start)) {
            return;
        }
        match self.dense() {
            Some(starts) => self.starts = starts,
            None => {
                let mut starts = std::mem::take(&mut self.starts);
                starts.sort_by_cached_key(|&start| self.id(start));
                self.starts = starts;
            }
        }
    }

    /// Returns the starts ordered by ID without comparisons, if no ID occurs twice and few
    /// of the range are missing, as is usual.
    fn dense(&self) -> Option<Vec<usize>> {
        let (lowest, highest) = self.range?;
        let range = usize::try_from(highest - lowest).ok()?.checked_add(1)?;
        // A sparse range would take more memory than sorting does.
        if range / 4 > self.starts.len() {
            return None;
        }
        const VACANT: usize = usize::MAX;
        let mut places = vec![VACANT; range];
        for &start in &self.starts {
            let at = self.id(start) - lowest;
            let place = places.get_mut(at as usize).filter(|place| **place == VACANT)?;
            *place = start;
        }
        places.retain(|place| *place != VACANT);
        Some(places)
    }

    /// Removes all but the last of each ID, once they are sorted.
    pub(super) fn keep_last(&mut self) {
        let mut starts = std::mem::take(&mut self.starts);
        starts.reverse();
        // Sorting is stable, so the last of one ID is the first in reverse.
        starts.dedup_by_key(|start| self.id(*start));
        starts.reverse();
        self.starts = starts;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::goroutines::stats::ByName;
    use proptest::prelude::*;

    fn any_number() -> impl Strategy<Value = i64> {
        (any::<i64>(), 0u32..64).prop_map(|(number, shift)| number >> shift)
    }

    fn any_goroutine() -> impl Strategy<Value = Goroutine> {
        let names = || prop::collection::vec((0u64..9, any_number()), 0..5);
        let lists = (names(), names(), prop::collection::vec(any::<usize>(), 0..4));
        (prop::array::uniform16(any_number()), lists).prop_map(|(n, (block, ranges, regions))| {
            let by_name = |times: Vec<(u64, i64)>| {
                let mut all = ByName::default();
                times.into_iter().for_each(|(name, time)| all.add(NameId::at(name), time));
                all
            };
            let small = |n: i64| n.unsigned_abs() >> 32;
            Goroutine {
                id: GoId(n[0].cast_unsigned()),
                name: NameId::at(small(n[1])),
                created: Time(n[2]),
                creator: GoId(n[3].cast_unsigned()),
                started: Time(n[4]),
                ended: Time(n[5]),
                creation_seen: n[6] & 1 != 0,
                creation_stack: StackKey::at(small(n[7])),
                stats: Stats {
                    exec: n[8],
                    sched_wait: n[9],
                    block: by_name(block),
                    syscall: n[10],
                    syscall_block: n[11],
                    total: n[12],
                    ranges: by_name(ranges),
                },
                state: GoState::ALL[(n[6].unsigned_abs() % 6) as usize],
                since: Time(n[13]),
                reason: NameId::at(small(n[14])),
                stack: StackKey::at(small(n[15])),
                regions: regions.into(),
            }
        })
    }

    proptest! {
        /// Whatever its figures are.
        #[test]
        fn a_goroutine_comes_out_as_it_went_in(all in prop::collection::vec(any_goroutine(), 0..6)) {
            let mut goroutines = Goroutines::default();
            all.iter().for_each(|goroutine| goroutines.push(goroutine));
            prop_assert_eq!(goroutines.len(), all.len());
            for (place, (got, want)) in goroutines.iter().zip(&all).enumerate() {
                prop_assert_eq!(&got, want);
                prop_assert_eq!(goroutines.get(place), Some(want.clone()));
            }
        }

        /// However many numbers are missing or come again; and of one number, the last
        /// that came can be kept.
        #[test]
        fn they_are_sorted_by_number(mut ids in prop::collection::vec(0u64..300, 0..300), unique: bool, wide: bool) {
            if unique {
                let mut seen = std::collections::HashSet::new();
                ids.retain(|id| seen.insert(*id));
            }
            let goroutine = |(id, at): (&u64, i64)| Goroutine::new(GoId(if wide { id << 50 } else { *id }), Time(at));
            let all: Vec<Goroutine> = ids.iter().zip(0..).map(goroutine).collect();
            let mut goroutines = Goroutines::default();
            all.iter().for_each(|goroutine| goroutines.push(goroutine));
            let keys = |goroutines: &Goroutines| goroutines.iter().map(|g| (g.id, g.created)).collect::<Vec<_>>();
            let mut want: Vec<_> = all.iter().map(|g| (g.id, g.created)).collect();
            want.sort();
            goroutines.sort();
            prop_assert_eq!(keys(&goroutines), &want[..]);
            let last: std::collections::BTreeMap<GoId, Time> = want.into_iter().collect();
            goroutines.keep_last();
            prop_assert_eq!(keys(&goroutines), last.into_iter().collect::<Vec<_>>());
        }
    }
}
