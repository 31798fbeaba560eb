//! Facts that are learned of a trace beside its overview, in the same pass.

use crate::meta::Has;
use gotrace::EventKind;
use gotrace::analysis::{Analysis, Follower, SharedEvent, Transition};
use gotrace::spec::v2::EventType;

/// Facts that were learned since the last look.
#[derive(Default)]
pub(crate) struct Learned {
    pub(crate) has: Has,
    pub(crate) goroutines: u64,
    pub(crate) threads: u64,
    /// Goroutines and the functions that they began with.
    pub(crate) functions: Vec<(u64, Vec<u8>)>,
}

/// Learns what a trace has, and hands it out at each sync and at the end.
pub(crate) struct Learn<F> {
    learned: Learned,
    hand_out: F,
}

/// So many goroutines are handed out together.
const TOGETHER: usize = 4096;

impl<F: FnMut(Learned)> Learn<F> {
    pub(crate) fn new(hand_out: F) -> Learn<F> {
        Learn { learned: Learned::default(), hand_out }
    }

    fn hand_out(&mut self, follower: &Follower) {
        let learned = std::mem::take(&mut self.learned);
        (self.learned.goroutines, self.learned.has) = (learned.goroutines, learned.has);
        (self.hand_out)(Learned { threads: follower.threads() as u64, ..learned });
    }
}

impl<F: FnMut(Learned)> Analysis for Learn<F> {
    type Output = ();

    fn wants(&self, event: EventType) -> bool {
        use EventType::*;
        matches!(
            event,
            GoStart | Sync | UserTaskBegin | UserTaskEnd | UserRegionBegin | UserRegionEnd | UserLog | CPUSample
        )
    }

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        if transition.before().is_none() {
            self.learned.goroutines += 1;
        }
        // Its function is known when it is created, or when it leaves its first state.
        let function = transition.after().function();
        if function.index() != 0 && transition.before().is_none_or(|before| before.function() != function) {
            let name = follower.stacks().names.get(function).to_vec();
            self.learned.functions.push((transition.id().0, name));
            self.learned.has.stacks = true;
            if self.learned.functions.len() >= TOGETHER {
                self.hand_out(follower);
            }
        }
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        let has = &mut self.learned.has;
        match event.kind() {
            EventKind::Sync(_) => self.hand_out(follower),
            EventKind::TaskBegin(_) | EventKind::TaskEnd(_) => has.tasks = true,
            EventKind::RegionBegin(_) | EventKind::RegionEnd(_) => has.regions = true,
            EventKind::Log(_) => has.logs = true,
            EventKind::StackSample => has.samples = true,
            _ => {}
        }
    }

    fn finish(mut self, follower: &Follower) {
        self.hand_out(follower);
    }
}
