//! The tracker: makes intervals of what the follower shows.

use super::by_slot::BySlot;
use super::follower::Follower;
use super::names::NameId;
use super::observer::Observer;
use super::open::{Open, OpenProc, close};
use super::proc::{Activity, Since};
use super::procs::{Procs, TurnResult, is_before, proc_of};
use super::span::{Begin, Binding, Cause, Finish, GoActivity, Interval, ProcActivity, Span};
use super::transition::{SharedEvent, Transition};
use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::base::time::Time;
use crate::event::EventKind;
use crate::event::go::changes_go;
use crate::event::transition::StateTransition;
use crate::spec::state::{GoState, ProcState};
use crate::spec::v2::EventType;
use rustc_hash::FxHashMap;

/// Number of intervals that may end by changes of GOMAXPROCS beyond one for each event.
const RESIZED: u64 = 64;

/// Makes intervals of what the follower shows. Goroutines are those of the follower, Ps
/// those of [`Procs`]; the bindings of each M follow from both.
#[derive(Debug, Default)]
pub(crate) struct Tracker {
    goroutines: BySlot<Option<(GoId, Open<GoActivity>)>>,
    procs: Procs<OpenProc>,
    threads: FxHashMap<ThreadId, Open<Binding>>,
    /// True if intervals of goroutines alone are made.
    goroutines_only: bool,
    ready: Vec<Interval>,
    /// Number of intervals at the beginning of `ready` that were taken one by one.
    taken: usize,
    /// Number of events that tell of states, and of intervals that GOMAXPROCS may have ended.
    events: u64,
    resized: u64,
    /// Number of syncs so far.
    syncs: u64,
    /// Time of the last event before the last sync.
    before_sync: Time,
    /// True if reading began, or started over, in this generation.
    fresh: bool,
}

impl Observer for &mut Tracker {
    const DETAILS: bool = true;

    fn wants(&self, event: EventType) -> bool {
        Tracker::looks_at(event)
    }

    fn goroutine(self, transition: &Transition<'_, '_>, follower: &Follower) {
        if transition.from == GoState::Undetermined {
            self.start_over(follower);
        }
        self.transition(transition, follower, |ready, interval| ready.push(interval));
        self.events += 1;
    }

    fn event(self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        // Analyses beside this one may want events that it does not.
        if Tracker::looks_at(event.wire_type()) {
            self.other(event, follower);
            self.events += 1;
        }
    }
}

/// Returns the interval of a goroutine in which it is, ended though no event ends it.
fn ended(id: GoId, mut open: Open<GoActivity>, (end, finish): (Time, Finish), follower: &Follower) -> Interval {
    open.state.recall_reason(|| follower.goroutine(id).map_or(NameId::EMPTY, |state| state.reason));
    Interval::Goroutine(id, open.end(end, finish))
}

impl Tracker {
    /// Returns whether events of a type state the states of Gs or Ps, or that reading starts
    /// over.
    pub(crate) fn looks_at(event: EventType) -> bool {
        use EventType::*;
        changes_go(event) || matches!(event, Sync | ProcsChange | ProcStart | ProcStop | ProcSteal | ProcStatus)
    }

    /// Takes note of a transition of a goroutine, and gives each interval that has ended to `each`,
    /// in order: that of the goroutine is not stored on its way.
    #[inline(always)]
    pub(crate) fn hand_on(
        &mut self,
        transition: &Transition<'_, '_>,
        follower: &Follower,
        mut each: impl FnMut(&Interval),
    ) {
        if transition.from == GoState::Undetermined {
            self.start_over(follower);
        }
        self.take_ready(&mut each);
        self.transition(transition, follower, |_, interval| each(&interval));
        self.events += 1;
        self.take_ready(&mut each);
    }

    /// Takes note of an event that is no transition of a goroutine.
    fn other(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        match *event.kind() {
            EventKind::Sync(sync) => {
                if sync.generation.is_none() {
                    self.close_all(event.time(), Finish::TraceEnd, follower);
                }
                // The first generation states what existed before; a later one only where
                // reading starts over.
                self.syncs += 1;
                self.before_sync = follower.before_last();
                self.fresh = self.syncs == 1;
            }
            EventKind::StateTransition(StateTransition::Proc { id, from, to }) => {
                if from == ProcState::Undetermined {
                    self.start_over(follower);
                }
                self.proc(event, (id, from, to), follower);
            }
            EventKind::StateTransition(StateTransition::Goroutine { id, to, .. }) => {
                self.restate(event, (id, to), follower)
            }
            _ => {}
        }
        if let Some(value) = event.gomaxprocs() {
            self.gomaxprocs(event, value, follower);
        }
    }

