//! The pass that puts what happens in a trace on tracks.

use super::counters::Counters;
use super::label::Label;
use super::lanes::Lanes;
use super::ranges::Ranges;
use super::spans;
use super::track::{Described, Group, Kind, Shape, Track};
use super::wakings::Wakings;
use super::work::Work;
use super::writer::{Happening, Name, Times, TrackWriter, Value};
use crate::analysis::intervals::CollectIntervals;
use crate::analysis::{Analysis, Follower, SharedEvent, Transition};
use crate::base::ids::{ProcId, ThreadId};
use crate::base::time::Time;
use crate::event::EventKind;
use crate::selection::Scope;
use crate::spec::v2::EventType;
use rustc_hash::FxHashSet;
use smallvec::SmallVec;
use std::cell::Cell;
use std::io;

/// Puts what happens in a trace on tracks, and writes them.
pub(super) struct Collect<'s, W> {
    out: Out<'s, W>,
    intervals: CollectIntervals,
    lanes: Lanes,
    wakings: Wakings,
    ranges: Ranges,
    work: Work,
    counters: Counters,
    seen: Seen,
}

/// Numbers of what was seen.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen {
    /// Goroutines that are selected.
    pub(super) goroutines: u64,
    /// Events of the trace itself, without those that a window restates.
    pub(super) events: u64,
}

/// The first error of the writer, after which nothing is written; kept outside of the pass,
/// which ends without an answer then.
#[derive(Default)]
pub(super) struct Failure {
    is_there: Cell<bool>,
    error: Cell<Option<io::Error>>,
}

impl Failure {
    pub(super) fn is_there(&self) -> bool {
        self.is_there.get()
    }

    fn set(&self, error: io::Error) {
        self.is_there.set(true);
        self.error.set(Some(error));
    }

    pub(super) fn take(&self) -> Option<io::Error> {
        self.error.take()
    }
}

/// The writer, with what all that is written depends on.
pub(super) struct Out<'s, W> {
    writer: W,
    failure: &'s Failure,
    origin: Time,
    pub(super) scope: Scope<'s>,
    /// Tracks of Ps and Ms that are described.
    described: FxHashSet<Track>,
}

impl<W: TrackWriter> Out<'_, W> {
    /// Returns a time as nanoseconds since the trace's start.
    pub(super) fn time(&self, time: Time) -> i64 {
        time.since(self.origin).max(0)
    }

    /// Returns times as such nanoseconds.
    pub(super) fn times(&self, from: Time, to: Time, ended: bool) -> Times {
        let from = self.time(from);
        Times { from, to: self.time(to).max(from), ended }
    }

    /// Has something written, unless that has failed before.
    #[inline]
    pub(super) fn write(&mut self, write: impl FnOnce(&mut W) -> io::Result<()>) {
        if !self.failure.is_there()
            && let Err(e) = write(&mut self.writer)
        {
            self.failure.set(e);
        }
    }

    pub(super) fn describe(&mut self, described: Described<'_>) {
        self.write(|writer| writer.describe(&described));
    }

    /// Returns the track of a P or an M, or of the samples on a P, which is described if it is
    /// new.
    pub(super) fn place(&mut self, track: Track) -> Track {
        if self.described.insert(track) {
            let letter = if track.kind == Kind::Thread { 'M' } else { 'P' };
            let name = match track.number {
                u64::MAX => "no P".to_owned(),
                number => format!("{letter}{number}"),
            };
            let (parent, rank) = (Some(track.group().track()), track.number);
            self.describe(Described { track, parent, name: &name, shape: Shape::Slices, rank });
        }
        track
    }

    /// Returns the track of a P, or that of the M if there is no P.
    pub(super) fn proc_or_thread(&mut self, proc: Option<ProcId>, thread: Option<ThreadId>) -> Option<Track> {
        if !self.scope.has_place(proc, thread) {
            return None;
        }
        let track = proc.map(Track::from).or(thread.map(Track::from))?;
        Some(self.place(track))
    }
}

