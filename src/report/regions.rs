//! `gotrace regions --json`, by type and one by one.

use super::text::text;
use super::{Spread, Stats};
use crate::analysis::durations::Durations;
use crate::analysis::goroutines::{self, RegionSummary, Summaries};
use crate::analysis::histogram::Decades;
use crate::analysis::names::Names;
use crate::analysis::stacks::KeptFrame;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

/// Regions grouped by type and place.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct RegionTypesReport<'a> {
    /// Types, the longest in sum first.
    pub types: Vec<RegionType<'a>>,
}

/// Regions of one type that began at one place.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct RegionType<'a> {
    /// True if they began before the trace.
    pub began_before: bool,
    /// Number of complete regions, which began and ended in the trace.
    pub complete: u64,
    /// Number of regions.
    pub count: u64,
    /// Lengths of the complete regions; null if there are none.
    pub durations: Option<Spread>,
    /// Source file of the place; null if that is not known.
    pub file: Option<Cow<'a, str>>,
    /// Function that began them; null if that is not known.
    pub func: Option<Cow<'a, str>>,
    /// Complete regions by length.
    pub histogram: Vec<Bucket>,
    /// Line of the place; null if that is not known.
    pub line: Option<u64>,
    /// Program counter of the place; null if that is not known.
    pub pc: Option<u64>,
    /// Times of the goroutines in them.
    pub stats: Stats<'a>,
    /// Type, which the program chose.
    #[serde(rename = "type")]
    pub kind: Cow<'a, str>,
}

/// A bucket of a histogram with five buckets to a power of ten; empty ones are left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct Bucket {
    /// Number of durations in it.
    pub count: u64,
    /// Shortest duration that belongs to it, in nanoseconds.
    pub from: i64,
}

/// A list of regions.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct RegionsReport<'a> {
    /// Number of regions, including those that are not listed.
    pub count: usize,
    /// Regions, the longest first.
    pub regions: Vec<OneRegion<'a>>,
}

/// A region.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct OneRegion<'a> {
    /// True if it began and ended in the trace.
    pub complete: bool,
    /// Length in nanoseconds, as far as it is in the trace.
    pub duration: i64,
    /// Time at which it ended, in nanoseconds on the trace's clock; null if it had not.
    pub end: Option<i64>,
    /// Source file of the place where it began; null if that is not known.
    pub file: Option<Cow<'a, str>>,
    /// Function that began it; null if that is not known.
    pub func: Option<Cow<'a, str>>,
    /// Goroutine of the region.
    pub goroutine: u64,
    /// Line of the place where it began; null if that is not known.
    pub line: Option<u64>,
    /// Type, which the program chose.
    pub name: Cow<'a, str>,
    /// Program counter of the place where it began; null if that is not known.
    pub pc: Option<u64>,
    /// Time at which it began, in nanoseconds on the trace's clock; null if that was before
    /// the trace.
    pub start: Option<i64>,
    /// Times of its goroutine in it.
    pub stats: Stats<'a>,
    /// Task that it belongs to; 0 for none.
    pub task: u64,
}

impl<'a> RegionTypesReport<'a> {
    /// Reports types of regions.
    pub fn new(types: Vec<RegionType<'a>>) -> RegionTypesReport<'a> {
        RegionTypesReport { types }
    }
}

impl<'a> RegionType<'a> {
    /// Reports a type of regions that began at `place`, none of them yet.
    pub fn new(kind: &'a str, place: Option<&KeptFrame>, names: &'a Names) -> RegionType<'a> {
        let name = |id| text(names.get(id));
        RegionType {
            began_before: false,
            complete: 0,
            count: 0,
            durations: None,
            file: place.map(|frame| name(frame.file)),
            func: place.map(|frame| name(frame.func)),
            histogram: Vec::new(),
            line: place.map(|frame| frame.line),
            pc: place.map(|frame| frame.pc),
            stats: Stats::new(&goroutines::Stats::default(), names),
            kind: kind.into(),
        }
    }

    /// Returns the report with the lengths of the complete regions.
    #[must_use]
    pub fn complete(mut self, durations: &Durations, histogram: &Decades) -> RegionType<'a> {
        self.complete = durations.count();
        self.durations = Spread::unless_empty(durations);
        self.histogram = buckets(histogram);
        self
    }

    /// Returns the report with the times of the goroutines in them.
    #[must_use]
    pub fn stats(mut self, stats: &goroutines::Stats, names: &'a Names) -> RegionType<'a> {
        self.stats = Stats::new(stats, names);
        self
    }
}

/// Returns the buckets that are not empty.
pub(super) fn buckets(histogram: &Decades) -> Vec<Bucket> {
    histogram.buckets().map(|(from, count)| Bucket { count, from }).collect()
}

impl<'a> RegionsReport<'a> {
    /// Reports some regions of `count`.
    pub fn new(count: usize, regions: Vec<OneRegion<'a>>) -> RegionsReport<'a> {
        RegionsReport { count, regions }
    }
}

impl<'a> OneRegion<'a> {
    /// Reports a region that began at `place`.
    pub fn new(region: &RegionSummary, place: Option<&KeptFrame>, summaries: &'a Summaries) -> OneRegion<'a> {
        let name = |id| text(summaries.names().get(id));
        let (from, to) = region.interval(summaries.start, summaries.end);
        OneRegion {
            complete: region.is_complete(),
            duration: to.since(from),
            end: region.end.map(|time| time.0),
            file: place.map(|frame| name(frame.file)),
            func: place.map(|frame| name(frame.func)),
            goroutine: region.goroutine.0,
            line: place.map(|frame| frame.line),
            name: name(region.name),
            pc: place.map(|frame| frame.pc),
            start: region.start.map(|time| time.0),
            stats: Stats::new(&region.stats, summaries.names()),
            task: region.task.0,
        }
    }
}
