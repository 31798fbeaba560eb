//! The pass that follows the Ps and the goroutines on them.

use super::by_key::ByKey;
use super::figures::Figures;
use super::idle::Watch;
use super::{LostAt, ProcSummary, Run, Syscalls, Threads};
use crate::analysis::durations::Durations;
use crate::analysis::names::NameId;
use crate::analysis::over_time::Level;
use crate::analysis::stacks::StackKey;
use crate::analysis::{
    Analysis, BySlot, Follower, GoroutineState, Longest, OutlinedTransition, SharedEvent, Transition,
};
use crate::base::time::Time;
use crate::event::EventKind;
use crate::event::go::changes_go;
use crate::event::range::RangeName;
use crate::event::transition::StateTransition;
use crate::spec::state::GoState;
use crate::spec::v2::EventType;
use crate::timeline::{Activity, Procs, is_before, proc_of};

/// Makes [`Procs`](super::Procs). Memory grows with the Ps, with the goroutines that exist at one
/// time and with the different stacks.
#[derive(Debug, Default)]
pub struct CollectProcs {
    pub(super) marks: BySlot<Mark>,
    pub(super) ps: Procs<Figures>,
    /// Number of Ps that an M had when that was counted last.
    pub(super) held: i64,
    pub(super) watch: Watch,
    runs: Durations,
    longest: Longest<Run>,
    pub(super) syscalls: Syscalls,
    lost: ByKey<StackKey>,
    /// Number of goroutines in system calls without a P.
    pub(super) without: i64,
    /// Number of threads in use, over time and at most.
    pub(super) used: Level,
    pub(super) most: u64,
}

/// State of a goroutine beside its [`GoroutineState`]: of a runnable one, the result of
/// [`Watch::ready`]; of one in a system call, [`WITH_PROC`], or the time since which it has
/// lost its P. Unused in other states.
pub(super) type Mark = i64;

/// Mark of a system call that still has its P.
pub(super) const WITH_PROC: Mark = Mark::MIN;

impl CollectProcs {
    /// Counts a run that is over.
    #[inline(always)]
    fn ran(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        let nanos = transition.took;
        match self.ps.at(transition.was.proc_index()).filter(|p| p.runs_plainly()) {
            Some(p) => p.record.count_run(nanos),
            None => return self.ran_oddly(transition.outlined(), follower),
        }
        self.runs.add(nanos);
        if self.longest.takes(nanos) {
            self.keep(transition.was, transition.now, transition.was.since, nanos, follower);
        }
    }

    #[inline(never)]
    fn ran_oddly(&mut self, transition: OutlinedTransition<'_, '_>, follower: &Follower) {
        let transition = transition.inlined();
        self.count_run(transition.was, transition.now, transition.time(), follower);
    }

    /// Counts a run that is over, or goes on at the end of the trace.
    fn count_run(&mut self, ran: &GoroutineState, ended: &GoroutineState, time: Time, follower: &Follower) {
        let p = ran.proc().and_then(|id| self.ps.find(id));
        let (mut begun, mut works) = (ran.since, false);
        // The status came late, but the run has gone on since the trace began.
        if p.as_ref().is_some_and(|p| p.runs_since_before()) {
            begun = follower.start();
        }
        let nanos = time.since(begun);
        if let Some(p) = p {
            works = p.activity() == Activity::Running && p.record.works;
            p.record.count_run(if works { 0 } else { nanos });
        }
        if !works {
            self.runs.add(nanos);
            if self.longest.takes(nanos) {
                self.keep(ran, ended, begun, nanos, follower);
            }
        }
    }

    /// Counts the runs that go on at the end of the trace.
    fn run_still(&mut self, follower: &Follower) {
        for goroutine in follower.goroutines() {
            if goroutine.state == GoState::Running {
                let mut ended = *goroutine;
                // The run has not ended, so neither a reason nor a stack ends it.
                (ended.reason, ended.own) = (NameId::EMPTY, StackKey::EMPTY);
                self.count_run(goroutine, &ended, follower.last(), follower);
            }
        }
    }