    /// Returns one that makes intervals of goroutines alone.
    pub(crate) fn of_goroutines() -> Tracker {
        Tracker { goroutines_only: true, ..Tracker::default() }
    }

    /// Returns the next interval that has ended.
    pub(super) fn ready(&mut self) -> Option<Interval> {
        let interval = self.ready.get(self.taken).copied();
        match interval {
            Some(_) => self.taken += 1,
            None => {
                self.ready.clear();
                self.taken = 0;
            }
        }
        interval
    }

    /// Gives each interval that has ended to `each`, in order.
    #[inline(always)]
    pub(crate) fn take_ready(&mut self, each: impl FnMut(&Interval)) {
        if !self.ready.is_empty() {
            self.ready.iter().skip(self.taken).for_each(each);
            self.ready.clear();
            self.taken = 0;
        }
    }

    /// Gives each interval of a goroutine that has not ended to `each`, as if it ended at `end`.
    pub(crate) fn open_goroutines(&self, end: Time, follower: &Follower, mut each: impl FnMut(&Interval)) {
        for &(id, open) in self.goroutines.iter().flatten() {
            each(&ended(id, open, (end, Finish::TraceEnd), follower));
        }
    }

    /// Ends all open intervals at the first status without a state before it in a
    /// generation after the first: it means that reading has started over, and that the
    /// ends of the open intervals are lost.
    fn start_over(&mut self, follower: &Follower) {
        if self.fresh {
            return;
        }
        self.fresh = true;
        // GOMAXPROCS outlives the gap: it belongs to the program, and no status states it.
        let gomaxprocs = self.procs.gomaxprocs();
        self.close_all(self.before_sync, Finish::Lost, follower);
        if let Some(limit) = gomaxprocs {
            self.procs.set_gomaxprocs(limit, follower.synced(), follower.synced());
        }
    }

    /// Ends all open intervals, in the order of the IDs.
    fn close_all(&mut self, end: Time, finish: Finish, follower: &Follower) {
        let mut goroutines: Vec<_> = self.goroutines.iter_mut().filter_map(Option::take).collect();
        goroutines.sort_unstable_by_key(|(id, _)| *id);
        self.ready.extend(goroutines.into_iter().map(|(id, open)| ended(id, open, (end, finish), follower)));
        if self.goroutines_only {
            (self.procs, self.threads) = Default::default();
            return;
        }
        let procs = std::mem::take(&mut self.procs);
        let mut procs: Vec<_> = procs.into_all().filter_map(|p| close(&p, end, finish)).collect();
        procs.sort_unstable_by_key(|(id, _)| *id);
        self.ready.extend(procs.into_iter().map(|(id, span)| Interval::Proc(id, span)));
        let mut threads: Vec<_> = self.threads.drain().collect();
        threads.sort_unstable_by_key(|(id, _)| *id);
        self.ready.extend(threads.into_iter().map(|(id, open)| Interval::Thread(id, open.end(end, finish))));
    }

