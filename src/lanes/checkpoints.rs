//! Places in a trace from which it can be read on, for tiles of it.

use super::build::CollectLanes;
use super::choice::Choice;
use super::grid::Grid;
use super::tile::Tile;
use crate::analysis::Pass;
use crate::base::time::Time;
use crate::error::Result;
use crate::event::Event;
use crate::order::state::record::Record;
use crate::trace::Trace;
use crate::trace::stream::Blocks;
use crate::window::Window;

/// No more places than that are kept.
const MOST: u64 = 40;
/// A place is kept behind so many events at least.
const STRIDE: u64 = 100_000;
/// All places may take so many bytes, about.
const BYTES: usize = 24 << 20;

/// Places all over a trace: what all Gs, Ps and Ms do there. A tile is read from the last one
/// in front of it.
///
/// ```
/// # let bytes = include_bytes!("../../testdata/traces/go1.27/mixed.trace");
/// use gotrace::lanes::{Checkpoints, Choice, Grid};
/// use gotrace::Time;
///
/// let trace = gotrace::Trace::parse(bytes)?;
/// let checkpoints = Checkpoints::of(&trace, 40_000, || true);
/// let from = trace.generations()[0].start();
/// let to = Time(from.0 + 1_000_000);
/// let tile = checkpoints.tile(to, Grid::new(from, 1_000_000, 100), Choice::overview(), || true)?;
/// assert!(tile.is_some_and(|tile| !tile.rows.is_empty()));
/// # Ok::<(), gotrace::Error>(())
/// ```
#[derive(Debug)]
pub struct Checkpoints<'t> {
    trace: &'t Trace<'t>,
    places: Vec<Place<'t>>,
    /// From when on all goroutines have been told of that there are: the first generation
    /// tells at its end of those which did nothing in it.
    told: Time,
}

/// A place: what is read next, and what is known there.
#[derive(Clone, Debug)]
struct Place<'t> {
    /// When the last event before it was.
    time: Time,
    blocks: Blocks<'t>,
    pass: Pass,
    lanes: CollectLanes,
}

impl<'t> Checkpoints<'t> {
    /// Reads a trace that has about so many events, and remembers places in it; none behind
    /// its first defect, in strict mode, or from where `go_on` returns false, which is called
    /// now and then.
    pub fn of(trace: &'t Trace<'t>, events: u64, go_on: impl FnMut() -> bool) -> Checkpoints<'t> {
        Checkpoints::every(trace, (events / MOST).max(STRIDE), go_on)
    }

    /// Remembers a place behind each so many events.
    pub(super) fn every(trace: &'t Trace<'t>, stride: u64, mut go_on: impl FnMut() -> bool) -> Checkpoints<'t> {
        let mut place = Place::first(trace);
        let (mut places, mut since, mut stride, mut bytes) = (Vec::new(), 0, stride, 0);
        // An old trace begins with all that there is.
        let mut told = if trace.version().is_v1() { Time(i64::MIN) } else { Time(i64::MAX) };
        while go_on() && matches!(place.blocks.next_block(), Ok(true)) {
            let is_later = place.blocks.generation.is_some_and(|generation| generation.index() > 0);
            if let Some(first) = place.blocks.records.records().first().filter(|_| is_later) {
                told = told.min(Time(first.time));
            }
            since += place.blocks.records.records().len() as u64;
            place.show_block(trace, None);
            if since < stride {
                continue;
            }
            since = 0;
            place.lanes.forget();
            bytes += place.size();
            places.push(place.clone());
            // Where places are large, every other one has to do.
            while bytes > BYTES && places.len() > 1 {
                let mut at = 0;
                places.retain(|_| {
                    at += 1;
                    at % 2 == 0
                });
                stride = stride.saturating_mul(2);
                bytes = places.iter().map(Place::size).sum();
            }
        }
        Checkpoints { trace, places, told }
    }

    /// Makes the tile of the stretch from where `grid` begins to `to`, unless `go_on` returns
    /// false, which is called now and then; returns nothing then.
    ///
    /// # Errors
    /// The first defect in front of the end of the tile, in strict mode.
    pub fn tile(&self, to: Time, grid: Grid, choice: Choice, mut go_on: impl FnMut() -> bool) -> Result<Option<Tile>> {
        if grid.from() < self.told {
            let window = Window::new(Some(grid.from()), Some(to));
            let analyzed = window.analyze_while(self.trace, CollectLanes::new(grid, choice), |_| go_on())?;
            return Ok(analyzed.map(|analyzed| analyzed.output));
        }
        let before = self.places.partition_point(|place| place.time < grid.from());
        let nearest = before.checked_sub(1).and_then(|place| self.places.get(place));
        let mut place = nearest.cloned().unwrap_or_else(|| Place::first(self.trace));
        place.lanes.turn_to(grid, choice);
        let mut ended = false;
        while !ended && place.blocks.next_block()? {
            if !go_on() {
                return Ok(None);
            }
            ended = place.show_block(self.trace, Some(to));
        }
        let Place { mut pass, mut lanes, .. } = place;
        if ended {
            pass.show(&Event::new(self.trace.framed(), None, Record::sync(to)), &mut lanes);
        }
        Ok(Some(pass.finish(lanes)))
    }
}

impl<'t> Place<'t> {
    /// The beginning of the trace.
    fn first(trace: &'t Trace<'t>) -> Place<'t> {
        Place {
            time: Time(i64::MIN),
            blocks: Blocks::new(trace),
            pass: Pass::default(),
            lanes: CollectLanes::new(Grid::beyond(), Choice::default()),
        }
    }

    /// Shows the lanes the block that was read, to its end or to a time; returns whether it
    /// goes on behind that.
    fn show_block(&mut self, trace: &'t Trace<'t>, to: Option<Time>) -> bool {
        let Place { blocks, pass, lanes, time } = self;
        for &record in blocks.records.records() {
            let event = Event::new(trace.framed(), blocks.generation, record);
            if to.is_some_and(|to| event.time() >= to) {
                return true;
            }
            pass.show(&event, lanes);
            *time = event.time();
        }
        false
    }

    /// Returns the number of bytes it takes, about.
    fn size(&self) -> usize {
        let follower = self.pass.follower();
        (follower.goroutines().count() * 400) + follower.stacks().size() + (64 << 10)
    }
}
