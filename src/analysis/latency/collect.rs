//! The pass that measures the scheduler latency.

use super::causes::{self, CauseId, Causes};
use super::functions::{Functions, WakerId};
use super::{ByFunction, ByWaker, Latency, Wait};
use crate::analysis::durations::{Durations, Sorted};
use crate::analysis::histogram::RuntimeBuckets;
use crate::analysis::names::NameId;
use crate::analysis::profile::Filter;
use crate::analysis::stacks::StackKey;
use crate::analysis::{Analysis, BySlot, Known, Life, Longest, Step};
use crate::event::transition::GoState;
use crate::ids::{GoId, ProcId};
use crate::time::Time;
use crate::wire::v2::spec::EventType;
use std::sync::Arc;

/// Measures the [`Latency`]. Memory grows with the goroutines that exist at one
/// time and with the different stacks, functions and causes.
#[derive(Clone, Debug)]
pub struct Latencies {
    /// What counts, if not all does.
    filter: Option<Filter>,
    gs: BySlot<Waiting>,
    functions: Functions,
    causes: Causes,
    worst: Longest<Worse>,
    switches: u64,
}

/// The wait that a goroutine is in, if it is runnable; what it says of others is
/// of the past.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    cause: CauseId,
    /// Who made it able to run.
    waker: WakerId,
    /// If that was a goroutine; what it says of nobody is of the past.
    by: Option<GoId>,
    /// The cause that there is if it is unblocked from what it blocked for last.
    unblocked: CauseId,
}

impl Default for Waiting {
    fn default() -> Waiting {
        Waiting { cause: causes::NONE, waker: WakerId::NOBODY, by: None, unblocked: causes::UNBLOCKED }
    }
}

impl Waiting {
    /// Takes note of who makes it able to run: a goroutine or the scheduler.
    #[inline(always)]
    fn wake(&mut self, by: Option<GoId>, known: &Known) {
        self.by = by;
        self.waker = match by {
            None => WakerId::SCHEDULER,
            Some(waker) => WakerId::of(known.life(waker).map_or(NameId::EMPTY, |life| life.root)),
        };
    }
}

/// One of the longest waits.
#[derive(Clone, Copy, Debug)]
struct Worse {
    nanos: i64,
    since: Time,
    goroutine: GoId,
    root: NameId,
    waiting: Waiting,
    waker_stack: StackKey,
    own_stack: StackKey,
    over: bool,
    proc: Option<ProcId>,
}

impl Latencies {
    /// One that has seen nothing yet, and lists at most so many of the longest
    /// waits.
    pub fn new(worst: usize) -> Latencies {
        Latencies {
            filter: None,
            gs: BySlot::default(),
            functions: Functions::default(),
            causes: Causes::default(),
            worst: Longest::of(worst),
            switches: 0,
        }
    }

    /// This one, measuring only what passes the filter: of a wait, the part of it
    /// that does.
    #[must_use]
    pub fn filter(self, filter: Filter) -> Latencies {
        Latencies { filter: Some(filter).filter(|filter| *filter != Filter::default()), ..self }
    }

    /// A goroutine comes to wait for a P.
    #[inline(always)]
    fn begin(&mut self, step: &Step<'_, '_>, known: &Known) {
        let waiting = self.gs.of(step);
        let cause = match step.from() {
            GoState::Waiting if matches!(step.wire_type(), EventType::GoSwitch | EventType::GoSwitchDestroy) => {
                self.switches += 1;
                causes::NONE
            }
            GoState::Waiting => {
                if step.left == GoState::Waiting {
                    waiting.unblocked = self.causes.unblocked(step.was.reason);
                }
                waiting.cause = waiting.unblocked;
                return waiting.wake(step.goroutine(), known);
            }
            GoState::NotExist => {
                waiting.cause = causes::CREATED;
                return waiting.wake(step.goroutine(), known);
            }
            GoState::Running => self.causes.stopped(step.now.reason),
            GoState::Syscall => causes::SYSCALL_ENDED,
            GoState::Undetermined => causes::AT_START,
            // It may have been so for long: nothing is known of it.
            GoState::Runnable => causes::NONE,
        };
        (waiting.cause, waiting.waker) = (cause, WakerId::NOBODY);
    }

    /// It runs on after it blocked though nobody unblocked it, as a bad trace says;
    /// that may come yet.
    #[inline(always)]
    fn leave(&mut self, step: &Step<'_, '_>) {
        self.gs.of(step).unblocked = self.causes.unblocked(step.was.reason);
    }

