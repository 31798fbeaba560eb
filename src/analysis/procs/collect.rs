//! The pass that follows the Ps and the goroutines on them.

use super::held::{Does, Ps, Since};
use super::idle::Watch;
use super::{LostAt, Procs, Run, Syscalls, Threads};
use crate::analysis::durations::Durations;
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{Analysis, ByGo, Known, OldSeen as Seen, ThreadSet};
use crate::event::go::GoChange;
use crate::event::range::RangeName;
use crate::event::transition::{GoState, ProcState, StateTransition};
use crate::event::{EventKind, MetricName};
use crate::ids::{GoId, ProcId};
use crate::time::Time;
use crate::wire::v2::spec::EventType;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// How many of the longest runs are kept.
const LONGEST: usize = 100;

/// Makes [`Procs`]. Memory grows with the Ps, with the goroutines that exist at one
/// time and with the different stacks.
#[derive(Debug, Default)]
pub struct CollectProcs {
    gs: ByGo<G>,
    ps: Ps,
    gomaxprocs: Option<i64>,
    gomaxprocs_since: Time,
    capacity: i64,
    watch: Watch,
    runs: Durations,
    longest: Vec<Run>,
    syscalls: Syscalls,
    lost: FxHashMap<StackKey, Durations>,
    /// Goroutines in system calls without a P.
    without: i64,
    ms: ThreadSet,
    threads: Threads,
    /// How many threads are in use, and since when.
    in_use: (i64, Time),
    start: Option<Time>,
    end: Time,
    stacks: Stacks,
}

#[derive(Clone, Copy, Debug)]
struct G {
    root: NameId,
    does: GDoes,
    /// The P that it runs on, or went into a system call with.
    proc: Option<ProcId>,
    /// Whether it works for the collector since it last began to run.
    works: bool,
}

/// What a goroutine does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum GDoes {
    /// Nothing that concerns a P.
    Waits,
    /// It could run; with what [`Watch::ready`] said.
    Ready(i64),
    Runs(Time),
    /// It is in a system call, made from there, with its P.
    Calls(StackKey),
    /// It is in one, and has lost its P since then.
    CallsWithout(StackKey, Time),
}

impl CollectProcs {
    #[inline]
    fn goroutine(&mut self, event: &Seen<'_, '_>, change: &GoChange) {
        let GoChange { id, from, to, .. } = *change;
        let time = event.time();
        let known = self.gs.get(event.slot(id)).copied();
        if known.is_some() && from == to {
            return; // The status in a later generation.
        }
        let since = if known.is_some() || from == GoState::NotExist { Since::Now } else { Since::Before };
        let mut g = known.unwrap_or(G { root: NameId::EMPTY, does: GDoes::Waits, proc: None, works: false });
        if g.root == NameId::EMPTY && change.own_stack != 0 {
            let own = self.stacks.intern(event.stack_numbered(change.own_stack));
            g.root = self.stacks.root_name(own);
        }
        self.leave(event, change, &g);
        (g.does, g.works) = (GDoes::Waits, false);
        match to {
            GoState::Runnable => (g.does, g.proc) = (GDoes::Ready(self.watch.ready(time)), None),
            GoState::Running => {
                let begun = if since == Since::Before { self.start.unwrap_or(time) } else { time };
                (g.does, g.proc) = (GDoes::Runs(begun), event.proc());
                self.turn_proc(event, g.proc, Does::Runs(id), since);
            }
            GoState::Syscall => {
                let place = self.stacks.intern(event.stack_numbered(change.stack));
                // Of one that is in a call when it is first seen, a v1 trace does not tell.
                g.proc = if from == GoState::Undetermined && event.is_v1() { None } else { event.proc() };
                self.syscalls.count += u64::from(since == Since::Now);
                if g.proc.is_some() {
                    g.does = GDoes::Calls(place);
                    self.turn_proc(event, g.proc, Does::Calls(id), since);
                } else {
                    g.does = GDoes::CallsWithout(place, time);
                    self.without += 1;
                    self.count_threads(time);
                }
            }
            GoState::Waiting | GoState::NotExist | GoState::Undetermined => g.proc = None,
        }
        if to == GoState::NotExist {
            self.gs.remove(event.slot(id));
        } else {
            *self.gs.get_or_insert_with(event.slot(id), || g) = g;
        }
    }

