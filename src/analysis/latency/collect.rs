//! The pass that measures the scheduler latency.

use super::causes::{self, CauseId, Causes};
use super::functions::{FunctionId, Functions, SCHEDULER, UNKNOWN};
use super::worst::Worst;
use super::{ByFunction, ByWaker, Latency, Wait};
use crate::analysis::durations::Durations;
use crate::analysis::histogram::RuntimeBuckets;
use crate::analysis::names::NameId;
use crate::analysis::profile::Filter;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{Analysis, ByGo, Known, OldSeen as Seen};
use crate::event::go::{GoChange, changes_go};
use crate::event::transition::GoState;
use crate::ids::{GoId, ProcId};
use crate::time::Time;
use crate::wire::v2::spec::EventType;
use std::cmp::Reverse;
use std::sync::Arc;

/// Measures the [`Latency`]. Memory grows with the goroutines that exist at one
/// time and with the different stacks, functions and causes.
#[derive(Clone, Debug)]
pub struct Latencies {
    filter: Filter,
    gs: ByGo<G>,
    stacks: Stacks,
    functions: Functions,
    causes: Causes,
    histogram: RuntimeBuckets,
    worst: Worst<Worse>,
    switches: u64,
    start: Option<Time>,
    synced: Time,
}

/// What is known of a goroutine.
#[derive(Clone, Copy, Debug)]
struct G {
    /// The wait that it is in.
    waits: Option<Waiting>,
    function: FunctionId,
    /// Its last known stack.
    stack: StackKey,
    /// The cause of its next wait, if it is unblocked from what it blocked for last.
    unblocked: CauseId,
}

impl G {
    const NEW: G = G { waits: None, function: UNKNOWN, stack: StackKey::EMPTY, unblocked: causes::UNBLOCKED };
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Waiting {
    since: Time,
    cause: CauseId,
    waker: Option<Waker>,
}

/// Who made a goroutine able to run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Waker {
    /// The function that it began with.
    function: FunctionId,
    stack: StackKey,
    /// If it was one.
    goroutine: Option<GoId>,
}

/// A wait, the longer the greater; of equal ones the earlier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Worse {
    nanos: i64,
    earlier: Reverse<Time>,
    goroutine: GoId,
    waiting: Waiting,
    function: FunctionId,
    own_stack: StackKey,
    over: bool,
    proc: Option<ProcId>,
}

impl Latencies {
    /// One that has seen nothing yet, and lists at most so many of the longest
    /// waits.
    pub fn new(worst: usize) -> Latencies {
        Latencies {
            filter: Filter::default(),
            gs: ByGo::default(),
            stacks: Stacks::default(),
            functions: Functions::default(),
            causes: Causes::default(),
            histogram: RuntimeBuckets::default(),
            worst: Worst::of(worst),
            switches: 0,
            start: None,
            synced: Time(0),
        }
    }

    /// This one, measuring only what passes the filter: of a wait, the part of it
    /// that does.
    #[must_use]
    pub fn filter(self, filter: Filter) -> Latencies {
        Latencies { filter, ..self }
    }

    #[inline(always)]
    fn change(&mut self, event: &Seen<'_, '_>, change: &GoChange) {
        let GoChange { id, from, to, .. } = *change;
        let waker = if to == GoState::Runnable { self.waker(event, change) } else { None };
        let first = from == GoState::Undetermined && self.gs.get(event.slot(id)).is_none();
        let g = self.gs.get_or_insert_with(event.slot(id), || G::NEW);
        if change.own_stack != 0 {
            g.stack = self.stacks.intern(event.stack_numbered(change.own_stack));
            if g.function == UNKNOWN {
                g.function = self.functions.of(g.stack, &self.stacks);
            }
        }
        // Whatever it does now, it waits for a P no longer, or anew.
        let ended = if g.waits.is_some() { g.waits.take().map(|waiting| (waiting, *g)) } else { None };
        match to {
            GoState::Waiting => {
                g.unblocked = self.causes.of_reason(event, change.reason, &mut self.stacks.names).unblocked;
            }
            GoState::Runnable if matches!(event.wire_type(), EventType::GoSwitch | EventType::GoSwitchDestroy) => {
                self.switches += 1;
            }
            GoState::Runnable => {
                let cause = match from {
                    GoState::NotExist => causes::CREATED,
                    GoState::Running => self.causes.of_reason(event, change.reason, &mut self.stacks.names).stopped,
                    GoState::Syscall => causes::SYSCALL_ENDED,
                    GoState::Undetermined => causes::AT_START,
                    _ => g.unblocked,
                };
                let since = if first { self.synced } else { event.time() };
                g.waits = Some(Waiting { since, cause, waker });
            }
            GoState::NotExist => {
                self.gs.remove(event.slot(id));
            }
            _ => {}
        }
        if let Some((waiting, g)) = ended {
            self.wait(id, &g, &waiting, event.time(), event.proc().filter(|_| to == GoState::Running));
        }
    }

