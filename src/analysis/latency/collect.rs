//! The pass that measures the scheduler latency.

use super::functions::{FunctionId, Functions, SCHEDULER, UNKNOWN};
use super::worst::Worst;
use super::{ByCause, ByFunction, ByWaker, Cause, Latency, Wait};
use crate::analysis::durations::Durations;
use crate::analysis::histogram::RuntimeBuckets;
use crate::analysis::names::NameId;
use crate::analysis::profile::Filter;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{Analysis, ByGo, ByString};
use crate::event::go::{GoChange, changes_go};
use crate::event::transition::{GoState, StateTransition};
use crate::event::{Event, EventKind};
use crate::ids::{GoId, ProcId};
use crate::time::Time;
use crate::wire::v2::spec::EventType;
use std::sync::Arc;

/// Measures the [`Latency`]. Memory grows with the goroutines that exist at one
/// time and with the different stacks, functions and causes.
#[derive(Clone, Debug)]
pub struct Latencies {
    filter: Filter,
    gs: ByGo<G>,
    stacks: Stacks,
    reasons: ByString<NameId>,
    functions: Functions,
    causes: Vec<(Key, Durations)>,
    histogram: RuntimeBuckets,
    worst: Worst<Worse>,
    switches: u64,
    start: Option<Time>,
    synced: Time,
}

/// A cause, with its reason among the names of the stacks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Key {
    Created,
    Unblocked(NameId),
    Stopped(NameId),
    SyscallEnded,
    AtStart,
}

/// What is known of a goroutine.
#[derive(Clone, Copy, Debug)]
struct G {
    /// The wait that it is in.
    waits: Option<Waiting>,
    function: FunctionId,
    /// Its last known stack.
    stack: StackKey,
    /// For what it blocked last.
    blocked: NameId,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Waiting {
    since: Time,
    cause: Key,
    waker: Option<GoId>,
    waker_function: Option<FunctionId>,
    waker_stack: StackKey,
}

/// A wait, the longer the greater; of equal ones the earlier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Worse {
    nanos: i64,
    earlier: std::cmp::Reverse<Time>,
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
            reasons: ByString::default(),
            functions: Functions::default(),
            causes: Vec::new(),
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

    #[inline]
    fn change(&mut self, event: &Event<'_>, change: GoChange, own: StackKey) {
        let GoChange { id, from, to, .. } = change;
        if from == to {
            return;
        }
        let time = event.time();
        let new = || G { waits: None, function: UNKNOWN, stack: StackKey::EMPTY, blocked: NameId::EMPTY };
        let waker = match to {
            GoState::Runnable => self.waker(event, change),
            _ => None,
        };
        let first = self.gs.get(id).is_none();
        let g = self.gs.get_or_insert_with(id, new);
        if own != StackKey::EMPTY {
            g.stack = own;
            if g.function == UNKNOWN {
                g.function = self.functions.of(own, &self.stacks);
            }
        }
        let (mut ended, g_now) = (g.waits.take(), *g);
        match to {
            GoState::Waiting | GoState::Syscall => {
                g.blocked = match to {
                    GoState::Waiting => {
                        let names = &mut self.stacks.names;
                        self.reasons.get(event, change.reason, |reason| names.intern(reason))
                    }
                    _ => NameId::EMPTY,
                }
            }
            GoState::Runnable => {
                let names = &mut self.stacks.names;
                let cause = match from {
                    GoState::NotExist => Key::Created,
                    GoState::Running => {
                        Key::Stopped(self.reasons.get(event, change.reason, |reason| names.intern(reason)))
                    }
                    GoState::Syscall => Key::SyscallEnded,
                    GoState::Undetermined => Key::AtStart,
                    _ => Key::Unblocked(g.blocked),
                };
                let since = if first && from == GoState::Undetermined { self.synced } else { time };
                let (waker, waker_function, waker_stack) = waker.map_or((None, None, StackKey::EMPTY), |waker| waker);
                if matches!(event.wire_type(), EventType::GoSwitch | EventType::GoSwitchDestroy) {
                    self.switches += 1;
                } else {
                    g.waits = Some(Waiting { since, cause, waker, waker_function, waker_stack });
                }
            }
            _ => {}
        }
        if to == GoState::NotExist {
            self.gs.remove(id);
        }
        if let Some(waiting) = ended.take() {
            self.wait(id, g_now, waiting, time, event.proc().filter(|_| to == GoState::Running), true);
        }
    }

