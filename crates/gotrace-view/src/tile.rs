//! A stretch of time in detail.

use crate::answer::Failure;
use crate::directory::Group;
use crate::encode::{Encoder, GOROUTINE, GROUP, LaneId, PACKED, REGIONS, TASKS, band_id, lane_id};
use crate::jobs::Interest;
use crate::lanes::{Asked, parse};
use crate::query::Query;
use crate::view::View;
use bytes::Bytes;
use gotrace::lanes::{Band, Choice, CollectLanes, Grid, GroupChoice, LaneKind, Tile};
use gotrace::{GoId, Time, Window};
use std::sync::Arc;

/// A tile that is asked for.
pub(crate) struct Request {
    from: i64,
    to: i64,
    cells: u32,
    asked: Vec<Asked>,
}

impl Request {
    /// Reads what is asked for.
    pub(crate) fn parse(query: &Query) -> Result<Request, Failure> {
        let (Some(from), Some(to)) = (query.nanos("from")?, query.nanos("to")?) else {
            return Err(Failure::parameter("a tile has a beginning and an end: from, to"));
        };
        let cells = query.value::<u32>("cells")?.unwrap_or(2048);
        if to <= from || !(1..=8192).contains(&cells) {
            return Err(Failure::parameter("a tile ends after it begins, and has 1 to 8192 cells"));
        }
        Ok(Request { from, to, cells, asked: parse(query.get("lanes").unwrap_or("procs"))? })
    }

    /// Makes the tile.
    pub(crate) fn make(&self, view: &View, interest: &Interest) -> Result<Bytes, Failure> {
        let opened = view.opened()?;
        let start = opened.start;
        let (from, to) = (start.0.saturating_add(self.from), start.0.saturating_add(self.to));
        let lanes = self.lanes(view, interest, (from, to))?;
        let grid = Grid::new(Time(from), to - from, self.cells);
        let tile = match lanes.choice == Choice::default() {
            true => Tile::default(),
            false => tile(view, (from, to), grid, lanes.choice, interest)?,
        };
        let mut encoder = Encoder::new((from, to), grid.cell(), start, tile.gomaxprocs.unwrap_or(1));
        let rows = |wanted: LaneKind| tile.rows.iter().find(|row| row.kind == wanted).map_or(&[][..], |row| &row.items);
        let (mut packed, mut sets) = (0, 0);
        for asked in &self.asked {
            match asked {
                Asked::Procs | Asked::Threads => {
                    let is_wanted = |kind: &LaneKind| match asked {
                        Asked::Procs => matches!(kind, LaneKind::Proc(_)),
                        _ => matches!(kind, LaneKind::Thread(_)),
                    };
                    for row in tile.rows.iter().filter(|row| is_wanted(&row.kind)) {
                        encoder.lane(lane_id(&row.kind, |_| 0), &row.items);
                    }
                }
                Asked::Counters => {
                    for steps in &tile.counters {
                        encoder.counter(steps.counter, &steps.steps, start);
                    }
                }
                Asked::Bands => {
                    for band in [Band::StopTheWorld, Band::Marking] {
                        encoder.lane(band_id(band), rows(LaneKind::Band(band)));
                    }
                }
                Asked::Goroutine(id) => {
                    encoder.lane(LaneId::new(GOROUTINE, *id as f64), rows(LaneKind::Goroutine(GoId(*id))));
                }
                Asked::Group(key) => match view.functions.of_key(key) {
                    Some(name) => {
                        let number = f64::from(view.functions.number(&name));
                        encoder.lane(LaneId::new(GROUP, number), rows(LaneKind::Group(name)));
                    }
                    None => {
                        encoder.lane(LaneId::new(GROUP, f64::from(sets)), rows(LaneKind::Set(sets)));
                        sets += 1;
                    }
                },
                Asked::Members { first, count, .. } => {
                    for lane in 0..*count {
                        let id = LaneId::new(PACKED, f64::from(first.saturating_add(lane)));
                        encoder.lane(id, rows(LaneKind::Packed(packed + lane)));
                    }
                    packed += count;
                }
                Asked::Tasks => {
                    let directory = view.directory(interest)?;
                    for (number, lane) in directory.task_lanes().iter().enumerate() {
                        let spans: Vec<_> = lane.iter().copied().filter(|(a, b, _)| *a < to && *b > from).collect();
                        encoder.spans(LaneId::new(TASKS, number as f64), &spans);
                    }
                }
                Asked::Regions(id) => {
                    let directory = view.directory(interest)?;
                    for (depth, lane) in directory.region_lanes(*id, (from, to)).iter().enumerate() {
                        encoder.spans(LaneId::new(REGIONS, depth as f64), lane);
                    }
                }
            }
        }
        Ok(encoder.finish())
    }

    /// Returns the lanes that are to be made.
    fn lanes(&self, view: &View, interest: &Interest, stretch: (i64, i64)) -> Result<Lanes, Failure> {
        let mut choice = Choice::default();
        let mut named = rustc_hash::FxHashSet::default();
        let (mut packed, mut sets) = (0, 0);
        for asked in &self.asked {
            match asked {
                Asked::Procs => choice.procs = true,
                Asked::Threads => choice.threads = true,
                Asked::Counters => choice.counters = true,
                Asked::Bands => choice.bands = true,
                Asked::Goroutine(id) => {
                    choice.goroutines.insert(GoId(*id));
                }
                Asked::Group(key) => match view.functions.of_key(key) {
                    Some(name) => {
                        named.insert(name.to_vec());
                    }
                    None => {
                        let directory = view.directory(interest)?;
                        for id in directory.those_in(&*directory.group(key, &view.functions)?, stretch) {
                            choice.sets.entry(id).or_default().push(sets);
                        }
                        sets += 1;
                    }
                },
                Asked::Members { key, first, count } => {
                    let directory = view.directory(interest)?;
                    let group: Arc<Group> = directory.group(key, &view.functions)?;
                    for (id, lane) in directory.members(&group, (*first, *count), stretch) {
                        choice.packed.insert(GoId(id), packed + lane);
                    }
                    packed += count;
                }
                Asked::Tasks | Asked::Regions(_) => {}
            }
        }
        if !named.is_empty() {
            choice.groups = GroupChoice::Named(named);
        }
        Ok(Lanes { choice })
    }
}

/// Makes lanes: from a place in front of them, or as a window while none is known.
fn tile(view: &View, (from, to): (i64, i64), grid: Grid, choice: Choice, interest: &Interest) -> Result<Tile, Failure> {
    let tile = match view.checkpoints.get() {
        Some(checkpoints) => checkpoints.tile(Time(to), grid, choice, || interest.is_there())?,
        None => {
            let (window, collect) = (Window::new(Some(Time(from)), Some(Time(to))), CollectLanes::new(grid, choice));
            let trace = view.opened()?.source.trace;
            let analyzed = window.analyze_while(trace, collect, |_| interest.is_there())?;
            analyzed.map(|analyzed| analyzed.output)
        }
    };
    tile.ok_or_else(Failure::given_up)
}

/// Lanes that the library is to make.
struct Lanes {
    choice: Choice,
}
