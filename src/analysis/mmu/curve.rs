//! The minimum over all windows of a length.

use super::distribution::Distribution;
use super::heap::{Heap, HeapOrder};
use super::series::Series;
use super::utilization::Point;
use crate::analysis::Compat;

/// Utilization of a trace over time; made by [`CollectUtilization`](super::CollectUtilization).
#[derive(Clone, Debug)]
pub struct Curve {
    series: Vec<Series>,
    compat: Compat,
}

/// A window of bad utilization.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct WindowUtilization {
    /// Start of the window, in nanoseconds.
    pub time: i64,
    /// Mean utilization in it, 0 to 1.
    pub utilization: f64,
}

impl HeapOrder for WindowUtilization {
    /// Returns whether this window is better or, of equals, later: the heap drops such
    /// first.
    fn before(&self, other: &WindowUtilization) -> bool {
        match self.utilization == other.utilization {
            true => self.time > other.time,
            false => self.utilization > other.utilization,
        }
    }
}

/// A band whose windows have not been looked at.
#[derive(Clone, Copy, Debug)]
struct UnrefinedBand {
    series: usize,
    band: usize,
    /// Utilization that no window that begins in the band falls below.
    bound: f64,
}

impl HeapOrder for UnrefinedBand {
    fn before(&self, other: &UnrefinedBand) -> bool {
        self.bound < other.bound
    }
}

/// Wanted results of a search through windows, and those found so far.
#[derive(Debug)]
struct Wanted {
    min: f64,
    /// Utilization above which windows do not matter any more.
    bound: f64,
    worst: usize,
    windows: Heap<WindowUtilization>,
    distribution: Option<Distribution>,
    last: Option<(i64, f64)>,
}

impl Wanted {
    fn new(worst: usize, distribution: Option<Distribution>) -> Wanted {
        Wanted { min: 1.0, bound: 1.0, worst, windows: Heap::of(Vec::new()), distribution, last: None }
    }

    /// Takes note of a window; returns whether no further window could matter.
    fn add(&mut self, time: i64, utilization: f64, length: i64) -> bool {
        self.min = if utilization < self.min { utilization } else { self.min };
        // A window above the minimum cannot change it.
        self.bound = self.min;
        if self.worst == 0 && self.distribution.is_none() {
            return utilization == 0.0;
        }
        if self.worst != 0 {
            self.keep(WindowUtilization { time, utilization }, length);
            // A window above the best of the worst cannot join them, once there are enough.
            self.bound = match self.windows.first().filter(|_| self.windows.len() >= self.worst) {
                Some(first) => self.bound.max(first.utilization),
                None => 1.0,
            };
        }
        if let Some(distribution) = &mut self.distribution {
            if let Some((since, before)) = self.last {
                distribution.add(before, utilization, (time - since) as f64);
            }
            self.last = Some((time, utilization));
            // A window above the largest quantile's bound cannot change any quantile.
            self.bound = distribution.bound().map_or(1.0, |bound| self.bound.max(bound));
            return false;
        }
        self.windows.len() == self.worst && self.windows.first().is_some_and(|first| first.utilization == 0.0)
    }

    /// Keeps a window if it is among the worst, and worse than what it overlaps.
    fn keep(&mut self, window: WindowUtilization, length: i64) {
        let full = self.windows.len() >= self.worst;
        if full && self.windows.first().is_some_and(|first| window.utilization >= first.utilization) {
            return;
        }
        let overlaps = |other: &WindowUtilization| {
            window.time.saturating_add(length) > other.time && other.time.saturating_add(length) > window.time
        };
        let overlapped = self.windows.iter().position(overlaps);
        // Of two that overlap only the worse one is kept.
        if let Some(at) = overlapped {
            if self.windows.iter().nth(at).is_some_and(|other| other.utilization <= window.utilization) {
                return;
            }
            self.windows.remove(at);
        }
        self.windows.push(window);
        if self.windows.len() > self.worst {
            self.windows.pop();
        }
    }
}

impl Curve {
    pub(super) fn of(series: Vec<Vec<Point>>, compat: Compat) -> Curve {
        Curve { series: series.into_iter().filter_map(Series::of).collect(), compat }
    }

