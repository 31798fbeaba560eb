//! The states of all goroutines in a stretch of time.

use crate::analysis::intervals::CollectIntervals;
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{Analysis, Follower, SharedEvent, Transition};
use crate::base::ids::{GoId, ProcId};
use crate::base::time::Time;
use crate::event::EventKind;
use crate::event::range::{RangeName, RangeScope};
use crate::spec::state::GoState;
use crate::timeline::{Begin, GoActivity, Interval};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::sync::Arc;

/// States of all goroutines from one time to another; made by [`CollectHistory`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct History {
    /// Start of the trace, or of the window.
    pub start: Time,
    /// End of it.
    pub end: Time,
    /// Stacks and names.
    pub stacks: Arc<Stacks>,
    /// States of each goroutine, in order.
    stays: FxHashMap<GoId, Vec<Stay>>,
    /// Function that each goroutine began with.
    functions: FxHashMap<GoId, NameId>,
    /// Runs of goroutines on each P, in order.
    runs: FxHashMap<ProcId, Vec<(Time, Time, GoId)>>,
    /// Times in which each goroutine assisted marking, in order.
    pub(super) assists: FxHashMap<GoId, Vec<(Time, Time)>>,
    /// Stops of the world, in order, with their reasons.
    pub(super) stops: Vec<(Time, Time, NameId)>,
    /// Runtime's reason for waiting for a timer.
    pub(super) sleep: NameId,
}

/// A state of a goroutine, from one time to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    pub(super) start: Time,
    pub(super) end: Time,
    pub(super) state: State,
    pub(super) began: Began,
    /// Stack of the event that began it: the goroutine's own, or that of who woke it.
    pub(super) stack: StackKey,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Running(Option<ProcId>),
    Runnable,
    Syscall,
    Waiting(NameId),
}

/// Beginning of a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Began {
    /// The goroutine was created, by another if that is known.
    Created(Option<GoId>),
    /// The goroutine was woken, by another or by the scheduler.
    Woken(Option<GoId>),
    /// Anything else.
    Otherwise,
}

impl History {
    /// Returns the states of a goroutine, in order.
    pub(super) fn stays(&self, id: GoId) -> &[Stay] {
        self.stays.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Returns from when to when a goroutine existed; none if it did not.
    pub fn life(&self, id: GoId) -> Option<(Time, Time)> {
        let stays = self.stays(id);
        Some((stays.first()?.start, stays.last()?.end))
    }

    /// Returns the goroutine that ran longest; none if none ran.
    pub fn longest_running(&self) -> Option<GoId> {
        let ran = |stays: &[Stay]| {
            let runs = stays.iter().filter(|stay| matches!(stay.state, State::Running(_)));
            runs.map(|run| run.end.since(run.start)).fold(0, i64::saturating_add)
        };
        let all = self.stays.iter().map(|(&id, stays)| (ran(stays), id));
        all.max_by_key(|&(nanos, id)| (nanos, Reverse(id))).filter(|(nanos, _)| *nanos > 0).map(|(_, id)| id)
    }

    /// Returns the function that a goroutine began with; the empty name if it is not known.
    pub fn function(&self, id: GoId) -> NameId {
        self.functions.get(&id).copied().unwrap_or_default()
    }

    /// Returns the goroutine that ran longest on a P in a stretch of time.
    pub(super) fn busiest(&self, proc: ProcId, from: Time, to: Time) -> Option<GoId> {
        let runs = self.runs.get(&proc)?;
        let first = runs.partition_point(|&(_, end, _)| end <= from);
        let mut nanos: FxHashMap<GoId, i64> = FxHashMap::default();
        for &(start, end, id) in runs.get(first..)?.iter().take_while(|(start, ..)| *start < to) {
            *nanos.entry(id).or_default() += end.min(to).since(start.max(from));
        }
        nanos.into_iter().max_by_key(|&(id, nanos)| (nanos, id)).map(|(id, _)| id)
    }

    fn add(&mut self, interval: &Interval) {
        let &Interval::Goroutine(id, span) = interval else { return };
        if span.start == span.end && matches!(span.begin, Begin::Event(_)) {
            return;
        }
        let state = match span.state {
            GoActivity::Runnable => State::Runnable,
            GoActivity::Running { proc, .. } => State::Running(proc),
            GoActivity::Syscall { .. } => State::Syscall,
            GoActivity::Waiting { reason } => State::Waiting(reason),
        };
        if let State::Running(Some(proc)) = state {
            self.runs.entry(proc).or_default().push((span.start, span.end, id));
        }
        let (began, stack) = match span.begin {
            Begin::Before => (Began::Otherwise, StackKey::EMPTY),
            Begin::Created { cause, .. } => (Began::Created(cause.goroutine), cause.stack),
            Begin::Woken(cause) => (Began::Woken(cause.goroutine), cause.stack),
            Begin::Event(cause) => (Began::Otherwise, cause.stack),
        };
        self.stays.entry(id).or_default().push(Stay { start: span.start, end: span.end, state, began, stack });
    }
}

/// Collects a [`History`]. Memory grows with the number of changes of state: some 60 bytes
/// for each, so that a [`Window`](crate::Window) is what to give it of a long trace.
#[derive(Debug)]
pub struct CollectHistory {
    intervals: CollectIntervals,
    history: History,
    /// Goroutines that assist now, with the time since which they do.
    assisting: FxHashMap<GoId, Time>,
    /// Stop of the world that is under way.
    stopped: Option<(Time, NameId)>,
}

impl Default for CollectHistory {
    fn default() -> CollectHistory {
        CollectHistory {
            intervals: CollectIntervals::of_goroutines(),
            history: History::default(),
            assisting: FxHashMap::default(),
            stopped: None,
        }
    }
}

impl CollectHistory {
    fn take(&mut self) {
        self.intervals.take_ended(|interval| self.history.add(interval));
    }

