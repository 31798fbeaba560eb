//! `gotrace procs --json`.

use super::stack::stack;
use super::text::{name, text};
use super::{Distribution, Frame, OverTime};
use crate::analysis::procs::{self, Beside, IdleBeside, LostAt, ProcSummary, Procs, Run, Takers, Threads};
use crate::analysis::stacks::Stacks;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

/// Figures of the Ps.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct ProcsReport<'a> {
    /// Time that the Ps existed, summed up, in nanoseconds: the sum of `running`,
    /// `syscall`, `looking` and `idle` of them all.
    pub capacity: i64,
    /// Time at which the trace ends, in nanoseconds on its clock.
    pub end: i64,
    /// GOMAXPROCS when the trace ends; null if it does not say.
    pub gomaxprocs: Option<u64>,
    /// Time in which Ps idled beside runnable goroutines.
    pub idle_beside: IdleBesideRunnable<'a>,
    /// Longest times that goroutines ran without a break, the longest first.
    pub longest_runs: Vec<LongRun<'a>>,
    /// Ps, ordered by number.
    pub procs: Vec<OneProc>,
    /// Time that goroutines ran on the Ps, summed up, in nanoseconds.
    pub running: i64,
    /// Times that goroutines ran without a break, the collector's workers left out.
    pub runs: Distribution,
    /// Length of the trace, in nanoseconds.
    pub span: i64,
    /// Time at which the trace begins, in nanoseconds on its clock.
    pub start: i64,
    /// System calls and the Ps that they cost.
    pub syscalls: SyscallsReport<'a>,
    /// Figures of the threads.
    pub threads: ThreadsReport,
}

/// Figures of one P.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct OneProc {
    /// Share of the time in which a goroutine ran on it, from 0 to 1, over time.
    pub busy: OverTime,
    /// Number of the P.
    pub id: u64,
    /// Time that no thread had it, in nanoseconds.
    pub idle: i64,
    /// Longest time that a goroutine ran on it without a break, in nanoseconds.
    pub longest_run: i64,
    /// Time that a thread had it, but no goroutine ran, in nanoseconds.
    pub looking: i64,
    /// Time that goroutines ran on it, in nanoseconds.
    pub running: i64,
    /// Number of times that a goroutine began to run on it.
    pub runs: u64,
    /// Number of times that it was taken from its thread.
    pub stolen: u64,
    /// Number of times that its thread let go of it.
    pub stops: u64,
    /// Time that its goroutine was in a system call, in nanoseconds.
    pub syscall: i64,
}

/// Time in which Ps idled beside runnable goroutines.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct IdleBesideRunnable<'a> {
    /// Waits beside an idle P by the function that the goroutines began with.
    pub functions: Vec<WaitsBeside<'a>>,
    /// Number of idle Ps, over time.
    pub idle: OverTime,
    /// Longest such times, the longest first.
    pub longest: Vec<LongestBeside>,
    /// Processor time that the Ps could have run then, in nanoseconds.
    pub lost: i64,
    /// Number of runnable goroutines, over time.
    pub runnable: OverTime,
    /// Time that a P idled beside a runnable goroutine, in nanoseconds.
    pub time: i64,
    /// Waits of goroutines beside an idle P.
    pub waits: Distribution,
}

/// Waits beside an idle P of goroutines that began with one function.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct WaitsBeside<'a> {
    /// Name of the function; null for goroutines of which the trace has no stack.
    pub function: Option<Cow<'a, str>>,
    /// Lengths of the waits.
    pub waits: Distribution,
}

/// A time in which a P idled beside a runnable goroutine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct LongestBeside {
    /// Length in nanoseconds.
    pub nanos: i64,
    /// Most idle Ps.
    pub procs: u64,
    /// Most runnable goroutines.
    pub runnable: u64,
    /// Time at which it began, in nanoseconds on the trace's clock.
    pub start: i64,
}

/// A time that a goroutine ran without a break.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct LongRun<'a> {
    /// Function that the goroutine began with; null if the trace has no stack of it.
    pub function: Option<Cow<'a, str>>,
    /// Goroutine that ran.
    pub goroutine: u64,
    /// Length in nanoseconds.
    pub nanos: i64,
    /// P that it ran on; null if that is not known.
    pub proc: Option<u64>,
    /// Reason for which it stopped running, in the runtime's words; null if there is none.
    pub reason: Option<Cow<'a, str>>,
    /// Stack with which it stopped running.
    pub stack: Vec<Frame<'a>>,
    /// Time at which it began to run, in nanoseconds on the trace's clock.
    pub start: i64,
}

/// System calls and the Ps that they cost.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct SyscallsReport<'a> {
    /// Number of system calls that began.
    pub count: u64,
    /// Number of system calls that lost their P.
    pub lost: u64,
    /// Calls that lost their P, by stack, the longest in sum first.
    pub stacks: Vec<SyscallsAt<'a>>,
    /// Takers of the Ps; null for traces of Go 1.21 and older, which do not say.
    pub takers: Option<PTakers>,
    /// Times that calls went on without the P.
    pub without: Distribution,
}

