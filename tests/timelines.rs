//! What has to hold of the timelines of every trace, tried on every committed
//! one; and their sums against Go's own.

use gotrace::state::{Begin, Finish, GoActivity, ProcActivity, Span, Timelines};
use gotrace::wire::v2::batch::BatchKind;
use gotrace::{GoId, Mode, Options, ProcId, Repair, Time, Trace};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata");

/// Every committed trace that is whole.
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

/// Each span begins where the one before it ended, and none runs backwards.
fn assert_contiguous<S: std::fmt::Debug>(what: &str, spans: &[Span<'_, S>]) {
    for pair in spans.windows(2) {
        // The goroutine of a C thread's callbacks ends and is created again.
        if !matches!(pair[1].begin, Begin::Created { .. }) {
            assert_eq!(pair[0].end, pair[1].start, "{what}: {pair:#?}");
        }
        assert!(matches!(pair[0].finish, Finish::Event(_)), "{what}: only the last may end otherwise");
    }
    for span in spans {
        assert!(span.end >= span.start, "{what}: {span:?}");
    }
}

/// How long each P ran each goroutine, by what is said of the goroutines.
fn running_by_goroutines(timelines: &Timelines<'_>) -> BTreeMap<(ProcId, GoId), i64> {
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

/// The same by what is said of the Ps.
fn running_by_procs(timelines: &Timelines<'_>) -> BTreeMap<(ProcId, GoId), i64> {
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
        for (id, spans) in &timelines.procs {
            assert_contiguous(&format!("{name}: proc {id}"), spans);
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

/// A batch in the middle that cannot be read: what stood in it is lost, but
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
    assert!(timelines.warnings[1..].iter().all(|w| w.repair() == Repair::Placed), "{:?}", timelines.warnings);
    assert_eq!(timelines.goroutines.len(), before);
    for timeline in timelines.goroutines.values() {
        for pair in timeline.spans.windows(2) {
            assert!(pair[0].start <= pair[0].end && pair[0].end <= pair[1].start, "{pair:?}");
        }
    }
    assert!(Trace::parse(&bytes).unwrap().timelines().is_err(), "strictly, it is an error");
}
