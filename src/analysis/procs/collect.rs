//! The pass that follows the Ps and the goroutines on them.

use super::by_key::ByKey;
use super::held::{Does, Ps, Since, Turn};
use super::idle::Watch;
use super::p::RunOf;
use super::{LostAt, Procs, Run, Syscalls, Threads};
use crate::analysis::durations::Durations;
use crate::analysis::names::NameId;
use crate::analysis::over_time::Level;
use crate::analysis::stacks::StackKey;
use crate::analysis::{Analysis, Aside, BySlot, Known, Life, Longest, Seen, Step};
use crate::event::go::changes_go;
use crate::event::range::RangeName;
use crate::event::transition::{GoState, StateTransition};
use crate::event::{EventKind, MetricName};

use crate::time::Time;
use crate::wire::v2::spec::EventType;

/// Makes [`Procs`]. Memory grows with the Ps, with the goroutines that exist at one
/// time and with the different stacks.
#[derive(Debug, Default)]
pub struct CollectProcs {
    pub(super) marks: BySlot<Mark>,
    pub(super) ps: Ps,
    pub(super) watch: Watch,
    runs: Durations,
    longest: Longest<Run>,
    pub(super) gomaxprocs: Option<i64>,
    gomaxprocs_since: Option<Time>,
    capacity: i64,
    pub(super) syscalls: Syscalls,
    lost: ByKey<StackKey>,
    /// Goroutines in system calls without a P.
    pub(super) without: i64,
    /// How many threads are in use, and were at most.
    pub(super) used: Level,
    pub(super) most: u64,
}

/// What is known of a goroutine beside its [`Life`], by the state that it is in: of
/// one that could run, what [`Watch::ready`] said; of one in a system call,
/// [`WITH_PROC`], or since when it has lost its P. Nothing of others.
pub(super) type Mark = i64;

/// It has its P still.
pub(super) const WITH_PROC: Mark = Mark::MIN;

impl CollectProcs {
    /// A run is over.
    #[inline(always)]
    fn ran(&mut self, step: &Step<'_, '_>, known: &Known) {
        let (time, nanos, start) = (step.time(), step.took, || known.start());
        let done = match self.ps.at(step.was.proc_index()) {
            Some(p) if step.to() != GoState::Syscall => p.stop(time, nanos, start),
            Some(p) if step.now.proc_index() == step.was.proc_index() => p.call(step.id(), time, nanos, start),
            _ => false,
        };
        if !done {
            return self.ran_oddly(step.aside(), known);
        }
        self.runs.add(nanos);
        if self.longest.takes(nanos) {
            self.keep(step.was, step.now, step.was.since, nanos, known);
        }
        if step.to() == GoState::Syscall {
            self.syscalls.count += 1;
            *self.marks.of(step) = WITH_PROC;
        }
    }

    #[inline(never)]
    fn ran_oddly(&mut self, step: Aside<'_, '_>, known: &Known) {
        let step = step.step();
        self.count_run(step.was, step.now, step.time(), known);
        if step.to() == GoState::Syscall {
            self.call(step.aside(), known);
        } else if let Some(id) = step.was.proc() {
            self.turn(&step, Turn { id, to: Does::Looks, go: None, since: Since::Now }, known);
        }
    }

    /// A run is over, or it is the end.
    fn count_run(&mut self, ran: &Life, ended: &Life, time: Time, known: &Known) {
        let begun = |run: RunOf| if run.before { known.start() } else { ran.since };
        let nanos = |run: RunOf| time.since(begun(run));
        let p = ran.proc().and_then(|id| self.ps.find(id));
        let run = p.map_or_else(RunOf::default, |p| p.end_run(nanos));
        if !run.works {
            self.runs.add(nanos(run));
            if self.longest.takes(nanos(run)) {
                self.keep(ran, ended, begun(run), nanos(run), known);
            }
        }
    }

    /// Those that run in the end.
    fn run_still(&mut self, known: &Known) {
        for life in known.lives() {
            if life.state == GoState::Running {
                let mut ended = *life;
                (ended.reason, ended.own) = (NameId::EMPTY, StackKey::EMPTY);
                self.count_run(life, &ended, known.last(), known);
            }
        }
    }

    #[inline(never)]
    fn keep(&mut self, ran: &Life, ended: &Life, start: Time, nanos: i64, known: &Known) {
        let names = &known.stacks().names;
        let run = Run {
            goroutine: ended.id,
            function: (ended.root != NameId::EMPTY).then(|| names.shared(ended.root)),
            proc: ran.proc(),
            start,
            nanos,
            reason: names.shared(ended.reason),
            stack: ended.own,
        };
        self.longest.keep(nanos, start, run);
    }

    /// A system call begins.
    #[inline(never)]
    fn call(&mut self, step: Aside<'_, '_>, known: &Known) {
        let step = step.step();
        self.syscalls.count += u64::from(!is_before(&step));
        // Of one that is in a call when it is first seen, a v1 trace does not tell the P.
        let untold = step.from() == GoState::Undetermined && step.is_v1();
        if let Some(id) = step.now.proc().filter(|_| !untold) {
            *self.marks.of(&step) = WITH_PROC;
            self.turn(&step, Turn { id, to: Does::Calls, go: Some(step.id()), since: since(&step) }, known);
        } else {
            *self.marks.of(&step) = step.time().0;
            self.without += 1;
            self.count_threads(step.time(), known);
        }
    }