    /// What a goroutine did is over.
    #[inline]
    fn leave(&mut self, event: &Seen<'_, '_>, change: &GoChange, g: &G) {
        let time = event.time();
        match g.does {
            GDoes::Waits => {}
            GDoes::Ready(said) => self.watch.ready_no_more(time, said, g.root),
            GDoes::Runs(start) => {
                if self.ran(g, time.since(start)) {
                    let reason = Arc::from(event.string(change.reason.0));
                    let stack = self.stacks.intern(event.stack_numbered(change.own_stack));
                    self.keep(change.id, g, start, time.since(start), reason, stack);
                }
                if change.to != GoState::Syscall {
                    self.turn_proc(event, g.proc, Does::Looks, Since::Now);
                }
            }
            GDoes::Calls(_) => {
                // It comes back to nothing, or ends, and nobody took its P: that is free.
                if let Some(id) = g.proc.filter(|_| change.to != GoState::Running)
                    && self.ps.does(id) == Some(Does::Calls(change.id))
                {
                    self.ps.turn(id, Does::Looks, Since::Now, time, self.start.unwrap_or(time));
                }
            }
            GDoes::CallsWithout(place, since) => {
                self.without -= 1;
                self.count_threads(time);
                self.lost.entry(place).or_default().add(time.since(since));
                self.syscalls.without.add(time.since(since));
            }
        }
    }

    /// Counts a run; whether it is among the longest.
    #[inline]
    fn ran(&mut self, g: &G, nanos: i64) -> bool {
        if let Some(sums) = g.proc.and_then(|id| self.ps.sums(id)) {
            sums.runs += 1;
            sums.longest_run = if g.works { sums.longest_run } else { sums.longest_run.max(nanos) };
        }
        if g.works {
            return false;
        }
        self.runs.add(nanos);
        self.longest.len() < LONGEST || self.longest.last().is_some_and(|last| last.nanos < nanos)
    }

    fn keep(&mut self, goroutine: GoId, g: &G, start: Time, nanos: i64, reason: Arc<[u8]>, stack: StackKey) {
        let at = self.longest.partition_point(|other| other.nanos >= nanos);
        let function = (g.root != NameId::EMPTY).then(|| Arc::from(self.stacks.names.get(g.root)));
        self.longest.insert(at, Run { goroutine, function, proc: g.proc, start, nanos, reason, stack });
        self.longest.truncate(LONGEST);
    }

    /// A P does something else; a goroutine may lose it.
    #[inline]
    fn turn_proc(&mut self, event: &Seen<'_, '_>, id: Option<ProcId>, to: Does, since: Since) {
        let Some(id) = id else { return };
        let (time, held) = (event.time(), self.ps.held());
        if let Some(loser) = self.ps.turn(id, to, since, time, self.start.unwrap_or(time)) {
            self.lost_proc(event, loser);
        }
        if self.ps.held() != held {
            self.count_idle(time);
            self.count_threads(time);
        }
    }

    fn lost_proc(&mut self, event: &Seen<'_, '_>, loser: GoId) {
        let Some(g) = self.gs.get_mut(event.slot(loser)) else { return };
        let GDoes::Calls(place) = g.does else { return };
        g.does = GDoes::CallsWithout(place, event.time());
        self.without += 1;
        self.count_threads(event.time());
        self.syscalls.lost += 1;
        if !event.is_v1() {
            let takers = self.syscalls.takers.get_or_insert_default();
            let taker = match (event.wire_type(), event.proc()) {
                (EventType::ProcSteal, None) => &mut takers.sysmon,
                (EventType::ProcSteal, Some(_)) => &mut takers.others,
                _ => &mut takers.itself,
            };
            *taker += 1;
        }
    }

    /// Takes note of what changes no goroutine.
    fn other(&mut self, event: &Seen<'_, '_>, kind: &EventKind<'_>) {
        let time = event.time();
        match *kind {
            EventKind::StateTransition(StateTransition::Proc { id, from, to }) => self.proc(event, id, from, to),
            EventKind::Metric(metric) if metric.name == MetricName::GoMaxProcs => {
                self.set_gomaxprocs(time, metric.value);
            }
            EventKind::RangeBegin(range) | EventKind::RangeActive(range) => {
                if let RangeName::StopTheWorld(_) = range.name {
                    self.watch.set_stopped(time, true);
                }
            }
            EventKind::RangeEnd(range, _) => {
                if let RangeName::StopTheWorld(_) = range.name {
                    self.watch.set_stopped(time, false);
                }
            }
            EventKind::Label(label) => {
                if let Some(g) = label.goroutine.and_then(|id| self.gs.get_mut(event.slot(id))) {
                    g.works |= label.label.starts_with(b"GC (");
                }
            }
            _ => {}
        }
    }