    /// Whatever it does now, it waits for a P no longer, or anew.
    #[inline(always)]
    fn end(&mut self, step: &Step<'_, '_>) {
        let waiting = *self.gs.of(step);
        if waiting.cause == causes::NONE {
            return;
        }
        let nanos = match &self.filter {
            None => step.took(),
            Some(filter) => filter.within(step.id(), step.was.since, step.time()),
        };
        if nanos <= 0 {
            return;
        }
        if self.worst.takes(nanos) {
            let proc = step.now.proc().filter(|_| step.to() == GoState::Running);
            let own = Life { last_own: step.now.last_own, root: step.now.root, ..*step.was };
            self.list(step.id(), &own, waiting, nanos, proc, true);
        }
        let wait = Sorted::new(nanos);
        self.functions.waited(step.now.root, wait);
        self.causes.add(waiting.cause, wait);
        self.functions.woke(waiting.waker, wait);
    }

    /// Lists a wait, if it is among the longest.
    #[inline(never)]
    fn list(&mut self, id: GoId, life: &Life, waiting: Waiting, nanos: i64, proc: Option<ProcId>, over: bool) {
        let Life { since, root, last_own: own_stack, .. } = *life;
        let waker_stack = if waiting.waker == WakerId::NOBODY { StackKey::EMPTY } else { life.stack };
        let worse = Worse { nanos, since, goroutine: id, root, waiting, waker_stack, own_stack, over, proc };
        self.worst.keep(nanos, since, worse);
    }
}

impl Analysis for Latencies {
    type Output = Latency;

    #[inline(always)]
    fn wants(&self, event: EventType) -> bool {
        event == EventType::GoStart
    }

    #[inline(always)]
    fn goroutine(&mut self, step: &Step<'_, '_>, known: &Known) {
        if step.left == GoState::Runnable {
            self.end(step);
        }
        if step.to() == GoState::Runnable {
            self.begin(step, known);
        } else if step.left == GoState::Waiting {
            self.leave(step);
        }
    }

    fn finish(mut self, known: &Known) -> Latency {
        let mut unfinished = 0;
        for (slot, life) in known.alive() {
            let Some(&waiting) = self.gs.get(slot) else { continue };
            if life.state != GoState::Runnable || waiting.cause == causes::NONE {
                continue;
            }
            // The last sync ends the trace.
            let nanos = match &self.filter {
                None => known.synced().since(life.since),
                Some(filter) => filter.within(life.id, life.since, known.synced()),
            };
            if nanos > 0 {
                unfinished += 1;
                self.list(life.id, life, waiting, nanos, None, false);
            }
        }
        let names = &known.stacks().names;
        let shared = |name| Some(name).filter(|&name| name != NameId::EMPTY).map(|name| names.shared(name));
        let worst = std::mem::take(&mut self.worst).into_list();
        let worst = worst.into_iter().map(|worse| Wait {
            goroutine: worse.goroutine,
            function: shared(worse.root),
            cause: self.causes.cause(worse.waiting.cause, names),
            since: worse.since,
            nanos: worse.nanos,
            over: worse.over,
            waker: worse.waiting.by.filter(|_| worse.waiting.waker != WakerId::NOBODY),
            waker_stack: worse.waker_stack,
            own_stack: worse.own_stack,
            proc: worse.proc,
        });
        let worst = worst.collect();
        let mut waits = Durations::default();
        let (mut functions, mut wakers) = (Vec::new(), Vec::new());
        for (name, of_function) in self.functions.waits(names) {
            waits.merge(of_function);
            functions.push(ByFunction { function: shared(name), waits: of_function.clone() });
        }
        let by_scheduler = self.functions.woken_by_scheduler();
        wakers.extend(by_scheduler.map(|woken| ByWaker { function: None, scheduler: true, waits: woken.clone() }));
        for (name, woken) in self.functions.woken(names) {
            wakers.push(ByWaker { function: shared(name), scheduler: false, waits: woken.clone() });
        }
        functions.sort_by(|a, b| b.waits.sum().cmp(&a.waits.sum()).then_with(|| a.function.cmp(&b.function)));
        wakers.sort_by(|a, b| b.waits.sum().cmp(&a.waits.sum()).then_with(|| a.function.cmp(&b.function)));
        let mut causes = self.causes.by_cause(names);
        causes.sort_by(|a, b| b.waits.sum().cmp(&a.waits.sum()).then_with(|| a.cause.cmp(&b.cause)));
        Latency {
            start: known.start(),
            histogram: RuntimeBuckets::of(&waits),
            waits,
            causes,
            functions,
            wakers,
            worst,
            unfinished,
            switches: self.switches,
            stacks: Arc::clone(known.stacks()),
        }
    }
}
