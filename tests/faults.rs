//! Lenient reading of damaged traces: it keeps nearly all events that are
//! still on the wire, reports what it lost, and neither panics nor goes on for
//! ever nor takes memory out of proportion.
//!
//! ```text
//! cargo test --test faults                          a sample of the faults
//! cargo test --release --test faults -- --ignored   all of them
//! GOTRACE_FAULT='go1.27/mixed cut 17' cargo test --test faults one_fault -- --ignored --nocapture
//! ```

mod common;

use common::allocator::{Counting, limit, peak};
use common::faults::{Corpus, Damaged, Fault, Kind};
use common::touch;
use gotrace::{Event, Mode, Options, Trace};
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The least shares of events that lenient reading keeps, over all faults of a kind: of the
/// events on the wire, and of those in generations that the fault left alone.
const FLOORS: [(Kind, f64, f64); 13] = [
    (Kind::CutAtBatch, 0.99, 1.0),
    (Kind::Cut, 0.99, 1.0),
    (Kind::FlipBytes, 0.97, 0.99),
    (Kind::DeleteBytes, 0.9, 0.99),
    (Kind::DuplicateBytes, 0.97, 0.99),
    (Kind::SwapBytes, 0.9, 0.99),
    (Kind::DeleteBatch, 0.99, 0.99),
    (Kind::DuplicateBatch, 0.99, 0.99),
    (Kind::SwapBatches, 0.9, 0.95),
    (Kind::LeadingBytes, 1.0, 1.0),
    (Kind::TrailingBytes, 1.0, 1.0),
    (Kind::TwoTraces, 0.85, 0.85),
    (Kind::MissingStart, 0.4, 0.9),
];

/// The least shares for traces of Go 1.5 to 1.21. These are one generation, and mostly of
/// so few batches that one is a large part of all; a second trace is left out,
/// and so is one without its header.
const V1_FLOORS: [(Kind, f64, f64); 13] = [
    (Kind::CutAtBatch, 0.99, 1.0),
    (Kind::Cut, 0.99, 1.0),
    (Kind::FlipBytes, 0.97, 0.99),
    (Kind::DeleteBytes, 0.9, 0.99),
    (Kind::DuplicateBytes, 0.97, 0.99),
    (Kind::SwapBytes, 0.9, 0.99),
    (Kind::DeleteBatch, 0.99, 0.99),
    (Kind::DuplicateBatch, 0.99, 0.99),
    (Kind::SwapBatches, 0.9, 0.95),
    (Kind::LeadingBytes, 1.0, 1.0),
    (Kind::TrailingBytes, 1.0, 1.0),
    (Kind::TwoTraces, 0.4, 0.4),
    (Kind::MissingStart, 0.0, 0.0),
];

/// Returns the most events that a file of that size may give: on the wire each is two
/// bytes at least. It is a budget instead of a clock, so that a slow machine passes.
fn most_events(size: usize) -> usize {
    size + 64
}

/// Returns the most intervals that a file of that size may give: a coroutine switch of four
/// bytes ends those of two Gs, a P and an M, some of them twice.
fn most_intervals(size: usize) -> usize {
    4 * size + 64
}

/// The outcome of one fault.
#[derive(Default)]
struct Outcome {
    /// Events on the wire, and the number of them kept.
    wire: usize,
    kept: usize,
    /// Events of generations that the fault left alone, and the number of them kept.
    untouched: usize,
    untouched_kept: usize,
    /// Events at offsets where none is to be kept:
    /// copies of others, and bytes that read like one.
    more: usize,
    warnings: usize,
    /// Violations of what has to hold.
    wrong: Vec<String>,
}

/// Returns the parts of an event that are compared here.
fn essence(event: &Event<'_>) -> (u64, i64) {
    (event.offset().unwrap_or(u64::MAX), event.time().0)
}

