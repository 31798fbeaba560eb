//! The pass that follows the Ps and the goroutines on them.

use super::by_key::ByKey;
use super::held::{Does, Ps, Since, Turn};
use super::idle::Watch;
use super::longest::Longest;
use super::{LostAt, Procs, Run, Syscalls, Threads};
use crate::analysis::durations::Durations;
use crate::analysis::names::NameId;
use crate::analysis::over_time::Level;
use crate::analysis::stacks::StackKey;
use crate::analysis::{Analysis, BySlot, Known, Life, Seen, Step};
use crate::event::go::changes_go;
use crate::event::range::RangeName;
use crate::event::transition::{GoState, ProcState, StateTransition};
use crate::event::{EventKind, MetricName};
use crate::ids::{GoId, ProcId};
use crate::time::Time;
use crate::wire::v2::spec::EventType;

/// Makes [`Procs`]. Memory grows with the Ps, with the goroutines that exist at one
/// time and with the different stacks.
#[derive(Debug, Default)]
pub struct CollectProcs {
    marks: BySlot<Mark>,
    ps: Ps,
    watch: Watch,
    runs: Durations,
    longest: Longest,
    gomaxprocs: Option<i64>,
    gomaxprocs_since: Time,
    capacity: i64,
    syscalls: Syscalls,
    lost: ByKey<StackKey>,
    /// Goroutines in system calls without a P.
    without: i64,
    /// How many threads are in use, and were at most.
    used: Level,
    most: u64,
    start: Option<Time>,
}

/// What is known of a goroutine beside its [`Life`], by the state that it is in: of
/// one that could run, what [`Watch::ready`] said; of one that runs, the next two; of
/// one in a system call, [`WITH_PROC`], or since when it has lost its P. Nothing of
/// others.
type Mark = i64;

/// It has run since before the trace tells of it.
const BEFORE: Mark = 1;
/// It runs for the collector.
const WORKS: Mark = 2;
/// It has its P still.
const WITH_PROC: Mark = Mark::MIN;

impl CollectProcs {
    #[inline(never)]
    fn begin(&mut self, start: Time) {
        (self.start, self.gomaxprocs_since, self.used) = (Some(start), start, Level::new(start));
        self.watch.begin(start);
    }

    /// A run is over; whether its P does something else now, or still does the same.
    #[inline(always)]
    fn ran(&mut self, mark: Mark, step: &Step<'_, '_>, known: &Known) -> bool {
        let (start, nanos) = match mark & BEFORE {
            0 => (step.was.since, step.took),
            _ => (known.start(), step.time().since(known.start())),
        };
        if self.count_run(mark & WORKS != 0, step.was, nanos) {
            self.keep(step.was, step.now, start, nanos, known);
        }
        step.to() == GoState::Syscall
            || step.was.proc().and_then(|id| self.ps.get_mut(id)).is_none_or(|p| p.turn(Does::Looks, None, step.time()))
    }

    /// Those that run in the end.
    fn run_still(&mut self, known: &Known) {
        for (slot, life) in known.alive() {
            let Some(&mark) = self.marks.get(slot).filter(|_| life.state == GoState::Running) else { continue };
            let start = if mark & BEFORE == 0 { life.since } else { known.start() };
            let nanos = known.last().since(start);
            if self.count_run(mark & WORKS != 0, life, nanos) {
                let mut ended = *life;
                (ended.reason, ended.own) = (NameId::EMPTY, StackKey::EMPTY);
                self.keep(life, &ended, start, nanos, known);
            }
        }
    }

    /// Whether it is among the longest.
    #[inline(always)]
    fn count_run(&mut self, works: bool, life: &Life, nanos: i64) -> bool {
        if let Some(p) = life.proc().and_then(|id| self.ps.get_mut(id)) {
            p.runs += 1;
            p.longest_run = if works { p.longest_run } else { p.longest_run.max(nanos) };
        }
        if !works {
            self.runs.add(nanos);
        }
        !works && self.longest.takes(nanos)
    }