    /// Follows a transition of a goroutine; the interval of that goroutine which it ends goes to
    /// `ends`, with those that have ended before and were not taken.
    #[inline(always)]
    fn transition(
        &mut self,
        transition: &Transition<'_, '_>,
        follower: &Follower,
        ends: impl FnOnce(&mut Vec<Interval>, Interval),
    ) {
        let (time, id, now) = (transition.time(), transition.id(), transition.now);
        let was = self.goroutines.of(transition).map(|(_, open)| open);
        let cause = Cause { goroutine: transition.goroutine(), stack: now.stack };
        let (start, begin) = match (transition.from, was) {
            (GoState::NotExist, _) => (time, Begin::Created { entry: now.own, cause }),
            (GoState::Undetermined, None) => (follower.synced(), Begin::Before),
            (GoState::Waiting, _) => (time, Begin::Woken(cause)),
            _ => (time, Begin::Event(cause)),
        };
        let (proc, thread) = self.place(transition, was.map(|open| open.state));
        let state = match transition.to {
            GoState::Runnable => Some(GoActivity::Runnable),
            GoState::Running => Some(GoActivity::Running { proc, thread }),
            GoState::Syscall => Some(GoActivity::Syscall { proc, proc_lost: None, thread }),
            GoState::Waiting => Some(GoActivity::Waiting { reason: now.reason }),
            GoState::NotExist | GoState::Undetermined => None,
        };
        *self.goroutines.at(transition.slot) = state.map(|state| (id, Open { start, state, begin }));
        if let Some(mut was) = was {
            was.state.recall_reason(|| transition.was.reason);
            ends(&mut self.ready, Interval::Goroutine(id, was.end(time, Finish::Event(cause))));
        }

        // The transition also changes the P and the M.
        let turned = self.procs.follow(transition, follower);
        if self.goroutines_only && !transition.is_v1() {
            return self.turned(turned, time, follower);
        }
        let is_bound = transition.to.is_executing();
        if let Some(thread) = thread
            && (is_bound || (was.is_some() && transition.from.is_executing()))
        {
            // The M's P as it is tracked is fresher than the event's: the end of a callback
            // first takes the P away from the M, at the same time.
            let proc = self.threads.get(&thread).map_or(proc, |open| open.state.proc);
            // Of an M whose goroutine was not known nothing better is known than that it has
            // had that since before.
            let known = was.is_some() || transition.from == GoState::NotExist;
            let (start, begin) = if known { (start, begin) } else { (follower.synced(), Begin::Before) };
            let state = Binding { proc, goroutine: is_bound.then_some(id) };
            self.bind(thread, state, (start, begin, cause), follower);
        }
        self.turned(turned, time, follower);
        let since = if is_before(transition) { Since::Before } else { Since::Now };
        for proc in [transition.was.proc(), proc_of(transition).filter(|_| is_bound)] {
            let Some(proc) = proc else { continue };
            let Some(p) = self.procs.find(proc) else { continue };
            let runs = matches!(p.activity(), Activity::Running | Activity::Syscall);
            let span = p.record.reopen(since, runs.then_some(id).filter(|_| is_bound), transition.thread(), cause);
            self.end_proc(proc, span);
        }
    }

    /// Adds the interval of a P that has ended, if one has.
    fn end_proc(&mut self, id: ProcId, span: Option<Span<ProcActivity>>) {
        if !self.goroutines_only {
            self.ready.extend(span.map(|span| Interval::Proc(id, span)));
        }
    }

    /// Follows the status of a goroutine in a later generation. It changes nothing, unless
    /// a defect has lost the goroutine since.
    fn restate(&mut self, event: &SharedEvent<'_, '_>, (id, state): (GoId, GoState), follower: &mut Follower) {
        let Some(slot) = follower.slot(id) else { return };
        if self.goroutines.get(slot).is_some_and(Option::is_some) {
            return;
        }
        let (proc, thread, start) = (event.proc(), event.thread(), follower.synced());
        let activity = match state {
            GoState::Runnable => GoActivity::Runnable,
            GoState::Running => GoActivity::Running { proc, thread },
            GoState::Syscall => GoActivity::Syscall { proc, proc_lost: None, thread },
            GoState::Waiting => GoActivity::Waiting { reason: NameId::EMPTY },
            GoState::NotExist | GoState::Undetermined => return,
        };
        *self.goroutines.at(slot) = Some((id, Open { start, state: activity, begin: Begin::Before }));
        if state.is_executing() {
            let cause = Cause { goroutine: event.goroutine(), stack: follower.intern(event.stack()) };
            if let Some(proc) = proc {
                self.procs.restate(proc, (id, state), event.time(), start);
                if let Some(p) = self.procs.find(proc) {
                    let span = p.record.reopen(Since::Before, Some(id), thread, cause);
                    self.end_proc(proc, span);
                }
            }
            if let Some(thread) = thread {
                let state = Binding { proc, goroutine: Some(id) };
                self.bind(thread, state, (start, Begin::Before, cause), follower);
            }
        }
    }