/// Reads a damaged trace in every way.
fn read(damaged: &Damaged<'_>) -> Outcome {
    let bytes = &damaged.bytes[..];
    let budget = most_events(bytes.len());
    let lenient = Options::default().mode(Mode::Lenient);
    let wire = damaged.wire_events();
    let untouched = damaged.untouched();
    let mut outcome = Outcome { wire: wire.len(), untouched: untouched.len(), ..Outcome::default() };
    let mut wrong = Vec::new();

    // All events: within the budget of steps and memory.
    let (mut seen, mut events) = (vec![false; bytes.len()], Vec::with_capacity(budget));
    let (held, warnings) = peak(|| {
        let trace = Trace::with_options(bytes, lenient).ok()?;
        let mut stream = trace.events();
        for event in stream.by_ref().take(budget) {
            match event {
                Ok(event) => events.push(essence(&event)),
                Err(e) => wrong.push(format!("a lenient stream has an error: {e}")),
            }
        }
        if stream.next().is_some() {
            wrong.push(format!("more than {budget} events of {} bytes", bytes.len()));
        }
        Some(stream.warnings().len())
    });
    if held > limit(bytes.len()) {
        wrong.push(format!("events: {held} bytes held for a file of {}", bytes.len()));
    }
    for (offset, _) in &events {
        if let Some(seen) = usize::try_from(*offset).ok().and_then(|offset| seen.get_mut(offset)) {
            *seen = true;
        }
    }
    let count = |places: &[usize]| places.iter().filter(|&&at| seen[at]).count();
    (outcome.kept, outcome.untouched_kept) = (count(&wire), count(&untouched));
    outcome.more = seen.iter().filter(|&&seen| seen).count() - outcome.kept;

    // All events that strict reading gives before the first defect are there too; without
    // a defect they are all, and there is no warning.
    let mut defect = None;
    let mut strict = Vec::new();
    match Trace::parse(bytes) {
        Err(e) => defect = Some(e),
        Ok(trace) => {
            for event in trace.events() {
                match event {
                    Ok(event) => strict.push(essence(&event)),
                    Err(e) => defect = Some(e),
                }
            }
        }
    }
    let missing = strict.iter().find(|(offset, _)| seen.get(*offset as usize) == Some(&false));
    if let Some((offset, _)) = missing {
        wrong.push(format!("strict reading has the event at {offset}, lenient reading has not"));
    }
    if defect.is_none() && (strict != events || warnings != Some(0)) {
        wrong.push(format!("a good trace is read differently, or with warnings ({warnings:?})"));
    }
    outcome.warnings = warnings.unwrap_or(1);
    if outcome.kept < outcome.wire && defect.is_some() && outcome.warnings == 0 {
        wrong.push("events are lost without a warning".into());
    }

    if let Ok(trace) = Trace::with_options(bytes, lenient.threads(2)) {
        // Two threads: the same events and as many warnings.
        let push = |all: &mut Vec<_>, event: gotrace::Event<'_>| all.push(essence(&event));
        let all = trace.fold_guessing(0, Vec::new, push, |all, more| all.extend(more), || true);
        match all.map(Option::unwrap) {
            Ok(folded) if folded.output != events => {
                let differs = folded.output.iter().zip(&events).position(|(a, b)| a != b);
                let (got, want) = (folded.output.len(), events.len());
                wrong.push(format!("fold: {got} events, streamed {want}; the first that differs is {differs:?}"));
            }
            Ok(folded) if Some(folded.warnings.len()) != warnings => {
                wrong.push(format!("fold: {} warnings, streamed {warnings:?}", folded.warnings.len()));
            }
            Ok(_) => {}
            Err(e) => wrong.push(format!("a lenient fold has an error: {e}")),
        }
    }
    drop((events, strict, seen));

    if let Ok(trace) = Trace::with_options(bytes, lenient) {
        // Intervals: within the budgets too, and none ends before it begins.
        let budget = most_intervals(bytes.len());
        let (held, count) = peak(|| trace.intervals().take(budget + 1).count());
        if held > limit(bytes.len()) {
            wrong.push(format!("intervals: {held} bytes held for a file of {}", bytes.len()));
        }
        if count > budget {
            wrong.push(format!("more than {budget} intervals of {} bytes", bytes.len()));
        } else {
            touch::intervals(&trace);
            if let Err(e) = trace.timelines() {
                wrong.push(format!("lenient timelines have an error: {e}"));
            }
        }
    }
    outcome.wrong = wrong;
    outcome
}

