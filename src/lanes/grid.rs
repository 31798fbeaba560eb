//! Time cut into cells.

use crate::base::time::Time;

/// No cell is longer: 2^55 ns, more than a year. All times there may be are 256 of them.
const MOST_SHIFT: u32 = 55;

/// Time cut into cells, each a power of two of nanoseconds long.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Grid {
    from: i64,
    shift: u32,
}

impl Grid {
    /// Returns the grid that begins at `from` and cuts so many nanoseconds into at least
    /// `cells` cells and less than twice as many, as far as nanoseconds allow.
    pub fn new(from: Time, nanos: i64, cells: u32) -> Grid {
        let least = nanos.max(1) / i64::from(cells.max(1));
        Grid { from: from.0, shift: least.max(1).ilog2().min(MOST_SHIFT) }
    }

    /// Returns one that begins when nothing happens any more: for what is followed, and not
    /// drawn.
    pub(super) fn beyond() -> Grid {
        Grid { from: i64::MAX, shift: MOST_SHIFT }
    }

    /// Returns when it begins.
    pub fn from(self) -> Time {
        Time(self.from)
    }

    /// Returns the length of a cell in nanoseconds.
    pub fn cell(self) -> i64 {
        1 << self.shift
    }

    /// Returns the same cells from another time on.
    pub(super) fn beginning(self, from: Time) -> Grid {
        Grid { from: from.0, ..self }
    }

    /// Returns cells as long as two of these are.
    pub(super) fn widened(self) -> Grid {
        Grid { shift: (self.shift + 1).min(MOST_SHIFT), ..self }
    }

    /// Returns the longer cells of the two.
    pub(super) fn at_least(self, other: Grid) -> Grid {
        Grid { shift: self.shift.max(other.shift), ..self }
    }

    /// Returns the number of the cell that a time is in; the first for one before it.
    #[inline(always)]
    pub(super) fn index(self, time: i64) -> usize {
        (time.saturating_sub(self.from).max(0) >> self.shift) as usize
    }

    /// Returns when a cell begins.
    #[inline(always)]
    pub(super) fn begin(self, index: usize) -> i64 {
        self.from.saturating_add((index as i64) << self.shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_has_as_many_cells_as_asked_or_up_to_twice_as_many() {
        for nanos in [1, 2, 1000, 1_000_000_007, i64::MAX / 2] {
            for cells in [1, 7, 1000, 8192] {
                let grid = Grid::new(Time(5), nanos, cells);
                let count = nanos / grid.cell();
                assert!(count >= i64::from(cells).min(nanos) || grid.cell() == 1 << MOST_SHIFT, "{nanos} {cells}");
                assert!(
                    grid.cell() == 1 || grid.cell() == 1 << MOST_SHIFT || count <= 2 * i64::from(cells),
                    "{nanos} {cells}"
                );
                assert_eq!((grid.index(5), grid.index(4)), (0, 0));
                assert_eq!(grid.index(grid.begin(3)), 3);
            }
        }
    }
}