    #[inline(never)]
    fn keep(&mut self, ran: &Life, ended: &Life, start: Time, nanos: i64, known: &Known) {
        let names = &known.stacks().names;
        self.longest.keep(Run {
            goroutine: ended.id,
            function: (ended.root != NameId::EMPTY).then(|| names.shared(ended.root)),
            proc: ran.proc(),
            start,
            nanos,
            reason: names.shared(ended.reason),
            stack: ended.own,
        });
    }

    /// A system call begins.
    #[inline(always)]
    fn call(&mut self, step: &Step<'_, '_>, known: &Known) {
        self.syscalls.count += u64::from(!is_before(step));
        if has_proc(step) {
            self.enter(step, Does::Calls, known);
        } else {
            self.without += 1;
            self.count_threads(step.time());
        }
    }

    /// A system call is over.
    #[inline(always)]
    fn called(&mut self, step: &Step<'_, '_>) {
        // It comes back to nothing, or ends, and nobody took its P: that is free.
        if step.to() != GoState::Running
            && let Some(id) = step.was.proc()
            && self.ps.get_mut(id).is_some_and(|p| p.is_called_by(step.id()))
        {
            let turn = Turn { id, to: Does::Looks, go: None, since: Since::Now };
            self.ps.turn(turn, step.time(), self.start.unwrap_or_default());
        }
    }

    /// One is over that had cost the P.
    #[inline(never)]
    fn called_without(&mut self, step: &Step<'_, '_>, since: i64) {
        self.without -= 1;
        self.count_threads(step.time());
        self.lost.add(step.was.stack, step.time().since(Time(since)));
    }

    /// A goroutine runs on a P now, or has gone into a system call on it.
    #[inline(always)]
    fn enter(&mut self, step: &Step<'_, '_>, to: Does, known: &Known) {
        let Some(id) = step.now.proc() else { return };
        let go = Some(step.id());
        let turned = !step.new && self.ps.get_mut(id).is_some_and(|p| p.turn(to, go, step.time()));
        if !turned {
            let since = if is_before(step) { Since::Before } else { Since::Now };
            self.turn(step, Turn { id, to, go, since }, known);
        }
    }

    /// A P does something else; a goroutine may lose it.
    #[inline(never)]
    fn turn(&mut self, event: &Seen<'_, '_>, turn: Turn, known: &Known) {
        let (time, held) = (event.time(), self.ps.held());
        if let Some(loser) = self.ps.turn(turn, time, self.start.unwrap_or(time)) {
            self.lost_proc(event, loser, known);
        }
        if self.ps.held() != held {
            self.count_idle(time);
            self.count_threads(time);
        }
    }

