//! The ranges and regions that goroutines are in.

use super::live::LiveGoroutine;
use super::{CollectGoroutines, RegionSummary, Stats};
use crate::analysis::names::NameId;
use crate::analysis::{Compat, Ends, Follower, Origin, SharedEvent};
use crate::base::ids::{GoId, TaskId};
use crate::base::time::Time;
use crate::event::range::{Range, RangeScope};

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
        let Some(id) = event.goroutine() else { return };
        let at = self.regions.len();
        let of = self.origin(id, task, follower);
        let Some((live, stats)) = self.until(event, id, follower) else { return };
        // Until the region ends, its figures hold the goroutine's at its start.
        live.within_mut().active.push(at);
        self.regions.push(RegionSummary {
            stats,
            start: Some(event.time()),
            stack,
            ..RegionSummary::new(id, name, task)
        });
        self.region_ends.begin(of, (task, name));
        self.join(task, id, at);
    }

    pub(super) fn end_region(
        &mut self,
        event: &SharedEvent<'_, '_>,
        kind: &[u8],
        task: TaskId,
        follower: &mut Follower,
    ) {
        let name = follower.stacks_mut().names.intern(kind);
        let Some(id) = event.goroutine() else { return };
        let early = self.regions.len();
        let of = self.origin(id, task, follower);
        let Some((live, now)) = self.until(event, id, follower) else { return };
        let active = std::mem::take(&mut live.within_mut().active);
        let (still, ended) = active.split_at(match self.ends(of, (task, name), &active) {
            Ends::From(at) => at,
            // A region from before the trace has no beginning to be found at: it becomes
            // one now.
            Ends::Early => {
                self.regions.push(RegionSummary::new(id, name, task));
                self.join(task, id, early);
                active.len()
            }
            Ends::Nothing => return self.go_on_in(id, active, &[], follower),
        });
        // Inner regions that were left open end with the outer one, innermost first.
        let ended: Vec<usize> = if ended.is_empty() { vec![early] } else { ended.iter().rev().copied().collect() };
        for &at in &ended {
            if let Some(region) = self.regions.get_mut(at) {
                region.stats = now.minus(&region.stats);
                region.end = Some(event.time());
                region.counts = true;
            }
        }
        self.go_on_in(id, still.into(), &ended, follower);
    }

    /// Returns the regions that an end of a region ends, given the active ones. Go ends the
    /// innermost one, whatever it is.
    fn ends(&self, of: Origin, key: (TaskId, NameId), active: &[usize]) -> Ends {
        if self.compat == Compat::Go127 {
            return active.len().checked_sub(1).map_or(Ends::Early, Ends::From);
        }
        let key_of = |&at: &usize| {
            // Only the end of its goroutine ends an inherited region.
            let region = self.regions.get(at).filter(|region| !region.inherited)?;
            Some((region.task, region.name))
        };
        self.region_ends.end(of, key, active.iter().map(key_of))
    }

    /// Stores the regions that a goroutine is still in, and those that it has left.
    fn go_on_in(&mut self, id: GoId, active: Vec<usize>, ended: &[usize], follower: &Follower) {
        if let Some(live) = follower.slot(id).and_then(|slot| self.gs.get_mut(slot)) {
            let within = live.within_mut();
            within.active = active;
            within.regions.extend(ended);
        }
    }

    /// Returns the goroutine and whether it or the task began in the trace.
    fn origin(&self, goroutine: GoId, task: TaskId, follower: &Follower) -> Origin {
        let created = follower.goroutine(goroutine).is_some_and(|goroutine| goroutine.created);
        let begun = self.tasks.get(&task).is_some_and(|task| task.start.is_some());
        Origin { goroutine, in_trace: created || begun }
    }

    /// Returns a goroutine's record, and its figures up to now.
    fn until(
        &mut self,
        event: &SharedEvent<'_, '_>,
        id: GoId,
        follower: &Follower,
    ) -> Option<(&mut LiveGoroutine, Stats)> {
        let (slot, goroutine) = follower.find(id)?;
        let live = self.gs.get_mut(slot)?;
        let stats = live.until(goroutine, follower.time_in_states(slot), event.time(), self.compat);
        Some((live, stats))
    }

    /// Takes note that a goroutine takes part in a task with a region.
    fn join(&mut self, task: TaskId, id: GoId, at: usize) {
        let task = self.tasks.entry(task).or_default();
        task.regions.push(at);
        task.goroutines.insert(id);
    }
}
