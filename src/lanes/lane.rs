//! A lane in which one span follows another.

use super::grid::Grid;
use super::item::{Item, LaneState};

/// The items of a lane, of spans that come in order and do not overlap.
#[derive(Clone, Debug, Default)]
pub(super) struct Lane {
    items: Vec<Item>,
    /// The cell that the last item began in, if it is shorter than one; else none.
    open: Option<usize>,
}

impl Lane {
    /// Adds a span; the part of it that lies before the grid is left out.
    #[inline(always)]
    pub(super) fn add(&mut self, grid: Grid, (start, end): (i64, i64), state: LaneState, label: u64) {
        let start = start.max(grid.from().0);
        if end <= start {
            return;
        }
        if end - start >= grid.cell() {
            self.open = None;
            self.items.push(Item::new((start, end), state, label));
            return;
        }
        let cell = Some(grid.index(start));
        match self.items.last_mut() {
            Some(last) if self.open == cell => last.take_in_span((start, end), state, label),
            _ => {
                self.open = cell;
                self.items.push(Item::new((start, end), state, label));
            }
        }
    }

    /// Returns the items, and begins anew.
    pub(super) fn take(&mut self) -> Vec<Item> {
        self.open = None;
        std::mem::take(&mut self.items)
    }

    /// Merges the items once more, into the longer cells of a grid.
    pub(super) fn widen(&mut self, grid: Grid) {
        for item in self.take() {
            let cell = (item.nanos() < grid.cell()).then(|| grid.index(item.start.0));
            match self.items.last_mut() {
                Some(last) if cell.is_some() && self.open == cell => last.take_in(&item),
                _ => {
                    self.open = cell;
                    self.items.push(item);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Time;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the spans and the cells, no time is lost, items follow each other, and
        /// there are few; a span as long as a cell is there as it is.
        #[test]
        fn items_are_few_and_exact(
            spans in prop::collection::vec((0i64..50, 1i64..300, 0usize..5), 1..400),
            cells in 1u32..200,
            widen in 0u32..4,
        ) {
            let total: i64 = spans.iter().map(|(gap, nanos, _)| gap + nanos).sum();
            let mut grid = Grid::new(Time(7), total, cells);
            let (mut lane, mut at, mut sums) = (Lane::default(), 7, [0; 8]);
            let mut long = Vec::new();
            for (gap, nanos, state) in spans {
                let state = LaneState::ALL[state];
                lane.add(grid, (at + gap, at + gap + nanos), state, 1);
                if nanos >= grid.cell() << widen {
                    long.push((at + gap, at + gap + nanos));
                }
                sums[state as usize] += nanos;
                at += gap + nanos;
            }
            for _ in 0..widen {
                grid = grid.widened();
                lane.widen(grid);
            }
            let items = lane.take();
            for state in LaneState::ALL {
                prop_assert_eq!(items.iter().map(|item| item.time(state)).sum::<i64>(), sums[state as usize]);
            }
            prop_assert!(items.is_sorted_by(|a, b| a.end <= b.start));
            prop_assert!(items.len() as i64 <= 2 * (total / grid.cell() + 1), "{} items", items.len());
            let kept: Vec<_> = items.iter().map(|item| (item.start.0, item.end.0)).collect();
            prop_assert!(long.iter().all(|span| kept.contains(span)));
        }
    }
}