    /// Returns the P and the M that a goroutine is on. A v1 trace does not say which they
    /// are for a goroutine that is in a system call when the trace begins, and has its
    /// return from a call happen on a P that is none, without an M.
    fn place(&self, transition: &Transition<'_, '_>, was: Option<GoActivity>) -> (Option<ProcId>, Option<ThreadId>) {
        match (transition.from, transition.to) {
            _ if !transition.is_v1() => (transition.proc(), transition.thread()),
            (GoState::Undetermined, GoState::Syscall) => (None, None),
            (GoState::Syscall, GoState::Runnable) => match was {
                // Its M may have gone on with another goroutine by then.
                Some(GoActivity::Syscall { thread: Some(thread), .. })
                    if self.threads.get(&thread).is_none_or(|open| open.state.goroutine == Some(transition.id())) =>
                {
                    (None, Some(thread))
                }
                _ => (None, None),
            },
            _ => (transition.proc(), transition.thread()),
        }
    }

    /// Follows an M that takes a P, or lets go of it.
    fn proc(&mut self, event: &SharedEvent<'_, '_>, change: (ProcId, ProcState, ProcState), follower: &mut Follower) {
        let (id, _, to) = change;
        let (time, start) = (event.time(), follower.synced());
        let holder = self.procs.find(id).filter(|p| p.activity().is_held()).and_then(|p| p.record.thread());
        let Some((since, turned)) = self.procs.proc(event, change, start) else { return };
        let cause = Cause { goroutine: event.goroutine(), stack: follower.intern(event.stack()) };
        if let Some(p) = self.procs.find(id) {
            let span = p.record.reopen(since, None, event.thread(), cause);
            let (start, begin) = (p.since(), p.record.begin());
            self.end_proc(id, span);
            match (to, event.thread()) {
                (ProcState::Running, Some(thread)) => {
                    let goroutine = event.goroutine();
                    self.bind(thread, Binding { proc: Some(id), goroutine }, (start, begin, cause), follower);
                }
                (ProcState::Idle, _) => {
                    // A stolen P is taken from another M than the event's.
                    if let Some(thread) = holder {
                        let goroutine = self.threads.get(&thread).and_then(|open| open.state.goroutine);
                        let state = Binding { proc: None, goroutine };
                        self.bind(thread, state, (time, Begin::Event(cause), cause), follower);
                    }
                }
                _ => {}
            }
        }
        self.turned(turned, time, follower);
    }

    /// Follows a change of GOMAXPROCS.
    fn gomaxprocs(&mut self, event: &SharedEvent<'_, '_>, limit: u64, follower: &mut Follower) {
        let before = self.procs.gomaxprocs();
        // Only Ps that have been mentioned have intervals that could end.
        let mentioned = self.procs.iter_mut().filter(|p| p.record.is_mentioned()).count() as u64;
        // A damaged trace must not make more intervals than it has events.
        if before == Some(limit) || (before.is_some() && self.resized + mentioned > self.events + RESIZED) {
            return;
        }
        self.resized += mentioned;
        self.procs.set_gomaxprocs(limit, event.time(), follower.synced());
        let cause = Cause { goroutine: event.goroutine(), stack: follower.intern(event.stack()) };
        let mut ended: Vec<_> = Vec::new();
        for p in self.procs.iter_mut() {
            // A P that comes with a larger GOMAXPROCS begins to idle because of this event.
            let comes = before.is_some() && p.since() == event.time() && p.activity() == Activity::Idle;
            let span = p.record.resize(comes, cause);
            ended.extend(p.id().zip(span));
        }
        ended.sort_unstable_by_key(|(id, _)| *id);
        ended.into_iter().for_each(|(id, span)| self.end_proc(id, Some(span)));
    }

    /// Takes note of a goroutine in a system call that has lost its P.
    fn turned(&mut self, turned: TurnResult, time: Time, follower: &Follower) {
        if let Some(slot) = turned.loser.and_then(|id| follower.slot(id))
            && let Some(Some((_, open))) = self.goroutines.get_mut(slot)
            && let GoActivity::Syscall { proc_lost, .. } = &mut open.state
        {
            proc_lost.get_or_insert(time);
        }
    }

    fn bind(&mut self, id: ThreadId, state: Binding, began: (Time, Begin, Cause), follower: &Follower) {
        let (start, begin, cause) = began;
        let Some(open) = self.threads.get_mut(&id) else {
            self.threads.insert(id, Open { start, state, begin });
            return;
        };
        if let Some(ended) = open.change(state, start, begin, follower.before_last(), cause)
            && !self.goroutines_only
        {
            self.ready.push(Interval::Thread(id, ended));
        }
    }
}