    fn proc(&mut self, event: &Seen<'_, '_>, id: ProcId, from: ProcState, to: ProcState) {
        let known = self.ps.does(id);
        if known.is_some() && from == to {
            return; // The status in a later generation.
        }
        let since = if known.is_some() || from == ProcState::NotExist { Since::Now } else { Since::Before };
        let stolen = event.wire_type() == EventType::ProcSteal;
        let does = match to {
            ProcState::Running => Does::Looks,
            ProcState::Idle => Does::Idles,
            ProcState::NotExist | ProcState::Undetermined => Does::Nothing,
        };
        self.turn_proc(event, Some(id), does, since);
        if since == Since::Before && does == Does::Looks {
            let start = self.start.unwrap_or_default();
            self.threads.used.add(0, event.time().since(start), 1);
        }
        if let Some(sums) = self.ps.sums(id) {
            sums.stolen += u64::from(stolen);
            sums.stops += u64::from(!stolen && does == Does::Idles && since == Since::Now);
        }
    }

    fn count_idle(&mut self, time: Time) {
        // Traces up to Go 1.21 need not tell; then it is at least the Ps that appear.
        let procs = self.gomaxprocs.unwrap_or(self.ps.count());
        self.watch.set_idle(time, (procs - self.ps.held()).max(0));
    }

    fn count_threads(&mut self, time: Time) {
        let (count, since) = self.in_use;
        let now = self.ps.held() + self.without;
        if now != count {
            let start = self.start.unwrap_or(time);
            self.threads.used.add(since.since(start), time.since(start), count);
            self.threads.most = self.threads.most.max(now.unsigned_abs());
            self.in_use = (now, time);
        }
    }

    fn set_gomaxprocs(&mut self, time: Time, value: u64) {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        let before = self.gomaxprocs.unwrap_or(value);
        self.capacity = self.capacity.saturating_add(before.saturating_mul(time.since(self.gomaxprocs_since)));
        (self.gomaxprocs, self.gomaxprocs_since) = (Some(value), time);
        self.count_idle(time);
    }
}

/// Whether events of that type, which change no goroutine, tell more than that a
/// thread does something.
#[inline]
fn tells_of_procs(event: EventType) -> bool {
    use EventType::*;
    matches!(event, ProcsChange | ProcStart | ProcStop | ProcSteal | ProcStatus | STWBegin | STWEnd | GoLabel)
}

impl Analysis for CollectProcs {
    type Output = Procs;

    #[inline]
    fn event_old(&mut self, event: &Seen<'_, '_>) {
        let time = event.time();
        self.end = time;
        if self.start.is_none() {
            (self.start, self.gomaxprocs_since, self.in_use.1) = (Some(time), time, time);
            self.watch.begin(time);
        }
        self.ms.note(event.thread());
        match event.go() {
            Some(change) => self.goroutine(event, change),
            None if tells_of_procs(event.wire_type()) => self.other(event, event.kind()),
            None => {}
        }
    }

    fn finish(mut self, _: &Known) -> Procs {
        let (start, end) = (self.start.unwrap_or_default(), self.end);
        let (count, since) = self.in_use;
        self.threads.used.add(since.since(start), end.since(start), count);
        self.threads.seen = self.ms.len() as u64;
        for (id, g) in self.gs.drain() {
            if let GDoes::Runs(start) = g.does {
                let nanos = end.since(start);
                if self.ran(&g, nanos) {
                    self.keep(id, &g, start, nanos, Arc::default(), StackKey::EMPTY);
                }
            }
        }
        let mut stacks: Vec<LostAt> = self.lost.into_iter().map(|(stack, without)| LostAt { stack, without }).collect();
        stacks.sort_by_key(|at| (std::cmp::Reverse(at.without.sum()), at.stack));
        self.syscalls.stacks = stacks;
        let procs = self.gomaxprocs.unwrap_or(self.ps.count());
        let rest = procs.saturating_mul(end.since(self.gomaxprocs_since));
        Procs {
            start,
            end,
            gomaxprocs: self.gomaxprocs.and_then(|value| u64::try_from(value).ok()),
            capacity: self.capacity.saturating_add(rest),
            idle: self.watch.finish(end, &self.stacks.names),
            procs: self.ps.finish(start, end),
            runs: self.runs,
            longest_runs: self.longest,
            syscalls: self.syscalls,
            threads: self.threads,
            stacks: self.stacks,
        }
    }
}
