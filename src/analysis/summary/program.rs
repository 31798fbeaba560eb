//! Numbers of tasks and regions of the program: the same as
//! [`CollectGoroutines`](crate::analysis::goroutines::CollectGoroutines) lists.

use crate::analysis::names::NameId;
use crate::analysis::{Ends, Follower, Origin, RegionEnds, SharedEvent, TaskIds};
use crate::base::ids::{GoId, TaskId};
use crate::event::task::Region;
use rustc_hash::FxHashMap;

/// The tasks and regions of the program.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    mentioned: TaskIds,
    begun: TaskIds,
    regions: u64,
    open: FxHashMap<GoId, Vec<(TaskId, NameId)>>,
    ends: RegionEnds,
}

impl Program {
    pub(super) fn begin_task(&mut self, task: TaskId) {
        self.mention(task);
        self.begun.insert(task);
    }

    pub(super) fn mention(&mut self, task: TaskId) {
        if task != TaskId::BACKGROUND {
            self.mentioned.insert(task);
        }
    }

    pub(super) fn begin_region(&mut self, event: &SharedEvent<'_, '_>, region: &Region<'_>, follower: &mut Follower) {
        let Some((of, key)) = self.origin(event, region, follower) else { return };
        self.mention(region.task);
        self.regions += 1;
        self.ends.begin(of, key);
        self.open.entry(of.goroutine).or_default().push(key);
    }

    pub(super) fn end_region(&mut self, event: &SharedEvent<'_, '_>, region: &Region<'_>, follower: &mut Follower) {
        let Some((of, key)) = self.origin(event, region, follower) else { return };
        let mut early = false;
        let open = self.open.entry(of.goroutine).or_default();
        match self.ends.end(of, key, open.iter().map(|&key| Some(key))) {
            Ends::From(at) => open.truncate(at),
            Ends::Early => early = true,
            // An end that ends nothing mentions no task either.
            Ends::Nothing => {}
        }
        if open.is_empty() {
            self.open.remove(&of.goroutine);
        }
        if early {
            self.mention(region.task);
            self.regions += 1;
        }
    }

    /// Takes note of the end of a goroutine, which ends its regions.
    #[inline(always)]
    pub(super) fn end_goroutine(&mut self, id: GoId) {
        if !self.open.is_empty() {
            self.open.remove(&id);
        }
    }

    /// Returns the origin and key of the region of an event; none if the goroutine is not
    /// known.
    fn origin(
        &self,
        event: &SharedEvent<'_, '_>,
        region: &Region<'_>,
        follower: &mut Follower,
    ) -> Option<(Origin, (TaskId, NameId))> {
        let goroutine = event.goroutine()?;
        let created = follower.goroutine(goroutine)?.created;
        let in_trace = created || self.begun.contains(region.task);
        let name = follower.stacks_mut().names.intern(region.kind);
        Some((Origin { goroutine, in_trace }, (region.task, name)))
    }

    /// Returns the numbers of tasks and of regions.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.mentioned.len(), self.regions)
    }
}
