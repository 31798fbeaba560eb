//! Ps that idle beside goroutines that could run.

use super::{Beside, IdleBeside};
use crate::analysis::durations::Durations;
use crate::analysis::names::{NameId, Names};
use crate::time::Time;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// How many of the longest times are kept.
const LONGEST: usize = 20;

/// Follows how many Ps idle, and how many goroutines could run.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    result: IdleBeside,
    idle: i64,
    runnable: i64,
    stopped: bool,
    /// Since when each of those is so, and both.
    idle_since: Time,
    runnable_since: Time,
    since: Time,
    start: Time,
    /// How long a P has idled so far, whether a goroutine could run or not.
    clock: i64,
    /// A time with both that goes on.
    open: Option<Beside>,
    functions: FxHashMap<NameId, Durations>,
}

impl Watch {
    pub(super) fn begin(&mut self, start: Time) {
        (self.start, self.since, self.idle_since, self.runnable_since) = (start, start, start, start);
    }

    /// What has been the case until now is over.
    #[inline]
    fn until(&mut self, time: Time) {
        let (from, to) = (self.since.since(self.start), time.since(self.start));
        if to <= from {
            return;
        }
        self.since = time;
        let nanos = to - from;
        if self.idle > 0 && !self.stopped {
            self.clock = self.clock.saturating_add(nanos);
            self.result.idle = self.result.idle.saturating_add(nanos.saturating_mul(self.idle));
            if self.runnable > 0 {
                let result = &mut self.result;
                result.time = result.time.saturating_add(nanos);
                result.lost = result.lost.saturating_add(nanos.saturating_mul(self.idle.min(self.runnable)));
                let begins = Beside { start: Time(time.0.saturating_sub(nanos)), nanos: 0, procs: 0, runnable: 0 };
                let open = self.open.get_or_insert(begins);
                open.nanos = open.nanos.saturating_add(nanos);
                open.procs = open.procs.max(self.idle.unsigned_abs());
                open.runnable = open.runnable.max(self.runnable.unsigned_abs());
                return;
            }
        }
        self.close();
    }

    #[inline]
    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let longest = &mut self.result.longest;
        if longest.len() == LONGEST && longest.last().is_some_and(|last| last.nanos >= open.nanos) {
            return;
        }
        let at = longest.partition_point(|other| other.nanos >= open.nanos);
        longest.insert(at, open);
        longest.truncate(LONGEST);
    }

    pub(super) fn set_idle(&mut self, time: Time, idle: i64) {
        if idle != self.idle {
            self.until(time);
            self.result.procs.add(self.idle_since.since(self.start), time.since(self.start), self.idle);
            (self.idle, self.idle_since) = (idle, time);
        }
    }

    pub(super) fn set_stopped(&mut self, time: Time, stopped: bool) {
        self.until(time);
        self.stopped = stopped;
    }

    #[inline]
    fn set_runnable(&mut self, time: Time, runnable: i64) {
        self.result.runnable.add(self.runnable_since.since(self.start), time.since(self.start), self.runnable);
        (self.runnable, self.runnable_since) = (runnable, time);
    }

    /// A goroutine could run from now on; returns what to say when it does.
    #[inline]
    pub(super) fn ready(&mut self, time: Time) -> i64 {
        self.until(time);
        self.set_runnable(time, self.runnable + 1);
        self.clock
    }

    /// It does, or is gone.
    #[inline]
    pub(super) fn ready_no_more(&mut self, time: Time, since: i64, function: NameId) {
        self.until(time);
        self.set_runnable(time, self.runnable - 1);
        let beside = self.clock.saturating_sub(since);
        if beside > 0 {
            self.result.waits.add(beside);
            self.functions.entry(function).or_default().add(beside);
        }
    }

    pub(super) fn finish(mut self, end: Time, names: &Names) -> IdleBeside {
        self.until(end);
        self.close();
        self.set_runnable(end, 0);
        self.result.procs.add(self.idle_since.since(self.start), end.since(self.start), self.idle);
        let name = |id: NameId| (id != NameId::EMPTY).then(|| Arc::from(names.get(id)));
        let mut functions: Vec<_> = self.functions.into_iter().map(|(id, waits)| (name(id), waits)).collect();
        functions.sort_by(|(a, one), (b, other)| other.sum().cmp(&one.sum()).then_with(|| a.cmp(b)));
        self.result.functions = functions;
        self.result
    }
}
