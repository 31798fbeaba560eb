//! The bound on how long lenient ordering searches for an event that can happen.

use crate::base::limits::Limits;
use crate::order::state::record::Block;

/// The patience at the beginning of a trace, which is also the most.
pub(super) const MOST: u64 = 1 << 20;

/// The number of failed tries of events that are left: a hostile file must not make
/// ordering quadratic. Tries spent are regained with the events that
/// happen, however many of those a block takes.
#[derive(Clone, Debug)]
pub(super) struct Patience {
    left: u64,
    /// The tries regained by an event that happens; see [`Limits::patience`].
    regained: u64,
    /// The length of the block when events were last counted.
    counted: usize,
}

impl Patience {
    pub(super) fn new(limits: Limits) -> Patience {
        Patience { left: MOST, regained: limits.patience, counted: 0 }
    }

    /// Begins to count the events of a block.
    pub(super) fn begin(&mut self, block: &Block) {
        self.counted = block.len();
    }

    /// Regains tries for the events added to the block since the last count.
    pub(super) fn regain(&mut self, block: &Block) {
        let happened = block.len().saturating_sub(self.counted) as u64;
        self.counted = block.len();
        self.left = self.left.saturating_add(self.regained.saturating_mul(happened)).min(MOST);
    }

    /// Spends as many tries as there are Ms and returns true; false if too few are left. The
    /// events that the block has got count first.
    pub(super) fn allows(&mut self, ms: usize, block: &Block) -> bool {
        self.regain(block);
        let left = self.left.checked_sub(ms as u64);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }

    /// Returns whether all tries are left.
    pub(super) fn is_full(&self) -> bool {
        self.left == MOST
    }
}
