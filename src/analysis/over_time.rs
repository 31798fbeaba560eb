//! Figures over time, in little memory.

mod level;

pub(crate) use level::Level;

/// Most stretches that there may be.
const MOST: usize = 256;
/// Length of a stretch at first, as a power of two in nanoseconds.
const FIRST_SHIFT: u32 = 16;

/// The mean of a figure over each of at most 256 stretches of equal length, which become
/// longer as time goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OverTime {
    /// Length of a stretch, as a power of two in nanoseconds.
    shift: u32,
    /// Sum of each stretch: the figure times nanoseconds.
    sums: Vec<i64>,
}

impl Default for OverTime {
    fn default() -> OverTime {
        OverTime { shift: FIRST_SHIFT, sums: Vec::new() }
    }
}

impl OverTime {
    /// Adds a figure of `count` between two times, in nanoseconds since the beginning.
    #[inline]
    pub(crate) fn add(&mut self, from: i64, to: i64, count: i64) {
        if count == 0 || from >= to || from < 0 {
            return;
        }
        let (first, last) = (from >> self.shift, (to - 1) >> self.shift);
        match self.sums.get_mut(usize::try_from(first).unwrap_or(usize::MAX)) {
            Some(sum) if first == last => *sum = sum.saturating_add(count.saturating_mul(to - from)),
            _ => self.spread(from, to, count),
        }
    }

    #[inline(never)]
    fn spread(&mut self, mut from: i64, to: i64, count: i64) {
        while (to - 1) >> self.shift >= MOST as i64 {
            self.widen_to(self.width() * 2);
        }
        while from < to {
            let at = (from >> self.shift) as usize;
            let end = to.min(((from >> self.shift) + 1).saturating_mul(self.width()));
            if self.sums.len() <= at {
                self.sums.resize(at + 1, 0);
            }
            if let Some(sum) = self.sums.get_mut(at) {
                *sum = sum.saturating_add(count.saturating_mul(end - from));
            }
            from = end;
        }
    }

    /// Adds a sum, of a figure times nanoseconds, for a time that begins at `from` and ends
    /// in the same stretch.
    fn add_sum(&mut self, from: i64, sum: i64) {
        if sum == 0 || from < 0 {
            return;
        }
        while from >> self.shift >= MOST as i64 {
            self.widen_to(self.width() * 2);
        }
        let at = (from >> self.shift) as usize;
        if self.sums.len() <= at {
            self.sums.resize(at + 1, 0);
        }
        if let Some(place) = self.sums.get_mut(at) {
            *place = place.saturating_add(sum);
        }
    }

    /// Returns the time from `time` to the end of its stretch, in nanoseconds.
    fn rest_of_stretch(&self, time: i64) -> i64 {
        (time >> self.shift).saturating_add(1).saturating_mul(self.width()).saturating_sub(time)
    }

    /// Makes stretches longer, to a length in nanoseconds.
    pub(crate) fn widen_to(&mut self, width: i64) {
        while self.width() < width {
            self.shift += 1;
            let pairs = self.sums.chunks(2);
            self.sums = pairs.map(|pair| pair.iter().fold(0, |sum: i64, half| sum.saturating_add(*half))).collect();
        }
    }

    /// Returns the length of a stretch, in nanoseconds; the last one may be shorter.
    pub fn width(&self) -> i64 {
        1 << self.shift
    }

    /// Returns the mean of each stretch, for a time that lasted `span` nanoseconds.
    pub fn means(&self, span: i64) -> impl Iterator<Item = f64> + '_ {
        let width = self.width();
        let count = usize::try_from(span.max(0) / width).unwrap_or(0) + usize::from(span % width > 0);
        (0..count.min(MOST)).map(move |at| {
            let start = (at as i64).saturating_mul(width);
            let length = span.saturating_sub(start).min(width).max(1);
            self.sums.get(at).copied().unwrap_or(0) as f64 / length as f64
        })
    }

    /// Returns the mean of the whole time, which lasted `span` nanoseconds.
    pub fn mean(&self, span: i64) -> f64 {
        let sum = self.sums.iter().fold(0i64, |sum, part| sum.saturating_add(*part));
        if span > 0 { sum as f64 / span as f64 } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However long it takes, the whole is what was added, and stretches are few.
    #[test]
    fn the_whole_survives() {
        let (mut all, mut time, mut want) = (OverTime::default(), 0, 0);
        for step in 1..3000 {
            all.add(time, time + step * 97, step);
            want += step * step * 97;
            time += step * 97;
        }
        let means: Vec<f64> = all.means(time).collect();
        assert!(means.len() <= MOST && means.len() > MOST / 4, "{}", means.len());
        assert!((all.mean(time) * time as f64 / want as f64 - 1.0).abs() < 1e-9);
        // What grows steadily, does.
        assert!(means.is_sorted() && (means[means.len() - 1] / 2999.0 - 1.0).abs() < 0.01);
    }

    #[test]
    fn the_last_stretch_may_be_shorter() {
        let mut all = OverTime::default();
        all.add(0, (1 << FIRST_SHIFT) + 10, 3);
        assert_eq!(all.means((1 << FIRST_SHIFT) + 10).collect::<Vec<_>>(), [3.0, 3.0]);
        assert_eq!(all.means(0).count() + OverTime::default().means(-5).count(), 0);
    }

    #[test]
    fn leaps_in_time_are_cheap() {
        let mut all = OverTime::default();
        for (from, to) in [(0, 1), (i64::MAX - 1, i64::MAX), (5, 3), (i64::MIN, i64::MAX)] {
            all.add(from, to, i64::MAX);
        }
        assert!(all.means(i64::MAX).count() <= MOST);
    }
}
