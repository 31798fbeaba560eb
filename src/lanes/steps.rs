//! The course of a figure.

use super::grid::Grid;
use crate::base::time::Time;

/// The values of a figure over time: two to a cell at most, which have the mean of all.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    steps: Vec<(Time, f64)>,
    value: Option<f64>,
    /// The cell of the last step, and what has come together in it since.
    cell: Option<Cell>,
}

/// A cell in which there were changes.
#[derive(Clone, Copy, Debug)]
struct Cell {
    index: usize,
    first: i64,
    last: i64,
    /// Values times nanoseconds.
    sum: f64,
    changes: u32,
}

impl Course {
    /// Takes note of a value from a time on; NaN for none.
    pub(super) fn set(&mut self, grid: Grid, time: i64, value: f64) {
        let time = time.max(grid.from().0);
        let index = grid.index(time);
        if self.cell.is_some_and(|cell| cell.index != index) {
            self.leave(grid, i64::MAX);
        }
        match &mut self.cell {
            Some(cell) => {
                cell.sum += self.value.unwrap_or(f64::NAN) * (time - cell.last) as f64;
                (cell.last, cell.changes) = (time, cell.changes + 1);
            }
            none => *none = Some(Cell { index, first: time, last: time, sum: 0.0, changes: 1 }),
        }
        self.value = Some(value);
    }

    /// Forgets all but the last value, which holds from `time` on.
    pub(super) fn begin(&mut self, time: i64) {
        self.steps.clear();
        self.cell = None;
        self.steps.extend(self.value.map(|value| (Time(time), value)));
    }

    /// Ends the cell, at that time at the latest.
    fn leave(&mut self, grid: Grid, end: i64) {
        let (Some(cell), Some(value)) = (self.cell.take(), self.value) else { return };
        let end = grid.begin(cell.index + 1).min(end).max(cell.last);
        if cell.changes == 1 {
            return self.push(cell.first, value);
        }
        let mean = (cell.sum + value * (end - cell.last) as f64) / (end - cell.first).max(1) as f64;
        self.push(cell.first, mean);
        self.push(end, value);
    }

    fn push(&mut self, time: i64, value: f64) {
        match self.steps.last_mut() {
            Some((last, of)) if last.0 == time => *of = value,
            _ => self.steps.push((Time(time), value)),
        }
    }

    /// Returns the steps until `end`; what follows begins with the last value.
    pub(super) fn take(&mut self, grid: Grid, end: i64) -> Vec<(Time, f64)> {
        self.leave(grid, end);
        let mut steps = std::mem::take(&mut self.steps);
        // Of two cells that touch, the mean of the second stands for both.
        steps.retain(|(time, _)| time.0 < end || time.0 <= grid.from().0);
        if let Some(value) = self.value {
            self.steps.push((Time(end), value));
        }
        steps
    }

    /// Merges the steps once more, into the longer cells of a grid.
    pub(super) fn widen(&mut self, old: Grid, grid: Grid) {
        self.leave(old, i64::MAX);
        let value = self.value;
        for (time, value) in std::mem::take(&mut self.steps) {
            self.set(grid, time.0, value);
        }
        self.value = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Steps are few, and have the sum over time that the figure has; so have those that
        /// go on behind a cut.
        #[test]
        fn no_value_is_lost(
            changes in prop::collection::vec((1i64..300, 0u32..100), 1..100),
            cells in 1u32..50,
            cut in 0.0..1.0f64,
        ) {
            let total: i64 = changes.iter().map(|(gap, _)| gap).sum::<i64>() + 50;
            let cut = (total as f64 * cut) as i64;
            let (mut grid, mut course) = (Grid::new(Time(0), total, cells), Course::default());
            let (mut at, mut last, mut want, mut taken) = (0, None, 0.0, Vec::new());
            let mut is_cut = false;
            for (gap, value) in changes {
                want += last.unwrap_or(0.0) * gap as f64;
                at += gap;
                if at > cut && !is_cut {
                    is_cut = true;
                    taken.push((course.take(grid, cut), cut));
                    grid = grid.beginning(Time(cut));
                }
                course.set(grid, at, f64::from(value));
                last = Some(f64::from(value));
            }
            want += last.unwrap_or(0.0) * (total - at) as f64;
            taken.push((course.take(grid, total), total));
            let mut got = 0.0;
            for (steps, end) in taken {
                prop_assert!(steps.is_sorted_by(|a, b| a.0 < b.0), "{steps:?}");
                prop_assert!(steps.len() as i64 <= 2 * (total / grid.cell() + 2));
                let ends = steps.iter().skip(1).map(|(time, _)| time.0).chain([end]);
                got += steps.iter().zip(ends).map(|((time, value), end)| value * (end - time.0) as f64).sum::<f64>();
            }
            prop_assert!((got - want).abs() < 1e-6 * want.max(1.0), "{got} {want}");
        }
    }
}
