//! The ranges and regions that goroutines are in.

use super::keep::Keep;
use super::{CollectLives, RegionSummary, Stats};
use crate::analysis::{Ended, Follower, GoroutineState, SharedEvent};
use crate::base::ids::TaskId;
use crate::base::time::Time;
use crate::event::range::{Range, RangeScope};
use smallvec::smallvec;

/// A region that has begun, in a place that is used again once it is over.
#[derive(Debug)]
pub(super) struct OpenRegion {
    /// Number under which it is kept.
    pub(super) number: usize,
    pub(super) region: RegionSummary,
    /// Figures of its goroutine when it began.
    before: Stats,
    /// True if the place is not in use.
    pub(super) is_over: bool,
}

impl<K: Keep> CollectLives<K> {
    /// Begins a range, which counts for its own goroutine; a range on a P counts for the
    /// goroutine that runs there.
    pub(super) fn begin_range(
        &mut self,
        event: &SharedEvent<'_, '_>,
        range: &Range<'_>,
        since: Time,
        follower: &mut Follower,
    ) {
        let name = follower.stacks_mut().names.intern(&range.name.name());
        let id = match range.scope {
            RangeScope::Global => return,
            RangeScope::Goroutine(id) => id,
            RangeScope::Proc(proc) => {
                // The end of the range is compared with this, as the P may run another
                // goroutine by then.
                if event.goroutine().is_some_and(|id| follower.slot(id).is_some()) {
                    self.proc_ranges.insert((proc, name), event.goroutine());
                }
                event.goroutine()
            }
        };
        let Some(live) = id.and_then(|id| self.gs.get_mut(follower.slot(id)?)) else { return };
        let ranges = &mut live.within_mut().ranges;
        match ranges.iter_mut().find(|(other, _)| *other == name) {
            Some((_, begun)) => *begun = since,
            None => ranges.push((name, since)),
        }
    }

    pub(super) fn go_on_in_range(&mut self, event: &SharedEvent<'_, '_>, range: &Range<'_>, follower: &mut Follower) {
        let (name, synced) = (follower.stacks_mut().names.intern(&range.name.name()), follower.synced());
        let id = match range.scope {
            RangeScope::Global => return,
            RangeScope::Goroutine(id) => id,
            RangeScope::Proc(_) => event.goroutine(),
        };
        // The range is counted up to this generation here, and begins again in it.
        if let Some(live) = id.and_then(|id| self.gs.get_mut(follower.slot(id)?))
            && let Some(within) = live.within()
            && let Some(&(_, begun)) = within.ranges.iter().find(|(other, _)| *other == name)
        {
            live.sum.stats.ranges.add(name, synced.since(begun));
        }
        self.begin_range(event, range, synced, follower);
    }

    pub(super) fn end_range(&mut self, event: &SharedEvent<'_, '_>, range: &Range<'_>, follower: &mut Follower) {
        let name = follower.stacks_mut().names.intern(&range.name.name());
        let id = match range.scope {
            RangeScope::Global => None,
            RangeScope::Goroutine(id) => id,
            // A range on a P counts only if it ends on the goroutine on which it began.
            RangeScope::Proc(proc) => {
                let begun = self.proc_ranges.remove(&(proc, name)).flatten();
                begun.filter(|_| begun == event.goroutine())
            }
        };
        let Some(live) = id.and_then(|id| self.gs.get_mut(follower.slot(id)?)) else { return };
        let ranges = &mut live.within_mut().ranges;
        let Some(at) = ranges.iter().position(|(other, _)| *other == name) else { return };
        let (_, begun) = ranges.swap_remove(at);
        live.sum.stats.ranges.add(name, event.time().since(begun));
    }

    pub(super) fn begin_region(
        &mut self,
        event: &SharedEvent<'_, '_>,
        kind: &[u8],
        task: TaskId,
        follower: &mut Follower,
    ) {
        let (name, stack) = (follower.stacks_mut().names.intern(kind), follower.intern(event.stack()));
        let Some((on, _)) = self.until(event, follower) else { return };
        let start = Some(event.time());
        let at = self.begin(RegionSummary { start, stack, ..RegionSummary::new(on.id, name, task) });
        self.open.begin(on, (task, name), at);
    }

    pub(super) fn end_region(
        &mut self,
        event: &SharedEvent<'_, '_>,
        kind: &[u8],
        task: TaskId,
        follower: &mut Follower,
    ) {
        let name = follower.stacks_mut().names.intern(kind);
        let Some((on, slot)) = self.until(event, follower) else { return };
        let ended = match self.open.end(on, (task, name)) {
            Ended::Open(ended) => ended,
            // A region from before the trace has no beginning to be found at: it becomes
            // one now.
            Ended::Early => {
                let now = std::mem::take(&mut self.now);
                let early = self.begin(RegionSummary::new(on.id, name, task));
                self.now = now;
                smallvec![early]
            }
            Ended::Nothing => return,
        };
        let now = std::mem::take(&mut self.now);
        // Inner regions that were left open end with the outer one, innermost first.
        for &at in ended.iter().rev() {
            self.over_region(slot, at, Some(event.time()), Some(&now), follower);
        }
        self.now = now;
    }

    /// Begins a region when the figures of its goroutine are those of `now`; returns its place.
    pub(super) fn begin(&mut self, region: RegionSummary) -> usize {
        let number = self.keep.begin_region(&region);
        let at = self.free.pop().unwrap_or_else(|| {
            let blank = RegionSummary::new(region.goroutine, region.name, region.task);
            self.regions.push(OpenRegion { number, region: blank, before: Stats::default(), is_over: false });
            self.regions.len() - 1
        });
        if let Some(open) = self.regions.get_mut(at) {
            (open.number, open.region, open.is_over) = (number, region, false);
            open.before.clone_from(&self.now);
        }
        at
    }

    /// Hands on a region that is over, with the figures of its goroutine now, if it counts.
    pub(super) fn over_region(
        &mut self,
        slot: u32,
        at: usize,
        ended: Option<Time>,
        now: Option<&Stats>,
        follower: &Follower,
    ) {
        let Some(open) = self.regions.get_mut(at) else { return };
        if let Some(now) = now {
            open.region.end = ended;
            open.region.stats = now.minus(&open.before);
            open.region.counts = true;
            if let Some(live) = self.gs.get_mut(slot).filter(|_| self.keep.wants_tasks()) {
                live.within_mut().regions.push(open.number);
            }
        }
        open.is_over = true;
        self.keep.region(open.number, &mut open.region, follower);
        self.free.push(at);
    }

    /// Returns the goroutine of an event, with its slot; writes its figures up to now to `now`.
    fn until<'f>(&mut self, event: &SharedEvent<'_, '_>, follower: &'f Follower) -> Option<(&'f GoroutineState, u32)> {
        let (slot, on) = follower.find(event.goroutine()?)?;
        let live = self.gs.get(slot)?;
        live.until(&mut self.now, on, follower.time_in_states(slot), event.time(), self.compat);
        Some((on, slot))
    }
}
