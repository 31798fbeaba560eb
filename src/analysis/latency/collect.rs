//! The pass that measures the scheduler latency.

use super::causes::{self, CauseId, Causes};
use super::functions::{Functions, WakerId};
use super::{ByFunction, ByWaker, Latency, Wait};
use crate::analysis::durations::{Durations, Sorted};
use crate::analysis::histogram::RuntimeBuckets;
use crate::analysis::names::NameId;
use crate::analysis::profile::Filter;
use crate::analysis::stacks::StackKey;
use crate::analysis::{Analysis, BySlot, Follower, GoroutineState, Longest, Transition};
use crate::base::ids::{GoId, ProcId};
use crate::base::time::Time;
use crate::spec::state::GoState;
use crate::spec::v2::EventType;
use std::sync::Arc;

/// Measures the [`Latency`]. Memory grows with the goroutines that exist at one
/// time and with the different stacks, functions and causes.
#[derive(Clone, Debug)]
pub struct CollectLatency {
    /// Filter of the time that counts; none if all does.
    filter: Option<Filter>,
    gs: BySlot<Waiting>,
    functions: Functions,
    causes: Causes,
    worst: Longest<LongWait>,
    switches: u64,
}

/// Wait of a runnable goroutine. In other states the fields, except `unblocked`, are out of
/// date.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    cause: CauseId,
    /// Waker that made it runnable.
    waker: WakerId,
    /// Goroutine that made it runnable, if one did; out of date if `waker` is nobody.
    by: Option<GoId>,
    /// Cause of its next wait if it is unblocked from what it blocked on last.
    unblocked: CauseId,
}

impl Default for Waiting {
    fn default() -> Waiting {
        Waiting { cause: causes::NONE, waker: WakerId::NOBODY, by: None, unblocked: causes::UNBLOCKED }
    }
}

impl Waiting {
    /// Takes note of the waker: a goroutine or, with none, the scheduler.
    #[inline(always)]
    fn wake(&mut self, by: Option<GoId>, follower: &Follower, functions: &mut Functions) {
        self.by = by;
        self.waker = match by {
            // The network poller and timers are the scheduler's, without a goroutine.
            None => WakerId::SCHEDULER,
            Some(waker) => {
                WakerId::of(follower.goroutine(waker).map_or(NameId::EMPTY, GoroutineState::reported_function))
            }
        };
        if self.waker == WakerId::UNKNOWN {
            functions.expect(by);
        }
    }
}

/// A wait among the longest.
#[derive(Clone, Copy, Debug)]
struct LongWait {
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

impl CollectLatency {
    /// Returns a measurement that has seen nothing yet, and lists at most `worst` of the
    /// longest waits.
    pub fn new(worst: usize) -> CollectLatency {
        CollectLatency {
            filter: None,
            gs: BySlot::default(),
            functions: Functions::default(),
            causes: Causes::default(),
            worst: Longest::of(worst),
            switches: 0,
        }
    }

    /// Returns the measurement, restricted to the time that passes the filter: of each
    /// wait, the part that does.
    #[must_use]
    pub fn filter(self, filter: Filter) -> CollectLatency {
        CollectLatency { filter: Some(filter).filter(|filter| *filter != Filter::default()), ..self }
    }

    /// Begins the wait of a goroutine that becomes runnable.
    #[inline(always)]
    fn begin(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        let waiting = self.gs.of(transition);
        let cause = match transition.from() {
            // A coroutine switch makes the goroutine runnable only on paper: it runs at
            // once.
            GoState::Waiting if matches!(transition.wire_type(), EventType::GoSwitch | EventType::GoSwitchDestroy) => {
                self.switches += 1;
                causes::NONE
            }
            GoState::Waiting => {
                if transition.left == GoState::Waiting {
                    waiting.unblocked = self.causes.unblocked(transition.was.reason);
                }
                // If the trace is damaged it may not have been seen to block: the last
                // known cause stays.
                waiting.cause = waiting.unblocked;
                return waiting.wake(transition.goroutine(), follower, &mut self.functions);
            }
            GoState::NotExist => {
                waiting.cause = causes::CREATED;
                return waiting.wake(transition.goroutine(), follower, &mut self.functions);
            }
            // A goroutine that was stopped wakes itself, as it were: it has no waker.
            GoState::Running => self.causes.stopped(transition.now.reason),
            GoState::Syscall => causes::SYSCALL_ENDED,
            GoState::Undetermined => causes::AT_START,
            // The status of a goroutine of which nothing is known, which may have waited
            // for long.
            GoState::Runnable => causes::NONE,
        };
        (waiting.cause, waiting.waker) = (cause, WakerId::NOBODY);
    }

