//! Releases of Go, and their differences in printing.

use std::fmt;

/// A release of Go, `1.N`: a format to print a record in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(u8);

impl Release {
    /// First release whose lines are read, Go 1.5.
    pub const FIRST: Release = Release(5);
    /// Last release that is known, Go 1.27.
    pub const LAST: Release = Release(27);

    /// Returns Go 1.`minor`, if it is a release whose lines are known: 5 to 27.
    pub fn go1(minor: u8) -> Option<Release> {
        (Self::FIRST.0..=Self::LAST.0).contains(&minor).then_some(Release(minor))
    }

    /// Returns the N of Go 1.N.
    pub fn minor(self) -> u8 {
        self.0
    }

    /// Returns all releases that are known, in order.
    pub fn all() -> impl DoubleEndedIterator<Item = Release> {
        (Self::FIRST.0..=Self::LAST.0).map(Release)
    }

    /// Returns whether it is Go 1.`minor` or a later one.
    pub(super) fn since(self, minor: u8) -> bool {
        self.0 >= minor
    }

    /// Returns a flag as the release prints it: up to 1.19 some flags are numbers.
    pub(super) fn flag(self, value: bool) -> &'static str {
        match (self.since(20), value) {
            (true, true) => "true",
            (true, false) => "false",
            (false, true) => "1",
            (false, false) => "0",
        }
    }

    /// Returns an ID as the release prints it: up to 1.19 no ID is -1.
    pub(super) fn id(self, id: Option<u64>) -> Id {
        Id { id, none: if self.since(20) { "nil" } else { "-1" } }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

/// An ID as a release prints it.
pub(super) struct Id {
    id: Option<u64>,
    none: &'static str,
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id {
            Some(id) => write!(f, "{id}"),
            None => f.write_str(self.none),
        }
    }
}

/// A record for display as a release prints it, without the end of the line.
pub(super) struct Printed<'r, R: ?Sized>(pub(super) &'r R, pub(super) Release);

/// A record that can be displayed as a release prints it.
pub(super) trait Show {
    fn show(&self, release: Release, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl<R: Show + ?Sized> fmt::Display for Printed<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(self.1, f)
    }
}
