//! The state of Gs.

use super::{NONE, Slot};
use crate::base::ids::WIRE_NONE;
use crate::base::paged::Paged;
use crate::error::{Error, ErrorKind, Result};
use crate::order::state::ranges::OpenRanges;
use crate::order::state::seq::Seq;
use crate::order::state::step::Step;
use crate::spec::status::GoStatus;
use crate::spec::v2::EventType;

/// The slot that stands for a goroutine that has ended, while ended ones are remembered.
const ENDED: Slot = NONE - 1;

/// The part of a goroutine's state that every event needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct G {
    pub(crate) id: u64,
    pub(crate) seq: Seq,
    pub(crate) status: GoStatus,
}

impl G {
    pub(crate) fn new(id: u64, status: GoStatus, generation: u32) -> G {
        G { id, seq: Seq::first(generation), status }
    }

    pub(crate) fn restart(&mut self, generation: u32) {
        self.seq = Seq::first(generation);
    }

    #[inline(always)]
    pub(crate) fn must_be(&self, expected: GoStatus, step: &Step<'_>) -> Result<()> {
        if self.status == expected {
            return Ok(());
        }
        Err(self.is_not(expected, step.event, step.at()))
    }

    #[cold]
    #[inline(never)]
    fn is_not(self, expected: GoStatus, event: EventType, at: usize) -> Error {
        let (goroutine, found) = (self.id.into(), self.status);
        Error::at(at, ErrorKind::GoroutineStatus { event, goroutine, found, expected })
    }
}

/// The part of a goroutine's state that few events need.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extra<'a> {
    pub(crate) ranges: OpenRanges,
    /// True if a range of it has begun, which matters to guesses only.
    pub(crate) ranged: bool,
    /// True if a goroutine with its ID ended before it, while ended ones are remembered.
    pub(crate) reused_id: bool,
    /// Open regions, outermost first.
    pub(crate) regions: Vec<Region<'a>>,
}

/// An open region. It has the name instead of the string's ID, which differs between
/// generations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Region<'a> {
    pub(crate) task: u64,
    pub(crate) name: &'a [u8],
}

/// The goroutines alive, in a slab, by slot and ID.
#[derive(Clone, Debug, Default)]
pub(crate) struct Goroutines<'a> {
    slab: Vec<G>,
    extra: Vec<Extra<'a>>,
    free: Vec<Slot>,
    index: Paged<Slot>,
    recent: Recent,
    /// True if goroutines that ended are remembered, as they are while a generation is read
    /// ahead.
    remembers: bool,
}

/// The number of entries of the cache of slots.
const RECENT: usize = 4096;

/// A cache of slots, by the last digits of IDs. A slot in it is in use, so comparing the ID
/// of its goroutine decides whether it is the right one.
#[derive(Clone, Debug)]
struct Recent(Box<[Slot; RECENT]>);

impl Default for Recent {
    fn default() -> Self {
        Recent(Box::new([NONE; RECENT]))
    }
}

impl Recent {
    #[inline(always)]
    fn place(&mut self, id: u64) -> &mut Slot {
        &mut self.0[id as usize % RECENT]
    }
}

impl<'a> Goroutines<'a> {
    #[inline(always)]
    pub(crate) fn find(&mut self, id: u64) -> Option<Slot> {
        self.find_mut(id).map(|(slot, _)| slot)
    }

    /// Returns the goroutine with that ID, and its slot.
    #[inline(always)]
    pub(crate) fn find_mut(&mut self, id: u64) -> Option<(Slot, &mut G)> {
        let mut slot = *self.recent.place(id);
        if self.slab.get(slot as usize).is_none_or(|g| g.id != id) {
            slot = self.search(id);
        }
        self.slab.get_mut(slot as usize).map(|g| (slot, g))
    }

    /// Returns the slot of a goroutine that is not in the cache, or [`NONE`].
    #[inline(never)]
    fn search(&mut self, id: u64) -> Slot {
        let slot = self.index.get(id);
        if slot != NONE {
            *self.recent.place(id) = slot;
        }
        slot
    }

    #[inline(always)]
    pub(crate) fn get_mut(&mut self, slot: Slot, step: &Step<'_>) -> Result<&mut G> {
        match self.slab.get_mut(slot as usize) {
            Some(g) => Ok(g),
            None => Err(unknown_goroutine(step.event, step.at(), step.cx.go)),
        }
    }

    /// Returns the goroutine in a slot.
    pub(crate) fn at_mut(&mut self, slot: Slot) -> Option<&mut G> {
        self.slab.get_mut(slot as usize)
    }

    /// Returns the goroutine of the step's context. It errs if the goroutine has ended, which
    /// a trace that binds one goroutine to two Ms can lead to.
    #[inline(always)]
    pub(crate) fn current(&mut self, step: &Step<'_>) -> Result<&mut G> {
        match self.slab.get_mut(step.cx.g as usize) {
            Some(g) if g.id == step.cx.go => Ok(g),
            _ => Err(unknown_goroutine(step.event, step.at(), step.cx.go)),
        }
    }