    /// Who makes a goroutine runnable: which one, the function it began with, and
    /// where it is. Nobody, where it is the goroutine itself that stopped.
    #[inline]
    fn waker(&mut self, event: &Event<'_>, change: GoChange) -> Option<(Option<GoId>, Option<FunctionId>, StackKey)> {
        if !matches!(change.from, GoState::NotExist | GoState::Waiting) {
            return None;
        }
        let stack = self.stacks.intern(event.stack_numbered(change.stack));
        let waker = event.goroutine();
        let function = match waker {
            None => SCHEDULER,
            Some(waker) => self.gs.get(waker).map_or(UNKNOWN, |g| g.function),
        };
        Some((waker, Some(function), stack))
    }

    /// Takes note of a wait.
    fn wait(&mut self, id: GoId, g: G, waiting: Waiting, until: Time, proc: Option<ProcId>, over: bool) {
        let nanos = self.filter.within(id, waiting.since, until);
        if nanos <= 0 {
            return;
        }
        let earlier = std::cmp::Reverse(waiting.since);
        if self.worst.would_keep(|least| (nanos, earlier) > (least.nanos, least.earlier)) {
            let (function, own_stack) = (g.function, g.stack);
            self.worst.offer(Worse { nanos, earlier, goroutine: id, waiting, function, own_stack, over, proc });
        }
        if !over {
            return;
        }
        self.histogram.add(nanos);
        if let Some(function) = self.functions.list.get_mut(g.function as usize) {
            function.waits.add(nanos);
        }
        if let Some(waker) = waiting.waker_function.and_then(|waker| self.functions.list.get_mut(waker as usize)) {
            waker.woken.add(nanos);
        }
        match self.causes.iter_mut().find(|(cause, _)| *cause == waiting.cause) {
            Some((_, waits)) => waits.add(nanos),
            None => {
                let mut waits = Durations::default();
                waits.add(nanos);
                self.causes.push((waiting.cause, waits));
            }
        }
    }

    fn shared(&self, name: Option<NameId>) -> Option<Arc<[u8]>> {
        name.map(|name| self.stacks.names.shared(name))
    }

    fn cause(&self, key: Key) -> Cause {
        match key {
            Key::Created => Cause::Created,
            Key::Unblocked(reason) => Cause::Unblocked(self.stacks.names.shared(reason)),
            Key::Stopped(reason) => Cause::Stopped(self.stacks.names.shared(reason)),
            Key::SyscallEnded => Cause::SyscallEnded,
            Key::AtStart => Cause::AtStart,
        }
    }
}

impl Analysis for Latencies {
    type Output = Latency;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        event == EventType::Sync || changes_go(event)
    }

    #[inline]
    fn event(&mut self, event: &Event<'_>, kind: &EventKind<'_>) {
        match *kind {
            EventKind::StateTransition(StateTransition::Goroutine { stack, .. }) => {
                let Some(change) = event.go_change() else { return };
                let own = self.stacks.intern(stack);
                self.change(event, change, own);
            }
            EventKind::Sync(_) => {
                self.synced = event.time();
                self.start.get_or_insert(event.time());
            }
            _ => {}
        }
    }

    fn finish(mut self) -> Latency {
        let mut unfinished = 0;
        for (id, g) in self.gs.drain() {
            if let Some(waiting) = g.waits {
                unfinished += u64::from(self.filter.within(id, waiting.since, self.synced) > 0);
                // The last sync ends the trace.
                self.wait(id, g, waiting, self.synced, None, false);
            }
        }
        let function = |id: FunctionId| self.functions.list.get(id as usize).and_then(|function| function.name);
        let worst = std::mem::replace(&mut self.worst, Worst::of(0)).into_sorted();
        let worst = worst.into_iter().map(|worse| Wait {
            goroutine: worse.goroutine,
            function: self.shared(function(worse.function)),
            cause: self.cause(worse.waiting.cause),
            since: worse.waiting.since,
            nanos: worse.nanos,
            over: worse.over,
            waker: worse.waiting.waker,
            waker_stack: worse.waiting.waker_stack,
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
        let causes = self.causes.iter().map(|(key, waits)| ByCause { cause: self.cause(*key), waits: waits.clone() });
        let mut causes: Vec<_> = causes.collect();
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
