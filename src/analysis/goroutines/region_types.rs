//! Regions added up by type and place, and the longest ones.

use super::brief::Brief;
use super::keep::Keep;
use super::regions::place_of;
use super::{Goroutine, RegionSummary, Stats, Summaries};
use crate::analysis::durations::Durations;
use crate::analysis::durations::sketches::{Resolution, Sketch};
use crate::analysis::histogram::Decades;
use crate::analysis::names::{NameId, Names};
use crate::analysis::stacks::{KeptFrame, StackKey, Stacks};
use crate::analysis::{Compat, Follower, first};
use crate::base::lookup::Lookup;
use crate::base::time::Time;
use rustc_hash::FxHasher;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The regions that are asked for.
#[derive(Clone, Debug)]
struct Chosen<F> {
    compat: Compat,
    passes: F,
    /// True if there is any region.
    any: bool,
    count: u64,
}

impl<F: FnMut(&RegionSummary, i64, &Names) -> bool> Chosen<F> {
    /// Returns the length of a region that is over in nanoseconds, as far as it is in the trace;
    /// none if the region is not asked for.
    fn took(&mut self, region: &RegionSummary, known: &Follower) -> Option<i64> {
        // Only Go's pages count regions that a goroutine inherits from its creator.
        if !region.counts || (region.inherited && self.compat != Compat::Go127) {
            return None;
        }
        let (from, to) = region.interval(known.start(), known.last());
        let took = to.since(from);
        let chosen = (self.passes)(region, took, &known.stacks().names);
        self.count += u64::from(chosen);
        chosen.then_some(took)
    }
}

/// Adds up regions by their type and the place in the code where they began. Memory grows with
/// the different types and places, by some 100 bytes for each, and not with the regions.
///
/// Counts, sums and histograms are exact. Quantiles of lengths are those of [`Durations`] as
/// long as all types together fill fewer than 262,144 of its buckets; of more types the buckets
/// are joined by twos, fours and so on, until they are that few.
#[derive(Debug)]
pub struct SumRegions<F> {
    chosen: Chosen<F>,
    kinds: Vec<Kind>,
    places: Lookup,
    resolution: Resolution,
}

/// Regions of one type that began at one place.
#[derive(Debug)]
struct Kind {
    name: NameId,
    /// Stack with which one of them began.
    stack: StackKey,
    count: Count,
    complete: Sketch,
    times: Brief,
}

/// Number of regions and, in the lowest bit, whether they began before the trace: there may be a
/// hundred thousand types.
#[derive(Clone, Copy, Debug)]
struct Count(u64);

impl Count {
    fn none(early: bool) -> Count {
        Count(u64::from(early))
    }

    fn add_one(&mut self) {
        self.0 += 2;
    }

    fn get(self) -> u64 {
        self.0 >> 1
    }

    fn is_early(self) -> bool {
        self.0 & 1 == 1
    }
}

fn hash(name: NameId, early: bool, pc: Option<u64>) -> u64 {
    let mut hasher = FxHasher::default();
    (name, early, pc).hash(&mut hasher);
    hasher.finish()
}

impl<F: FnMut(&RegionSummary, i64, &Names) -> bool> SumRegions<F> {
    /// Returns no types of the regions for which `passes` holds; it gets the region, its length
    /// in nanoseconds as far as it is in the trace, and the names.
    pub fn new(compat: Compat, passes: F) -> SumRegions<F> {
        let chosen = Chosen { compat, passes, any: false, count: 0 };
        SumRegions { chosen, kinds: Vec::new(), places: Lookup::default(), resolution: Resolution::default() }
    }

    /// Returns the regions of the same type and place, as an index.
    fn kind(&mut self, region: &RegionSummary, stacks: &Stacks) -> usize {
        let (name, early, compat) = (region.name, region.start.is_none(), self.chosen.compat);
        let pc = |stack| place_of(stacks, stack, compat).map(|frame| frame.pc);
        let own = pc(region.stack);
        let kinds = &self.kinds;
        let is = |at: u32| {
            let same = |kind: &Kind| kind.name == name && kind.count.is_early() == early && pc(kind.stack) == own;
            kinds.get(at as usize).is_some_and(same)
        };
        let own_hash = hash(name, early, own);
        if let Some(at) = self.places.find(own_hash, is) {
            return at as usize;
        }
        // Saturation is never reached: types and places are fewer than bytes in the file.
        let at = u32::try_from(self.kinds.len()).unwrap_or(u32::MAX - 1);
        let of =
            |at: u32| kinds.get(at as usize).map_or(0, |kind| hash(kind.name, kind.count.is_early(), pc(kind.stack)));
        self.places.insert(own_hash, at, of);
        let (complete, times) = (Sketch::default(), Brief::default());
        self.kinds.push(Kind { name, stack: region.stack, count: Count::none(early), complete, times });
        at as usize
    }
}

impl<F: FnMut(&RegionSummary, i64, &Names) -> bool> Keep for SumRegions<F> {
    type Output = RegionTypes;

    fn wants_regions(&self) -> bool {
        true
    }

    fn begin_region(&mut self, _: &RegionSummary) -> usize {
        self.chosen.any = true;
        0
    }

    fn region(&mut self, _: usize, region: &mut RegionSummary, known: &Follower) {
        let Some(took) = self.chosen.took(region, known) else { return };
        let at = self.kind(region, known.stacks());
        let Some(kind) = self.kinds.get_mut(at) else { return };
        kind.count.add_one();
        kind.times.add(&region.stats);
        // The page of Go's tool says that it counts whole regions, but counts all.
        if region.is_complete() || self.chosen.compat == Compat::Go127 {
            kind.complete.add(took, &mut self.resolution);
            while self.resolution.is_exceeded() {
                self.resolution.halve(self.kinds.iter_mut().map(|kind| &mut kind.complete));
            }
        }
    }