    /// Takes note of what a goroutine blocked on, where a damaged trace has it run on
    /// before it is unblocked; the event that unblocks it may come yet.
    #[inline(always)]
    fn leave(&mut self, transition: &Transition<'_, '_>) {
        self.gs.of(transition).unblocked = self.causes.unblocked(transition.was.reason);
    }

    /// Ends a wait: whatever the goroutine does next, it waits no longer, or anew.
    #[inline(always)]
    fn end(&mut self, transition: &Transition<'_, '_>) {
        let waiting = *self.gs.of(transition);
        if waiting.cause == causes::NONE {
            return;
        }
        let nanos = match &self.filter {
            None => transition.took(),
            Some(filter) => filter.within(transition.id(), transition.was.since, transition.time()),
        };
        if nanos <= 0 {
            return;
        }
        if self.worst.takes(nanos) {
            // Where it ends otherwise than by running, there is no P to name.
            let proc = transition.now.proc().filter(|_| transition.to() == GoState::Running);
            let GoroutineState { last_own, root, named, .. } = *transition.now;
            // The first stack may come only now, with the function in it.
            let own = GoroutineState { last_own, root, named, ..*transition.was };
            self.list(transition.id(), &own, waiting, nanos, proc, true);
        }
        let wait = Sorted::new(nanos);
        self.functions.waited(transition.id(), transition.now.reported_function(), wait);
        self.causes.add(waiting.cause, wait);
        self.functions.woke(waiting.waker, waiting.by, wait);
    }

    /// Lists a wait, if it is among the longest.
    #[inline(never)]
    fn list(
        &mut self,
        id: GoId,
        goroutine: &GoroutineState,
        waiting: Waiting,
        nanos: i64,
        proc: Option<ProcId>,
        over: bool,
    ) {
        let root = goroutine.reported_function();
        if root == NameId::EMPTY {
            self.functions.expect(Some(id));
        }
        let GoroutineState { since, last_own: own_stack, .. } = *goroutine;
        let waker_stack = if waiting.waker == WakerId::NOBODY { StackKey::EMPTY } else { goroutine.stack };
        let wait = LongWait { nanos, since, goroutine: id, root, waiting, waker_stack, own_stack, over, proc };
        self.worst.keep(nanos, since, wait);
    }
}

impl Analysis for CollectLatency {
    type Output = Latency;

    #[inline(always)]
    fn wants(&self, event: EventType) -> bool {
        event == EventType::GoStart
    }

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        if transition.left == GoState::Runnable {
            self.end(transition);
        }
        if transition.to() == GoState::Runnable {
            self.begin(transition, follower);
        } else if transition.left == GoState::Waiting {
            self.leave(transition);
        }
        if transition.to() == GoState::NotExist {
            self.functions.ends(transition.id(), transition.now.root);
        }
    }

    fn finish(mut self, follower: &Follower) -> Latency {
        let mut unfinished = 0;
        for (slot, goroutine) in follower.alive() {
            let Some(&waiting) = self.gs.get(slot) else { continue };
            if goroutine.state != GoState::Runnable || waiting.cause == causes::NONE {
                continue;
            }
            // The last sync ends the trace.
            let nanos = match &self.filter {
                None => follower.synced().since(goroutine.since),
                Some(filter) => filter.within(goroutine.id, goroutine.since, follower.synced()),
            };
            if nanos > 0 {
                unfinished += 1;
                self.list(goroutine.id, goroutine, waiting, nanos, None, false);
            }
        }
        self.functions.settle(|id| follower.goroutine(id).map_or(NameId::EMPTY, |goroutine| goroutine.root));
        let names = &follower.stacks().names;
        let shared = |name| Some(name).filter(|&name| name != NameId::EMPTY).map(|name| names.shared(name));
        let worst = std::mem::take(&mut self.worst).into_list();
        let root_of = |id, root: NameId| match root {
            NameId::EMPTY => self.functions.late_root(id),
            root => root,
        };
        let worst = worst.into_iter().map(|wait| {
            let waker = wait.waiting.by.filter(|_| wait.waiting.waker != WakerId::NOBODY);
            Wait {
                goroutine: wait.goroutine,
                function: shared(root_of(wait.goroutine, wait.root)),
                cause: self.causes.cause(wait.waiting.cause, names),
                since: wait.since,
                nanos: wait.nanos,
                over: wait.over,
                waker,
                waker_function: waker.and_then(|id| shared(root_of(id, wait.waiting.waker.name()))),
                waker_stack: wait.waker_stack,
                own_stack: wait.own_stack,
                proc: wait.proc,
            }
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
            start: follower.start(),
            histogram: RuntimeBuckets::of(&waits),
            waits,
            causes,
            functions,
            wakers,
            worst,
            unfinished,
            switches: self.switches,
            stacks: Arc::clone(follower.stacks()),
        }
    }
}
