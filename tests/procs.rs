//! What `procs` says, against the timelines of every committed trace, which are
//! made another way; and a trace made by hand of which every figure is known.

mod common;

use common::script;
use gotrace::analysis::procs::{CollectProcs, Procs};
use gotrace::state::{GoActivity, ProcActivity};
use gotrace::{GoId, Trace, Version};
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
            check(&trace, &path.display().to_string());
            seen += 1;
        }
    }
    assert!(seen > 150, "only {seen} whole traces");
}

fn check(trace: &Trace<'_>, what: &str) {
    let procs = procs(trace);
    let timelines = trace.timelines().unwrap();
    assert_eq!(procs.procs.len(), timelines.procs.len(), "{what}");
    for p in &procs.procs {
        let spans = &timelines.procs[&p.id];
        let sum = |of: &dyn Fn(ProcActivity) -> bool| -> i64 {
            spans.iter().filter(|span| of(span.state)).map(|span| span.nanos()).sum()
        };
        let expected = [
            sum(&|state| matches!(state, ProcActivity::Running { goroutine: Some(_), .. })),
            sum(&|state| matches!(state, ProcActivity::Syscall { .. })),
            sum(&|state| matches!(state, ProcActivity::Running { goroutine: None, .. })),
            sum(&|state| state == ProcActivity::Idle),
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

    // From 200 to 250, and from 400 to 510.
    let idle = &procs.idle;
    assert_eq!((idle.time, idle.lost, idle.waits.count(), idle.waits.sum()), (160, 160, 2, 160));
    let longest: Vec<_> = idle.longest.iter().map(|b| (b.start.0, b.nanos, b.procs, b.runnable)).collect();
    assert_eq!(longest, [(400, 110, 1, 1), (200, 50, 1, 1)]);
    // What 2 began with is known from its system call on.
    let functions: Vec<_> = idle.functions.iter().map(|(name, waits)| (name.as_deref(), waits.sum())).collect();
    assert_eq!(functions, [(Some(&b"main.call"[..]), 110), (None, 50)]);

    let runs: Vec<_> = procs.longest_runs.iter().map(|run| (run.goroutine.0, run.nanos, &*run.reason)).collect();
    assert_eq!(runs, [(1, before + 400, &b"sleep"[..]), (2, 90, b"select"), (2, 49, b"")]);
    let calls = &procs.syscalls;
    let takers = calls.takers.unwrap();
    assert_eq!((calls.count, calls.lost, takers.sysmon, takers.others, takers.itself), (1, 1, 0, 1, 0));
    assert_eq!((calls.without.sum(), procs.stacks.root(calls.stacks[0].stack)), (70, Some(&b"main.call"[..])));
    assert_eq!((procs.threads.seen, procs.threads.most), (2, 2));
    // One from the beginning, two from 250 to 400, one until 610.
    let used = procs.threads.used.mean(procs.span()) * procs.span() as f64;
    assert!((used - (before + 510 + 150) as f64).abs() < 1e-6, "{used}");
}