    fn lost_proc(&mut self, event: &Seen<'_, '_>, loser: GoId, known: &Known) {
        let calls = known.life(loser).is_some_and(|life| life.state == GoState::Syscall);
        let mark = known.slot(loser).filter(|_| calls).and_then(|slot| self.marks.get_mut(slot));
        let Some(mark) = mark.filter(|mark| **mark == WITH_PROC) else { return };
        *mark = event.time().0;
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

    fn proc(&mut self, event: &Seen<'_, '_>, id: ProcId, from: ProcState, to: ProcState, known: &Known) {
        let is_known = self.ps.get_mut(id).is_some();
        if is_known && from == to {
            return; // The status in a later generation.
        }
        let since = if is_known || from == ProcState::NotExist { Since::Now } else { Since::Before };
        let stolen = event.wire_type() == EventType::ProcSteal;
        let does = match to {
            ProcState::Running => Does::Looks,
            ProcState::Idle => Does::Idles,
            ProcState::NotExist | ProcState::Undetermined => Does::Nothing,
        };
        self.turn(event, Turn { id, to: does, go: None, since }, known);
        if since == Since::Before && does == Does::Looks {
            self.used.add_before(event.time(), 1);
        }
        if let Some(p) = self.ps.get_mut(id) {
            p.stolen += u64::from(stolen);
            p.stops += u64::from(!stolen && does == Does::Idles && since == Since::Now);
        }
    }

    fn count_idle(&mut self, time: Time) {
        // Traces up to Go 1.21 need not tell; then it is at least the Ps that appear.
        let procs = self.gomaxprocs.unwrap_or(self.ps.count());
        self.watch.set_idle(time, (procs - self.ps.held()).max(0));
    }

    fn count_threads(&mut self, time: Time) {
        let now = self.ps.held() + self.without;
        let by = now - self.used.get();
        if by != 0 {
            self.used.change(time, by);
            self.most = self.most.max(now.unsigned_abs());
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

/// Whether a goroutine has been so since before the trace tells of it.
#[inline(always)]
fn is_before(step: &Step<'_, '_>) -> bool {
    step.new && step.from() != GoState::NotExist
}

/// Whether a goroutine that is in a system call now has its P. Of one that is in a call
/// when it is first seen, a v1 trace does not tell.
#[inline(always)]
fn has_proc(step: &Step<'_, '_>) -> bool {
    step.now.proc().is_some() && !(step.from() == GoState::Undetermined && step.is_v1())
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
        if self.start.is_none() {
            self.begin(known.start());
        }
        let (time, to) = (step.time(), step.to());
        let place = self.marks.of(step);
        let mark = *place;
        match to {
            GoState::Running => *place = if is_before(step) { BEFORE } else { 0 },
            GoState::Runnable => *place = self.watch.ready(time),
            GoState::Syscall => *place = if has_proc(step) { WITH_PROC } else { time.0 },
            GoState::Waiting | GoState::NotExist | GoState::Undetermined => {}
        }
        match step.was.state {
            GoState::Running => {
                if !self.ran(mark, step, known)
                    && let Some(id) = step.was.proc()
                {
                    self.turn(step, Turn { id, to: Does::Looks, go: None, since: Since::Now }, known);
                }
            }
            GoState::Runnable => self.watch.ready_no_more(time, mark, step.now.root),
            GoState::Syscall if mark == WITH_PROC => self.called(step),
            GoState::Syscall => self.called_without(step, mark),
            GoState::Waiting | GoState::NotExist | GoState::Undetermined => {}
        }
        match to {
            GoState::Running => self.enter(step, Does::Runs, known),
            GoState::Syscall => self.call(step, known),
            _ => {}
        }
    }

    #[inline]
    fn event(&mut self, event: &Seen<'_, '_>, known: &mut Known) {
        if !tells_of_procs(event.wire_type()) {
            return;
        }
        if self.start.is_none() {
            self.begin(known.start());
        }
        let time = event.time();
        match *event.kind() {
            EventKind::StateTransition(StateTransition::Proc { id, from, to }) => self.proc(event, id, from, to, known),
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
                if label.label.starts_with(b"GC (")
                    && let Some(id) = label.goroutine
                    && known.life(id).is_some_and(|life| life.state == GoState::Running)
                    && let Some(mark) = known.slot(id).and_then(|slot| self.marks.get_mut(slot))
                {
                    *mark |= WORKS;
                }
            }
            _ => {}
        }
    }

    fn finish(mut self, known: &Known) -> Procs {
        let (start, end) = (known.start(), known.last());
        if self.start.is_none() {
            self.begin(start);
        }
        self.run_still(known);
        let procs = self.gomaxprocs.unwrap_or(self.ps.count());
        let rest = procs.saturating_mul(end.since(self.gomaxprocs_since));
        let stacks = known.stacks();
        self.syscalls.without = self.lost.sum();
        let lost = self.lost.into_all().into_iter();
        self.syscalls.stacks = lost.map(|(stack, without)| LostAt { stack, without }).collect();
        self.syscalls
            .stacks
            .sort_by(|a, b| b.without.sum().cmp(&a.without.sum()).then_with(|| stacks.order(a.stack, b.stack)));
        let threads = Threads { seen: known.threads() as u64, most: self.most, used: self.used.finish(end) };
        Procs {
            start,
            end,
            gomaxprocs: self.gomaxprocs.and_then(|value| u64::try_from(value).ok()),
            capacity: self.capacity.saturating_add(rest),
            idle: self.watch.finish(end, &stacks.names),
            procs: self.ps.finish(end),
            runs: self.runs,
            longest_runs: self.longest.into_runs(),
            syscalls: self.syscalls,
            threads,
            stacks: stacks.clone(),
        }
    }
}