    /// A system call is over.
    #[inline(never)]
    fn called(&mut self, step: Aside<'_, '_>, known: &Known) {
        let step = step.step();
        let mark = self.mark(&step);
        if mark != WITH_PROC {
            self.without -= 1;
            self.count_threads(step.time(), known);
            self.lost.add(step.was.stack, step.time().since(Time(mark)));
        } else if step.to() != GoState::Running
            && let Some(id) = step.was.proc()
            && self.ps.find(id).is_some_and(|p| p.caller() == Some(step.id()))
        {
            // It comes back to nothing, or ends, and nobody took its P: that is free.
            self.ps.turn(Turn { id, to: Does::Looks, go: None, since: Since::Now }, step.time(), known.start());
        }
    }

    /// A goroutine begins to run.
    #[inline(never)]
    fn run_oddly(&mut self, step: Aside<'_, '_>, known: &Known) {
        let step = step.step();
        if let Some(id) = step.now.proc() {
            self.turn(&step, Turn { id, to: Does::Runs, go: Some(step.id()), since: since(&step) }, known);
        }
    }

    #[inline(always)]
    fn mark(&self, step: &Step<'_, '_>) -> Mark {
        self.marks.get(step.slot).copied().unwrap_or_default()
    }

    fn set_gomaxprocs(&mut self, time: Time, value: u64, known: &Known) {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        let before = self.gomaxprocs.unwrap_or(value);
        self.capacity = self
            .capacity
            .saturating_add(before.saturating_mul(time.since(self.gomaxprocs_since.unwrap_or(known.start()))));
        (self.gomaxprocs, self.gomaxprocs_since) = (Some(value), Some(time));
        self.count_idle(time, known);
    }
}

/// Whether a goroutine has been so since before the trace tells of it.
fn is_before(step: &Step<'_, '_>) -> bool {
    step.new && step.from() != GoState::NotExist
}

fn since(step: &Step<'_, '_>) -> Since {
    if is_before(step) { Since::Before } else { Since::Now }
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
    fn wants(&self, event: EventType) -> bool {
        changes_go(event) || tells_of_procs(event)
    }

    #[inline(always)]
    fn goroutine(&mut self, step: &Step<'_, '_>, known: &Known) {
        let (time, id, start) = (step.time(), step.id(), || known.start());
        let runs = step.to() == GoState::Running;
        let (mut ran, mut on) = (false, false);
        match step.left {
            GoState::Running => {
                self.ran(step, known);
                ran = true;
            }
            GoState::Runnable => {
                let mark = self.mark(step);
                self.watch.ready_no_more(time, mark, step.now.root, known);
                on = runs && self.ps.at(step.now.proc_index()).is_some_and(|p| p.run(time, start));
            }
            GoState::Syscall => {
                self.called(step.aside(), known);
                on = runs && self.ps.at(step.now.proc_index()).is_some_and(|p| p.come_back(id, time, start));
            }
            _ => {}
        }
        match step.to() {
            GoState::Runnable => *self.marks.of(step) = self.watch.ready(time, known),
            GoState::Running if !on => self.run_oddly(step.aside(), known),
            GoState::Syscall if !ran => self.call(step.aside(), known),
            _ => {}
        }
    }

    #[inline]
    fn event(&mut self, event: &Seen<'_, '_>, known: &mut Known) {
        if !tells_of_procs(event.wire_type()) {
            return;
        }
        let time = event.time();
        match *event.kind() {
            EventKind::StateTransition(StateTransition::Proc { id, from, to }) => self.proc(event, id, from, to, known),
            EventKind::Metric(metric) if metric.name == MetricName::GoMaxProcs => {
                self.set_gomaxprocs(time, metric.value, known);
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
                if label.label.starts_with(b"GC (")
                    && let Some(id) = label.goroutine
                    && let Some(life) = known.life(id).filter(|life| life.state == GoState::Running)
                    && let Some(p) = life.proc().and_then(|id| self.ps.find(id))
                {
                    p.set_works();
                }
            }
            _ => {}
        }
    }

    fn finish(mut self, known: &Known) -> Procs {
        let (start, end) = (known.start(), known.last());
        self.run_still(known);
        let procs = self.gomaxprocs.unwrap_or(self.ps.count());
        let rest = procs.saturating_mul(end.since(self.gomaxprocs_since.unwrap_or(start)));
        let stacks = known.stacks();
        self.syscalls.without = self.lost.sum();
        let lost = self.lost.into_all().into_iter();
        self.syscalls.stacks = lost.map(|(stack, without)| LostAt { stack, without }).collect();
        self.syscalls
            .stacks
            .sort_by(|a, b| b.without.sum().cmp(&a.without.sum()).then_with(|| stacks.order(a.stack, b.stack)));
        let threads = Threads { seen: known.threads() as u64, most: self.most, used: self.used.finish(end, start) };
        Procs {
            start,
            end,
            gomaxprocs: self.gomaxprocs.and_then(|value| u64::try_from(value).ok()),
            capacity: self.capacity.saturating_add(rest),
            idle: self.watch.finish(known),
            procs: self.ps.finish(end, start),
            runs: self.runs,
            longest_runs: self.longest.into_list(),
            syscalls: self.syscalls,
            threads,
            stacks: stacks.clone(),
        }
    }
}
