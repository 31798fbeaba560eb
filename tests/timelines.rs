//! Invariants of timelines, on every committed trace, and their sums compared with Go's.

mod common;

use common::script;
use gotrace::timeline::{Begin, Finish, GoActivity, ProcActivity, Span, Timelines};
use gotrace::wire::v2::batch::BatchKind;
use gotrace::{EventKind, GoId, Metric, MetricName, Mode, Options, ProcId, Repair, ThreadId, Time, Trace, Version};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata");

/// Returns every committed trace that is whole.
fn traces() -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for version in std::fs::read_dir(Path::new(ROOT).join("traces")).unwrap() {
        for file in std::fs::read_dir(version.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            if Trace::parse(&bytes).unwrap().events().all(|event| event.is_ok()) {
                found.push((path, bytes));
            }
        }
    }
    assert!(found.len() > 150, "only {} whole traces", found.len());
    found
}

/// Asserts that each span begins where the one before it ended, and none runs backwards.
fn assert_contiguous<S: std::fmt::Debug>(what: &str, spans: &[Span<S>]) {
    for pair in spans.windows(2) {
        // The goroutine of a C thread's callbacks ends and is created again, with a gap.
        if !matches!(pair[1].begin, Begin::Created { .. }) {
            assert_eq!(pair[0].end, pair[1].start, "{what}: {pair:#?}");
        }
        assert!(matches!(pair[0].finish, Finish::Event(_)), "{what}: only the last may end otherwise");
    }
    for span in spans {
        assert!(span.end >= span.start, "{what}: {span:?}");
    }
}

/// Returns how long each P ran each goroutine, by the timelines of goroutines.
fn running_by_goroutines(timelines: &Timelines) -> BTreeMap<(ProcId, GoId), i64> {
    let mut sums = BTreeMap::new();
    for (&id, timeline) in &timelines.goroutines {
        for span in &timeline.spans {
            if let GoActivity::Running { proc: Some(proc), .. } = span.state {
                *sums.entry((proc, id)).or_default() += span.nanos();
            }
        }
    }
    sums
}

/// Returns how long each P ran each goroutine, by the timelines of Ps.
fn running_by_procs(timelines: &Timelines) -> BTreeMap<(ProcId, GoId), i64> {
    let mut sums = BTreeMap::new();
    for (&proc, spans) in &timelines.procs {
        for span in spans {
            if let ProcActivity::Running { goroutine: Some(id), .. } = span.state {
                *sums.entry((proc, id)).or_default() += span.nanos();
            }
        }
    }
    sums
}

#[test]
fn timelines_are_without_gaps_and_agree_with_each_other() {
    for (path, bytes) in traces() {
        let name = path.display();
        let trace = Trace::parse(&bytes).unwrap();
        let timelines = trace.timelines().unwrap();
        for (id, timeline) in &timelines.goroutines {
            assert_contiguous(&format!("{name}: goroutine {id}"), &timeline.spans);
        }
        let resized = resizes(&trace);
        for (id, spans) in &timelines.procs {
            // A P may not exist for a while, if GOMAXPROCS changes.
            let gap = |pair: &[Span<ProcActivity>]| pair[0].end != pair[1].start;
            assert!(!spans.windows(2).any(gap) || resized, "{name}: proc {id}: {spans:?}");
            spans
                .chunk_by(|a, b| a.end == b.start)
                .for_each(|spans| assert_contiguous(&format!("{name}: proc {id}"), spans));
        }
        for (id, spans) in &timelines.threads {
            assert_contiguous(&format!("{name}: thread {id}"), spans);
        }
        assert_eq!(running_by_goroutines(&timelines), running_by_procs(&timelines), "{name}");

        // At no time do two Ms have one P, or two Ps one M.
        let mut held: BTreeMap<ProcId, Vec<(Time, Time)>> = BTreeMap::new();
        for spans in timelines.threads.values() {
            for span in spans {
                if let Some(proc) = span.state.proc {
                    held.entry(proc).or_default().push((span.start, span.end));
                }
            }
        }
        for (proc, mut times) in held {
            times.sort_unstable();
            for pair in times.windows(2) {
                assert!(pair[0].1 <= pair[1].0, "{name}: proc {proc} is on two threads: {pair:?}");
            }
        }
    }
}

/// Returns whether GOMAXPROCS changes while the trace goes on.
fn resizes(trace: &Trace<'_>) -> bool {
    let values = trace.events().filter_map(|event| match event.unwrap().kind() {
        EventKind::Metric(Metric { name: MetricName::GoMaxProcs, value, .. }) => Some(value),
        _ => None,
    });
    values.collect::<std::collections::BTreeSet<_>>().len() > 1
}