/// Damages and reads a trace; a panic is a violation.
fn read_fault(corpus: &Corpus, fault: Fault<'_>) -> Outcome {
    catch_unwind(AssertUnwindSafe(|| read(&fault.apply(corpus)))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
        Outcome { wrong: vec![format!("panicked: {text}")], ..Outcome::default() }
    })
}

/// The time after which a fault counts as one that never ends.
const PATIENCE: Duration = Duration::from_secs(10);

/// The watch over a fault, which names it if reading never ends: that thread cannot.
struct Watched;

impl Watched {
    fn of<T>(name: String, work: impl FnOnce() -> T) -> T {
        let (over, wait) = mpsc::channel::<()>();
        let watch = std::thread::spawn(move || {
            if wait.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                eprintln!("{name}: not done after {PATIENCE:?}");
                std::process::abort();
            }
        });
        let result = work();
        drop(over);
        watch.join().unwrap();
        result
    }
}

/// The outcome of all faults of a kind.
#[derive(Default)]
struct Row {
    faults: usize,
    wire: usize,
    kept: usize,
    untouched: usize,
    untouched_kept: usize,
    more: usize,
    /// The most events lost, and the fault that lost them.
    worst: Option<(usize, String)>,
}

impl Row {
    fn add(&mut self, fault: Fault<'_>, outcome: &Outcome) {
        let Outcome { wire, kept, untouched, untouched_kept, more, .. } = *outcome;
        self.faults += 1;
        self.wire += wire;
        self.kept += kept;
        self.untouched += untouched;
        self.untouched_kept += untouched_kept;
        self.more += more;
        let lost = wire - kept;
        if lost > self.worst.as_ref().map_or(0, |(worst, _)| *worst) {
            self.worst = Some((lost, format!("{kept} of {wire}: {fault}")));
        }
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Reads all faults, prints the table, and asserts what has to hold.
fn judge(is_v1: bool, most: impl Fn(usize, usize) -> usize) {
    let corpus = Corpus::committed();
    let traces = corpus.0.iter().filter(|trace| trace.is_v1() == is_v1);
    let faults: Vec<Fault<'_>> =
        traces.flat_map(|trace| corpus.faults(trace, |full| most(trace.bytes.len(), full))).collect();
    let rows = Mutex::new((Kind::ALL.map(|_| Row::default()), Vec::new()));
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(&fault) = faults.get(next.fetch_add(1, Relaxed)) {
            let outcome = Watched::of(fault.to_string(), || read_fault(&corpus, fault));
            let (rows, wrong) = &mut *rows.lock().unwrap();
            let row = Kind::ALL.iter().position(|(kind, _)| *kind == fault.kind).unwrap();
            rows[row].add(fault, &outcome);
            wrong.extend(outcome.wrong.iter().map(|what| format!("{fault}: {what}")));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, |n| n.get()) {
            scope.spawn(work);
        }
    });
    let (rows, mut wrong) = rows.into_inner().unwrap();
    println!("\n{}", table(&rows));

    for (row, (kind, kept, untouched)) in rows.iter().zip(if is_v1 { V1_FLOORS } else { FLOORS }) {
        for (part, whole, floor, what) in [
            (row.kept, row.wire, kept, "events on the wire"),
            (row.untouched_kept, row.untouched, untouched, "events of untouched generations"),
        ] {
            if share(part, whole) < floor {
                let worst = row.worst.as_ref().map_or("", |(_, worst)| worst);
                wrong.push(format!("{}: {part} of {whole} {what} kept, {worst}", kind.name()));
            }
        }
    }
    wrong.sort();
    let shown = &wrong[..wrong.len().min(40)];
    assert!(wrong.is_empty(), "{} of {} faults are wrong:\n{}", wrong.len(), faults.len(), shown.join("\n"));
}

