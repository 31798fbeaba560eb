//! `procs`, compared with the timelines of every committed trace, and with a trace made
//! by hand of which every figure is known.

mod common;

use common::script;
use gotrace::analysis::procs::{CollectProcs, Procs};
use gotrace::spec::v1;
use gotrace::timeline::{GoActivity, ProcActivity};
use gotrace::wire::v1::event::RawEvents;
use gotrace::{EventKind, GoId, Metric, MetricName, ProcId, Trace, Version};
use std::collections::BTreeSet;
use std::path::Path;

fn procs(trace: &Trace<'_>) -> Procs {
    trace.analyze(CollectProcs::default()).unwrap().output
}

#[test]
fn ps_do_what_their_timelines_say() {
    let mut seen = 0;
    for version in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/traces")).unwrap() {
        for file in std::fs::read_dir(version.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let trace = Trace::parse(&bytes).unwrap();
            if trace.events().any(|event| event.is_err()) {
                continue;
            }
            check(&trace, &bytes, &path.display().to_string());
            seen += 1;
        }
    }
    assert!(seen > 150, "only {seen} whole traces");
}

/// Returns the values of GOMAXPROCS with the times from which they hold. The first one is
/// taken to hold since the beginning.
fn limits(trace: &Trace<'_>, bytes: &[u8], start: i64) -> Vec<(i64, u64)> {
    let mut limits = Vec::new();
    if trace.version().is_v1() {
        // The first value is no event of such a trace. Batches of Ps are in any order.
        use v1::EventType::*;
        let (mut ticks, mut first) = (0, None);
        for raw in RawEvents::new(bytes, trace.version()).map_while(Result::ok) {
            match raw.event {
                Batch => ticks = raw.numbers[1],
                String | Stack | Frequency | TimerGoroutine | CPUSample => {}
                event => {
                    ticks += raw.numbers[0];
                    let told = (event == Gomaxprocs).then(|| (ticks, raw.numbers[1]));
                    first = told.filter(|told| first.is_none_or(|first| *told < first)).or(first);
                }
            }
        }
        limits.extend(first.map(|(_, limit)| (start, limit)));
    }
    for event in trace.events() {
        let event = event.unwrap();
        if let EventKind::Metric(Metric { name: MetricName::GoMaxProcs, value, .. }) = event.kind() {
            limits.push((if limits.is_empty() { start } else { event.time().0 }, value));
        }
    }
    limits
}

/// Returns the time between two moments during which GOMAXPROCS was above that P's number.
fn existed(limits: &[(i64, u64)], id: ProcId, from: i64, to: i64) -> i64 {
    let ends = limits.iter().skip(1).map(|(since, _)| *since).chain([i64::MAX]);
    let spans = limits.iter().zip(ends).filter(|((_, limit), _)| id.0 < *limit);
    spans.map(|(&(since, _), end)| (end.min(to) - since.max(from)).max(0)).sum()
}

