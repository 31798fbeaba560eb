//! Writers of tracks: what a form of files has to have.

use super::label::Label;
use super::track::{Described, Track};
use crate::timeline::stacks::{StackKey, Stacks};
use std::io;

/// Something that happens, or begins, on a track.
#[derive(Clone, Copy, Debug)]
pub(super) struct Happening<'a> {
    pub(super) name: Name<'a>,
    pub(super) args: &'a [(&'static str, Value<'a>)],
    /// Stack with which it happens or begins.
    pub(super) stack: StackKey,
    pub(super) flow: Option<Flow>,
}

/// Name of something that happens.
#[derive(Clone, Copy, Debug)]
pub(super) enum Name<'a> {
    Label(Label),
    /// A text that will hardly come again.
    Text(&'a [u8]),
}

/// Value of an argument.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Number(u64),
    Text(&'a [u8]),
}

/// A flow that something is part of, by its number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Flow {
    Begins(u64),
    Ends(u64),
}

impl<'a> Happening<'a> {
    /// Returns something with a name, and without more.
    pub(super) fn new(label: Label) -> Happening<'a> {
        Happening { name: Name::Label(label), args: &[], stack: StackKey::EMPTY, flow: None }
    }
}

/// A span of time, in nanoseconds since the first event of the trace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) from: i64,
    pub(super) to: i64,
    /// False if it goes on when the trace ends.
    pub(super) ended: bool,
}

/// Writes tracks in a form of files. Spans of one track come in the order of time; where a
/// track is described, and in which order tracks follow each other, is left open.
pub(super) trait TrackWriter {
    /// The sink, once all is written.
    type Output;

    /// Describes a track.
    fn describe(&mut self, described: &Described<'_>) -> io::Result<()>;

    /// Writes a slice that is over, with the stack at its end.
    fn slice(
        &mut self,
        track: Track,
        times: Times,
        what: &Happening<'_>,
        end: StackKey,
        known: &Stacks,
    ) -> io::Result<()>;

    /// Writes a state that is over.
    fn state(&mut self, track: Track, times: Times, what: &Happening<'_>, known: &Stacks) -> io::Result<()>;

    /// Begins a slice, inside of those that go on there.
    fn begin(&mut self, track: Track, time: i64, what: &Happening<'_>, known: &Stacks) -> io::Result<()>;

    /// Ends the innermost slice, to which arguments are added.
    fn end(&mut self, track: Track, time: i64, args: &[(&'static str, Value<'_>)]) -> io::Result<()>;

    /// Writes something that takes no time.
    fn instant(&mut self, track: Track, time: i64, what: &Happening<'_>, known: &Stacks) -> io::Result<()>;

    /// Writes the value that a counter has from a time on.
    fn counter(&mut self, track: Track, time: i64, value: u64) -> io::Result<()>;

    /// Writes the rest.
    fn finish(self, known: &Stacks) -> io::Result<Self::Output>;
}
