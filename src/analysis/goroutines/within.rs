//! The ranges and regions that goroutines are in.

use super::{CollectGoroutines, RegionSummary, Stats};
use crate::analysis::{Ended, Follower, GoroutineState, SharedEvent};
use crate::base::ids::{GoId, TaskId};
use crate::base::time::Time;
use crate::event::range::{Range, RangeScope};
use smallvec::smallvec;

impl CollectGoroutines {
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
        let Some((on, _, stats)) = self.until(event, follower) else { return };
        // Until the region ends, its figures hold the goroutine's at its start.
        let at = self.regions.len();
        let start = Some(event.time());
        self.regions.push(RegionSummary { stats, start, stack, ..RegionSummary::new(on.id, name, task) });
        self.open.begin(on, (task, name), at);
        self.join(task, on.id, at);
    }

    pub(super) fn end_region(
        &mut self,
        event: &SharedEvent<'_, '_>,
        kind: &[u8],
        task: TaskId,
        follower: &mut Follower,
    ) {
        let name = follower.stacks_mut().names.intern(kind);
        let Some((on, slot, now)) = self.until(event, follower) else { return };
        let ended = match self.open.end(on, (task, name)) {
            Ended::Open(ended) => ended,
            // A region from before the trace has no beginning to be found at: it becomes
            // one now.
            Ended::Early => {
                let early = self.regions.len();
                self.regions.push(RegionSummary::new(on.id, name, task));
                self.join(task, on.id, early);
                smallvec![early]
            }
            Ended::Nothing => return,
        };
        // Inner regions that were left open end with the outer one, innermost first.
        for &at in ended.iter().rev() {
            if let Some(region) = self.regions.get_mut(at) {
                region.stats = now.minus(&region.stats);
                region.end = Some(event.time());
                region.counts = true;
            }
        }
        if let Some(live) = self.gs.get_mut(slot) {
            live.within_mut().regions.extend(ended.iter().rev());
        }
    }

    /// Returns the goroutine of an event, with its slot and its figures up to now.
    fn until<'f>(
        &self,
        event: &SharedEvent<'_, '_>,
        follower: &'f Follower,
    ) -> Option<(&'f GoroutineState, u32, Stats)> {
        let (slot, on) = follower.find(event.goroutine()?)?;
        let live = self.gs.get(slot)?;
        Some((on, slot, live.until(on, follower.time_in_states(slot), event.time(), self.compat)))
    }

    /// Takes note that a goroutine takes part in a task with a region.
    fn join(&mut self, task: TaskId, id: GoId, at: usize) {
        let task = self.tasks.entry(task).or_default();
        task.regions.push(at);
        task.goroutines.insert(id);
    }
}
