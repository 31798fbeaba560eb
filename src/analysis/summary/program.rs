//! Numbers of tasks and regions of the program: the same as
//! [`CollectGoroutines`](crate::analysis::goroutines::CollectGoroutines) lists.

use crate::analysis::{Ended, Follower, OpenRegions, SharedEvent, TaskIds, Transition};
use crate::base::ids::TaskId;
use crate::event::task::{Region, Task};

/// The tasks and regions of the program.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    mentioned: TaskIds,
    regions: u64,
    open: OpenRegions<()>,
}

impl Program {
    pub(super) fn begin_task(&mut self, task: &Task<'_>) {
        self.open.begin_task(task.id);
        self.end_task(task);
    }

    pub(super) fn end_task(&mut self, task: &Task<'_>) {
        self.mention(task.id);
        if let Some(parent) = task.parent {
            self.mention(parent);
        }
    }

    pub(super) fn mention(&mut self, task: TaskId) {
        if task != TaskId::BACKGROUND {
            self.mentioned.insert(task);
        }
    }

    pub(super) fn begin_region(&mut self, event: &SharedEvent<'_, '_>, region: &Region<'_>, follower: &mut Follower) {
        let name = follower.stacks_mut().names.intern(region.kind);
        let Some(on) = event.goroutine().and_then(|id| follower.goroutine(id)) else { return };
        self.open.begin(on, (region.task, name), ());
        self.count(region.task);
    }

    pub(super) fn end_region(&mut self, event: &SharedEvent<'_, '_>, region: &Region<'_>, follower: &mut Follower) {
        let name = follower.stacks_mut().names.intern(region.kind);
        let Some(on) = event.goroutine().and_then(|id| follower.goroutine(id)) else { return };
        // An end that ends nothing mentions no task either.
        if self.open.end(on, (region.task, name)) == Ended::Early {
            self.count(region.task);
        }
    }

    fn count(&mut self, task: TaskId) {
        self.mention(task);
        self.regions += 1;
    }

    /// Takes note of the end of a goroutine's life, if the transition is one.
    #[inline(always)]
    pub(super) fn transition(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        if self.open.ends_life(transition, follower) {
            self.open.end_all(transition.now.id);
        }
    }

    /// Returns the numbers of tasks and of regions.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.mentioned.len(), self.regions)
    }
}