/// Formats the table as Markdown.
fn table(rows: &[Row]) -> String {
    let mut out = String::from(
        "| fault | tried | events on the wire | kept | share | untouched generations lost | read besides | worst case |\n\
         |---|--:|--:|--:|--:|--:|--:|---|\n",
    );
    let mut all = Row::default();
    let mut line = |name: &str, row: &Row| {
        let worst = row.worst.as_ref().map_or("", |(_, worst)| worst);
        let Row { faults, wire, kept, more, .. } = row;
        let (share, lost) = (100.0 * share(*kept, *wire), row.untouched - row.untouched_kept);
        let _ = writeln!(out, "| {name} | {faults} | {wire} | {kept} | {share:.2}% | {lost} | {more} | {worst} |");
    };
    for (row, (kind, _)) in rows.iter().zip(Kind::ALL) {
        line(kind.name(), row);
        all.faults += row.faults;
        all.wire += row.wire;
        all.kept += row.kept;
        all.untouched += row.untouched;
        all.untouched_kept += row.untouched_kept;
        all.more += row.more;
    }
    line("all", &all);
    out
}

/// A sample has more faults for small traces than for large ones.
#[test]
fn a_sample_of_faults() {
    judge(false, |size, full| (20_000 / size).clamp(1, full.max(1)));
}

#[test]
fn a_sample_of_faults_of_v1() {
    judge(true, |size, full| (20_000 / size).clamp(1, full.max(1)));
}

#[test]
#[ignore = "takes minutes, and a release build"]
fn every_fault() {
    judge(false, |_, full| full);
}

#[test]
#[ignore = "takes a minute, and a release build"]
fn every_fault_of_v1() {
    judge(true, |_, full| full);
}

/// Reads one fault again, as a failure names it.
#[test]
#[ignore = "for GOTRACE_FAULT"]
fn one_fault() {
    let Ok(words) = std::env::var("GOTRACE_FAULT") else { return };
    let corpus = Corpus::committed();
    let damaged = corpus.fault(&words).apply(&corpus);
    if let Ok(file) = std::env::var("GOTRACE_FAULT_FILE") {
        std::fs::write(file, &damaged.bytes).unwrap();
    }
    let Outcome { wire, kept, untouched, untouched_kept, more, warnings, wrong } = read(&damaged);
    println!("{words}: {kept} of {wire} events kept, {untouched_kept} of {untouched} of untouched generations");
    println!("{more} read besides, {warnings} warnings");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The count of events on the wire is right: for a trace without a fault it is
/// that of strict reading, and all of them are untouched.
#[test]
fn the_yardstick() {
    let corpus = Corpus::committed();
    let mut compared = 0;
    for trace in &corpus.0 {
        let parsed = Trace::parse(&trace.bytes).unwrap();
        let events: Result<Vec<_>, _> = parsed.events().collect();
        let Ok(events) = events else { continue };
        let mut read: Vec<_> = events.iter().filter_map(|event| event.offset()).map(|at| at as usize).collect();
        read.sort_unstable();
        read.dedup();
        let mut wire: Vec<_> = trace.batches.iter().flat_map(|b| b.events()).map(|event| event.start).collect();
        wire.sort_unstable();
        assert_eq!(wire, read, "{}", trace.name);

        // Other bytes in front move all events.
        let moved = corpus.fault(&format!("{} leading-bytes 0", trace.name)).apply(&corpus);
        let by = moved.bytes.len() - trace.bytes.len();
        wire.iter_mut().for_each(|at| *at += by);
        let sorted = |mut found: Vec<usize>| {
            found.sort_unstable();
            found
        };
        assert_eq!(sorted(moved.wire_events()), wire, "{}", trace.name);
        assert_eq!(sorted(moved.untouched()), wire, "{}", trace.name);
        compared += 1;
    }
    assert!(compared > 100, "{compared} traces");
}
