//! An event while all of them are brought into order: 24 bytes.

use crate::order::state::Slot;
use crate::wire::v1::spec::EventType;

/// An event in its place. Its arguments stay in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Item {
    /// In ticks.
    pub(crate) ticks: i64,
    /// From the low end: the type (6 bits), [`BLOCKS`], [`OPEN`], the P
    /// (16 bits), where it begins in the file (40 bits).
    packed: u64,
    /// The goroutine it happened on, by slot.
    pub(crate) g: Slot,
    /// The goroutine it is about, for one that is created or unblocked.
    pub(crate) other: Slot,
}

/// The system call that begins blocks.
const BLOCKS: u64 = 1 << 6;
/// It depends on what follows what this is.
const OPEN: u64 = 1 << 7;

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
        self.packed & BLOCKS != 0
    }

    /// Whether what follows has to be known before it can be handed out.
    #[inline(always)]
    pub(crate) fn is_open(&self) -> bool {
        self.packed & OPEN != 0
    }

    pub(crate) fn open(&mut self) {
        self.packed |= OPEN;
    }

    /// What follows is known: the system call blocks, or it does not.
    pub(crate) fn close(&mut self, blocks: bool) {
        self.packed = self.packed & !(OPEN | BLOCKS) | if blocks { BLOCKS } else { 0 };
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
        let fields = |item: Item| (item.event(), item.at(), item.proc());
        item.open();
        assert!(item.is_open());
        item.close(true);
        assert!(!item.is_open() && item.blocks());
        assert_eq!(fields(item), (EventType::CPUSample, at, u16::MAX));
    }
}