fn check(trace: &Trace<'_>, bytes: &[u8], what: &str) {
    let procs = procs(trace);
    let timelines = trace.timelines().unwrap();
    let (start, end) = (procs.start.0, procs.end.0);
    let limits = limits(trace, bytes, start);
    // The Ps that exist count, whether the trace has events of them or not.
    let most = limits.iter().map(|(_, limit)| *limit).max().unwrap_or(0);
    let told = timelines.procs.iter().filter(|(id, spans)| {
        id.0 < most || limits.is_empty() || spans.iter().any(|span| span.state != ProcActivity::Idle)
    });
    let exist: BTreeSet<ProcId> = told.map(|(&id, _)| id).chain((0..most).map(ProcId)).collect();
    assert_eq!(procs.procs.iter().map(|p| p.id).collect::<BTreeSet<_>>(), exist, "{what}");
    assert_eq!(procs.capacity, procs.procs.iter().map(|p| p.existed()).sum::<i64>(), "{what}");
    if let Some(&(_, last)) = limits.last() {
        assert_eq!(procs.gomaxprocs, Some(last), "{what}");
        // The M that lowers the number may keep one of the Ps that go, until the world goes on.
        let over_time: i64 = (0..most).map(|id| existed(&limits, ProcId(id), start, end)).sum();
        assert!((0..1_000_000).contains(&(procs.capacity - over_time)), "{what}: {} {over_time}", procs.capacity);
    }
    for p in &procs.procs {
        let none = Vec::new();
        let spans = timelines.procs.get(&p.id).unwrap_or(&none);
        let sum = |of: &dyn Fn(ProcActivity) -> bool| -> i64 {
            spans.iter().filter(|span| of(span.state)).map(|span| span.nanos()).sum()
        };
        let idle = |from: i64, to: i64| if limits.is_empty() { to - from } else { existed(&limits, p.id, from, to) };
        let idles = sum(&|state| state == ProcActivity::Idle);
        let untold = idle(start, spans.first().map_or(end, |span| span.start.0));
        let expected = [
            sum(&|state| matches!(state, ProcActivity::Running { goroutine: Some(_), .. })),
            sum(&|state| matches!(state, ProcActivity::Syscall { .. })),
            sum(&|state| matches!(state, ProcActivity::Running { goroutine: None, .. })),
            idles + untold,
        ];
        assert_eq!([p.running, p.syscall, p.looking, p.idle], expected, "{what}, P {}", p.id);
        assert!((p.busy.mean(procs.span()) * procs.span() as f64 - p.running as f64).abs() < 1.0, "{what}, P {}", p.id);
    }
    let spans = timelines.goroutines.iter().flat_map(|(id, of)| of.spans.iter().map(move |span| (id, span)));
    let runs: Vec<(i64, GoId)> = spans
        .clone()
        .filter(|(_, span)| matches!(span.state, GoActivity::Running { .. }))
        .map(|(&id, span)| (span.nanos(), id))
        .collect();
    assert_eq!(procs.procs.iter().map(|p| p.runs).sum::<u64>(), runs.len() as u64, "{what}");
    for run in &procs.longest_runs {
        assert!(runs.contains(&(run.nanos, run.goroutine)), "{what}: {run:?}");
    }
    let lost = spans.filter(|(_, span)| match span.state {
        GoActivity::Syscall { proc, proc_lost, .. } => proc.is_some() && proc_lost.is_some(),
        _ => false,
    });
    assert_eq!(procs.syscalls.lost, lost.count() as u64, "{what}");
    let takers = procs.syscalls.takers.unwrap_or_default();
    if procs.syscalls.takers.is_some() {
        assert_eq!(takers.sysmon + takers.others + takers.itself, procs.syscalls.lost, "{what}");
    }
}

/// GOMAXPROCS goes down and up, and down below the P that lowers it; the trace
/// has events of two Ps only.
#[test]
fn ps_that_do_not_exist_do_not_idle() {
    let script = "
        M1 @100: ProcStatus 1 PRunning; GoStatus 1 1 Running; ProcsChange 4; ProcStatus 0 PIdle; +996 ProcsChange 2; \
                 +1000 ProcsChange 3; +1000 ProcsChange 1; +97 GoStop 'preempted'; ProcStop; ProcStart 0 1; \
                 GoStart 1 1; +900 ProcsChange 2; +1000 ProcsChange 2";
    let bytes = script::build(Version::Go126, script).bytes;
    let trace = Trace::parse(&bytes).unwrap();
    check(&trace, &bytes, "by hand");
    let procs = procs(&trace);
    let before = 100 - procs.start.0;
    let idle: Vec<i64> = procs.procs.iter().map(|p| p.idle).collect();
    // The last event is at 5100, and the end a tick later.
    assert_eq!(procs.end.0, 5101);
    assert_eq!(idle, [before + 3099, 1001, before + 1000 + 1000, before + 1000]);
    assert_eq!(procs.procs.iter().map(|p| p.existed()).sum::<i64>(), procs.capacity);
    assert_eq!(procs.gomaxprocs, Some(2));
}

