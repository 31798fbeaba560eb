//! Tracks, and what tells them apart.

use crate::base::ids::{GoId, ProcId, ThreadId};

/// A track: its kind, and its number among those of the kind.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Track {
    pub(super) kind: Kind,
    pub(super) number: u64,
}

/// Kind of a track.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Kind {
    /// A group of tracks, numbered as [`Group`].
    Group,
    /// Goroutines that began with one function.
    Function,
    /// States of a goroutine.
    Goroutine,
    /// Regions and messages of a goroutine.
    Work,
    /// A region that began before the trace.
    EarlyRegion,
    /// Tasks, one after the other.
    Tasks,
    /// Goroutines on a P.
    Proc,
    /// CPU samples on a P; the last number stands for those on none.
    Samples,
    /// Goroutines on an M.
    Thread,
    /// Figures, numbered as the counters.
    Counter,
    /// Marking and stops of the world, by kind.
    Collector,
    /// Sweeps, one after the other.
    Sweeps,
    /// Mark assists, one after the other.
    Assists,
}

/// A group of tracks, in the order in which viewers show them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Group {
    All,
    Collector,
    Counters,
    Procs,
    Samples,
    Threads,
    Tasks,
    Regions,
    Goroutines,
}

impl Group {
    /// Groups below the one of all, with their names.
    pub(super) const PARTS: [(Group, &'static str); 8] = [
        (Group::Collector, "Garbage collector and stops of the world"),
        (Group::Counters, "Counters"),
        (Group::Procs, "Ps"),
        (Group::Samples, "CPU samples"),
        (Group::Threads, "Ms (threads)"),
        (Group::Tasks, "Tasks"),
        (Group::Regions, "Regions"),
        (Group::Goroutines, "Goroutines"),
    ];

    /// Returns the track of the group.
    pub(super) const fn track(self) -> Track {
        Track { kind: Kind::Group, number: self as u64 }
    }
}

impl Track {
    /// Returns the track of a number, which stands for itself.
    pub(super) const fn new(kind: Kind, number: u64) -> Track {
        Track { kind, number }
    }

    /// Returns the number that tells the track from those of all kinds, from 1; small if its
    /// own is small.
    pub(super) fn uuid(self) -> u64 {
        // Numbers beyond 2^60, which no program has, may be one.
        self.number.wrapping_add(1).wrapping_shl(4) | self.kind as u64
    }

    /// Returns the group that the track belongs to.
    pub(super) fn group(self) -> Group {
        match self.kind {
            Kind::Group | Kind::Function | Kind::Goroutine => Group::Goroutines,
            Kind::Work | Kind::EarlyRegion => Group::Regions,
            Kind::Tasks => Group::Tasks,
            Kind::Proc => Group::Procs,
            Kind::Samples => Group::Samples,
            Kind::Thread => Group::Threads,
            Kind::Counter => Group::Counters,
            Kind::Collector | Kind::Sweeps | Kind::Assists => Group::Collector,
        }
    }
}

impl From<ProcId> for Track {
    fn from(id: ProcId) -> Track {
        Track::new(Kind::Proc, id.0)
    }
}

impl From<ThreadId> for Track {
    fn from(id: ThreadId) -> Track {
        Track::new(Kind::Thread, id.0)
    }
}

impl From<GoId> for Track {
    fn from(id: GoId) -> Track {
        Track::new(Kind::Goroutine, id.0)
    }
}

/// Form of a track.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// Other tracks.
    Group,
    /// Slices that are nested.
    Slices,
    /// Slices that are shown with those of all tracks of the same name beside it.
    Shared,
    /// States, one after the other.
    States,
    /// Numbers.
    Numbers,
    /// Bytes.
    Bytes,
}

/// A description of a track.
#[derive(Clone, Copy, Debug)]
pub(super) struct Described<'a> {
    pub(super) track: Track,
    /// Track that it is shown below; none for that of all.
    pub(super) parent: Option<Track>,
    pub(super) name: &'a str,
    pub(super) shape: Shape,
    /// Place among those with the same parent.
    pub(super) rank: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn tracks_have_numbers_of_their_own() {
        let kinds = [
            Kind::Group,
            Kind::Function,
            Kind::Goroutine,
            Kind::Work,
            Kind::EarlyRegion,
            Kind::Tasks,
            Kind::Proc,
            Kind::Samples,
            Kind::Thread,
            Kind::Counter,
            Kind::Collector,
            Kind::Sweeps,
            Kind::Assists,
        ];
        let all: Vec<u64> =
            kinds.iter().flat_map(|&kind| (0..100).map(move |number| Track::new(kind, number).uuid())).collect();
        let different: BTreeSet<u64> = all.iter().copied().collect();
        assert_eq!(different.len(), all.len());
        assert!(!different.contains(&0), "0 is Perfetto's own track");
    }
}
