//! State of one P: its present activity, and the time since when.

use crate::base::ids::{GoId, ProcId};
use crate::base::time::Time;

/// Activity of a P.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Activity {
    /// The P does not exist.
    #[default]
    NotExist,
    /// No M has it.
    Idle,
    /// An M has it, and runs no goroutine: the scheduler looks for one, or switches.
    Looking,
    /// A goroutine runs on it.
    Running,
    /// The goroutine that ran on it is in a system call, and has not lost it.
    Syscall,
}

impl Activity {
    /// Number of activities.
    pub(crate) const COUNT: usize = 5;

    /// Returns whether an M has the P.
    pub(crate) fn is_held(self) -> bool {
        !matches!(self, Activity::NotExist | Activity::Idle)
    }

    /// Returns whether the P exists.
    pub(crate) fn exists(self) -> bool {
        self != Activity::NotExist
    }
}

/// A change of a P's activity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Turn {
    pub(crate) id: ProcId,
    pub(crate) to: Activity,
    /// Goroutine that runs on it or is in a system call.
    pub(crate) go: Option<GoId>,
    pub(crate) since: Since,
}

/// Time since which a P has an activity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Since {
    Now,
    /// The first activity in the trace, which has lasted for as long as the P exists.
    Before,
}

/// Record of a P beside its state. The default is that of a P that has done nothing yet.
pub(crate) trait ProcRecord: Default {
    /// Takes note that the P begins an activity.
    fn began(&mut self, activity: Activity, time: Time, start: impl Fn() -> Time);

    /// Takes note that the P had an activity from `since` until `time`.
    fn ended(&mut self, activity: Activity, since: Time, time: Time, start: impl Fn() -> Time);

    /// Takes back that the P began an activity at `since`: it had another.
    fn mistaken(&mut self, activity: Activity, since: Time, start: impl Fn() -> Time) {
        let _ = (activity, since, start);
    }
}

/// Record of an observer that needs nothing but the state.
impl ProcRecord for () {
    fn began(&mut self, _: Activity, _: Time, _: impl Fn() -> Time) {}

    fn ended(&mut self, _: Activity, _: Time, _: Time, _: impl Fn() -> Time) {}
}

/// State of a P. The four common changes have methods of their own, which change nothing and
/// return false where the P is not in the plain state that they need.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proc<R> {
    activity: Activity,
    /// True if it is fresh or assumed, or its run is counted otherwise than most: the four
    /// common changes do not apply then.
    odd: bool,
    /// True if only its activity since before the trace is known.
    fresh: bool,
    /// True if only its existence is known.
    assumed: bool,
    /// True if the present run has gone on since before the trace mentioned it.
    runs_since_before: bool,
    since: Time,
    /// Goroutine that is in a system call.
    caller: Option<GoId>,
    /// Number of the P; none at a place in a table where no P is.
    id: Option<ProcId>,
    pub(crate) record: R,
}

impl<R: ProcRecord> Proc<R> {
    /// Makes a P from the first event that mentions it.
    pub(super) fn new(turn: Turn, time: Time, start: Time) -> Proc<R> {
        // An activity since before the trace counts from the trace's start on.
        let fresh = turn.since == Since::Before;
        let since = if fresh { start } else { time };
        let mut p = Proc { id: Some(turn.id), fresh, odd: fresh, since, ..Proc::default() };
        p.begin(turn, start);
        p
    }

    /// Makes a P that no event has mentioned, and that exists since a time: no M has it, as
    /// far as is known.
    pub(super) fn assumed(id: ProcId, since: Time) -> Proc<R> {
        Proc { activity: Activity::Idle, id: Some(id), fresh: true, odd: true, assumed: true, since, ..Proc::default() }
    }

    /// Stops the goroutine that runs on it; returns false if the P is not so simple.
    #[inline(always)]
    pub(super) fn stop(&mut self, time: Time, start: impl Fn() -> Time) -> bool {
        if !self.runs_plainly() {
            return false;
        }
        // A stop leaves the caller alone: it is only looked at in a system call.
        self.account(Activity::Running, time, start);
        self.activity = Activity::Looking;
        true
    }

    /// Puts the goroutine that runs on it into a system call; returns false if the P is not
    /// so simple.
    #[inline(always)]
    pub(super) fn call(&mut self, id: GoId, time: Time, start: impl Fn() -> Time) -> bool {
        if !self.stop(time, start) {
            return false;
        }
        (self.activity, self.caller) = (Activity::Syscall, Some(id));
        true
    }

