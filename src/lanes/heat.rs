//! Numbers of spans that overlap, over time.

use super::grid::Grid;
use crate::base::time::Time;

/// The time of spans that may overlap, by cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Heat {
    /// Time of the spans that do not fill a cell, by cell.
    parts: Vec<i64>,
    /// Number of spans that fill a cell, less that of the cell before.
    full: Vec<i64>,
}

impl Heat {
    /// Adds a span; the part of it that lies before the grid is left out.
    #[inline(always)]
    pub(super) fn add(&mut self, grid: Grid, (start, end): (i64, i64)) {
        let start = start.max(grid.from().0);
        if end <= start {
            return;
        }
        let (first, last) = (grid.index(start), grid.index(end - 1));
        if last >= self.parts.len() {
            self.grow(last);
        }
        if first == last {
            self.parts[first] += end - start;
        } else {
            self.add_long(grid, (start, end), (first, last));
        }
    }

    #[inline(never)]
    fn add_long(&mut self, grid: Grid, (start, end): (i64, i64), (first, last): (usize, usize)) {
        self.parts[first] += grid.begin(first + 1) - start;
        self.parts[last] += end - grid.begin(last);
        self.full[first + 1] += 1;
        self.full[last] -= 1;
    }

    #[inline(never)]
    fn grow(&mut self, last: usize) {
        self.parts.resize(last + 1, 0);
        self.full.resize(last + 2, 0);
    }

    /// Returns the time of all spans in each cell, in nanoseconds.
    pub(super) fn times(&self, grid: Grid) -> impl Iterator<Item = i64> {
        let filled = self.full.iter().scan(0, |sum, more| {
            *sum += more;
            Some(*sum)
        });
        self.parts.iter().zip(filled).map(move |(part, filled)| part + filled * grid.cell())
    }

    /// Returns how many there were on average in each cell until `end`, as steps: the
    /// value from that time on.
    pub(super) fn steps(&self, grid: Grid, end: i64) -> Vec<(Time, f64)> {
        let mut steps: Vec<(Time, f64)> = Vec::new();
        let cells = grid.index(end.saturating_sub(1)) + 1;
        for (index, nanos) in self.times(grid).chain(std::iter::repeat(0)).take(cells).enumerate() {
            let begin = grid.begin(index);
            let length = grid.begin(index + 1).min(end).saturating_sub(begin).max(1);
            let mean = nanos as f64 / length as f64;
            if steps.last().is_none_or(|(_, last)| *last != mean) {
                steps.push((Time(begin), mean));
            }
        }
        steps
    }

    /// Forgets all spans.
    pub(super) fn clear(&mut self) {
        self.parts.clear();
        self.full.clear();
    }

    /// Makes one cell of each two; `grid` is what they were.
    pub(super) fn widen(&mut self, grid: Grid) {
        let times: Vec<i64> = self.times(grid).collect();
        self.parts = times.chunks(2).map(|pair| pair.iter().sum()).collect();
        self.full = vec![0; self.parts.len() + 1];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_time_is_lost(
            spans in prop::collection::vec((-50i64..900, 0i64..500), 1..100),
            cells in 1u32..100,
            widen in any::<bool>(),
        ) {
            let mut grid = Grid::new(Time(0), 1400, cells);
            let mut heat = Heat::default();
            for &(start, nanos) in &spans {
                heat.add(grid, (start, start + nanos));
            }
            if widen {
                heat.widen(grid);
                grid = grid.widened();
            }
            let times: Vec<i64> = heat.times(grid).collect();
            for (index, &nanos) in times.iter().enumerate() {
                let (begin, end) = (grid.begin(index), grid.begin(index + 1));
                let want: i64 = spans.iter().map(|&(s, n)| ((s + n).min(end) - s.max(begin)).max(0)).sum();
                prop_assert_eq!(nanos, want);
            }
            let want: i64 = spans.iter().map(|&(s, n)| (s + n - s.max(0)).max(0)).sum();
            prop_assert_eq!(times.iter().sum::<i64>(), want);
        }
    }
}
