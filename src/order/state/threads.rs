//! Ms.

use super::Slot;
use crate::ids::WIRE_NONE;
use crate::order::context::Context;
use crate::order::cursor::Cursor;
use rustc_hash::FxHashMap;

/// An M: all that taking a turn needs, in one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Thread {
    pub(crate) id: u64,
    /// The context that its next event happens in.
    pub(crate) cx: Context,
    /// Whether an event of it has happened in this generation.
    pub(super) ran: bool,
    /// Its next event.
    pub(crate) cursor: Cursor,
}

impl Thread {
    /// Keeps the context that its events have led to. The M that is none has
    /// no context.
    #[inline(always)]
    pub(crate) fn leave(&mut self, cx: Context) {
        if self.id != WIRE_NONE {
            (self.cx, self.ran) = (cx, true);
        }
    }
}

/// All Ms ever seen, and among them the M that is none.
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

    /// The context of an M.
    #[inline(always)]
    pub(crate) fn context(&self, slot: Slot) -> Context {
        self.slab.get(slot as usize).map_or(Context::EMPTY, |thread| thread.cx)
    }

    /// The context of an M, to be changed.
    pub(crate) fn context_mut(&mut self, slot: Slot) -> Option<&mut Context> {
        self.slab.get_mut(slot as usize).map(|thread| &mut thread.cx)
    }

    /// Keeps the context that an M's events have led to.
    pub(crate) fn leave(&mut self, slot: Slot, cx: Context) {
        if let Some(thread) = self.slab.get_mut(slot as usize) {
            thread.leave(cx);
        }
    }

    /// Whether anything is known of what an M has.
    pub(crate) fn is_known(&self, slot: Slot) -> bool {
        self.slab.get(slot as usize).is_some_and(|thread| thread.ran || thread.cx != Context::EMPTY)
    }

    pub(crate) fn has_run(&self, slot: Slot) -> bool {
        self.slab.get(slot as usize).is_none_or(|thread| thread.ran)
    }

    /// Marks an M as one of which no event has happened.
    pub(crate) fn rest(&mut self, slot: Slot) {
        if let Some(thread) = self.slab.get_mut(slot as usize) {
            thread.ran = false;
        }
    }

    /// Takes over what another state knows of an M: all, if this one does not
    /// have it, with the slot of its goroutine here; else that it has run.
    pub(crate) fn adopt(&mut self, other: &Thread, g: Slot) {
        let known = self.find(other.id);
        let slot = known.unwrap_or_else(|| self.add(other.id));
        let Some(thread) = self.slab.get_mut(slot as usize) else { return };
        thread.ran |= other.ran;
        if known.is_none() {
            thread.cx = Context { g, ..other.cx };
        }
    }

    /// Adds an M that is not there, with nothing bound.
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