/// GOMAXPROCS goes down and up: P 1 does not exist after its M let go of it, and P 0, which
/// idles meanwhile, does.
#[test]
fn a_p_that_does_not_exist_is_not_idle() {
    let script = "
        M1 @100: ProcStatus 1 PRunning; GoStatus 1 1 Running; ProcsChange 4; ProcStatus 0 PIdle; +1996 ProcsChange 1; \
                 +97 GoStop 'preempted'; ProcStop; ProcStart 0 1; GoStart 1 1; +900 ProcsChange 2; +1000 ProcsChange 2";
    let bytes = script::build(Version::Go126, script).bytes;
    let timelines = Trace::parse(&bytes).unwrap().timelines().unwrap();
    let spans = |id: u64| {
        let spans = timelines.procs[&ProcId(id)].iter();
        spans.map(|span| (span.state, span.start.0, span.end.0, span.begun(), span.ended())).collect::<Vec<_>>()
    };
    let thread = Some(ThreadId(1));
    let runs = |goroutine| ProcActivity::Running { goroutine, thread };
    let start = spans(1)[0].1;
    assert_eq!(
        spans(1),
        [
            (runs(Some(GoId(1))), start, 2197, false, true),
            (runs(None), 2197, 2198, true, true),
            (ProcActivity::Idle, 3100, 4101, true, false),
        ]
    );
    assert_eq!(
        spans(0),
        [
            (ProcActivity::Idle, start, 2199, false, true),
            (runs(None), 2199, 2200, true, true),
            (runs(Some(GoId(1))), 2200, 4101, true, false),
        ]
    );
    assert_eq!(timelines.procs.len(), 2, "those that the trace does not mention have no intervals");
}

/// A goroutine has waited since before the trace, until goroutine 1 wakes it at 200.
#[test]
fn spans_tell_who_woke_and_what_is_open() {
    let script = "
        M1 @100: ProcStatus 0 PRunning; GoStatus 1 1 Running; GoStatus 2 - Waiting; +97 GoUnblock 2 1 @main.wake; \
                 +100 GoBlock 'sleep' @main.nap; +10 GoStart 2 2";
    let bytes = script::build(Version::Go126, script).bytes;
    let timelines = Trace::parse(&bytes).unwrap().timelines().unwrap();
    let stacks = &timelines.stacks;
    let [waiting, runnable, running] = &timelines.goroutines[&GoId(2)].spans[..] else { panic!("{timelines:?}") };
    assert_eq!((waiting.begun(), waiting.ended(), waiting.waker()), (false, true, None));
    assert_eq!((runnable.begun(), runnable.ended(), runnable.waker()), (true, true, Some(GoId(1))));
    let Begin::Woken(cause) = runnable.begin else { panic!("{runnable:?}") };
    assert_eq!(stacks.root(cause.stack), Some(&b"main.wake"[..]));
    assert_eq!((running.begun(), running.ended(), running.waker()), (true, false, None));
    let [_, sleeps] = &timelines.goroutines[&GoId(1)].spans[..] else { panic!("{timelines:?}") };
    let GoActivity::Waiting { reason } = sleeps.state else { panic!("{sleeps:?}") };
    assert_eq!((stacks.names.get(reason), sleeps.waker()), (&b"sleep"[..], None));
}

#[test]
fn streaming_gives_what_collecting_gives() {
    for (path, bytes) in traces().into_iter().step_by(7) {
        let trace = Trace::parse(&bytes).unwrap();
        let timelines = trace.timelines().unwrap();
        let collected = timelines.goroutines.values().map(|timeline| timeline.spans.len()).sum::<usize>()
            + timelines.procs.values().map(Vec::len).sum::<usize>()
            + timelines.threads.values().map(Vec::len).sum::<usize>();
        assert_eq!(trace.intervals().count(), collected, "{}", path.display());
        assert!(timelines.goroutines.values().all(|timeline| !timeline.spans.is_empty()));
    }
}

/// After a batch in the middle that cannot be read, its events are lost, but
/// every goroutine is still there, and its spans follow one another.
#[test]
fn what_a_defect_hides_is_lost() {
    let mut bytes = std::fs::read(format!("{ROOT}/traces/go1.25/mixed.trace")).unwrap();
    let (broken, before) = {
        let trace = Trace::parse(&bytes).unwrap();
        let generation = &trace.generations()[3];
        let batch = generation.batches_of(BatchKind::Events).next().unwrap();
        (batch.data_offset, trace.timelines().unwrap().goroutines.len())
    };
    bytes[broken] = 0x7f;
    let trace = Trace::with_options(&bytes, Options::default().mode(Mode::Lenient)).unwrap();
    let timelines = trace.timelines().unwrap();
    assert_eq!(timelines.warnings[0].error().offset(), broken as u64);
    assert!(matches!(timelines.warnings[0].repair(), Repair::RestOfBatch(_)), "{}", timelines.warnings[0]);
    // A region whose beginning was in the batch ends all the same.
    let follows = |w: &gotrace::Warning| matches!(w.repair(), Repair::Placed | Repair::RegionsEnded(0));
    assert!(timelines.warnings[1..].iter().all(follows), "{:?}", timelines.warnings);
    assert_eq!(timelines.goroutines.len(), before);
    for timeline in timelines.goroutines.values() {
        for pair in timeline.spans.windows(2) {
            assert!(pair[0].start <= pair[0].end && pair[0].end <= pair[1].start, "{pair:?}");
        }
    }
    assert!(Trace::parse(&bytes).unwrap().timelines().is_err(), "strictly, it is an error");
}
