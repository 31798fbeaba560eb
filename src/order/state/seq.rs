//! Sequence numbers, which order the events about one G or P across Ms.

/// The sequence number of a G or P. It starts again in every generation, with
/// the status event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Seq {
    number: u64,
    /// The index of the generation in the trace.
    generation: u32,
}

impl Seq {
    /// The value of [`first`](Self::first) in the first generation.
    pub(crate) const FIRST: Seq = Seq { number: 0, generation: 0 };

    /// Returns the number to which a status or a creation resets.
    pub(crate) fn first(generation: u32) -> Seq {
        Seq { number: 0, generation }
    }

    pub(crate) fn number(self) -> u64 {
        self.number
    }

    /// Returns whether an event with `number` in `generation` is the next one.
    #[inline(always)]
    pub(crate) fn admits(self, number: u64, generation: u32) -> bool {
        self.generation == generation && self.number.wrapping_add(1) == number
    }

    /// Returns whether an event with `number` in `generation` comes too late.
    pub(crate) fn is_past(self, number: u64, generation: u32) -> bool {
        self.generation == generation && self.number >= number
    }

    /// Sets the number to that of the event that happens.
    #[inline(always)]
    pub(crate) fn advance(&mut self, number: u64) {
        self.number = number;
    }
}
