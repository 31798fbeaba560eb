//! Intervals that have not ended yet.

use super::proc::{Activity, Proc, ProcRecord, Since};
use super::span::{Begin, Cause, Finish, ProcActivity, Span};
use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::base::time::Time;

/// An interval that has not ended yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open<S> {
    pub(super) start: Time,
    pub(super) state: S,
    pub(super) begin: Begin,
}

impl<S: Copy + PartialEq> Open<S> {
    /// Returns the interval, ended at `end`.
    pub(super) fn end(&self, end: Time, finish: Finish) -> Span<S> {
        // Where data is lost, the last event may have begun the interval itself.
        Span { start: self.start, end: end.max(self.start), state: self.state, begin: self.begin, finish }
    }

    /// Opens another interval, unless this one is of the same state; returns the one that
    /// ends. A state that is only learned now, but has held since before, does not
    /// overwrite what was known better: it begins where the other ends, which is not before
    /// the last event.
    pub(super) fn change(&mut self, state: S, start: Time, begin: Begin, last: Time, cause: Cause) -> Option<Span<S>> {
        if self.state == state {
            return None;
        }
        if begin == Begin::Before && self.begin == Begin::Before {
            // Both have held since before the trace: the status of a P and that of the G on
            // it are two events, but one state.
            self.state = state;
            return None;
        }
        // An interval cannot begin before the one that it ends.
        let at = start.max(self.start).max(if begin == Begin::Before { last } else { start });
        let ended = self.end(at, Finish::Event(cause));
        *self = Open { start: at, state, begin: Begin::Event(cause) };
        Some(ended)
    }
}

/// Record of a P for its intervals.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenProc {
    /// Goroutine that runs on it or is in a system call.
    goroutine: Option<GoId>,
    /// M that has it.
    thread: Option<ThreadId>,
    /// Cause of its present activity; none if that has gone on since before the trace.
    cause: Option<Cause>,
    /// Activity that ended, with the times of its start and end.
    ended: Option<(Activity, Time, Time)>,
    /// True if it began an activity that no event has reported yet.
    began: bool,
    /// True if an event has mentioned it.
    mentioned: bool,
}

impl ProcRecord for OpenProc {
    fn began(&mut self, _: Activity, _: Time, _: impl Fn() -> Time) {
        self.began = true;
    }

    fn ended(&mut self, activity: Activity, since: Time, time: Time, _: impl Fn() -> Time) {
        // Only the first of several changes by one event lasted: the others took no time.
        self.ended.get_or_insert((activity, since, time));
    }
}

impl OpenProc {
    /// Returns the interval that an event ended, if one did, and takes note of the M and
    /// the goroutine that have the P from now on, or have had it since before.
    pub(super) fn reopen(
        &mut self,
        since: Since,
        goroutine: Option<GoId>,
        thread: Option<ThreadId>,
        cause: Cause,
    ) -> Option<Span<ProcActivity>> {
        let ended = self.ended.take();
        if ended.is_none() && !self.began {
            return None;
        }
        let span = ended.and_then(|(activity, since, time)| self.span(activity, since, time, Finish::Event(cause)));
        if ended.is_some() || since == Since::Now {
            self.cause = Some(cause);
        }
        (self.goroutine, self.thread) = (goroutine, thread);
        (self.began, self.mentioned) = (false, true);
        span
    }

    /// Does as [`reopen`](Self::reopen), where GOMAXPROCS makes the P come or go.
    pub(super) fn resize(&mut self, comes: bool, cause: Cause) -> Option<Span<ProcActivity>> {
        let mentioned = self.mentioned;
        // GOMAXPROCS creates Ps that no event may ever mention; those have no intervals.
        let span = self.reopen(Since::Before, None, None, cause).filter(|_| mentioned);
        self.mentioned = mentioned;
        if comes {
            self.cause = Some(cause);
        }
        span
    }

    fn span(&self, activity: Activity, start: Time, end: Time, finish: Finish) -> Option<Span<ProcActivity>> {
        let (goroutine, thread) = (self.goroutine, self.thread);
        let state = match activity {
            Activity::NotExist => return None,
            Activity::Idle => ProcActivity::Idle,
            Activity::Looking => ProcActivity::Running { goroutine: None, thread },
            Activity::Running => ProcActivity::Running { goroutine, thread },
            Activity::Syscall => ProcActivity::Syscall { goroutine, thread },
        };
        Some(Span { start, end: end.max(start), state, begin: self.begin(), finish })
    }

    /// Returns the cause of its present activity, as the beginning of an interval.
    pub(super) fn begin(&self) -> Begin {
        self.cause.map_or(Begin::Before, Begin::Event)
    }

    /// Returns the M that has it.
    pub(super) fn thread(&self) -> Option<ThreadId> {
        self.thread
    }

    /// Returns whether an event has mentioned the P.
    pub(super) fn is_mentioned(&self) -> bool {
        self.mentioned
    }
}

/// Returns the open interval of a P, ended at `end`; none if no event has mentioned the P,
/// or it does not exist.
pub(super) fn close(p: &Proc<OpenProc>, end: Time, finish: Finish) -> Option<(ProcId, Span<ProcActivity>)> {
    let id = p.id().filter(|_| p.record.is_mentioned())?;
    Some((id, p.record.span(p.activity(), p.since(), end, finish)?))
}
