//! The states of all goroutines in a stretch of time.

use super::needed::Needed;
use super::packed::{Length, Packed};
use super::stay::{Began, Run, State, Stay};
use crate::analysis::intervals::CollectIntervals;
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{Analysis, Follower, SharedEvent, Transition};
use crate::base::ids::{GoId, ProcId};
use crate::base::time::Time;
use crate::event::EventKind;
use crate::event::range::{RangeName, RangeScope};
use crate::spec::state::GoState;
use crate::spec::v2::EventType;
use crate::timeline::{Begin, GoActivity, Interval, Span};
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
    stays: FxHashMap<GoId, Packed<Stay>>,
    /// Function that each goroutine began with.
    functions: FxHashMap<GoId, NameId>,
    /// Runs of goroutines on each P, in order.
    runs: FxHashMap<ProcId, Packed<Run>>,
    /// Times in which each goroutine assisted marking, in order.
    pub(super) assists: FxHashMap<GoId, Vec<(Time, Time)>>,
    /// Stops of the world, in order, with their reasons.
    pub(super) stops: Vec<(Time, Time, NameId)>,
    /// Runtime's reason for waiting for a timer.
    pub(super) sleep: NameId,
}

impl History {
    /// Returns the states of a goroutine that end after a moment, in order.
    pub(super) fn stays_after(&self, id: GoId, time: Time) -> impl Iterator<Item = Stay> {
        self.stays.get(&id).into_iter().flat_map(move |stays| stays.after(time))
    }

    /// Returns from when to when a goroutine existed; none if it did not.
    pub fn life(&self, id: GoId) -> Option<(Time, Time)> {
        let stays = self.stays.get(&id)?;
        Some((stays.iter().next()?.start, stays.end()))
    }

    /// Returns the goroutine that ran longest; none if none ran.
    pub fn longest_running(&self) -> Option<GoId> {
        let ran = |stays: &Packed<Stay>| {
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
        let mut nanos: FxHashMap<GoId, i64> = FxHashMap::default();
        for run in self.runs.get(&proc)?.after(from).take_while(|run| run.start < to) {
            *nanos.entry(run.goroutine).or_default() += run.end.min(to).since(run.start.max(from));
        }
        nanos.into_iter().max_by_key(|&(id, nanos)| (nanos, id)).map(|(id, _)| id)
    }

    /// Adds an interval of a goroutine; returns how to take it back, if it is kept.
    fn add(&mut self, interval: &Interval) -> Option<Added> {
        let &Interval::Goroutine(id, span) = interval else { return None };
        if took_no_time(&span) {
            return None;
        }
        let state = match span.state {
            GoActivity::Runnable => State::Runnable,
            GoActivity::Running { proc, .. } => State::Running(proc),
            GoActivity::Syscall { .. } => State::Syscall,
            GoActivity::Waiting { reason } => State::Waiting(reason),
        };
        let (start, end) = (span.start, span.end);
        let ran_on = if let State::Running(proc) = state { proc } else { None };
        let run = ran_on.map(|proc| {
            let runs = self.runs.entry(proc).or_default();
            let before = runs.length();
            runs.push(&Run { start, end, goroutine: id });
            (proc, before)
        });
        let (began, stack) = match span.begin {
            Begin::Before => (Began::Otherwise, StackKey::EMPTY),
            Begin::Created { cause, .. } => (Began::Created(cause.goroutine), cause.stack),
            Begin::Woken(cause) => (Began::Woken(cause.goroutine), cause.stack),
            Begin::Event(cause) => (Began::Otherwise, cause.stack),
        };
        let stays = self.stays.entry(id).or_default();
        let stay = (id, stays.length());
        stays.push(&Stay { start, end, state, began, stack });
        Some(Added { stay, run })
    }

    /// Takes back what was added last.
    fn take_back(&mut self, Added { stay: (id, before), run }: Added) {
        self.stays.entry(id).or_default().cut(before);
        if let Some((proc, before)) = run {
            self.runs.entry(proc).or_default().cut(before);
        }
    }

    /// Forgets what ended before some time.
    fn forget(&mut self, before: Time) {
        self.stays.retain(|_, stays| stays.forget(before));
        let stays = &self.stays;
        self.functions.retain(|id, _| stays.contains_key(id));
        self.runs.retain(|_, runs| runs.forget(before));
        self.assists.retain(|_, assists| drop_front(assists, |&(_, end)| end <= before));
        drop_front(&mut self.stops, |&(_, end, _)| end <= before);
    }
}

/// Returns whether a state only stood between two changes at one time, and is left out.
#[inline(always)]
fn took_no_time(span: &Span<GoActivity>) -> bool {
    span.start == span.end && matches!(span.begin, Begin::Event(_))
}

/// A state that was added, with how long the lists were before.
#[derive(Clone, Copy, Debug)]
struct Added {
    stay: (GoId, Length),
    run: Option<(ProcId, Length)>,
}

/// Removes the first elements, as long as they are over; returns whether any are left.
fn drop_front<T>(all: &mut Vec<T>, is_over: impl Fn(&T) -> bool) -> bool {
    all.drain(..all.partition_point(is_over));
    !all.is_empty()
}

/// Collects a [`History`]. Memory grows with the number of changes of state: some 15 bytes
/// for each, so that a [`Window`](crate::Window) is what to give it of a long trace.
#[derive(Debug)]
pub struct CollectHistory {
    intervals: CollectIntervals,
    history: History,
    /// States that are kept; all if none are chosen.
    needed: Option<Needed>,
    /// Number of states in the history.
    kept: usize,
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
            needed: None,
            kept: 0,
            assisting: FxHashMap::default(),
            stopped: None,
        }
    }
}