    /// Who makes a goroutine runnable; nobody, where it is the goroutine itself
    /// that stopped.
    #[inline(always)]
    fn waker(&mut self, event: &Seen<'_, '_>, change: &GoChange) -> Option<Waker> {
        if !matches!(change.from, GoState::NotExist | GoState::Waiting) {
            return None;
        }
        let stack = self.stacks.intern(event.stack_numbered(change.stack));
        let goroutine = event.goroutine();
        let function = match goroutine {
            None => SCHEDULER,
            Some(waker) => self.gs.get(event.slot(waker)).map_or(UNKNOWN, |g| g.function),
        };
        Some(Waker { function, stack, goroutine })
    }

    /// Takes note of a wait that is over.
    #[inline(always)]
    fn wait(&mut self, id: GoId, g: &G, waiting: &Waiting, until: Time, proc: Option<ProcId>) {
        let nanos = self.filter.within(id, waiting.since, until);
        if nanos <= 0 {
            return;
        }
        self.list(id, g, waiting, nanos, true, proc);
        self.histogram.add(nanos);
        if let Some(function) = self.functions.list.get_mut(g.function as usize) {
            function.waits.add(nanos);
        }
        if let Some(waker) = waiting.waker.and_then(|waker| self.functions.list.get_mut(waker.function as usize)) {
            waker.woken.add(nanos);
        }
        self.causes.add(waiting.cause, nanos);
    }

    /// Lists a wait, if it is among the longest.
    #[inline(always)]
    fn list(&mut self, id: GoId, g: &G, waiting: &Waiting, nanos: i64, over: bool, proc: Option<ProcId>) {
        let earlier = Reverse(waiting.since);
        if self.worst.would_keep(|least| (nanos, earlier) > (least.nanos, least.earlier)) {
            let (goroutine, waiting, function, own_stack) = (id, *waiting, g.function, g.stack);
            self.worst.offer(Worse { nanos, earlier, goroutine, waiting, function, own_stack, over, proc });
        }
    }

    fn shared(&self, name: Option<NameId>) -> Option<Arc<[u8]>> {
        name.map(|name| self.stacks.names.shared(name))
    }
}

impl Analysis for Latencies {
    type Output = Latency;

    #[inline(always)]
    fn wants(&self, event: EventType) -> bool {
        // The end of a system call that kept its P ends no wait and begins none.
        event == EventType::Sync || (event != EventType::GoSyscallEnd && changes_go(event))
    }

    #[inline(always)]
    fn event_old(&mut self, event: &Seen<'_, '_>) {
        if event.wire_type() == EventType::Sync {
            self.synced = event.time();
            self.start.get_or_insert(event.time());
        } else if let Some(change) = event.go_step() {
            self.change(event, change);
        }
    }

    fn finish(mut self, _: &Known) -> Latency {
        let mut unfinished = 0;
        for (id, g) in self.gs.drain() {
            let Some(waiting) = g.waits else { continue };
            // The last sync ends the trace.
            let nanos = self.filter.within(id, waiting.since, self.synced);
            if nanos > 0 {
                unfinished += 1;
                self.list(id, &g, &waiting, nanos, false, None);
            }
        }
        let function = |id: FunctionId| self.functions.list.get(id as usize).and_then(|function| function.name);
        let worst = std::mem::replace(&mut self.worst, Worst::of(0)).into_sorted();
        let worst = worst.into_iter().map(|worse| Wait {
            goroutine: worse.goroutine,
            function: self.shared(function(worse.function)),
            cause: self.causes.cause(worse.waiting.cause, &self.stacks.names),
            since: worse.waiting.since,
            nanos: worse.nanos,
            over: worse.over,
            waker: worse.waiting.waker.and_then(|waker| waker.goroutine),
            waker_stack: worse.waiting.waker.map_or(StackKey::EMPTY, |waker| waker.stack),
            own_stack: worse.own_stack,
            proc: worse.proc,
        });
        let worst = worst.collect();
        let mut waits = Durations::default();
        let (mut functions, mut wakers) = (Vec::new(), Vec::new());
        for (id, function) in self.functions.list.iter().enumerate() {
            waits.merge(&function.waits);
            let name = self.shared(function.name);
            functions.push(ByFunction { function: name.clone(), waits: function.waits.clone() });
            wakers.push(ByWaker { function: name, scheduler: id == SCHEDULER as usize, waits: function.woken.clone() });
        }
        functions.retain(|by| by.waits.count() != 0);
        wakers.retain(|by| by.waits.count() != 0);
        functions.sort_by(|a, b| b.waits.sum().cmp(&a.waits.sum()).then_with(|| a.function.cmp(&b.function)));
        wakers.sort_by(|a, b| b.waits.sum().cmp(&a.waits.sum()).then_with(|| a.function.cmp(&b.function)));
        let mut causes = self.causes.by_cause(&self.stacks.names);
        causes.sort_by(|a, b| b.waits.sum().cmp(&a.waits.sum()).then_with(|| a.cause.cmp(&b.cause)));
        Latency {
            start: self.start.unwrap_or_default(),
            waits,
            histogram: self.histogram,
            causes,
            functions,
            wakers,
            worst,
            unfinished,
            switches: self.switches,
            stacks: self.stacks,
        }
    }
}
