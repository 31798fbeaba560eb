//! Phases of the collector, and stops of the world.

use super::collect::{Out, args};
use super::label::Label;
use super::track::{Described, Group, Kind, Shape, Track};
use super::writer::{Happening, TrackWriter, Value};
use crate::analysis::names::NameId;
use crate::analysis::{Follower, SharedEvent};
use crate::base::time::Time;
use crate::event::EventKind;
use crate::event::range::{Range, RangeName, RangeScope, Swept};
use rustc_hash::{FxHashMap, FxHashSet};

/// The ranges that go on, and the tracks that they are on.
#[derive(Default)]
pub(super) struct Ranges {
    /// Tracks of the ranges that go on; none for those that are not selected.
    open: FxHashMap<(Sort, RangeScope), Option<Track>>,
    sweeps: Pool,
    assists: Pool,
    described: FxHashSet<Track>,
}

/// Sort of a range: one of the same sort and scope ends it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Sort {
    Stop,
    Mark,
    Sweep,
    Assist,
}

/// Tracks that spans are on, one after the other: as many as go on at one time.
#[derive(Debug, Default)]
pub(super) struct Pool {
    count: u64,
    free: Vec<Track>,
}

impl Pool {
    /// Returns a track of a kind on which nothing goes on.
    pub(super) fn take(&mut self, kind: Kind) -> Track {
        self.free.pop().unwrap_or_else(|| self.fresh(kind))
    }

    /// Returns a track of a kind on which nothing was.
    pub(super) fn fresh(&mut self, kind: Kind) -> Track {
        self.count += 1;
        Track::new(kind, self.count - 1)
    }

    /// Takes a track back.
    pub(super) fn put(&mut self, track: Track) {
        self.free.push(track);
    }
}

impl Ranges {
    /// Writes the beginning or the end of a range.
    pub(super) fn note<W: TrackWriter>(
        &mut self,
        out: &mut Out<'_, W>,
        event: &SharedEvent<'_, '_>,
        follower: &mut Follower,
    ) {
        match *event.kind() {
            EventKind::RangeBegin(range) => {
                // Where its end is lost, the one before ends here.
                if let Some(Some(track)) = self.open.remove(&key(&range)) {
                    self.end(out, track, event.time(), None);
                }
                self.begin(out, event, (&range, event.time(), false), follower);
            }
            // Each generation states anew what goes on.
            EventKind::RangeActive(range) if !self.open.contains_key(&key(&range)) => {
                self.begin(out, event, (&range, follower.synced(), true), follower);
            }
            EventKind::RangeEnd(range, swept) => {
                if !self.open.contains_key(&key(&range)) {
                    self.begin(out, event, (&range, follower.synced(), true), follower);
                }
                if let Some(Some(track)) = self.open.remove(&key(&range)) {
                    self.end(out, track, event.time(), swept);
                }
            }
            _ => {}
        }
    }

    /// Begins a range; one that has gone on since `early` times may overlap with others of
    /// its track.
    fn begin<W: TrackWriter>(
        &mut self,
        out: &mut Out<'_, W>,
        event: &SharedEvent<'_, '_>,
        (range, time, early): (&Range<'_>, Time, bool),
        follower: &mut Follower,
    ) {
        let (goroutine, proc) = match range.scope {
            RangeScope::Goroutine(goroutine) => (goroutine, event.proc()),
            RangeScope::Proc(proc) => (event.goroutine(), proc),
            RangeScope::Global => (event.goroutine(), event.proc()),
        };
        if matches!(range.scope, RangeScope::Goroutine(_)) && !out.scope.has_moment(goroutine, time) {
            self.open.insert(key(range), None);
            return;
        }
        let mut of_pool = |pool: fn(&mut Ranges) -> &mut Pool, kind| {
            let pool = pool(self);
            if early { pool.fresh(kind) } else { pool.take(kind) }
        };
        let (label, track) = match range.name {
            RangeName::StopTheWorld(reason) => {
                let reason: NameId = follower.stacks_mut().names.intern(reason);
                (Label::Stop(reason), Track::new(Kind::Collector, 0))
            }
            RangeName::GcMark => (Label::Mark, Track::new(Kind::Collector, 1)),
            RangeName::GcSweep => (Label::Sweep, of_pool(|ranges| &mut ranges.sweeps, Kind::Sweeps)),
            RangeName::GcMarkAssist => (Label::Assist, of_pool(|ranges| &mut ranges.assists, Kind::Assists)),
        };
        if self.described.insert(track) {
            let of_all = if let Label::Stop(_) = label { Label::Stop(NameId::EMPTY) } else { label };
            let name = &of_all.text(&follower.stacks().names);
            let (parent, rank) = (Some(Group::Collector.track()), track.kind as u64 * 2 + track.number.min(1));
            out.describe(Described { track, parent, name, shape: Shape::Shared, rank });
        }
        let stack = follower.intern(event.stack());
        let args = args([("goroutine", goroutine.map(|g| g.0)), ("P", proc.map(|p| p.0))]);
        let what = Happening { args: &args, stack, ..Happening::new(label) };
        let time = out.time(time);
        out.write(|writer| writer.begin(track, time, &what, follower.stacks()));
        self.open.insert(key(range), Some(track));
    }

    fn end<W: TrackWriter>(&mut self, out: &mut Out<'_, W>, track: Track, time: Time, swept: Option<Swept>) {
        let args: &[_] = match swept {
            Some(Swept { swept, reclaimed }) => {
                &[("swept bytes", Value::Number(swept)), ("reclaimed bytes", Value::Number(reclaimed))]
            }
            None => &[],
        };
        let time = out.time(time);
        out.write(|writer| writer.end(track, time, args));
        match track.kind {
            Kind::Sweeps => self.sweeps.put(track),
            Kind::Assists => self.assists.put(track),
            _ => {}
        }
    }
}

fn key(range: &Range<'_>) -> (Sort, RangeScope) {
    let sort = match range.name {
        RangeName::StopTheWorld(_) => Sort::Stop,
        RangeName::GcMark => Sort::Mark,
        RangeName::GcSweep => Sort::Sweep,
        RangeName::GcMarkAssist => Sort::Assist,
    };
    (sort, range.scope)
}
