//! A utilization function, with sums that make windows over it quick to find.

use super::utilization::Point;

/// Number of bands that a series is divided into.
const BANDS: usize = 1000;
/// Number of points that are searched one by one before a binary search.
const NEAR: usize = 8;

/// A utilization function, its integral, and bands that summarize it.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) points: Vec<Point>,
    /// Integral up to each point, in nanoseconds.
    sums: Vec<f64>,
    pub(super) bands: Vec<Band>,
    /// Length of a band, in nanoseconds.
    pub(super) band: i64,
}

/// A stretch of a series.
#[derive(Clone, Copy, Debug)]
pub(super) struct Band {
    /// Least utilization in it.
    min: f64,
    /// Integral up to its beginning, in nanoseconds.
    sum: f64,
    /// Index of the point that it begins at or after.
    position: usize,
}

impl Series {
    /// Returns the series of the points; none without points.
    pub(super) fn of(points: Vec<Point>) -> Option<Series> {
        let (first, last) = (points.first()?.time, points.last()?.time);
        let (mut sums, mut sum) = (Vec::with_capacity(points.len()), 0.0);
        let mut before = Point { time: 0, utilization: 0.0 };
        for &point in &points {
            sum += before.utilization * point.time.wrapping_sub(before.time) as f64;
            sums.push(sum);
            before = point;
        }
        let count = BANDS.min(points.len());
        let band = (last.saturating_sub(first).saturating_add(count as i64 - 1) / count as i64).max(1);
        let mut series = Series { points, sums, bands: Vec::with_capacity(count + 1), band };
        let mut position = 0;
        // The last band begins at the end or later, and holds the integral up to there.
        for at in 0..=count {
            let (start, end) = series.band_time(at);
            let sum = series.advance(&mut position, start);
            let inside = series.points.get(position..).unwrap_or_default().iter().take_while(|point| point.time < end);
            let min = inside.fold(1.0, |min: f64, point| min.min(point.utilization));
            series.bands.push(Band { min, sum, position });
        }
        Some(series)
    }

    pub(super) fn start(&self) -> i64 {
        self.points.first().map_or(0, |point| point.time)
    }

    pub(super) fn end(&self) -> i64 {
        self.points.last().map_or(0, |point| point.time)
    }

    /// Returns its length, in nanoseconds.
    pub(super) fn length(&self) -> i64 {
        self.end().saturating_sub(self.start())
    }

    /// Returns the start and end of a band, in nanoseconds.
    pub(super) fn band_time(&self, at: usize) -> (i64, i64) {
        let start = (at as i64).saturating_mul(self.band).saturating_add(self.start());
        (start, start.saturating_add(self.band))
    }

    pub(super) fn position(&self, band: usize) -> usize {
        self.bands.get(band).map_or(0, |band| band.position)
    }

    /// Returns the integral up to `time`, in nanoseconds; moves the position to the last
    /// point not after it. Times may not go back.
    pub(super) fn advance(&self, position: &mut usize, time: i64) -> f64 {
        // Windows are looked at in order, so the next position is most often near.
        let near = self.points.get(*position + NEAR).is_some_and(|point| point.time > time);
        if near {
            while self.points.get(*position + 1).is_some_and(|point| point.time <= time) {
                *position += 1;
            }
        } else {
            let rest = self.points.get(*position..).unwrap_or_default();
            *position = (*position + rest.partition_point(|point| point.time <= time)).saturating_sub(1);
        }
        let (Some(point), Some(sum)) = (self.points.get(*position), self.sums.get(*position)) else { return 0.0 };
        let partial = if time == point.time { 0.0 } else { point.utilization * (time - point.time) as f64 };
        sum + partial
    }

    /// Returns the time of the next change of the utilization after `time`.
    pub(super) fn next(&self, position: usize, time: i64) -> i64 {
        let rest = self.points.get(position..).unwrap_or_default();
        rest.iter().find(|point| point.time > time).map_or(i64::MAX, |point| point.time)
    }

    /// Returns for each band the least mean utilization that a window which begins in it
    /// could have.
    pub(super) fn bounds(&self, window: i64) -> Vec<f64> {
        let bands = |span: i64| usize::try_from(span / self.band).unwrap_or(usize::MAX);
        let (least, most) = (bands(window + self.band - 1), bands(window + 2 * (self.band - 1)));
        let tail = window % self.band;
        let count = (self.bands.len() + 1).saturating_sub(most);
        let band = |at: usize| self.bands.get(at).map_or((0.0, 0.0), |band| (band.min, band.sum));
        let bound = |at: usize| {
            let (left, _) = band(at);
            // There is no window of no band: the shortest is one nanosecond.
            let (r1, to) = band(at + least.max(1) - 1);
            let (r2, _) = band(at + most.max(1) - 1);
            let min = left.min(r1.min(r2));
            let mut sum = 0.0;
            if least == 1 {
                sum += min * window as f64;
            } else {
                sum += min * self.band as f64;
                let middle = match min {
                    _ if min == left => r1.min(r2),
                    _ if min == r1 => left.min(r2),
                    _ => left.min(r1),
                };
                sum += middle * tail as f64;
            }
            if least > 2 {
                sum += to - band(at + 1).1;
            }
            sum / window as f64
        };
        (0..count).map(bound).collect()
    }
}
