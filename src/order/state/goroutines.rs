//! Gs.

use super::{NONE, Slot};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::WIRE_NONE;
use crate::order::Step;
use crate::order::ranges::OpenRanges;
use crate::order::seq::Seq;
use crate::paged::Paged;
use crate::wire::v2::spec::EventType;
use crate::wire::v2::status::GoStatus;

/// The place of a goroutine that has ended, while that is remembered.
const ENDED: Slot = NONE - 1;

/// A goroutine, as far as every event needs it.
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

/// What few events need of a goroutine.
#[derive(Clone, Debug, Default)]
pub(crate) struct More<'a> {
    pub(crate) ranges: OpenRanges,
    /// Whether a range of it has begun, which only a guess asks.
    pub(crate) ranged: bool,
    /// Whether one with its ID had ended before it came, where that is remembered.
    pub(crate) came_back: bool,
    /// Open regions, outermost first.
    pub(crate) regions: Vec<Region<'a>>,
}

/// An open region. Its name is resolved: the ID of one string differs between
/// generations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Region<'a> {
    pub(crate) task: u64,
    pub(crate) name: &'a [u8],
}

/// The slab of goroutines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Goroutines<'a> {
    slab: Vec<G>,
    more: Vec<More<'a>>,
    free: Vec<Slot>,
    index: Paged<Slot>,
    recent: Recent,
    /// Whether it is remembered which have ended: while a generation is read on a
    /// guess.
    remembers: bool,
}

/// How many of the goroutines looked for last are remembered.
const RECENT: usize = 4096;

/// Where goroutines of late were found, by the last digits of their IDs. What
/// it names is alive, so that the ID there tells whether it is the one.
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

    /// The goroutine with that ID, and its slot.
    #[inline(always)]
    pub(crate) fn find_mut(&mut self, id: u64) -> Option<(Slot, &mut G)> {
        let mut slot = *self.recent.place(id);
        if self.slab.get(slot as usize).is_none_or(|g| g.id != id) {
            slot = self.search(id);
        }
        self.slab.get_mut(slot as usize).map(|g| (slot, g))
    }

    /// The slot of a goroutine not looked for of late, or [`NONE`].
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

    /// The goroutine in a slot.
    pub(crate) fn at_mut(&mut self, slot: Slot) -> Option<&mut G> {
        self.slab.get_mut(slot as usize)
    }

    /// The goroutine of the step's context. A trace that binds one goroutine
    /// to two Ms can leave one of them with a goroutine that has ended.
    #[inline(always)]
    pub(crate) fn current(&mut self, step: &Step<'_>) -> Result<&mut G> {
        match self.slab.get_mut(step.cx.g as usize) {
            Some(g) if g.id == step.cx.go => Ok(g),
            _ => Err(unknown_goroutine(step.event, step.at(), step.cx.go)),
        }
    }

    /// The rarely needed part; `slot` must be in use.
    pub(crate) fn more_mut(&mut self, slot: Slot) -> &mut More<'a> {
        let slot = slot as usize;
        if slot >= self.more.len() {
            self.more.resize_with(self.slab.len().max(slot + 1), More::default);
        }
        &mut self.more[slot]
    }

    /// Adds a goroutine; nothing if there is one with that ID.
    #[inline(always)]
    pub(crate) fn add(&mut self, g: G) -> Option<Slot> {
        let slot = self.free.last().copied().unwrap_or(self.slab.len() as Slot);
        if !self.index.insert(g.id, slot) {
            return self.bring_back(g);
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

    /// Adds a goroutine, one with the ID of which has ended; nothing if it has not.
    #[cold]
    #[inline(never)]
    fn bring_back(&mut self, g: G) -> Option<Slot> {
        if !self.has_ended(g.id) {
            return None;
        }
        self.index.remove(g.id);
        let slot = self.add(g)?;
        self.more_mut(slot).came_back = true;
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
        // A slot not in use shows no ID that a context could have.
        g.id = WIRE_NONE;
        self.free.push(slot);
        if let Some(more) = self.more.get_mut(slot as usize) {
            more.ranges.clear();
            (more.ranged, more.came_back) = (false, false);
            more.regions.clear();
        }
    }

    /// Begins or stops to remember which have ended.
    pub(crate) fn remember_ended(&mut self, remember: bool) {
        self.remembers = remember;
    }

    /// Whether one with that ID has ended and not come back, if that is remembered.
    pub(crate) fn has_ended(&self, id: u64) -> bool {
        self.index.peek(id) == ENDED
    }

    /// Whether one with the ID of the one in a slot had ended before, if that was
    /// remembered.
    pub(crate) fn came_back(&self, slot: Slot) -> bool {
        self.more.get(slot as usize).is_some_and(|more| more.came_back)
    }

    /// How many are alive.
    pub(crate) fn len(&self) -> usize {
        self.slab.len() - self.free.len()
    }

    pub(crate) fn id(&self, slot: Slot) -> u64 {
        self.slab.get(slot as usize).map_or(WIRE_NONE, |g| g.id)
    }

    pub(crate) fn status(&self, slot: Slot) -> Option<GoStatus> {
        self.slab.get(slot as usize).map(|g| g.status)
    }

    /// As [`find`](Self::find), without warming the index's cache.
    pub(crate) fn find_ref(&self, id: u64) -> Option<Slot> {
        self.index.get_cold(id).filter(|&slot| slot != ENDED)
    }

    /// The open regions of a goroutine, outermost first.
    pub(crate) fn regions(&self, slot: Slot) -> &[Region<'a>] {
        self.more.get(slot as usize).map_or(&[], |more| &more.regions)
    }

    /// The events that began the open ranges of a goroutine.
    pub(crate) fn ranges(&self, slot: Slot) -> impl Iterator<Item = EventType> + '_ {
        self.more.get(slot as usize).into_iter().flat_map(|more| more.ranges.iter().map(|range| range.begin()))
    }

    /// Those alive.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Slot, &G)> {
        self.slab.iter().enumerate().filter(|(_, g)| g.id != WIRE_NONE).map(|(i, g)| (i as Slot, g))
    }
}

#[cold]
#[inline(never)]
fn unknown_goroutine(event: EventType, at: usize, goroutine: u64) -> Error {
    Error::at(at, ErrorKind::UnknownGoroutine { event, goroutine: goroutine.into() })
}
