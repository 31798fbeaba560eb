//! Conversion of a summary to its report.

use super::{
    FoundPattern, FunctionTimes, GcWork, Goroutines, Heap, LostTime, PsTime, StateTimes, StopsFor, Summarized,
    SummaryReport, SyscallCounts, TimeOfDay, Values, WINDOWS, WindowMmu, text, texts,
};
use crate::analysis::summary::{self, Extent, Stops, Times};
use crate::diagnose::Finding;
use crate::error::warning::Warning;
use crate::generation::WallTime;
use crate::trace::Trace;

impl<'a> SummaryReport<'a> {
    /// Reports the trace of a file, with the first `top` functions.
    pub fn new(
        file: &'a str,
        trace: &Trace<'_>,
        all: &'a Summarized,
        top: usize,
        warnings: &[Warning],
    ) -> SummaryReport<'a> {
        let s = &all.summary;
        let idle = &all.procs.idle;
        let windows = WINDOWS.iter().map(|&window| WindowMmu { mmu: all.mmu.mmu(window), window });
        SummaryReport {
            blocked: all.blocked,
            bytes: trace.bytes().len(),
            cpu_samples: s.samples,
            end: s.end.0,
            events: s.events,
            file,
            findings: all.diagnosis.findings.iter().map(FoundPattern::from).collect(),
            gc: s.gc.into(),
            generations: s.generations,
            gomaxprocs: s.gomaxprocs.map(Values::from),
            goroutines: Goroutines::new(s, top),
            heap: Heap { goal: s.heap_goal.map(Values::from), live: s.heap_live.map(Values::from) },
            idle_beside: LostTime { lost: idle.lost, time: idle.time },
            latency: (&all.latency.waits).into(),
            logs: s.logs,
            mmu: (!all.mmu.is_empty()).then(|| windows.collect()),
            procs: PsTime { capacity: s.capacity, count: s.procs, running: s.procs_running },
            regions: s.regions,
            span: s.span(),
            start: s.start.0,
            stw: s.stops.iter().map(StopsFor::from).collect(),
            syscalls: SyscallCounts { count: all.procs.syscalls.count, lost: all.procs.syscalls.lost },
            tasks: s.tasks,
            threads: s.threads,
            verdict: all.diagnosis.verdict.name(),
            version: trace.version().to_string(),
            wall_start: s.wall_start.map(TimeOfDay::from),
            warnings: texts(warnings),
        }
    }
}

impl<'a> Goroutines<'a> {
    fn new(s: &'a summary::Summary, top: usize) -> Goroutines<'a> {
        let all = s.goroutines;
        Goroutines {
            at_end: all.at_end(),
            at_start: all.at_start,
            created: all.created,
            ended: all.ended,
            most: all.most,
            times: s.times().into(),
            top: s.groups.iter().take(top).map(FunctionTimes::from).collect(),
        }
    }
}

impl<'a> From<&'a summary::Group> for FunctionTimes<'a> {
    fn from(group: &'a summary::Group) -> FunctionTimes<'a> {
        let function = group.function.as_deref().map(text);
        FunctionTimes { count: group.count, function, times: group.times.into() }
    }
}

impl From<Times> for StateTimes {
    fn from(Times { running, runnable, waiting, syscall }: Times) -> StateTimes {
        StateTimes { runnable, running, syscall, waiting }
    }
}

impl From<Extent> for Values {
    fn from(Extent { min, max, last }: Extent) -> Values {
        Values { last, max, min }
    }
}

impl From<summary::GcWork> for GcWork {
    fn from(summary::GcWork { cycles, marking, assists, assisting }: summary::GcWork) -> GcWork {
        GcWork { assisting, assists, cycles, marking }
    }
}

impl<'a> From<&'a Finding> for FoundPattern<'a> {
    fn from(finding: &'a Finding) -> FoundPattern<'a> {
        let (pattern, severity) = (finding.pattern.name(), finding.severity.name());
        FoundPattern { headline: &finding.headline, pattern, severity }
    }
}

impl<'a> From<&'a Stops> for StopsFor<'a> {
    fn from(stops: &'a Stops) -> StopsFor<'a> {
        StopsFor { count: stops.count, max: stops.max, reason: text(&stops.reason), total: stops.total }
    }
}

impl From<WallTime> for TimeOfDay {
    fn from(WallTime { secs, nanos }: WallTime) -> TimeOfDay {
        TimeOfDay { nanos, secs }
    }
}