/// System calls with one stack that lost their P.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct SyscallsAt<'a> {
    /// Stack of the calls.
    pub stack: Vec<Frame<'a>>,
    /// Times that they went on without the P.
    pub without: Distribution,
}

/// Numbers of Ps that were taken from system calls, by taker.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct PTakers {
    /// Number of Ps that the thread of the system call let go of itself.
    pub itself: u64,
    /// Number of Ps that other threads took, as to stop the world.
    pub others: u64,
    /// Number of Ps that the runtime's monitor took.
    pub sysmon: u64,
}

/// Numbers of threads.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct ThreadsReport {
    /// Most threads that had a P or were in a system call at one time.
    pub most: u64,
    /// Number of threads that appear in the trace.
    pub seen: u64,
    /// Number of threads that had a P or were in a system call, over time.
    pub used: OverTime,
}

impl<'a> ProcsReport<'a> {
    /// Reports all Ps, and the first `top` of each other list.
    pub fn new(procs: &'a Procs, top: usize) -> ProcsReport<'a> {
        let span = procs.span();
        let (stacks, longest) = (&procs.stacks, procs.longest_runs.iter().take(top));
        ProcsReport {
            capacity: procs.capacity,
            end: procs.end.0,
            gomaxprocs: procs.gomaxprocs,
            idle_beside: IdleBesideRunnable::new(&procs.idle, span, top),
            longest_runs: longest.map(|run| LongRun::new(run, stacks)).collect(),
            procs: procs.procs.iter().map(|p| OneProc::new(p, span)).collect(),
            running: procs.running(),
            runs: (&procs.runs).into(),
            span,
            start: procs.start.0,
            syscalls: SyscallsReport::new(&procs.syscalls, stacks, top),
            threads: ThreadsReport::new(&procs.threads, span),
        }
    }
}

impl OneProc {
    fn new(p: &ProcSummary, span: i64) -> OneProc {
        OneProc {
            busy: OverTime::new(&p.busy, span),
            id: p.id.0,
            idle: p.idle,
            longest_run: p.longest_run,
            looking: p.looking,
            running: p.running,
            runs: p.runs,
            stolen: p.stolen,
            stops: p.stops,
            syscall: p.syscall,
        }
    }
}

impl<'a> IdleBesideRunnable<'a> {
    fn new(idle: &'a IdleBeside, span: i64, top: usize) -> IdleBesideRunnable<'a> {
        let functions = idle.functions.iter().take(top);
        let functions = functions
            .map(|(function, waits)| WaitsBeside { function: function.as_deref().map(text), waits: waits.into() });
        IdleBesideRunnable {
            functions: functions.collect(),
            idle: OverTime::new(&idle.procs, span),
            longest: idle.longest.iter().take(top).map(LongestBeside::from).collect(),
            lost: idle.lost,
            runnable: OverTime::new(&idle.runnable, span),
            time: idle.time,
            waits: (&idle.waits).into(),
        }
    }
}

impl From<&Beside> for LongestBeside {
    fn from(beside: &Beside) -> LongestBeside {
        LongestBeside { nanos: beside.nanos, procs: beside.procs, runnable: beside.runnable, start: beside.start.0 }
    }
}

impl<'a> LongRun<'a> {
    fn new(run: &'a Run, stacks: &'a Stacks) -> LongRun<'a> {
        LongRun {
            function: run.function.as_deref().map(text),
            goroutine: run.goroutine.0,
            nanos: run.nanos,
            proc: run.proc.map(|id| id.0),
            reason: name(&run.reason),
            stack: stack(stacks, run.stack),
            start: run.start.0,
        }
    }
}

impl<'a> SyscallsReport<'a> {
    fn new(calls: &procs::Syscalls, stacks: &'a Stacks, top: usize) -> SyscallsReport<'a> {
        let at = |at: &LostAt| SyscallsAt { stack: stack(stacks, at.stack), without: (&at.without).into() };
        SyscallsReport {
            count: calls.count,
            lost: calls.lost,
            stacks: calls.stacks.iter().take(top).map(at).collect(),
            takers: calls.takers.as_ref().map(PTakers::from),
            without: (&calls.without).into(),
        }
    }
}

impl From<&Takers> for PTakers {
    fn from(by: &Takers) -> PTakers {
        PTakers { itself: by.itself, others: by.others, sysmon: by.sysmon }
    }
}

impl ThreadsReport {
    fn new(threads: &Threads, span: i64) -> ThreadsReport {
        ThreadsReport { most: threads.most, seen: threads.seen, used: OverTime::new(&threads.used, span) }
    }
}
