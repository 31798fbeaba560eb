//! The choice of what is kept of goroutines, regions and tasks that are over.

use super::{Goroutine, RegionSummary, Summaries};
use crate::analysis::{Compat, Follower, SharedEvent};
use crate::event::task::{Log, Task};

/// Receives the goroutines, regions and tasks that [`CollectLives`](super::CollectLives) follows,
/// when they are over: lists them, adds them up, or drops them.
pub trait Keep {
    /// Answer.
    type Output;

    /// Returns whether regions are asked for. If not, they are not followed at all.
    fn wants_regions(&self) -> bool;

    /// Returns whether tasks and their messages are asked for.
    fn wants_tasks(&self) -> bool {
        false
    }

    /// Takes note of a region that begins, or of one from before the trace that ends; returns
    /// the number under which it is kept.
    fn begin_region(&mut self, region: &RegionSummary) -> usize {
        let _ = region;
        0
    }

    /// Takes a region that is over, or has not ended when the trace does. It counts for nothing
    /// unless [`RegionSummary::counts`] says so.
    fn region(&mut self, number: usize, region: &mut RegionSummary, known: &Follower) {
        let _ = (number, region, known);
    }

    /// Takes a goroutine that is over, or exists when the trace ends.
    fn goroutine(&mut self, goroutine: &mut Goroutine, known: &Follower);

    /// Takes note of the beginning or end of a task.
    fn task(&mut self, event: &SharedEvent<'_, '_>, task: &Task<'_>, ends: bool, compat: Compat, known: &mut Follower) {
        let _ = (event, task, ends, compat, known);
    }

    /// Takes note of a message.
    fn log(&mut self, event: &SharedEvent<'_, '_>, log: &Log<'_>, known: &mut Follower) {
        let _ = (event, log, known);
    }

    /// Returns the answer; the lists of `whole` are empty.
    fn finish(self, whole: Summaries) -> Self::Output;
}
