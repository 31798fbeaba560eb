//! Ps that idle beside runnable goroutines.

use super::by_key::ByKey;
use super::{Beside, IdleBeside};
use crate::analysis::names::NameId;
use crate::analysis::over_time::Level;
use crate::analysis::{Follower, Longest};
use crate::base::time::Time;

/// Number of the longest times that are kept.
const LONGEST: usize = 20;

/// Follows the number of idle Ps, and of runnable goroutines.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    result: IdleBeside,
    longest: Longest<Beside>,
    runnable: Level,
    idle: i64,
    stopped: bool,
    /// True while a P idles, and the world is not stopped.
    idles: bool,
    /// Time until which all is accounted for, while `idles`.
    since: Time,
    /// Nanoseconds in which `idles` was true so far.
    clock: i64,
    /// Time of the last change of `idle`, and the clock then.
    idle_since: (Time, i64),
    /// Last time with both a runnable goroutine and an idle P, and its end so far.
    open: Beside,
    open_until: Time,
    waits: ByKey<NameId>,
}

impl Watch {
    /// Accounts for the time until now.
    #[inline(always)]
    fn until(&mut self, time: Time) {
        if self.idles && time > self.since {
            self.idled(time);
        }
    }

    #[inline(always)]
    fn idled(&mut self, time: Time) {
        let (from, runnable) = (self.since, self.runnable.get());
        let nanos = time.0.wrapping_sub(from.0);
        self.clock = self.clock.wrapping_add(nanos);
        self.since = time;
        if runnable > 0 {
            if self.open_until != from {
                self.open(from);
            }
            self.open_until = time;
            self.open.procs = self.open.procs.max(self.idle.unsigned_abs());
            self.open.runnable = self.open.runnable.max(runnable.unsigned_abs());
            let lost = &mut self.result.lost;
            *lost = lost.saturating_add(nanos.saturating_mul(self.idle.min(runnable)));
        }
    }

    /// Begins a time with both.
    #[inline(never)]
    fn open(&mut self, start: Time) {
        self.close();
        self.open = Beside { start, ..Beside::default() };
    }

    fn close(&mut self) {
        let nanos = self.open_until.since(self.open.start);
        let open = Beside { nanos, ..self.open };
        if open.runnable == 0 {
            return;
        }
        self.result.time = self.result.time.saturating_add(nanos);
        self.longest.keep(nanos, open.start, open);
    }

    pub(super) fn set_idle(&mut self, time: Time, idle: i64, start: Time) {
        if idle != self.idle {
            self.until(time);
            self.count_idle(time, start);
            self.idle = idle;
            self.look(time);
        }
    }

    pub(super) fn set_stopped(&mut self, time: Time, stopped: bool) {
        self.until(time);
        self.stopped = stopped;
        self.look(time);
    }

    /// Updates whether a P idles from now on.
    fn look(&mut self, time: Time) {
        let idles = self.idle > 0 && !self.stopped;
        if idles && !self.idles {
            self.since = time;
        }
        self.idles = idles;
    }

    /// Accounts for the number of idle Ps until now.
    fn count_idle(&mut self, time: Time, start: Time) {
        let ((since, clock), result) = (self.idle_since, &mut self.result);
        result.procs.add(since.since(start), time.since(start), self.idle);
        let nanos = self.clock.wrapping_sub(clock);
        result.idle = result.idle.saturating_add(nanos.saturating_mul(self.idle));
        self.idle_since = (time, self.clock);
    }

    /// Takes note that a goroutine becomes runnable; returns the mark for
    /// [`ready_no_more`](Self::ready_no_more).
    #[inline(always)]
    pub(super) fn ready(&mut self, time: Time, follower: &Follower) -> i64 {
        self.until(time);
        self.runnable.change(time, 1, || follower.start());
        self.clock
    }

    /// Takes note that a goroutine runs, or is gone.
    #[inline(always)]
    pub(super) fn ready_no_more(&mut self, time: Time, said: i64, function: NameId, follower: &Follower) {
        self.until(time);
        self.runnable.change(time, -1, || follower.start());
        if self.clock > said {
            self.waits.add(function, self.clock.wrapping_sub(said));
        }
    }

    pub(super) fn finish(mut self, follower: &Follower) -> IdleBeside {
        let (start, end, names) = (follower.start(), follower.last(), &follower.stacks().names);
        self.until(end);
        self.close();
        self.count_idle(end, start);
        let name = |id: NameId| (id != NameId::EMPTY).then(|| names.shared(id));
        self.result.longest = self.longest.into_list();
        self.result.longest.truncate(LONGEST);
        self.result.waits = self.waits.sum();
        let mut functions: Vec<_> = self.waits.into_all().into_iter().map(|(id, waits)| (name(id), waits)).collect();
        functions.sort_by(|(a, one), (b, other)| other.sum().cmp(&one.sum()).then_with(|| a.cmp(b)));
        self.result.functions = functions;
        self.result.runnable = self.runnable.finish(end, start);
        self.result
    }
}
