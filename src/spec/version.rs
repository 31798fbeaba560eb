//! The versions of the trace format.

use std::fmt;

/// The length of a header in bytes, in every version.
pub const HEADER_LEN: usize = 16;

/// A version of the trace format, by the Go release that introduced it.
///
/// There are two formats: v1, up to Go 1.21, is one stream of batches for each
/// P (see [`wire::v1`](crate::wire::v1)), and v2 one for each M, in generations
/// (see [`wire::v2`](crate::wire::v2)). Go 1.6 writes 1.5, Go 1.12 to 1.18 write
/// 1.11, Go 1.20 writes 1.19, Go 1.24 writes 1.23 and Go 1.27 writes 1.26.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Version {
    /// The first version: every event has a global sequence number; stacks are PCs only.
    Go105,
    /// Sequence numbers for each goroutine; strings, and stacks with names.
    Go107,
    /// Labels of goroutines that start; goroutines blocked by the collector.
    Go108,
    /// Mark assists; ends of sweeps say how much was swept.
    Go109,
    /// Stops of the whole program instead of a P, of two kinds.
    Go110,
    /// Tasks, regions and logs.
    Go111,
    /// CPU profile samples.
    Go119,
    /// Reasons of stop-the-world.
    Go121,
    /// Generations; batches of one M each.
    Go122,
    /// Coroutine switches, stacks of goroutine statuses, experiments.
    Go123,
    /// Sync batches, with the frequency and clock snapshots.
    Go125,
    /// A mark at the end of each generation.
    Go126,
}

impl Version {
    /// Every version that this crate reads, oldest first.
    pub const ALL: [Version; 12] = [
        Version::Go105,
        Version::Go107,
        Version::Go108,
        Version::Go109,
        Version::Go110,
        Version::Go111,
        Version::Go119,
        Version::Go121,
        Version::Go122,
        Version::Go123,
        Version::Go125,
        Version::Go126,
    ];

    /// Every version of the v2 format, oldest first.
    pub const V2: [Version; 4] = [Version::Go122, Version::Go123, Version::Go125, Version::Go126];

    /// Returns whether it is a version of the v1 format.
    #[inline]
    pub fn is_v1(self) -> bool {
        self < Version::Go122
    }

    /// Returns the NN of `go 1.NN trace`.
    pub fn minor(self) -> u32 {
        match self {
            Version::Go105 => 5,
            Version::Go107 => 7,
            Version::Go108 => 8,
            Version::Go109 => 9,
            Version::Go110 => 10,
            Version::Go111 => 11,
            Version::Go119 => 19,
            Version::Go121 => 21,
            Version::Go122 => 22,
            Version::Go123 => 23,
            Version::Go125 => 25,
            Version::Go126 => 26,
        }
    }

    /// Returns the version with that minor number; `None` if this crate does not read it.
    pub fn from_minor(minor: u32) -> Option<Version> {
        Version::ALL.into_iter().find(|v| v.minor() == minor)
    }

    /// Returns the header of a file of this version.
    pub fn header(self) -> [u8; HEADER_LEN] {
        let mut header = [0; HEADER_LEN];
        let text = format!("go 1.{} trace", self.minor());
        for (to, from) in header.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        header
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "go 1.{}", self.minor())
    }
}
