//! Which goroutines began with which function.

use crate::analysis::names::NameId;
use crate::analysis::{Analysis, Known, Life, Step};
use crate::event::go::changes_go;
use crate::event::transition::GoState;
use crate::ids::GoId;
use crate::wire::v2::spec::EventType;
use rustc_hash::{FxHashMap, FxHashSet};

/// Collects the goroutines that began with a function whose name `wanted` takes:
/// the outermost one of the first stack that the trace has of them.
pub struct GoroutinesOf<F> {
    wanted: F,
    known: FxHashMap<GoId, bool>,
}

impl<F: Fn(&[u8]) -> bool> GoroutinesOf<F> {
    /// Of the functions that `wanted` takes.
    pub fn new(wanted: F) -> GoroutinesOf<F> {
        GoroutinesOf { wanted, known: FxHashMap::default() }
    }

    /// Asks of a goroutine whose function is known, unless that has been asked.
    fn ask(&mut self, life: &Life, known: &Known) {
        if life.root != NameId::EMPTY {
            let name = known.stacks().names.get(life.root);
            self.known.entry(life.id).or_insert_with(|| (self.wanted)(name));
        }
    }
}

impl<F: Fn(&[u8]) -> bool> Analysis for GoroutinesOf<F> {
    type Output = FxHashSet<GoId>;

    fn wants(&self, event: EventType) -> bool {
        changes_go(event)
    }

    fn goroutine(&mut self, step: &Step<'_, '_>, known: &Known) {
        if step.to() == GoState::NotExist {
            self.ask(step.now, known);
        }
    }

    fn finish(mut self, known: &Known) -> FxHashSet<GoId> {
        known.lives().for_each(|life| self.ask(life, known));
        self.known.into_iter().filter(|(_, wanted)| *wanted).map(|(id, _)| id).collect()
    }
}

impl<F> std::fmt::Debug for GoroutinesOf<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GoroutinesOf").field("known", &self.known.len()).finish_non_exhaustive()
    }
}
