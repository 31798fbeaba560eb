//! The state of Ms.

use super::Slot;
use crate::base::ids::WIRE_NONE;
use crate::order::state::context::Context;
use crate::order::state::cursor::Cursor;
use rustc_hash::FxHashMap;

/// An M, with everything that trying its events needs in one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Thread {
    pub(crate) id: u64,
    /// The context of the M's next event.
    pub(crate) cx: Context,
    /// True if an event of the M has happened in this generation.
    pub(super) ran: bool,
    /// The M's next event.
    pub(crate) cursor: Cursor,
}

impl Thread {
    /// Sets the context to which the M's events have led. Events without an M share one entry,
    /// which has no context.
    #[inline(always)]
    pub(crate) fn set_context(&mut self, cx: Context) {
        if self.id != WIRE_NONE {
            (self.cx, self.ran) = (cx, true);
        }
    }
}

/// All Ms so far, and an entry for events without an M.
#[derive(Clone, Debug, Default)]
pub(crate) struct Threads {
    slab: Vec<Thread>,
    index: FxHashMap<u64, Slot>,
}

impl Threads {
    pub(crate) fn find(&self, id: u64) -> Option<Slot> {
        self.index.get(&id).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.slab.len()
    }

    pub(crate) fn id(&self, slot: Slot) -> u64 {
        self.slab.get(slot as usize).map_or(WIRE_NONE, |thread| thread.id)
    }

    #[inline(always)]
    pub(crate) fn get(&self, slot: Slot) -> Option<&Thread> {
        self.slab.get(slot as usize)
    }

    #[inline(always)]
    pub(crate) fn get_mut(&mut self, slot: Slot) -> Option<&mut Thread> {
        self.slab.get_mut(slot as usize)
    }

    /// Returns the context of an M.
    #[inline(always)]
    pub(crate) fn context(&self, slot: Slot) -> Context {
        self.slab.get(slot as usize).map_or(Context::EMPTY, |thread| thread.cx)
    }

    /// Returns the context of an M, to be changed.
    pub(crate) fn context_mut(&mut self, slot: Slot) -> Option<&mut Context> {
        self.slab.get_mut(slot as usize).map(|thread| &mut thread.cx)
    }

    /// Sets the context to which an M's events have led.
    pub(crate) fn set_context(&mut self, slot: Slot, cx: Context) {
        if let Some(thread) = self.slab.get_mut(slot as usize) {
            thread.set_context(cx);
        }
    }

    /// Returns whether the M had an event in this generation, or has a P or G.
    pub(crate) fn is_known(&self, slot: Slot) -> bool {
        self.slab.get(slot as usize).is_some_and(|thread| thread.ran || thread.cx != Context::EMPTY)
    }

    pub(crate) fn has_run(&self, slot: Slot) -> bool {
        self.slab.get(slot as usize).is_none_or(|thread| thread.ran)
    }

    /// Marks an M as one without an event in this generation.
    pub(crate) fn mark_not_run(&mut self, slot: Slot) {
        if let Some(thread) = self.slab.get_mut(slot as usize) {
            thread.ran = false;
        }
    }

    /// Takes over an M from another state: all of it if it is unknown here, with `g` as
    /// the slot of its goroutine; else only whether it has run.
    pub(crate) fn adopt(&mut self, other: &Thread, g: Slot) {
        let known = self.find(other.id);
        let slot = known.unwrap_or_else(|| self.add(other.id));
        let Some(thread) = self.slab.get_mut(slot as usize) else { return };
        thread.ran |= other.ran;
        if known.is_none() {
            thread.cx = Context { g, ..other.cx };
        }
    }

    /// Adds an unknown M, without a P or G.
    pub(crate) fn add(&mut self, id: u64) -> Slot {
        let slot = self.slab.len() as Slot;
        self.slab.push(Thread { id, cx: Context::EMPTY, ran: false, cursor: Cursor::default() });
        self.index.insert(id, slot);
        slot
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Thread> {
        self.slab.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Thread> {
        self.slab.iter_mut()
    }
}