    fn goroutine(&mut self, _: &mut Goroutine, _: &Follower) {}

    fn finish(self, whole: Summaries) -> RegionTypes {
        let SumRegions { chosen: Chosen { compat, any, count, .. }, kinds, resolution, .. } = self;
        RegionTypes { count, any, compat, kinds, resolution, stacks: whole.stacks }
    }
}

/// Regions by type and place.
#[derive(Debug)]
#[non_exhaustive]
pub struct RegionTypes {
    /// Number of regions that passed.
    pub count: u64,
    /// True if the trace has any region.
    pub any: bool,
    compat: Compat,
    kinds: Vec<Kind>,
    resolution: Resolution,
    stacks: Arc<Stacks>,
}

/// Regions of one type that began at one place.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RegionType {
    /// Type, which the program chose.
    pub name: NameId,
    /// Place where they began, if that is known.
    pub place: Option<KeptFrame>,
    /// True if they began before the trace.
    pub early: bool,
    /// Number of regions.
    pub count: u64,
    /// Lengths of those that began and ended in the trace.
    pub complete: Durations,
    /// Lengths of the same, in Go's buckets.
    pub histogram: Decades,
    /// Times of the goroutines in them.
    pub stats: Stats,
}

impl RegionTypes {
    /// Returns the number of types and places.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Returns the names that keys in the types refer to.
    pub fn names(&self) -> &Names {
        &self.stacks.names
    }

    /// Returns the first `most` types: the longest in sum, then the most frequent, then by name
    /// and place.
    pub fn longest(&self, most: usize) -> Vec<RegionType> {
        let pc = |kind: &Kind| self.place(kind).map(|frame| frame.pc);
        let order = |a: &&Kind, b: &&Kind| {
            let figures = |kind: &Kind| Reverse((kind.complete.sum(), kind.count.get()));
            let (names, key) = (self.names(), |kind: &Kind| (kind.count.is_early(), pc(kind)));
            figures(a)
                .cmp(&figures(b))
                .then_with(|| names.get(a.name).cmp(names.get(b.name)))
                .then_with(|| key(a).cmp(&key(b)))
        };
        let mut kinds: Vec<&Kind> = self.kinds.iter().collect();
        first(&mut kinds, most, order);
        kinds.into_iter().map(|kind| self.report(kind)).collect()
    }

    fn place(&self, kind: &Kind) -> Option<&KeptFrame> {
        place_of(&self.stacks, kind.stack, self.compat)
    }

    fn report(&self, kind: &Kind) -> RegionType {
        RegionType {
            name: kind.name,
            place: self.place(kind).copied(),
            early: kind.count.is_early(),
            count: kind.count.get(),
            complete: kind.complete.durations(&self.resolution),
            histogram: kind.complete.decades(),
            stats: kind.times.stats(),
        }
    }
}

/// Lists the longest regions. Memory grows with those that are listed.
#[derive(Debug)]
pub struct LongestRegions<F> {
    chosen: Chosen<F>,
    most: usize,
    begun: usize,
    /// The first that is not listed, if one more comes, on top.
    longest: BinaryHeap<Ranked>,
}

/// A region with its rank: the longest first, then those that began first.
#[derive(Debug)]
struct Ranked {
    rank: (Reverse<i64>, Option<Time>, usize),
    region: RegionSummary,
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Ranked) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Ranked) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Ranked) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl<F: FnMut(&RegionSummary, i64, &Names) -> bool> LongestRegions<F> {
    /// Returns an empty list of at most `most` of the regions for which `passes` holds; that is
    /// called as for [`SumRegions::new`].
    pub fn new(compat: Compat, most: usize, passes: F) -> LongestRegions<F> {
        let chosen = Chosen { compat, passes, any: false, count: 0 };
        LongestRegions { chosen, most, begun: 0, longest: BinaryHeap::new() }
    }
}

impl<F: FnMut(&RegionSummary, i64, &Names) -> bool> Keep for LongestRegions<F> {
    type Output = Longest;

    fn wants_regions(&self) -> bool {
        true
    }

    fn begin_region(&mut self, _: &RegionSummary) -> usize {
        self.chosen.any = true;
        self.begun += 1;
        self.begun
    }

    fn region(&mut self, number: usize, region: &mut RegionSummary, known: &Follower) {
        let Some(took) = self.chosen.took(region, known) else { return };
        let rank = (Reverse(took), region.start, number);
        let full = self.longest.len() >= self.most;
        if full && self.longest.peek().is_none_or(|last| last.rank <= rank) {
            return;
        }
        if full {
            self.longest.pop();
        }
        self.longest.push(Ranked { rank, region: region.clone() });
    }

    fn goroutine(&mut self, _: &mut Goroutine, _: &Follower) {}

    fn finish(self, whole: Summaries) -> Longest {
        let regions = self.longest.into_sorted_vec().into_iter().map(|ranked| ranked.region).collect();
        let Chosen { count, any, .. } = self.chosen;
        Longest { listed: Summaries { regions, ..whole }, count, any }
    }
}

/// The longest regions.
#[derive(Debug)]
#[non_exhaustive]
pub struct Longest {
    /// Summaries with these regions, the longest first.
    pub listed: Summaries,
    /// Number of regions that passed.
    pub count: u64,
    /// True if the trace has any region.
    pub any: bool,
}
