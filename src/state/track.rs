//! The state machines of G, P and M, fed with events.

use crate::event::transition::{GoState, ProcState, StateTransition};
use crate::event::{Event, EventKind};
use crate::ids::{GoId, ProcId, ThreadId};
use crate::state::{Begin, Binding, Cause, Finish, GoActivity, Interval, ProcActivity, Span};
use crate::time::Time;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// An interval that has not ended yet.
#[derive(Clone, Copy, Debug)]
struct Open<'t, S> {
    start: Time,
    state: S,
    begin: Begin<'t>,
}

impl<'t, S: Copy> Open<'t, S> {
    fn end(&self, end: Time, finish: Finish<'t>) -> Span<'t, S> {
        // What is lost ends before its last event only if that began it.
        Span { start: self.start, end: end.max(self.start), state: self.state, begin: self.begin, finish }
    }
}

/// What is the case, at a point of the trace.
#[derive(Debug, Default)]
pub(super) struct Tracker<'t> {
    gs: FxHashMap<GoId, Open<'t, GoActivity<'t>>>,
    ps: FxHashMap<ProcId, Open<'t, ProcActivity>>,
    ms: FxHashMap<ThreadId, Open<'t, Binding>>,
    /// When the generation began: what its first statuses say holds since then.
    since: Time,
    /// How many syncs there have been.
    syncs: u64,
    /// The time of the last event.
    last: Time,
    /// The time of the last event before the last sync.
    before_sync: Time,
    /// Whether reading began, or started over, in this generation.
    fresh: bool,
}

type Ready<'t> = VecDeque<Interval<'t>>;

impl<'t> Tracker<'t> {
    /// Takes in an event; intervals that it ends go to `ready`.
    pub(super) fn event(&mut self, event: &Event<'t>, ready: &mut Ready<'t>) {
        match event.kind() {
            EventKind::Sync(sync) => {
                if sync.generation.is_none() {
                    self.close_all(event.time(), Finish::TraceEnd, ready);
                }
                self.syncs += 1;
                (self.since, self.before_sync) = (event.time(), self.last);
                self.fresh = self.syncs == 1;
            }
            EventKind::StateTransition(StateTransition::Goroutine { id, from, to, reason, stack }) => {
                if from == GoState::Undetermined {
                    self.start_over(ready);
                }
                self.goroutine(event, id, from, to, reason, stack, ready);
            }
            EventKind::StateTransition(StateTransition::Proc { id, from, to }) => {
                if from == ProcState::Undetermined {
                    self.start_over(ready);
                }
                self.proc(event, id, from, to, ready);
            }
            _ => {}
        }
        self.last = event.time();
    }

    /// Statuses without a state before them, after the first generation, tell
    /// that reading has started over: what was open is lost.
    fn start_over(&mut self, ready: &mut Ready<'t>) {
        if !self.fresh {
            self.close_all(self.before_sync, Finish::Lost, ready);
            self.fresh = true;
        }
    }

