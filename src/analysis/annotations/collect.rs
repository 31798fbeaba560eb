//! The pass that collects tasks and regions of the program.

use super::{Annotations, Creation, Place, Region};
use crate::analysis::goroutines::is_system;
use crate::analysis::{Analysis, Compat, Ended, Follower, GoroutineState, OpenRegions, SharedEvent, Transition};
use crate::base::ids::{GoId, TaskId};
use crate::base::time::Time;
use crate::event::EventKind;
use crate::event::task as user;
use crate::spec::state::GoState;
use crate::spec::v2::EventType;
use rustc_hash::FxHashMap;

/// Collects the [`Annotations`] of a trace. Memory grows with its tasks and regions, and
/// with the goroutines that were created for tasks.
#[derive(Clone, Debug, Default)]
pub struct CollectAnnotations {
    all: Annotations,
    busy: FxHashMap<GoId, Busy>,
    /// Open regions, as indexes in all.
    open: OpenRegions<usize>,
}

/// Open tasks of a goroutine, and its creation.
#[derive(Clone, Debug, Default)]
struct Busy {
    /// Tasks that it began and that have not ended.
    tasks: Vec<TaskId>,
    /// Index of its creation, if its creator may have worked for a task.
    creation: Option<usize>,
}

impl Busy {
    fn is_idle(&self) -> bool {
        self.tasks.is_empty() && self.creation.is_none()
    }
}

impl CollectAnnotations {
    /// Returns a collector that has seen nothing yet. With [`Compat::Go127`], the end of a
    /// region ends the innermost one, and a region from before a trace of Go 1.21 or older
    /// takes no time.
    pub fn new(compat: Compat) -> CollectAnnotations {
        let all = Annotations { compat, ..Annotations::default() };
        CollectAnnotations { all, open: OpenRegions::new(compat), ..CollectAnnotations::default() }
    }
}

impl Analysis for CollectAnnotations {
    type Output = Annotations;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        use EventType::*;
        matches!(event, UserRegionBegin | UserRegionEnd | UserTaskBegin | UserTaskEnd | UserLog | GoStart)
    }

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        if self.open.ends_life(transition, follower) {
            self.close_all(transition.id(), transition.time());
        }
        // Creations and ends of goroutines matter only beside tasks and regions.
        if !self.busy.is_empty() || !self.open.is_empty() {
            if transition.to() == GoState::NotExist {
                self.ends(transition.id(), transition.time());
            } else if transition.from() == GoState::NotExist {
                self.creates(transition, follower);
            }
        }
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        let Some(goroutine) = event.goroutine() else { return };
        let Some(on) = follower.goroutine(goroutine) else { return };
        let place = Place { time: event.time(), goroutine, created: on.created };
        match event.kind() {
            EventKind::TaskBegin(task) => self.task_begins(place, task),
            EventKind::TaskEnd(task) => self.task_ends(place, task.id),
            EventKind::RegionBegin(region) => self.region_begins(on, place, region),
            EventKind::RegionEnd(region) => self.region_ends(on, place, region),
            EventKind::Log(log) => self.takes_part(place, log.task),
            _ => {}
        }
    }

    fn finish(mut self, follower: &Follower) -> Annotations {
        (self.all.start, self.all.end) = (follower.start(), follower.last());
        self.all
    }
}

impl CollectAnnotations {
    fn task_begins(&mut self, place: Place, task: &user::Task<'_>) {
        self.open.begin_task(task.id);
        let kind = self.all.names.intern(task.kind);
        let entry = self.all.tasks.entry(task.id).or_default();
        (entry.kind, entry.begun, entry.ended, entry.left) = (Some(kind), Some(place), None, None);
        // A second parent, as a damaged trace may have, is ignored.
        if let (Some(parent), false) = (task.parent, entry.has_parent) {
            entry.has_parent = true;
            self.all.tasks.entry(parent).or_default().children.push(task.id);
        }
        self.busy.entry(place.goroutine).or_default().tasks.push(task.id);
    }

    fn task_ends(&mut self, place: Place, id: TaskId) {
        let task = self.all.tasks.entry(id).or_default();
        if task.ended.is_some() {
            return;
        }
        task.ended = Some(place);
        let Some(begun) = task.begun else { return };
        if let Some(busy) = self.busy.get_mut(&begun.goroutine) {
            busy.tasks.retain(|task| *task != id);
        }
        self.forget_if_idle(begun.goroutine);
    }

    fn region_begins(&mut self, on: &GoroutineState, place: Place, region: &user::Region<'_>) {
        let (goroutine, task, name) = (on.id, region.task, self.all.names.intern(region.kind));
        self.takes_part(place, task);
        self.open.begin(on, (task, name), self.all.regions.len());
        self.all.regions.push(Region { goroutine, task, name, from: Some(place.time), to: None });
    }

    fn region_ends(&mut self, on: &GoroutineState, place: Place, region: &user::Region<'_>) {
        let (goroutine, task, name) = (on.id, region.task, self.all.names.intern(region.kind));
        self.takes_part(place, task);
        match self.open.end(on, (task, name)) {
            Ended::Open(ended) => self.close(&ended, place.time),
            Ended::Early => self.all.regions.push(Region { goroutine, task, name, from: None, to: Some(place.time) }),
            Ended::Nothing => {}
        }
    }

    /// Takes note that a goroutine takes part in a task.
    fn takes_part(&mut self, place: Place, id: TaskId) {
        if id != TaskId::BACKGROUND {
            let task = self.all.tasks.entry(id).or_default();
            task.shared |= task.begun.is_none_or(|begun| begun.goroutine != place.goroutine);
        }
    }

    /// Returns whether a goroutine may work for a task.
    fn is_busy(&self, goroutine: GoId) -> bool {
        self.busy.contains_key(&goroutine) || self.open.innermost(goroutine).is_some()
    }

    #[inline(never)]
    fn creates(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        let Some(creator) = transition.goroutine().filter(|creator| self.is_busy(*creator)) else { return };
        // Goroutines of the runtime start wherever they are first needed, for no task.
        if is_system(follower.stacks().names.get(transition.after().function())) {
            return;
        }
        let creation = Creation { time: transition.time(), creator, goroutine: transition.id(), ended: None };
        self.busy.entry(transition.id()).or_default().creation = Some(self.all.creations.len());
        self.all.creations.push(creation);
    }

    /// Takes note of the end of a goroutine.
    #[inline(never)]
    fn ends(&mut self, id: GoId, time: Time) {
        let Some(busy) = self.busy.remove(&id) else { return };
        for id in busy.tasks {
            if let Some(task) = self.all.tasks.get_mut(&id) {
                task.left = Some(time);
            }
        }
        if let Some(creation) = busy.creation.and_then(|at| self.all.creations.get_mut(at)) {
            creation.ended = Some(time);
        }
    }

    #[inline(never)]
    fn close_all(&mut self, id: GoId, time: Time) {
        let open = self.open.end_all(id);
        self.close(&open, time);
    }

    fn close(&mut self, regions: &[usize], time: Time) {
        for &at in regions {
            if let Some(region) = self.all.regions.get_mut(at) {
                region.to = Some(time);
            }
        }
    }

    fn forget_if_idle(&mut self, id: GoId) {
        if self.busy.get(&id).is_some_and(Busy::is_idle) {
            self.busy.remove(&id);
        }
    }
}