    /// Returns whether nothing is known, since the trace does not state the number of Ps.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// Returns the start and end of the time for which the utilization is known, in
    /// nanoseconds.
    pub fn span(&self) -> (i64, i64) {
        let start = self.series.iter().map(Series::start).min().unwrap_or(0);
        (start, self.series.iter().map(Series::end).max().unwrap_or(0))
    }

    /// Returns the changes of the utilization: one list for all Ps together, or one for
    /// each.
    pub fn points(&self) -> impl Iterator<Item = &[Point]> {
        self.series.iter().map(|series| &*series.points)
    }

    /// Returns the least mean utilization, 0 to 1, in any window of a length in
    /// nanoseconds.
    pub fn mmu(&self, window: i64) -> f64 {
        let mut wanted = Wanted::new(0, None);
        self.look(window, &mut wanted);
        wanted.min
    }

    /// Returns the worst windows of a length in nanoseconds that do not overlap, the worst
    /// first.
    pub fn worst(&self, window: i64, count: usize) -> Vec<WindowUtilization> {
        let mut wanted = Wanted::new(count, None);
        self.look(window, &mut wanted);
        let mut windows: Vec<WindowUtilization> = wanted.windows.iter().copied().collect();
        windows.sort_by(|a, b| a.utilization.total_cmp(&b.utilization).then(a.time.cmp(&b.time)));
        windows
    }

    /// Returns, for each quantile (0 to 1), the utilization that this share of all windows
    /// of a length in nanoseconds do not exceed.
    pub fn quantiles(&self, window: i64, quantiles: &[f64]) -> Vec<f64> {
        // Go never adds to its distribution, and so returns the minimum for all.
        if self.compat == Compat::Go127 {
            return vec![self.mmu(window); quantiles.len()];
        }
        // Only the mass up to the largest quantile has to be known.
        let most = quantiles.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let lengths = self.series.iter().map(Series::length).filter(|&length| length >= window);
        let duration = lengths.fold(0i64, |sum, length| sum.saturating_add(length - window)) as f64;
        let mut wanted = Wanted::new(0, Some(Distribution::new(duration * most)));
        self.look(window, &mut wanted);
        let min = wanted.min;
        let Some(mut distribution) = wanted.distribution else { return Vec::new() };
        quantiles.iter().map(|quantile| distribution.quantile(duration * quantile).unwrap_or(min)).collect()
    }

    /// Looks at bands, the one with the worst bound first, until none can matter.
    fn look(&self, window: i64, wanted: &mut Wanted) {
        if window <= 0 {
            wanted.min = 0.0;
            return;
        }
        let mut bands = Vec::new();
        for (at, series) in self.series.iter().enumerate() {
            // A window longer than the trace is as long as the trace.
            let bounds = series.bounds(window.min(series.length()).max(1));
            bands.extend(bounds.into_iter().enumerate().map(|(band, bound)| UnrefinedBand { series: at, band, bound }));
        }
        let mut bands = Heap::of(bands);
        while let Some(&next) = bands.first().filter(|next| next.bound < wanted.bound) {
            if let Some(series) = self.series.get(next.series) {
                refine(series, next.band, window.min(series.length()).max(1), wanted);
            }
            bands.pop();
        }
    }
}

/// Looks at the windows that begin in a band. The mean is least where one of the window's
/// edges meets a change, so only those are looked at.
fn refine(series: &Series, band: usize, window: i64, wanted: &mut Wanted) {
    // Both edges of the window begin at the band, and only move on from there.
    let (mut left, mut right) = (series.position(band), series.position(band));
    let (mut time, end) = series.band_time(band);
    let end = end.min(series.end() - window);
    wanted.last = None;
    loop {
        let sum = series.advance(&mut right, time + window) - series.advance(&mut left, time);
        let mean = sum / window as f64;
        if wanted.add(time, mean, window) || time == end {
            return;
        }
        // The mean falls by at most 1 over the length of a window.
        let earliest = time + ((mean - wanted.bound) * window as f64) as i64;
        let changes = (series.next(left, time), series.next(right, time + window).saturating_sub(window));
        time = changes.0.min(changes.1).max(earliest);
        if time >= end {
            time = end;
        }
    }
}
