//! Ps that idle beside goroutines that could run.

use super::by_key::ByKey;
use super::{Beside, IdleBeside};
use crate::analysis::names::NameId;
use crate::analysis::over_time::Level;
use crate::analysis::{Known, Longest};
use crate::time::Time;

/// How many of the longest times are kept.
const LONGEST: usize = 20;

/// Follows how many Ps idle, and how many goroutines could run.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    result: IdleBeside,
    longest: Longest<Beside>,
    runnable: Level,
    idle: i64,
    stopped: bool,
    /// A P idles, and not because the world is stopped.
    idles: bool,
    /// If so, until when all is accounted for.
    since: Time,
    /// How long that was the case so far, whether a goroutine could run or not.
    clock: i64,
    /// Since when so many idle, beginning with none, and what the clock said.
    idle_since: (Time, i64),
    /// The last time with both, if any goroutine could run in it, and its end so far.
    open: Beside,
    open_until: Time,
    waits: ByKey<NameId>,
}

impl Watch {
    /// What has been the case until now is over.
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

    /// A time with both begins.
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

    /// Whether a P idles from now on.
    fn look(&mut self, time: Time) {
        let idles = self.idle > 0 && !self.stopped;
        if idles && !self.idles {
            self.since = time;
        }
        self.idles = idles;
    }

    /// So many idled until now.
    fn count_idle(&mut self, time: Time, start: Time) {
        let ((since, clock), result) = (self.idle_since, &mut self.result);
        result.procs.add(since.since(start), time.since(start), self.idle);
        let nanos = self.clock.wrapping_sub(clock);
        result.idle = result.idle.saturating_add(nanos.saturating_mul(self.idle));
        self.idle_since = (time, self.clock);
    }

    /// A goroutine could run from now on; returns what to say when it does.
    #[inline(always)]
    pub(super) fn ready(&mut self, time: Time, known: &Known) -> i64 {
        self.until(time);
        self.runnable.change(time, 1, || known.start());
        self.clock
    }

    /// It does, or is gone.
    #[inline(always)]
    pub(super) fn ready_no_more(&mut self, time: Time, said: i64, function: NameId, known: &Known) {
        self.until(time);
        self.runnable.change(time, -1, || known.start());
        if self.clock > said {
            self.waits.add(function, self.clock.wrapping_sub(said));
        }
    }

    pub(super) fn finish(mut self, known: &Known) -> IdleBeside {
        let (start, end, names) = (known.start(), known.last(), &known.stacks().names);
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