/// On two Ps, goroutine 1 wakes 2 at 200. P 1 runs it from 251 to 300, when it makes a
/// system call; the P is taken at 330, and the call is over at 400. P 0 runs it from
/// 510 to 600.
const BY_HAND: &str = "
    M1 @100: ProcStatus 0 PRunning; GoStatus 1 1 Running; ProcsChange 2; ProcStatus 1 PIdle; GoStatus 2 - Waiting; \
             +95 GoUnblock 2 1; +130 ProcSteal 1 3 2; +170 GoBlock 'sleep' @main.nap; +10 GoStart 2 3; \
             +90 GoBlock 'select'; +10 ProcStop
    M2 @249: ProcStart 1 1; GoStart 2 2; +49 GoSyscallBegin 2 @main.call; +100 GoSyscallEndBlocked";

#[test]
fn every_figure_of_a_trace_made_by_hand() {
    let bytes = script::build(Version::Go126, BY_HAND).bytes;
    let trace = Trace::parse(&bytes).unwrap();
    let procs = procs(&trace);
    // The trace ends a tick after its last event.
    let before = 100 - procs.start.0;
    assert_eq!((procs.gomaxprocs, procs.span()), (Some(2), before + 511));
    assert_eq!(procs.capacity, 2 * procs.span());

    let [p0, p1] = &procs.procs[..] else { panic!("{:?}", procs.procs) };
    assert_eq!([p0.running, p0.syscall, p0.looking, p0.idle], [before + 400 + 90, 0, 20, 1]);
    assert_eq!((p0.runs, p0.longest_run, p0.stops, p0.stolen), (2, before + 400, 1, 0));
    assert_eq!([p1.running, p1.syscall, p1.looking, p1.idle], [49, 30, 1, before + 150 + 281]);
    assert_eq!((p1.runs, p1.longest_run, p1.stops, p1.stolen), (1, 49, 0, 1));

    // The Ps were idle from 200 to 250, and from 400 to 510.
    let idle = &procs.idle;
    assert_eq!((idle.time, idle.lost, idle.waits.count(), idle.waits.sum()), (160, 160, 2, 160));
    let longest: Vec<_> = idle.longest.iter().map(|b| (b.start.0, b.nanos, b.procs, b.runnable)).collect();
    assert_eq!(longest, [(400, 110, 1, 1), (200, 50, 1, 1)]);
    // The function with which goroutine 2 began is known from its system call on.
    let functions: Vec<_> = idle.functions.iter().map(|(name, waits)| (name.as_deref(), waits.sum())).collect();
    assert_eq!(functions, [(Some(&b"main.call"[..]), 110), (None, 50)]);

    let runs: Vec<_> = procs.longest_runs.iter().map(|run| (run.goroutine.0, run.nanos, &*run.reason)).collect();
    assert_eq!(runs, [(1, before + 400, &b"sleep"[..]), (2, 90, b"select"), (2, 49, b"")]);
    let calls = &procs.syscalls;
    let takers = calls.takers.unwrap();
    assert_eq!((calls.count, calls.lost, takers.sysmon, takers.others, takers.itself), (1, 1, 0, 1, 0));
    assert_eq!((calls.without.sum(), procs.stacks.root(calls.stacks[0].stack)), (70, Some(&b"main.call"[..])));
    assert_eq!((procs.threads.seen, procs.threads.most), (2, 2));
    // One M was used from the beginning, two from 250 to 400, one until 610.
    let used = procs.threads.used.mean(procs.span()) * procs.span() as f64;
    assert!((used - (before + 510 + 150) as f64).abs() < 1e-6, "{used}");
}