    fn assist_ends(&mut self, id: GoId, time: Time) {
        if let Some(since) = self.assisting.remove(&id) {
            self.history.assists.entry(id).or_default().push((since, time));
        }
    }

    fn restart(&mut self, time: Time) {
        if let Some((since, reason)) = self.stopped.take() {
            self.history.stops.push((since, time, reason));
        }
    }
}

impl Analysis for CollectHistory {
    type Output = History;

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        self.intervals.goroutine(transition, follower);
        self.take();
        if transition.to() == GoState::NotExist {
            self.history.functions.insert(transition.id(), transition.after().function());
        }
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        if self.history.sleep == NameId::EMPTY {
            self.history.sleep = follower.stacks_mut().names.intern(b"sleep");
        }
        self.intervals.event(event, follower);
        self.take();
        let time = event.time();
        match *event.kind() {
            EventKind::RangeBegin(range) | EventKind::RangeActive(range) => match (range.name, range.scope) {
                (RangeName::GcMarkAssist, RangeScope::Goroutine(Some(id))) => {
                    self.assisting.entry(id).or_insert(time);
                }
                (RangeName::StopTheWorld(reason), _) => {
                    let reason = follower.stacks_mut().names.intern(reason);
                    self.stopped.get_or_insert((time, reason));
                }
                _ => {}
            },
            EventKind::RangeEnd(range, _) => match (range.name, range.scope) {
                (RangeName::GcMarkAssist, RangeScope::Goroutine(Some(id))) => self.assist_ends(id, time),
                (RangeName::StopTheWorld(_), _) => self.restart(time),
                _ => {}
            },
            _ => {}
        }
    }

    fn finish(mut self, follower: &Follower) -> History {
        let end = follower.last();
        let still: Vec<GoId> = self.assisting.keys().copied().collect();
        still.into_iter().for_each(|id| self.assist_ends(id, end));
        self.restart(end);
        for goroutine in follower.goroutines() {
            self.history.functions.insert(goroutine.id(), goroutine.function());
        }
        let CollectHistory { intervals, mut history, .. } = self;
        intervals.finish(follower).iter().for_each(|interval| history.add(interval));
        (history.start, history.end) = (follower.start(), end);
        history.stacks = Arc::clone(follower.stacks());
        history
    }
}
