//! Tasks, regions and messages, which the program makes through `runtime/trace`.

use super::collect::{Out, args, named};
use super::label::Label;
use super::lanes::Lanes;
use super::ranges::Pool;
use super::track::{Described, Group, Kind, Shape, Track};
use super::writer::{Happening, TrackWriter, Value};
use crate::analysis::names::NameId;
use crate::analysis::{Ended, Follower, OpenRegions, SharedEvent, Transition};
use crate::base::ids::{GoId, TaskId};
use crate::base::time::Time;
use crate::event::EventKind;
use crate::event::task::{Log, Region, Task};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

/// Tasks and regions that go on, and the tracks that they are on.
#[derive(Default)]
pub(super) struct Work {
    /// Tracks of the tasks that go on.
    tasks: FxHashMap<TaskId, Track>,
    pool: Pool,
    /// Regions that go on, each with its track if it is selected.
    regions: OpenRegions<Option<Track>>,
    early_regions: Pool,
    described: FxHashSet<Track>,
}

impl Work {
    /// Ends the regions of a goroutine whose life ends.
    #[inline(always)]
    pub(super) fn goroutine<W: TrackWriter>(
        &mut self,
        out: &mut Out<'_, W>,
        transition: &Transition<'_, '_>,
        follower: &Follower,
    ) {
        if self.regions.ends_life(transition, follower) {
            for track in self.regions.end_all(transition.id()).into_iter().rev().flatten() {
                end(out, track, transition.time());
            }
        }
    }

    /// Writes what an event says of a task or a region, or a message.
    pub(super) fn event<W: TrackWriter>(
        &mut self,
        out: &mut Out<'_, W>,
        lanes: &mut Lanes,
        event: &SharedEvent<'_, '_>,
        follower: &mut Follower,
    ) {
        match event.kind() {
            EventKind::TaskBegin(task) => {
                self.regions.begin_task(task.id);
                self.task_begins(out, event, task, (event.time(), false), follower);
            }
            EventKind::TaskEnd(task) => {
                if !self.tasks.contains_key(&task.id) {
                    self.task_begins(out, event, task, (follower.start(), true), follower);
                }
                if let Some(track) = self.tasks.remove(&task.id) {
                    end(out, track, event.time());
                    self.pool.put(track);
                }
            }
            EventKind::RegionBegin(region) => self.region_begins(out, lanes, event, region, follower),
            EventKind::RegionEnd(region) => self.region_ends(out, lanes, event, region, follower),
            EventKind::Log(log) if out.scope.contains(event) => self.log(out, lanes, event, log, follower),
            _ => {}
        }
    }

    fn task_begins<W: TrackWriter>(
        &mut self,
        out: &mut Out<'_, W>,
        event: &SharedEvent<'_, '_>,
        task: &Task<'_>,
        (time, early): (Time, bool),
        follower: &mut Follower,
    ) {
        if !out.scope.has_task(task.id) || self.tasks.contains_key(&task.id) {
            return;
        }
        let track = if early { self.pool.fresh(Kind::Tasks) } else { self.pool.take(Kind::Tasks) };
        self.describe(out, track, Group::Tasks.track(), "tasks", Shape::Shared);
        let kind = follower.stacks_mut().names.intern(task.kind);
        let stack = follower.intern(event.stack());
        let parent = task.parent.filter(|parent| *parent != TaskId::BACKGROUND).map(|parent| parent.0);
        let args = args([("task", Some(task.id.0)), ("parent", parent), ("goroutine", event.goroutine().map(|g| g.0))]);
        let what = Happening { args: &args, stack, ..Happening::new(Label::Task(kind)) };
        let time = out.time(time);
        out.write(|writer| writer.begin(track, time, &what, follower.stacks()));
        self.tasks.insert(task.id, track);
    }

    fn region_begins<W: TrackWriter>(
        &mut self,
        out: &mut Out<'_, W>,
        lanes: &mut Lanes,
        event: &SharedEvent<'_, '_>,
        region: &Region<'_>,
        follower: &mut Follower,
    ) {
        let kind = follower.stacks_mut().names.intern(region.kind);
        let Some(id) = event.goroutine().filter(|id| follower.goroutine(*id).is_some()) else { return };
        let track = is_selected(out, id, region).then(|| self.track_of(out, lanes, id, follower));
        if let Some(track) = track {
            write_region(out, track, (event, event.time()), (region, kind), follower);
        }
        if let Some(on) = follower.goroutine(id) {
            self.regions.begin(on, (region.task, kind), track);
        }
    }