impl CollectHistory {
    /// Returns a collector of what the paths of stretches need, each given by its start and end.
    pub(crate) fn of(stretches: Vec<(Time, Time)>) -> CollectHistory {
        CollectHistory { needed: Some(Needed::of(stretches)), ..CollectHistory::default() }
    }

    /// Returns the number of states that are kept.
    pub(crate) fn kept(&self) -> usize {
        self.kept
    }

    /// Shows the history until now, with the states that have not ended.
    pub(crate) fn until<R>(&mut self, now: Time, follower: &Follower, look: impl FnOnce(&History) -> R) -> R {
        let CollectHistory { intervals, history, assisting, stopped, .. } = self;
        let mut added = Vec::new();
        intervals.open_goroutines(now, follower, |interval| added.extend(history.add(interval)));
        for (&id, &since) in &*assisting {
            history.assists.entry(id).or_default().push((since, now));
        }
        history.stops.extend(stopped.map(|(since, reason)| (since, now, reason)));
        for goroutine in follower.goroutines() {
            history.functions.insert(goroutine.id(), goroutine.function());
        }
        (history.start, history.end) = (follower.start(), now);
        history.stacks = Arc::clone(follower.stacks());
        let seen = look(history);
        // While there are two that hold them, a new one would copy all.
        history.stacks = Arc::default();
        if stopped.is_some() {
            history.stops.pop();
        }
        for id in assisting.keys() {
            history.assists.get_mut(id).and_then(Vec::pop);
        }
        added.into_iter().rev().for_each(|of| history.take_back(of));
        seen
    }

    /// Forgets what ended before some time.
    pub(crate) fn forget(&mut self, before: Time) {
        self.history.forget(before);
        self.kept = self.history.stays.values().map(Packed::len).sum();
    }

    #[inline(always)]
    fn take(&mut self) {
        let CollectHistory { intervals, history, needed, kept, .. } = self;
        intervals.take_ended(|ended| keep(ended, needed.as_mut(), history, kept));
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

/// Adds an interval that has ended to a history, if it is needed.
#[inline(always)]
fn keep(ended: &Interval, needed: Option<&mut Needed>, history: &mut History, kept: &mut usize) {
    let Interval::Goroutine(id, span) = ended else { return };
    if !took_no_time(span) && needed.is_none_or(|needed| needed.has(*id, (span.start, span.end))) {
        *kept += usize::from(history.add(ended).is_some());
    }
}

impl Analysis for CollectHistory {
    type Output = History;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        use EventType::*;
        self.intervals.wants(event)
            || matches!(event, STWBegin | STWEnd | GCMarkAssistBegin | GCMarkAssistActive | GCMarkAssistEnd)
    }

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        let CollectHistory { intervals, history, needed, kept, .. } = self;
        intervals.hand_on(transition, follower, |ended| keep(ended, needed.as_mut(), history, kept));
        if transition.to() == GoState::NotExist && self.history.stays.contains_key(&transition.id()) {
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
        for interval in &intervals.finish(follower) {
            history.add(interval);
        }
        (history.start, history.end) = (follower.start(), end);
        history.stacks = Arc::clone(follower.stacks());
        history
    }
}
