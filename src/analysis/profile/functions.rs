//! Goroutines by the function that they began with.

use crate::analysis::names::NameId;
use crate::analysis::{Analysis, Follower, GoroutineState, Transition};
use crate::base::ids::GoId;
use crate::event::go::changes_go;
use crate::spec::state::GoState;
use crate::spec::v2::EventType;
use rustc_hash::{FxHashMap, FxHashSet};

/// Collects the goroutines that began with a function whose name `wanted` accepts: the
/// outermost function of the first stack that the trace has of them.
pub struct CollectGoroutinesOf<F> {
    wanted: F,
    asked: FxHashMap<GoId, bool>,
}

impl<F: Fn(&[u8]) -> bool> CollectGoroutinesOf<F> {
    /// Returns a pass for the functions that `wanted` accepts.
    pub fn new(wanted: F) -> CollectGoroutinesOf<F> {
        CollectGoroutinesOf { wanted, asked: FxHashMap::default() }
    }

    /// Asks about a goroutine whose function is known, unless that has been done.
    fn ask(&mut self, goroutine: &GoroutineState, follower: &Follower) {
        if goroutine.root != NameId::EMPTY {
            let name = follower.stacks().names.get(goroutine.root);
            self.asked.entry(goroutine.id).or_insert_with(|| (self.wanted)(name));
        }
    }
}

impl<F: Fn(&[u8]) -> bool> Analysis for CollectGoroutinesOf<F> {
    type Output = FxHashSet<GoId>;

    fn wants(&self, event: EventType) -> bool {
        changes_go(event)
    }

    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        if transition.to() == GoState::NotExist {
            self.ask(transition.now, follower);
        }
    }

    fn finish(mut self, follower: &Follower) -> FxHashSet<GoId> {
        follower.goroutines().for_each(|goroutine| self.ask(goroutine, follower));
        self.asked.into_iter().filter(|(_, wanted)| *wanted).map(|(id, _)| id).collect()
    }
}

impl<F> std::fmt::Debug for CollectGoroutinesOf<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CollectGoroutinesOf").field("asked", &self.asked.len()).finish_non_exhaustive()
    }
}
