//! The groups of goroutines that began with one function.

use super::choice::GroupChoice;
use super::grid::Grid;
use super::heat::Heat;
use crate::timeline::Table;
use crate::timeline::names::{NameId, Names};

/// The function that the collector's goroutines begin with.
const WORKER: &[u8] = b"runtime.gcBgMarkWorker";

/// Each function that goroutines begin with.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    by_name: Table<Function>,
    heats: Vec<(NameId, Heat)>,
}

/// A function, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
struct Function {
    /// Set when the rest is known.
    known: bool,
    collecting: bool,
    /// The place of its lane.
    heat: Option<u32>,
}

impl Groups {
    /// Returns whether goroutines that begin with that function are of the collector.
    #[inline(always)]
    pub(super) fn is_collecting(&mut self, name: NameId, names: &Names, choice: &GroupChoice) -> bool {
        let function = self.by_name.at(name.index());
        if function.known { function.collecting } else { self.learn(name, names, choice).collecting }
    }

    #[inline(never)]
    fn learn(&mut self, name: NameId, names: &Names, choice: &GroupChoice) -> Function {
        let text = names.get(name);
        let wanted = match choice {
            GroupChoice::None => false,
            GroupChoice::First(most) => self.heats.len() < *most,
            GroupChoice::Named(named) => named.contains(text),
        };
        let heat = wanted.then(|| {
            self.heats.push((name, Heat::default()));
            self.heats.len() as u32 - 1
        });
        let function = Function { known: true, collecting: text == WORKER, heat };
        *self.by_name.at(name.index()) = function;
        function
    }

    /// Adds the time that a goroutine of that function ran.
    #[inline(always)]
    pub(super) fn add(&mut self, name: NameId, grid: Grid, span: (i64, i64)) {
        let place = self.by_name.get(name.index()).and_then(|function| function.heat);
        if let Some((_, heat)) = place.and_then(|place| self.heats.get_mut(place as usize)) {
            heat.add(grid, span);
        }
    }

    /// Returns the lanes with the names of their functions.
    pub(super) fn heats(&mut self) -> impl Iterator<Item = (NameId, &mut Heat)> {
        self.heats.iter_mut().map(|(name, heat)| (*name, heat))
    }
}