    #[inline(never)]
    fn keep(&mut self, ran: &GoroutineState, ended: &GoroutineState, start: Time, nanos: i64, follower: &Follower) {
        let names = &follower.stacks().names;
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

    /// Takes note that a system call begins.
    #[inline(always)]
    fn call(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        // A call from another state has lost its beginning, or had no P.
        if transition.left == GoState::Running && transition.now.proc().is_some() {
            self.syscalls.count += 1;
            *self.marks.of(transition) = WITH_PROC;
        } else {
            self.call_oddly(transition.outlined(), follower);
        }
    }

    #[inline(never)]
    fn call_oddly(&mut self, transition: OutlinedTransition<'_, '_>, follower: &Follower) {
        let transition = transition.inlined();
        self.syscalls.count += u64::from(!is_before(&transition));
        if proc_of(&transition).is_some() {
            *self.marks.of(&transition) = WITH_PROC;
        } else {
            // Without a P from the beginning, it counts as lost from there.
            *self.marks.of(&transition) = transition.time().0;
            self.without += 1;
            self.count_threads(transition.time(), follower);
        }
    }

    /// Takes note that a system call is over.
    #[inline(always)]
    fn called(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        let mark = self.mark(transition);
        if mark != WITH_PROC {
            self.called_without_proc(transition.outlined(), mark, follower);
        }
    }

    /// Takes note that a system call is over that lost its P, or had none.
    #[inline(never)]
    fn called_without_proc(&mut self, transition: OutlinedTransition<'_, '_>, mark: Mark, follower: &Follower) {
        let transition = transition.inlined();
        self.without -= 1;
        self.count_threads(transition.time(), follower);
        self.lost.add(transition.was.stack, transition.time().since(Time(mark)));
    }

    #[inline(always)]
    fn mark(&self, transition: &Transition<'_, '_>) -> Mark {
        self.marks.get(transition.slot).copied().unwrap_or_default()
    }

    fn set_gomaxprocs(&mut self, time: Time, value: u64, follower: &Follower) {
        if self.ps.gomaxprocs() != Some(value) {
            self.ps.set_gomaxprocs(value, time, follower.start());
            self.count_idle(time, follower);
        }
    }
}

/// Returns whether events of a type, which changes no goroutine, matter beyond that their
/// thread does something.
#[inline]
fn tells_of_procs(event: EventType) -> bool {
    use EventType::*;
    matches!(event, Sync | ProcsChange | ProcStart | ProcStop | ProcSteal | ProcStatus | STWBegin | STWEnd | GoLabel)
}

impl Analysis for CollectProcs {
    type Output = super::Procs;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        changes_go(event) || tells_of_procs(event)
    }

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        let time = transition.time();
        match transition.left {
            GoState::Running => self.ran(transition, follower),
            GoState::Runnable => {
                let mark = self.mark(transition);
                self.watch.ready_no_more(time, mark, transition.now.root, follower);
            }
            GoState::Syscall => self.called(transition, follower),
            _ => {}
        }
        let turned = self.ps.follow(transition, follower);
        match transition.to() {
            GoState::Runnable => *self.marks.of(transition) = self.watch.ready(time, follower),
            GoState::Syscall => self.call(transition, follower),
            _ => {}
        }
        if turned.oddly {
            self.turned(transition, turned, follower);
        }
    }

    #[inline]
    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        if !tells_of_procs(event.wire_type()) {
            return;
        }
        let time = event.time();
        if let Some(value) = event.gomaxprocs() {
            self.set_gomaxprocs(time, value, follower);
        }
        match *event.kind() {
            EventKind::StateTransition(StateTransition::Proc { id, from, to }) => {
                self.proc(event, (id, from, to), follower)
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
                    && let Some(goroutine) =
                        follower.goroutine(id).filter(|goroutine| goroutine.state == GoState::Running)
                    && let Some(p) = goroutine.proc().and_then(|id| self.ps.find(id))
                {
                    // A worker of the collector is not asked to stop, so its run is not
                    // counted as one.
                    p.record.works = true;
                    p.set_odd();
                }
            }
            _ => {}
        }
    }

    fn finish(mut self, follower: &Follower) -> super::Procs {
        let (start, end) = (follower.start(), follower.last());
        self.run_still(follower);
        let gomaxprocs = self.ps.gomaxprocs();
        let procs = finish(self.ps, end, start);
        let stacks = follower.stacks();
        self.syscalls.without = self.lost.sum();
        let lost = self.lost.into_all().into_iter();
        self.syscalls.stacks = lost.map(|(stack, without)| LostAt { stack, without }).collect();
        self.syscalls
            .stacks
            .sort_by(|a, b| b.without.sum().cmp(&a.without.sum()).then_with(|| stacks.order(a.stack, b.stack)));
        let threads = Threads { seen: follower.threads() as u64, most: self.most, used: self.used.finish(end, start) };
        super::Procs {
            start,
            end,
            gomaxprocs,
            capacity: procs.iter().fold(0, |sum: i64, p| sum.saturating_add(p.existed())),
            idle: self.watch.finish(follower),
            procs,
            runs: self.runs,
            longest_runs: self.longest.into_list(),
            syscalls: self.syscalls,
            threads,
            stacks: stacks.clone(),
        }
    }
}

/// Returns the figures of all Ps, ordered by ID.
fn finish(ps: Procs<Figures>, end: Time, start: Time) -> Vec<ProcSummary> {
    let all = ps.into_all().filter_map(|p| p.finish(end, start));
    let mut all: Vec<ProcSummary> =
        all.filter_map(|(id, activity, figures)| figures.finish(id, activity, end, start)).collect();
    all.sort_by_key(|p| p.id);
    let width = all.iter().map(|p| p.busy.width()).max().unwrap_or(0);
    all.iter_mut().for_each(|p| p.busy.widen_to(width));
    all
}
