//! How long lenient ordering looks for an event that can happen.

use crate::limits::Limits;
use crate::order::record::Block;

/// With what patience a trace begins; there is never more.
pub(super) const AT_FIRST: u64 = 1 << 20;

/// How many events may still be tried in vain: a hostile file must not make
/// ordering quadratic. What has been lost is regained with the events that
/// happen, however many of those a block takes.
#[derive(Clone, Debug)]
pub(super) struct Patience {
    left: u64,
    /// How much an event that happens gives back; see [`Limits::patience`].
    regained: u64,
    /// How many records were in the block when the rest was last counted.
    counted: usize,
}

impl Patience {
    pub(super) fn new(limits: Limits) -> Patience {
        Patience { left: AT_FIRST, regained: limits.patience, counted: 0 }
    }

    /// Events are about to be put into a block.
    pub(super) fn begin(&mut self, block: &Block) {
        self.counted = block.len();
    }

    /// Regains what the events give back that have been put into the block.
    pub(super) fn regain(&mut self, block: &Block) {
        let happened = block.len().saturating_sub(self.counted) as u64;
        self.counted = block.len();
        self.left = self.left.saturating_add(self.regained.saturating_mul(happened)).min(AT_FIRST);
    }

    /// Whether trying the events of so many Ms is still worth it, where the block has
    /// come to; if so, that much is lost.
    pub(super) fn allows(&mut self, ms: usize, block: &Block) -> bool {
        self.regain(block);
        let left = self.left.checked_sub(ms as u64);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }

    /// Whether nothing of it has been lost.
    pub(super) fn is_full(&self) -> bool {
        self.left == AT_FIRST
    }
}