    fn region_ends<W: TrackWriter>(
        &mut self,
        out: &mut Out<'_, W>,
        lanes: &mut Lanes,
        event: &SharedEvent<'_, '_>,
        region: &Region<'_>,
        follower: &mut Follower,
    ) {
        let kind: NameId = follower.stacks_mut().names.intern(region.kind);
        let Some(on) = event.goroutine().and_then(|id| follower.goroutine(id)) else { return };
        let id = on.id();
        match self.regions.end(on, (region.task, kind)) {
            Ended::Open(tracks) => {
                for track in tracks.into_iter().rev().flatten() {
                    end(out, track, event.time());
                }
            }
            Ended::Early if is_selected(out, id, region) => {
                let track = self.early_regions.fresh(Kind::EarlyRegion);
                let own = lanes.has_track(out, id, follower);
                let parent = if own { Track::from(id) } else { Group::Regions.track() };
                self.describe(out, track, parent, "regions from before", Shape::Shared);
                write_region(out, track, (event, follower.start()), (region, kind), follower);
                end(out, track, event.time());
            }
            Ended::Early | Ended::Nothing => {}
        }
    }

    fn log<W: TrackWriter>(
        &mut self,
        out: &mut Out<'_, W>,
        lanes: &mut Lanes,
        event: &SharedEvent<'_, '_>,
        log: &Log<'_>,
        follower: &mut Follower,
    ) {
        let Some(id) = event.goroutine() else { return };
        let track = self.track_of(out, lanes, id, follower);
        let category = Some(("category", Value::Text(log.category))).filter(|_| !log.category.is_empty());
        let numbers = args([("task", number(log.task)), ("goroutine", Some(id.0))]);
        let args: SmallVec<[_; 3]> = numbers.into_iter().chain(category).collect();
        let stack = follower.intern(event.stack());
        let what = Happening { args: &args, stack, ..named(log.message) };
        let time = out.time(event.time());
        out.write(|writer| writer.instant(track, time, &what, follower.stacks()));
    }

    /// Returns the track of a goroutine's regions and messages: below its own, if it has one.
    fn track_of<W: TrackWriter>(
        &mut self,
        out: &mut Out<'_, W>,
        lanes: &mut Lanes,
        id: GoId,
        follower: &Follower,
    ) -> Track {
        let track = Track::new(Kind::Work, id.0);
        match lanes.has_track(out, id, follower) {
            true => self.describe(out, track, id.into(), "regions and logs", Shape::Slices),
            false => self.describe(out, track, Group::Regions.track(), "regions and logs", Shape::Shared),
        }
        track
    }

    fn describe<W: TrackWriter>(
        &mut self,
        out: &mut Out<'_, W>,
        track: Track,
        parent: Track,
        name: &str,
        shape: Shape,
    ) {
        if self.described.insert(track) {
            out.describe(Described { track, parent: Some(parent), name, shape, rank: track.kind as u64 });
        }
    }
}

/// Returns whether a region is selected.
fn is_selected<W: TrackWriter>(out: &Out<'_, W>, id: GoId, region: &Region<'_>) -> bool {
    out.scope.has(id) && out.scope.has_task(region.task)
}

/// Writes the beginning of a region.
fn write_region<W: TrackWriter>(
    out: &mut Out<'_, W>,
    track: Track,
    (event, time): (&SharedEvent<'_, '_>, Time),
    (region, kind): (&Region<'_>, NameId),
    follower: &mut Follower,
) {
    let stack = follower.intern(event.stack());
    let args = args([("task", number(region.task)), ("goroutine", event.goroutine().map(|g| g.0))]);
    let what = Happening { args: &args, stack, ..Happening::new(Label::Region(kind)) };
    let time = out.time(time);
    out.write(|writer| writer.begin(track, time, &what, follower.stacks()));
}

fn end<W: TrackWriter>(out: &mut Out<'_, W>, track: Track, time: Time) {
    let time = out.time(time);
    out.write(|writer| writer.end(track, time, &[]));
}

/// Returns the number of a task, if it is one that the program made.
fn number(task: TaskId) -> Option<u64> {
    (task != TaskId::BACKGROUND).then_some(task.0)
}
