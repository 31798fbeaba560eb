//! Merging of the AllocFree experiment's batches of all generations: each generation
//! numbers the types anew.

use crate::base::bytes::put_uvarint;
use crate::base::limits::MAX_BATCH_SIZE;
use crate::generation::Generation;
use crate::spec::v2::EventType;
use crate::wire::v2::experiment::{AllocFreeBatch, HeapLayout, HeapType};
use std::collections::{BTreeSet, HashMap};

/// Values of a batch's first byte.
const TYPES: u8 = 0;
const LAYOUT: u8 = 1;

/// A type without its number.
type Named<'t> = (u64, u64, u64, &'t [u8]);

/// Merged tables of types, and the batches that hold them.
#[derive(Debug, Default)]
pub(super) struct Experiments<'t> {
    /// Layout that the numbers of events count from.
    layout: Option<HeapLayout>,
    /// True if the current generation has the same layout.
    fits: bool,
    /// Current generation's types with their new numbers.
    types: HashMap<u64, u64>,
    known: HashMap<Named<'t>, u64>,
    used: BTreeSet<u64>,
    /// Unfinished batch of types.
    data: Vec<u8>,
    full: Vec<Vec<u8>>,
}

impl<'t> Experiments<'t> {
    /// Adds the batches of the generation that begins.
    pub(super) fn enter(&mut self, generation: &Generation<'t>) {
        self.types.clear();
        // The layout is stated where a trace begins, and stays.
        if generation.begins_trace() || generation.index() == 0 {
            self.fits = self.layout.is_none();
        }
        // A batch that cannot be read is lost, and its types with it.
        for batch in generation.experimental_batches().filter_map(|batch| batch.alloc_free().ok()) {
            match batch {
                AllocFreeBatch::Layout(layout) => self.set_layout(layout),
                AllocFreeBatch::Types(types) => types.iter().for_each(|of| self.add(of)),
            }
        }
    }

    fn set_layout(&mut self, layout: HeapLayout) {
        if self.layout.is_none() {
            let mut data = vec![LAYOUT];
            for number in [layout.min_address, layout.page_size, layout.min_align, layout.min_stack] {
                put_uvarint(&mut data, number);
            }
            self.full.push(data);
        }
        self.fits = *self.layout.get_or_insert(layout) == layout;
    }

    fn add(&mut self, of: &HeapType<'t>) {
        let named = (of.address, of.size, of.pointer_bytes, of.name);
        if let Some(&known) = self.known.get(&named) {
            self.types.insert(of.id, known);
            return;
        }
        let mut entry = Vec::new();
        let taken = of.id == 0 || self.used.contains(&of.id);
        let next = self.used.last().map_or(1, |&last| last.saturating_add(1));
        let id = if taken { next } else { of.id };
        for number in [id, of.address, of.size, of.pointer_bytes, of.name.len() as u64] {
            put_uvarint(&mut entry, number);
        }
        entry.extend_from_slice(of.name);
        if entry.len() >= MAX_BATCH_SIZE as usize || !self.used.insert(id) {
            return;
        }
        self.known.insert(named, id);
        self.types.insert(of.id, id);
        if self.data.len() + entry.len() > MAX_BATCH_SIZE as usize {
            self.full.push(std::mem::take(&mut self.data));
        }
        if self.data.is_empty() {
            self.data.push(TYPES);
        }
        self.data.extend(entry);
    }

    /// Converts the arguments of an event to the output's numbers; returns whether that can
    /// be done.
    pub(super) fn renumber(&self, event: EventType, args: &mut [u64; 4]) -> bool {
        if matches!(event, EventType::HeapObject | EventType::HeapObjectAlloc) {
            // 0 is an unknown type.
            args[1] = self.types.get(&args[1]).copied().unwrap_or_default();
        }
        self.fits
    }

    /// Returns the full batches, and forgets them.
    pub(super) fn take_full(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.full)
    }

    /// Returns the full batches and the last one, if there is one.
    pub(super) fn take_all(&mut self) -> Vec<Vec<u8>> {
        let last = std::mem::take(&mut self.data);
        self.full.extend(Some(last).filter(|data| !data.is_empty()));
        self.take_full()
    }
}
