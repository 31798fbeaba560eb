//! The choice of lanes that are made.

use crate::base::ids::GoId;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

/// The groups of goroutines that get a lane. A group is named by the function that its
/// goroutines began with.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum GroupChoice {
    /// None.
    #[default]
    None,
    /// The first so many of those that ran.
    First(usize),
    /// Groups of these functions.
    Named(FxHashSet<Vec<u8>>),
}

/// The lanes that are made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Choice {
    /// One for each P.
    pub procs: bool,
    /// One for each M.
    pub threads: bool,
    /// The counters.
    pub counters: bool,
    /// The bands.
    pub bands: bool,
    /// One for each group of goroutines.
    pub groups: GroupChoice,
    /// One for each of these goroutines.
    pub goroutines: FxHashSet<GoId>,
    /// One for all goroutines of one number; no two of those may exist at one time.
    pub packed: FxHashMap<GoId, u32>,
    /// One for each set of goroutines, by its number: the sets that a goroutine is in.
    pub sets: FxHashMap<GoId, SmallVec<[u32; 2]>>,
}

impl Choice {
    /// Returns the lanes of an overview: Ps, Ms, counters, bands, and groups.
    pub fn overview() -> Choice {
        let (procs, threads, counters, bands) = (true, true, true, true);
        Choice { procs, threads, counters, bands, groups: GroupChoice::First(256), ..Choice::default() }
    }
}
