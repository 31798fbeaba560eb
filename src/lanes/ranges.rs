//! States of the whole program: the world is stopped, the collector marks.

use super::grid::Grid;
use super::item::LaneState;
use super::lane::Lane;
use super::tile::Band;

/// The bands.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranges {
    /// Each with since when it has gone on.
    all: [(Option<i64>, Lane); 2],
}

/// The bands, in their order, with what is the case in them.
const BANDS: [(Band, LaneState); 2] = [(Band::StopTheWorld, LaneState::Stopped), (Band::Marking, LaneState::Marking)];

impl Ranges {
    /// Begins the state, unless it goes on already.
    pub(super) fn begin(&mut self, band: Band, time: i64) {
        self.all[band as usize].0.get_or_insert(time);
    }

    /// Ends the state; since `start`, if its beginning is not known.
    pub(super) fn end(&mut self, grid: Grid, band: Band, (start, end): (i64, i64)) {
        let (since, lane) = &mut self.all[band as usize];
        let (_, state) = BANDS[band as usize];
        lane.add(grid, (since.take().unwrap_or(start), end), state, 0);
    }

    /// Adds what goes on until then.
    pub(super) fn cut(&mut self, grid: Grid, end: i64) {
        for ((since, lane), (_, state)) in self.all.iter_mut().zip(BANDS) {
            if let Some(since) = *since {
                lane.add(grid, (since, end), state, 0);
            }
        }
    }

    /// Forgets the state, whose end is lost.
    pub(super) fn lose_all(&mut self, grid: Grid, end: i64) {
        self.cut(grid, end);
        self.all.iter_mut().for_each(|(since, _)| *since = None);
    }

    /// Returns the lanes.
    pub(super) fn lanes(&mut self) -> impl Iterator<Item = (Band, &mut Lane)> {
        self.all.iter_mut().zip(BANDS).map(|((_, lane), (band, _))| (band, lane))
    }
}
