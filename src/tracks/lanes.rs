//! The tracks of goroutines, in groups by the function that they began with.

use super::collect::Out;
use super::track::{Described, Group, Kind, Shape, Track};
use super::writer::TrackWriter;
use crate::analysis::Follower;
use crate::analysis::goroutines::is_system;
use crate::analysis::names::NameId;
use crate::base::ids::GoId;
use rustc_hash::{FxHashMap, FxHashSet};

/// Rank of the first function of the runtime: those of the program come before them.
const RUNTIME: u64 = 1 << 30;

/// Rank of the group of goroutines whose functions are not known.
const UNKNOWN: u64 = RUNTIME - 1;

/// The goroutines that have tracks, and the groups of those.
pub(super) struct Lanes {
    /// Number of goroutines that may have tracks.
    most: Option<u64>,
    goroutines: FxHashSet<GoId>,
    /// Goroutines whose tracks are not described, for their functions are not known yet.
    nameless: FxHashSet<GoId>,
    functions: FxHashMap<NameId, Track>,
}

impl Lanes {
    pub(super) fn new(most: Option<u64>) -> Lanes {
        let (goroutines, nameless, functions) = Default::default();
        Lanes { most, goroutines, nameless, functions }
    }

    /// Returns whether a goroutine that is to have a track has one, which is described as
    /// soon as its function is known.
    pub(super) fn has_track<W: TrackWriter>(&mut self, out: &mut Out<'_, W>, id: GoId, follower: &Follower) -> bool {
        if !self.goroutines.contains(&id) {
            if self.most.is_some_and(|most| most <= self.goroutines.len() as u64) {
                return false;
            }
            self.goroutines.insert(id);
            self.nameless.insert(id);
        }
        if !self.nameless.is_empty() && self.nameless.contains(&id) {
            let function = follower.goroutine(id).map_or(NameId::EMPTY, |goroutine| goroutine.function());
            if function != NameId::EMPTY {
                self.nameless.remove(&id);
                let name = String::from_utf8_lossy(follower.stacks().names.get(function));
                self.describe(out, id, function, &name);
            }
        }
        true
    }

    /// Describes the tracks of goroutines whose functions the trace does not have.
    pub(super) fn finish<W: TrackWriter>(&mut self, out: &mut Out<'_, W>) {
        let mut nameless: Vec<GoId> = std::mem::take(&mut self.nameless).into_iter().collect();
        nameless.sort_unstable();
        for id in nameless {
            self.describe(out, id, NameId::EMPTY, "(function unknown)");
        }
    }

    fn describe<W: TrackWriter>(&mut self, out: &mut Out<'_, W>, id: GoId, function: NameId, name: &str) {
        let place = self.functions.len() as u64;
        let parent = *self.functions.entry(function).or_insert_with(|| {
            let track = Track::new(Kind::Function, place);
            let rank = match function {
                NameId::EMPTY => UNKNOWN,
                _ if is_system(name.as_bytes()) => RUNTIME + place,
                _ => place,
            };
            let parent = Some(Group::Goroutines.track());
            out.describe(Described { track, parent, name, shape: Shape::Group, rank });
            track
        });
        let (track, name) = (Track::from(id), format!("G{id}"));
        out.describe(Described { track, parent: Some(parent), name: &name, shape: Shape::States, rank: id.0 });
    }
}