    /// Returns the rarely needed state of a goroutine; `slot` must be in use.
    pub(crate) fn extra_mut(&mut self, slot: Slot) -> &mut Extra<'a> {
        let slot = slot as usize;
        if slot >= self.extra.len() {
            self.extra.resize_with(self.slab.len().max(slot + 1), Extra::default);
        }
        &mut self.extra[slot]
    }

    /// Adds a goroutine; `None` if there is one with that ID.
    #[inline(always)]
    pub(crate) fn add(&mut self, g: G) -> Option<Slot> {
        // Taken off the list of free slots below, once the ID is known to be new.
        let slot = self.free.last().copied().unwrap_or(self.slab.len() as Slot);
        if !self.index.insert(g.id, slot) {
            return self.add_reused(g);
        }
        match self.slab.get_mut(slot as usize) {
            Some(place) => {
                *place = g;
                self.free.pop();
            }
            None => self.grow(g),
        }
        *self.recent.place(g.id) = slot;
        Some(slot)
    }

    /// Adds a goroutine whose ID one that has ended had; `None` if that one has not ended.
    #[cold]
    #[inline(never)]
    fn add_reused(&mut self, g: G) -> Option<Slot> {
        if !self.has_ended(g.id) {
            return None;
        }
        self.index.remove(g.id);
        let slot = self.add(g)?;
        self.extra_mut(slot).reused_id = true;
        Some(slot)
    }

    #[inline(never)]
    fn grow(&mut self, g: G) {
        self.slab.push(g);
    }

    pub(crate) fn remove(&mut self, slot: Slot) {
        let Some(g) = self.slab.get_mut(slot as usize) else { return };
        match self.remembers {
            true => _ = self.index.replace(g.id, ENDED),
            false => self.index.remove(g.id),
        }
        *self.recent.place(g.id) = NONE;
        // An unused slot gets an ID that no context has.
        g.id = WIRE_NONE;
        self.free.push(slot);
        if let Some(extra) = self.extra.get_mut(slot as usize) {
            extra.ranges.clear();
            (extra.ranged, extra.reused_id) = (false, false);
            extra.regions.clear();
        }
    }

    /// Begins or stops to remember goroutines that end.
    pub(crate) fn remember_ended(&mut self, remember: bool) {
        self.remembers = remember;
    }

    /// Returns whether the goroutine with that ID has ended and no other got the ID; false unless
    /// ended ones are remembered.
    pub(crate) fn has_ended(&self, id: u64) -> bool {
        self.index.peek(id) == ENDED
    }

    /// Returns whether a goroutine with the same ID ended before the one in a slot; false unless
    /// ended ones were remembered.
    pub(crate) fn reused_id(&self, slot: Slot) -> bool {
        self.extra.get(slot as usize).is_some_and(|extra| extra.reused_id)
    }

    /// Returns the number of goroutines alive.
    pub(crate) fn len(&self) -> usize {
        self.slab.len() - self.free.len()
    }

    pub(crate) fn id(&self, slot: Slot) -> u64 {
        self.slab.get(slot as usize).map_or(WIRE_NONE, |g| g.id)
    }

    /// Returns the slot as [`find`](Self::find) does, but leaves the caches as they are.
    pub(crate) fn find_ref(&self, id: u64) -> Option<Slot> {
        self.index.get_cold(id).filter(|&slot| slot != ENDED)
    }

    /// Returns the open regions of a goroutine, outermost first.
    pub(crate) fn regions(&self, slot: Slot) -> &[Region<'a>] {
        self.extra.get(slot as usize).map_or(&[], |extra| &extra.regions)
    }

    /// Iterates over the open ranges of all goroutines: IDs, and types of the events that began
    /// them.
    pub(crate) fn open_ranges(&self) -> impl Iterator<Item = (u64, EventType)> + '_ {
        let all = self.slab.iter().zip(&self.extra);
        all.flat_map(|(g, extra)| extra.ranges.iter().map(|range| (g.id, range.begin())))
    }

    /// Moves out the open regions of all goroutines that have any, with their IDs.
    pub(crate) fn take_regions(&mut self) -> impl Iterator<Item = (u64, Vec<Region<'a>>)> + '_ {
        let open = self.slab.iter().zip(&mut self.extra).filter(|(_, extra)| !extra.regions.is_empty());
        open.map(|(g, extra)| (g.id, std::mem::take(&mut extra.regions)))
    }

    /// Iterates over the goroutines alive.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Slot, &G)> {
        self.slab.iter().enumerate().filter(|(_, g)| g.id != WIRE_NONE).map(|(i, g)| (i as Slot, g))
    }
}

#[cold]
#[inline(never)]
fn unknown_goroutine(event: EventType, at: usize, goroutine: u64) -> Error {
    Error::at(at, ErrorKind::UnknownGoroutine { event, goroutine: goroutine.into() })
}
