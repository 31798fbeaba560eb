//! Sequence numbers: what orders the events about one G or P across Ms.

/// The sequence number of a G or P. It begins anew in every generation, with
/// the status event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Seq {
    number: u64,
    /// The generation, by its place in the trace.
    generation: u32,
}

impl Seq {
    /// As [`first`](Self::first), of the first generation.
    pub(crate) const FIRST: Seq = Seq { number: 0, generation: 0 };

    /// The number that a status or a creation sets.
    pub(crate) fn first(generation: u32) -> Seq {
        Seq { number: 0, generation }
    }

    pub(crate) fn number(self) -> u64 {
        self.number
    }

    /// Whether an event with `number` in `generation` comes next.
    #[inline(always)]
    pub(crate) fn admits(self, number: u64, generation: u32) -> bool {
        self.generation == generation && self.number.wrapping_add(1) == number
    }

    /// Whether an event with `number` in `generation` comes too late.
    pub(crate) fn is_past(self, number: u64, generation: u32) -> bool {
        self.generation == generation && self.number >= number
    }

    /// Moves on to `number`, which it [admits](Self::admits).
    #[inline(always)]
    pub(crate) fn advance(&mut self, number: u64) {
        self.number = number;
    }
}