    /// Brings the goroutine back from its system call; returns false if the P is not so
    /// simple.
    #[inline(always)]
    pub(super) fn come_back(&mut self, id: GoId, time: Time, start: impl Fn() -> Time) -> bool {
        self.caller == Some(id) && self.run_after(Activity::Syscall, time, start)
    }

    /// Begins to run a goroutine; returns false if the P is not so simple.
    #[inline(always)]
    pub(super) fn run(&mut self, time: Time, start: impl Fn() -> Time) -> bool {
        self.run_after(Activity::Looking, time, start)
    }

    /// Begins to run a goroutine if the P's activity is `before`; returns false if not.
    #[inline(always)]
    fn run_after(&mut self, before: Activity, time: Time, start: impl Fn() -> Time) -> bool {
        if self.activity != before || self.odd {
            return false;
        }
        self.account(before, time, &start);
        self.record.began(Activity::Running, time, start);
        self.activity = Activity::Running;
        true
    }

    /// Returns whether a goroutine runs on it whose start was followed, and which is
    /// counted as most are.
    #[inline(always)]
    pub(crate) fn runs_plainly(&self) -> bool {
        self.activity == Activity::Running && !self.odd
    }

    /// Returns whether a goroutine runs on it, or is in a system call and has not lost it.
    #[inline(always)]
    pub(crate) fn runs_something(&self) -> bool {
        matches!(self.activity, Activity::Running | Activity::Syscall)
    }

    /// Returns whether the present run has gone on since before the trace mentioned it.
    pub(crate) fn runs_since_before(&self) -> bool {
        self.activity == Activity::Running && self.runs_since_before
    }

    /// Takes note that the record counts the present activity otherwise than most.
    pub(crate) fn set_odd(&mut self) {
        self.odd = true;
    }

    /// Changes its activity.
    pub(super) fn turn(&mut self, turn: Turn, time: Time, start: Time) {
        // The status of a P and that of the goroutine on it are two events, but one state:
        // the second replaces the first, and ends nothing.
        if !(self.fresh && turn.since == Since::Before) {
            self.account(self.activity, time, || start);
            self.fresh = false;
        } else {
            // The record has counted the activity from the start on already.
            self.record.mistaken(self.activity, self.since, || start);
        }
        self.begin(turn, start);
    }

    fn begin(&mut self, Turn { to, go, since, .. }: Turn, start: Time) {
        self.record.began(to, self.since, || start);
        self.runs_since_before = to == Activity::Running && since == Since::Before;
        // A first activity may still be replaced by another status, so the common changes
        // wait.
        (self.odd, self.assumed) = (self.fresh || self.runs_since_before, false);
        (self.activity, self.caller) = (to, go.filter(|_| to == Activity::Syscall));
    }

    /// Ends an idle P that GOMAXPROCS has no room for, or that never existed. Returns
    /// whether it was idle, and so is gone.
    pub(super) fn go_if_idle(&mut self, since: Since, time: Time, start: Time) -> bool {
        let Some(id) = self.id.filter(|_| self.activity == Activity::Idle) else { return false };
        self.turn(Turn { id, to: Activity::NotExist, go: None, since }, time, start);
        true
    }

    /// Ends the present activity.
    #[inline(always)]
    fn account(&mut self, activity: Activity, time: Time, start: impl Fn() -> Time) {
        self.record.ended(activity, self.since, time, start);
        self.since = time;
    }

    /// Returns the P's number; none at a place in a table where no P is.
    pub(crate) fn id(&self) -> Option<ProcId> {
        self.id
    }

    /// Returns the time since which it has its activity.
    pub(crate) fn since(&self) -> Time {
        self.since
    }

    /// Returns its present activity.
    pub(crate) fn activity(&self) -> Activity {
        self.activity
    }

    /// Returns whether only its existence is known.
    pub(crate) fn is_assumed(&self) -> bool {
        self.assumed
    }

    /// Returns whether a GOMAXPROCS of `limit` leaves no room for it.
    pub(super) fn is_beyond(&self, limit: u64) -> bool {
        self.id.is_some_and(|id| id.0 >= limit)
    }

    /// Returns the goroutine that is in a system call, and has not lost the P.
    pub(crate) fn caller(&self) -> Option<GoId> {
        self.caller.filter(|_| self.activity == Activity::Syscall)
    }

    /// Ends its activity with the trace, and returns that activity and the record; none at
    /// a place where no P is.
    pub(crate) fn finish(mut self, end: Time, start: Time) -> Option<(ProcId, Activity, R)> {
        let id = self.id?;
        self.account(self.activity, end, || start);
        Some((id, self.activity, self.record))
    }
}