    fn close_all(&mut self, end: Time, finish: Finish<'t>, ready: &mut Ready<'t>) {
        // In the order of their IDs: the maps have none.
        let mut gs: Vec<_> = self.gs.drain().collect();
        gs.sort_unstable_by_key(|(id, _)| *id);
        ready.extend(gs.into_iter().map(|(id, open)| Interval::Goroutine(id, open.end(end, finish))));
        let mut ps: Vec<_> = self.ps.drain().collect();
        ps.sort_unstable_by_key(|(id, _)| *id);
        ready.extend(ps.into_iter().map(|(id, open)| Interval::Proc(id, open.end(end, finish))));
        let mut ms: Vec<_> = self.ms.drain().collect();
        ms.sort_unstable_by_key(|(id, _)| *id);
        ready.extend(ms.into_iter().map(|(id, open)| Interval::Thread(id, open.end(end, finish))));
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one transition")]
    fn goroutine(
        &mut self,
        event: &Event<'t>,
        id: GoId,
        from: GoState,
        to: GoState,
        reason: &'t [u8],
        stack: Option<crate::Stack<'t>>,
        ready: &mut Ready<'t>,
    ) {
        let known = self.gs.contains_key(&id);
        if from == to && known {
            return; // The status in a later generation.
        }
        let time = event.time();
        let cause = Cause { goroutine: event.goroutine(), stack: event.stack() };
        let (start, begin) = match from {
            GoState::NotExist => (time, Begin::Created { entry: stack, cause }),
            _ if known => (time, Begin::Event(cause)),
            _ => (self.since, Begin::Before),
        };
        let (mut proc, mut thread) = (event.proc(), event.thread());
        if event.is_v1() {
            (proc, thread) = self.place_in_v1(id, from, to, proc, thread);
        }
        let state = match to {
            GoState::Runnable => Some(GoActivity::Runnable),
            GoState::Running => Some(GoActivity::Running { proc, thread }),
            GoState::Syscall => Some(GoActivity::Syscall { proc, proc_lost: None, thread }),
            GoState::Waiting => Some(GoActivity::Waiting { reason }),
            GoState::NotExist | GoState::Undetermined => None,
        };
        let before = match state {
            Some(state) => self.gs.insert(id, Open { start, state, begin }),
            None => self.gs.remove(&id),
        };
        if let Some(before) = before {
            ready.push_back(Interval::Goroutine(id, before.end(time, Finish::Event(cause))));
        }

        // What that means for the P and the M.
        let (was_bound, is_bound) = (from.is_executing() && known, to.is_executing());
        if was_bound || is_bound {
            // What the M holds by now is fresher than what the event says: the
            // end of a callback first takes the M's P away, with one time.
            let held = thread.and_then(|thread| self.ms.get(&thread)).map(|open| open.state.proc);
            let proc = held.unwrap_or(proc);
            if let Some(thread) = thread {
                let binding = Binding { proc, goroutine: is_bound.then_some(id) };
                self.bind(thread, binding, start, begin, cause, ready);
            }
            if let Some(proc) = proc {
                // Up to Go 1.21, a P may go on with another goroutine without a word
                // of the one in a system call.
                if let Some(ProcActivity::Syscall { goroutine: Some(other), .. }) =
                    self.ps.get(&proc).map(|open| open.state)
                    && other != id
                {
                    self.lost_proc(other, time);
                }
                let goroutine = is_bound.then_some(id);
                let state = match to {
                    GoState::Syscall => ProcActivity::Syscall { goroutine, thread },
                    _ => ProcActivity::Running { goroutine, thread },
                };
                self.set_proc(proc, state, start, begin, cause, ready);
            }
        }
    }

    /// Where a goroutine is, in a v1 trace: which P and M it was in a system call
    /// on when the trace began is not known, and its return from one happens on
    /// a P that is none and says no M.
    fn place_in_v1(
        &self,
        id: GoId,
        from: GoState,
        to: GoState,
        proc: Option<ProcId>,
        thread: Option<ThreadId>,
    ) -> (Option<ProcId>, Option<ThreadId>) {
        match (from, to) {
            (GoState::Undetermined, GoState::Syscall) => (None, None),
            (GoState::Syscall, GoState::Runnable) => match self.gs.get(&id).map(|open| open.state) {
                // Its M may have gone on with another goroutine by then.
                Some(GoActivity::Syscall { thread: Some(thread), .. })
                    if self.ms.get(&thread).is_none_or(|open| open.state.goroutine == Some(id)) =>
                {
                    (None, Some(thread))
                }
                _ => (None, None),
            },
            _ => (proc, thread),
        }
    }

    fn proc(&mut self, event: &Event<'t>, id: ProcId, from: ProcState, to: ProcState, ready: &mut Ready<'t>) {
        let known = self.ps.get(&id).map(|open| open.state);
        if from == to && known.is_some() {
            return; // The status in a later generation, or a steal whose victim is lost.
        }
        let time = event.time();
        let cause = Cause { goroutine: event.goroutine(), stack: event.stack() };
        let (start, begin) = match known {
            None if from != ProcState::NotExist => (self.since, Begin::Before),
            _ => (time, Begin::Event(cause)),
        };
        match to {
            ProcState::Running => {
                let (goroutine, thread) = (event.goroutine(), event.thread());
                // An M gets a P before its goroutine comes back from a syscall
                // that took too long: the P does not run it yet.
                let runs =
                    |id: &GoId| self.gs.get(id).is_some_and(|open| matches!(open.state, GoActivity::Running { .. }));
                let state = ProcActivity::Running { goroutine: goroutine.filter(runs), thread };
                self.set_proc(id, state, start, begin, cause, ready);
                if let Some(thread) = thread {
                    self.bind(thread, Binding { proc: Some(id), goroutine }, start, begin, cause, ready);
                }
            }
            ProcState::Idle => {
                // The M that loses it is not the event's, if it is stolen.
                if let Some(ProcActivity::Running { goroutine, thread } | ProcActivity::Syscall { goroutine, thread }) =
                    known
                {
                    self.lose_proc(time, thread, goroutine, cause, ready);
                }
                self.set_proc(id, ProcActivity::Idle, start, begin, cause, ready);
            }
            ProcState::NotExist | ProcState::Undetermined => {}
        }
    }

    /// An M, and the goroutine that sits in a syscall on it, lose their P.
    fn lose_proc(
        &mut self,
        time: Time,
        thread: Option<ThreadId>,
        goroutine: Option<GoId>,
        cause: Cause<'t>,
        ready: &mut Ready<'t>,
    ) {
        if let Some(id) = goroutine {
            self.lost_proc(id, time);
        }
        if let Some(thread) = thread {
            let goroutine = self.ms.get(&thread).and_then(|open| open.state.goroutine);
            self.bind(thread, Binding { proc: None, goroutine }, time, Begin::Event(cause), cause, ready);
        }
    }

    /// A goroutine in a system call loses its P.
    fn lost_proc(&mut self, id: GoId, time: Time) {
        if let Some(open) = self.gs.get_mut(&id)
            && let GoActivity::Syscall { proc_lost, .. } = &mut open.state
        {
            proc_lost.get_or_insert(time);
        }
    }

    fn set_proc(
        &mut self,
        id: ProcId,
        state: ProcActivity,
        start: Time,
        begin: Begin<'t>,
        cause: Cause<'t>,
        ready: &mut Ready<'t>,
    ) {
        if let Some(before) = change(&mut self.ps, id, state, start, begin, self.last, cause) {
            ready.push_back(Interval::Proc(id, before));
        }
    }

    fn bind(
        &mut self,
        id: ThreadId,
        state: Binding,
        start: Time,
        begin: Begin<'t>,
        cause: Cause<'t>,
        ready: &mut Ready<'t>,
    ) {
        if let Some(before) = change(&mut self.ms, id, state, start, begin, self.last, cause) {
            ready.push_back(Interval::Thread(id, before));
        }
    }
}

/// Opens an interval, unless one of that state is open; returns the one that it
/// ends. A state that is only learned of now, but holds since before, replaces
/// nothing that was known better: it begins where the other ends.
fn change<'t, K: std::hash::Hash + Eq, S: Copy + PartialEq>(
    open: &mut FxHashMap<K, Open<'t, S>>,
    id: K,
    state: S,
    start: Time,
    begin: Begin<'t>,
    last: Time,
    cause: Cause<'t>,
) -> Option<Span<'t, S>> {
    let Some(before) = open.get_mut(&id) else {
        open.insert(id, Open { start, state, begin });
        return None;
    };
    if before.state == state {
        return None;
    }
    if begin == Begin::Before && before.begin == Begin::Before {
        // Both were so since before the trace: the statuses of a P and of the
        // G on it are two events, but tell of one state.
        before.state = state;
        return None;
    }
    let at = start.max(before.start).max(if begin == Begin::Before { last } else { start });
    let ended = before.end(at, Finish::Event(cause));
    *before = Open { start: at, state, begin: Begin::Event(cause) };
    Some(ended)
}
