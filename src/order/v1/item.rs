//! An event while all of them are brought into order: 24 bytes.

use crate::order::state::Slot;
use crate::wire::v1::spec::EventType;

/// An event in its place. Its arguments stay in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Item {
    /// In ticks.
    pub(crate) ticks: i64,
    /// From the low end: the type (6 bits), [`BLOCKED`], a spare bit, the P
    /// (16 bits), where it begins in the file (40 bits).
    packed: u64,
    /// The goroutine it happened on, by slot.
    pub(crate) g: Slot,
    /// The goroutine it is about, for one that is created or unblocked.
    pub(crate) other: Slot,
}

const BLOCKED: u64 = 1 << 6;

impl Item {
    #[inline(always)]
    pub(crate) fn new(event: EventType, at: usize, proc: u16, ticks: i64, g: Slot, other: Slot) -> Item {
        Item { ticks, packed: (at as u64) << 24 | u64::from(proc) << 8 | event as u64, g, other }
    }

    #[inline(always)]
    pub(crate) fn event(&self) -> EventType {
        EventType::from_wire(self.packed as u8 & 0x3f).unwrap_or(EventType::Batch)
    }

    /// Where it begins in the file.
    #[inline(always)]
    pub(crate) fn at(&self) -> usize {
        (self.packed >> 24) as usize
    }

    #[inline(always)]
    pub(crate) fn proc(&self) -> u16 {
        (self.packed >> 8) as u16
    }

    /// Whether the system call that begins blocks.
    #[inline(always)]
    pub(crate) fn blocks(&self) -> bool {
        self.packed & BLOCKED != 0
    }

    pub(crate) fn set_blocks(&mut self, blocks: bool) {
        self.packed = if blocks { self.packed | BLOCKED } else { self.packed & !BLOCKED };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs() {
        assert_eq!(size_of::<Item>(), 24);
        let at = crate::limits::MAX_V1_FILE - 1;
        let mut item = Item::new(EventType::CPUSample, at, u16::MAX, -5, 1, 2);
        item.set_blocks(true);
        assert_eq!((item.event(), item.at(), item.proc(), item.blocks()), (EventType::CPUSample, at, u16::MAX, true));
    }
}
