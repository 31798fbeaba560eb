//! Which goroutines began with which function.

use crate::analysis::stacks::Stacks;
use crate::analysis::{Analysis, Known, OldSeen as Seen};
use crate::event::go::changes_go;
use crate::ids::GoId;
use crate::wire::v2::spec::EventType;
use rustc_hash::{FxHashMap, FxHashSet};

/// Collects the goroutines that began with a function whose name `wanted` takes:
/// the outermost one of the first stack that the trace has of them.
pub struct GoroutinesOf<F> {
    wanted: F,
    stacks: Stacks,
    known: FxHashMap<GoId, bool>,
}

impl<F: Fn(&[u8]) -> bool> GoroutinesOf<F> {
    /// Of the functions that `wanted` takes.
    pub fn new(wanted: F) -> GoroutinesOf<F> {
        GoroutinesOf { wanted, stacks: Stacks::default(), known: FxHashMap::default() }
    }
}

impl<F: Fn(&[u8]) -> bool> Analysis for GoroutinesOf<F> {
    type Output = FxHashSet<GoId>;

    fn wants(&self, event: EventType) -> bool {
        changes_go(event)
    }

    fn event_old(&mut self, event: &Seen<'_, '_>) {
        let Some(go) = event.go().filter(|go| go.own_stack != 0 && !self.known.contains_key(&go.id)) else { return };
        let key = self.stacks.intern(event.stack_numbered(go.own_stack));
        if let Some(root) = self.stacks.root(key).filter(|root| !root.is_empty()) {
            self.known.insert(go.id, (self.wanted)(root));
        }
    }

    fn finish(self, _: &Known) -> FxHashSet<GoId> {
        self.known.into_iter().filter(|(_, wanted)| *wanted).map(|(id, _)| id).collect()
    }
}

impl<F> std::fmt::Debug for GoroutinesOf<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GoroutinesOf").field("known", &self.known.len()).finish_non_exhaustive()
    }
}
