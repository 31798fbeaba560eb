//! Which releases of Go print what.

use std::fmt;

/// A release of Go, `1.N`: a format to print a record in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(u8);

impl Release {
    /// The first whose lines are read, Go 1.5.
    pub const FIRST: Release = Release(5);
    /// The last that is known, Go 1.27.
    pub const LAST: Release = Release(27);

    /// Go 1.`minor`, if it is one whose lines are known: 5 to 27.
    pub fn go1(minor: u8) -> Option<Release> {
        (Self::FIRST.0..=Self::LAST.0).contains(&minor).then_some(Release(minor))
    }

    /// The N of Go 1.N.
    pub fn minor(self) -> u8 {
        self.0
    }

    /// All releases that are known, from the first.
    pub fn all() -> impl DoubleEndedIterator<Item = Release> {
        (Self::FIRST.0..=Self::LAST.0).map(Release)
    }

    /// Whether it is Go 1.`minor` or a later one.
    pub(super) fn since(self, minor: u8) -> bool {
        self.0 >= minor
    }

    /// Up to 1.19 some flags are numbers.
    pub(super) fn flag(self, value: bool) -> &'static str {
        match (self.since(20), value) {
            (true, true) => "true",
            (true, false) => "false",
            (false, true) => "1",
            (false, false) => "0",
        }
    }

    /// No ID was -1 up to 1.19.
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

/// Shows a record as a release prints it, without the end of the line.
pub(super) struct As<'r, R: ?Sized>(pub(super) &'r R, pub(super) Release);

/// What can be shown as a release prints it.
pub(super) trait Show {
    fn show(&self, release: Release, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl<R: Show + ?Sized> fmt::Display for As<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(self.1, f)
    }
}