impl<'s, W: TrackWriter> Collect<'s, W> {
    /// Returns a pass that writes with a writer; `failure` is set when that fails.
    pub(super) fn new(
        writer: W,
        origin: Time,
        scope: Scope<'s>,
        most: Option<u64>,
        failure: &'s Failure,
    ) -> Collect<'s, W> {
        let mut out = Out { writer, failure, origin, scope, described: FxHashSet::default() };
        let group = |group: Group, parent, name| Described {
            track: group.track(),
            parent,
            name,
            shape: Shape::Group,
            rank: group as u64,
        };
        out.describe(group(Group::All, None, "Go trace"));
        for (part, name) in Group::PARTS {
            out.describe(group(part, Some(Group::All.track()), name));
        }
        Collect {
            counters: Counters::new(&mut out),
            out,
            intervals: CollectIntervals::default(),
            lanes: Lanes::new(most),
            wakings: Wakings::default(),
            ranges: Ranges::default(),
            work: Work::default(),
            seen: Seen::default(),
        }
    }

    /// Writes the intervals that have ended.
    #[inline]
    fn take_intervals(&mut self, follower: &Follower) {
        let Collect { intervals, out, lanes, wakings, .. } = self;
        intervals.take_ended(|interval| spans::write(interval, out, lanes, wakings, follower));
    }

    fn count(&mut self, event: &SharedEvent<'_, '_>) {
        self.seen.events += u64::from(!event.is_restated() && event.wire_type() != EventType::Sync);
    }

    /// Writes a CPU sample.
    fn sample(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        if !self.out.scope.contains(event) {
            return;
        }
        let stack = follower.intern(event.stack());
        let number = event.proc().map_or(u64::MAX, |proc| proc.0);
        let track = self.out.place(Track::new(Kind::Samples, number));
        let args = args([("goroutine", event.goroutine().map(|g| g.0)), ("M", event.thread().map(|m| m.0))]);
        let what = Happening { args: &args, stack, ..Happening::new(Label::Sample) };
        let time = self.out.time(event.time());
        self.out.write(|writer| writer.instant(track, time, &what, follower.stacks()));
    }
}

impl<W: TrackWriter> Analysis for Collect<'_, W> {
    /// The writer's output, with numbers of what was seen.
    type Output = io::Result<(W::Output, Seen)>;

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        self.count(transition);
        let Collect { intervals, out, lanes, wakings, .. } = self;
        intervals.hand_on(transition, follower, |interval| spans::write(interval, out, lanes, wakings, follower));
        self.seen.goroutines += u64::from(transition.new && self.out.scope.has(transition.id()));
        self.wakings.note(&mut self.out, transition, follower);
        self.work.goroutine(&mut self.out, transition, follower);
        self.counters.goroutine(&mut self.out, transition, follower);
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        self.count(event);
        self.intervals.event(event, follower);
        self.take_intervals(follower);
        match event.kind() {
            EventKind::RangeBegin(_) | EventKind::RangeActive(_) | EventKind::RangeEnd(..) => {
                self.ranges.note(&mut self.out, event, follower);
            }
            EventKind::TaskBegin(_)
            | EventKind::TaskEnd(_)
            | EventKind::RegionBegin(_)
            | EventKind::RegionEnd(_)
            | EventKind::Log(_) => self.work.event(&mut self.out, &mut self.lanes, event, follower),
            EventKind::StackSample => self.sample(event, follower),
            _ => self.counters.event(&mut self.out, event),
        }
    }

    fn finish(mut self, follower: &Follower) -> Self::Output {
        self.take_intervals(follower);
        self.lanes.finish(&mut self.out);
        self.counters.finish(&mut self.out, follower);
        Ok((self.out.writer.finish(follower.stacks())?, self.seen))
    }
}

/// Returns the numbers that are there, as arguments.
pub(super) fn args<'a, const N: usize>(
    all: [(&'static str, Option<u64>); N],
) -> SmallVec<[(&'static str, Value<'a>); N]> {
    all.into_iter().filter_map(|(name, value)| Some((name, Value::Number(value?)))).collect()
}

/// Returns something whose name is a text.
pub(super) fn named(text: &[u8]) -> Happening<'_> {
    Happening { name: Name::Text(text), ..Happening::new(Label::Sample) }
}
