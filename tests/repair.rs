//! Repair of good and of damaged traces: the result is a whole trace, which
//! strict reading accepts, with the events that were read.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::builder::{TraceBuilder, put};
use common::describe;
use common::faults::{Corpus, Kind, Source};
use gotrace::event::AllocFreeWhat;
use gotrace::export::EventWriter;
use gotrace::export::repair::{RepairWriter, Report};
use gotrace::limits::MAX_STRING_SIZE;
use gotrace::spec::v2::EventType;
use gotrace::wire::v2::experiment::AllocFreeBatch;
use gotrace::{Event, EventKind, GoState, Mode, Options, ProcState, StateTransition, Trace, Version};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Repairs a trace; `None` if not even lenient reading accepts it.
fn repair(bytes: &[u8]) -> Option<(Vec<u8>, Report, usize)> {
    let trace = Trace::with_options(bytes, Options::default().mode(Mode::Lenient)).ok()?;
    let mut out = Vec::new();
    let mut writer = RepairWriter::new(&trace, &mut out).ok()?;
    let mut events = trace.events();
    for event in events.by_ref() {
        writer.event(&event.unwrap()).unwrap();
    }
    let report = writer.finish().unwrap();
    let warnings = events.warnings().len();
    Some((out, report, warnings))
}

/// Reads a trace as strictly as Go does; returns the number of its events.
fn strictly(bytes: &[u8]) -> Result<u64, String> {
    let trace = Trace::parse(bytes).map_err(|e| e.to_string())?;
    let mut count = 0;
    for event in trace.events() {
        count += u64::from(!is_sync(&event.map_err(|e| format!("after {count} events: {e}"))?));
    }
    assert_eq!(trace.generations().len(), 1);
    Ok(count)
}

fn is_sync(event: &Event<'_>) -> bool {
    matches!(event.kind(), EventKind::Sync(_))
}

/// Returns whether an event only restates what is known, at the beginning of a generation
/// that is not the first.
fn restates(event: &Event<'_>) -> bool {
    match event.kind() {
        EventKind::RangeActive(_) => event.generation().unwrap().index() > 0,
        EventKind::StateTransition(StateTransition::Goroutine { from, to, .. }) => from == to,
        EventKind::StateTransition(StateTransition::Proc { from, to, .. }) => {
            from == to && event.wire_type() == EventType::ProcStatus
        }
        _ => false,
    }
}

/// Describes an event with its time, as a repair has to reproduce it. In one generation the
/// state before the first mention is undetermined; and a goroutine that another M found
/// in a syscall is reported on its own M.
fn essence(event: &Event<'_>) -> String {
    let mut text = describe::event(event);
    match event.kind() {
        EventKind::StateTransition(StateTransition::Proc { from: ProcState::NotExist, .. }) => {
            text = text.replacen("NotExist->", "Undetermined->", 1);
        }
        EventKind::StateTransition(StateTransition::Goroutine {
            id,
            from: GoState::Undetermined,
            to: GoState::Syscall,
            ..
        }) => text = format!("M{:?} G{id} in a syscall", event.thread()),
        _ => {}
    }
    format!("{} {text}", event.time())
}

fn essences(bytes: &[u8]) -> Vec<String> {
    let trace = Trace::parse(bytes).unwrap();
    let events = trace.events().map(|event| event.unwrap());
    events.filter(|event| !is_sync(event) && !restates(event)).map(|event| essence(&event)).collect()
}

#[test]
fn good_traces_keep_their_events() {
    let corpus = Corpus::committed();
    let mut wrong = Vec::new();
    for source in corpus.0.iter().filter(|source| !source.is_v1()) {
        let (out, report, warnings) = repair(&source.bytes).unwrap();
        if Trace::parse(&source.bytes).unwrap().events().any(|event| event.is_err()) {
            assert!(source.name.contains("nostop") && warnings > 0, "{}", source.name);
            continue;
        }
        let (before, after) = (essences(&source.bytes), essences(&out));
        let differs = before.iter().zip(&after).position(|(a, b)| a != b);
        if before != after || report.synthesised + report.dropped + report.experimental > 0 || warnings > 0 {
            let first = differs.map(|at| (&before[at], &after[at]));
            wrong.push(format!("{}: {} {} {report:?} {first:?}", source.name, before.len(), after.len()));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), corpus.0.len(), wrong.join("\n"));
}

/// The least share of the events of a good trace of Go 1.21 and older that are written
/// unchanged. Such a trace does not state the M of all events, and the events of
/// that M before are sometimes made up.
const V1_FLOOR: f64 = 0.95;

#[test]
fn good_old_traces_become_new_ones() {
    let corpus = Corpus::committed();
    let mut unchanged = 0;
    for source in corpus.0.iter().filter(|source| source.is_v1()) {
        let (out, report, warnings) = repair(&source.bytes).unwrap();
        let written = strictly(&out).unwrap_or_else(|e| panic!("{}: {e}", source.name));
        assert!(written >= report.kept, "{}: {written}, {report:?}", source.name);
        assert_eq!(Version::parse_header(&out).unwrap(), Version::Go126, "{}", source.name);
        if source.name.contains("nostop") {
            assert!(warnings > 0, "{}", source.name);
            continue;
        }
        let all = report.kept + report.dropped + report.restated;
        assert!(report.kept as f64 >= V1_FLOOR * all as f64 && warnings == 0, "{}: {report:?}", source.name);
        if report.synthesised + report.dropped == 0 {
            // All events are there, in order, at their times; contexts may differ.
            let what = |bytes| {
                let without_context = |text: String| {
                    let words: Vec<&str> = text.split(' ').collect();
                    format!("{} {}", words[0], words[4..].join(" "))
                };
                essences(bytes).into_iter().map(without_context).collect::<Vec<_>>()
            };
            let (before, after) = (what(&source.bytes), what(&out));
            // Strings longer than a new trace may have are cut.
            let is_same = |(a, b): &(&String, &String)| a == b || a.len() > MAX_STRING_SIZE as usize;
            let differs = before.iter().zip(&after).find(|pair| !is_same(pair));
            assert!(differs.is_none() && before.len() == after.len(), "{}: {differs:?}", source.name);
            unchanged += 1;
        }
    }
    assert!(unchanged >= 8, "{unchanged} traces");
}

/// Returns a batch with the types of a generation of an AllocFree trace.
fn types(types: &[(u64, &str)]) -> Vec<u8> {
    let mut data = vec![0];
    for (id, name) in types {
        [*id, 0x1000 + name.len() as u64, 8, 0, name.len() as u64].iter().for_each(|&number| put(&mut data, number));
        data.extend(name.as_bytes());
    }
    data
}

/// Returns the names of the types of the allocated objects.
fn allocated(bytes: &[u8]) -> Vec<String> {
    let trace = Trace::parse(bytes).unwrap();
    let mut names = Vec::new();
    for event in trace.events().map(|event| event.unwrap()) {
        let EventKind::Experimental(what) = event.kind() else { continue };
        let AllocFreeWhat::HeapObject { type_id } = what.alloc_free().unwrap().what else { continue };
        let batches = event.generation().unwrap().experimental_batches().map(|batch| batch.alloc_free().unwrap());
        let all = batches.flat_map(|batch| if let AllocFreeBatch::Types(types) = batch { types } else { Vec::new() });
        names.extend(all.filter(|of| Some(of.id) == type_id).map(|of| String::from_utf8_lossy(of.name).into_owned()));
    }
    names
}

#[test]
fn types_of_several_generations_become_one_table() {
    let mut trace = TraceBuilder::new(Version::Go126);
    let layout = [&[1][..], &[0x80, 0x20, 0x80, 0x40, 8, 0x80, 0x10]].concat();
    let generation = trace.generation(1);
    generation.experiment(1, &layout);
    generation.experiment(1, &types(&[(1, "int")]));
    generation.batch(7, 10).event(1, EventType::HeapObjectAlloc, &[5, 1]);
    let generation = trace.generation(2);
    generation.experiment(1, &types(&[(1, "string"), (2, "int")]));
    let batch = generation.batch(7, 20);
    batch.event(1, EventType::HeapObjectAlloc, &[6, 1]).event(1, EventType::HeapObjectAlloc, &[7, 2]);
    let bytes = trace.build();
    let (out, report, _) = repair(&bytes).unwrap();
    assert_eq!((report.kept, report.experimental), (3, 0));
    assert_eq!(allocated(&out), ["int", "string", "int"]);

    // In another program's layout, numbers count from another address.
    let mut other = TraceBuilder::new(Version::Go126);
    let generation = other.generation(1);
    generation.experiment(1, &[&layout[..1], &[0x80, 0x21], &layout[3..]].concat());
    generation.batch(7, 30).event(1, EventType::HeapObjectAlloc, &[5, 1]);
    let (out, report, _) = repair(&[bytes, other.build()].concat()).unwrap();
    assert_eq!((report.kept, report.experimental), (3, 1));
    assert_eq!(allocated(&out), ["int", "string", "int"]);
}

#[test]
fn two_programs_in_one_file_keep_their_names() {
    let one = |thread, function: &str| {
        let mut trace = TraceBuilder::new(Version::Go123);
        let generation = trace.generation(1);
        let (stack, reason) = (generation.stack(&[function]), generation.string(function));
        let batch = generation.batch(thread, 10 * thread);
        batch.event(1, EventType::ProcStatus, &[0, 1]).event(1, EventType::GoStatus, &[1, thread, 2]);
        batch.event(1, EventType::GoBlock, &[reason, stack]);
        trace.build()
    };
    // Both programs have their only function at the same address.
    let (out, report, _) = repair(&[one(7, "main.a"), one(8, "main.b")].concat()).unwrap();
    assert_eq!((report.kept, report.restated), (4, 2), "{report:?}");
    let trace = Trace::parse(&out).unwrap();
    let mut names = Vec::new();
    for event in trace.events().map(|event| event.unwrap()) {
        if let EventKind::StateTransition(StateTransition::Goroutine { reason: [_, ..], .. }) = event.kind() {
            names.push(describe::kind(&event));
        }
    }
    assert_eq!(names, ["G1 Running->Waiting 'main.a' @main.a", "G1 Running->Waiting 'main.b' @main.b"]);
}

/// Repairs a damaged trace, and returns what is wrong with the result.
fn check(name: &str, bytes: &[u8]) -> (Option<Report>, Option<String>) {
    let repaired = catch_unwind(AssertUnwindSafe(|| repair(bytes)));
    let Ok(repaired) = repaired else { return (None, Some(format!("{name}: panicked"))) };
    let Some((out, report, _)) = repaired else { return (None, None) };
    if let Ok(dir) = std::env::var("GOTRACE_REPAIRED") {
        let file = format!("{dir}/{}.trace", name.replace(['/', ' '], "-"));
        std::fs::write(file, &out).unwrap();
    }
    let wrong = match strictly(&out) {
        Err(e) => Some(format!("{name}: {e}")),
        Ok(count) if count < report.kept => Some(format!("{name}: {count} events, {report:?}")),
        Ok(_) => None,
    };
    (Some(report), wrong)
}

/// Repairs up to `most` faults of each of these kinds for each of these traces.
fn try_faults(traces: impl Fn(&Source) -> bool, kinds: impl Fn(Kind) -> bool, most: usize) {
    let corpus = Corpus::committed();
    let (mut tried, mut wrong) = (0, Vec::new());
    let mut table: BTreeMap<Kind, (u64, Report)> = BTreeMap::new();
    for source in corpus.0.iter().filter(|source| traces(source)) {
        for fault in corpus.faults(source, |_| most).into_iter().filter(|fault| kinds(fault.kind)) {
            let (report, bad) = check(&fault.to_string(), &fault.apply(&corpus).bytes);
            tried += 1;
            wrong.extend(bad);
            let Some(report) = report else { continue };
            let (count, sum) = table.entry(fault.kind).or_default();
            *count += 1;
            sum.kept += report.kept;
            sum.synthesised += report.synthesised;
            sum.dropped += report.dropped;
            sum.restated += report.restated;
            sum.experimental += report.experimental;
        }
    }
    for (kind, (count, sum)) in &table {
        println!("{:16} {count:6} {sum:?}", kind.name());
    }
    let repaired: u64 = table.values().map(|(count, _)| count).sum();
    println!("{tried} faults, {repaired} repaired, {} not accepted", wrong.len());
    assert!(tried > 0);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

#[test]
fn cuts_at_every_batch() {
    try_faults(|source| source.bytes.len() < 16 << 10, |kind| kind == Kind::CutAtBatch, usize::MAX);
}

#[test]
fn a_few_faults_of_each_kind() {
    try_faults(|source| source.bytes.len() < 40 << 10, |_| true, 1);
}

/// With `GOTRACE_REPAIRED=DIR` the results are left there, to be read by Go.
#[test]
#[ignore = "takes minutes: all faults of all traces"]
fn all_faults() {
    try_faults(|_| true, |_| true, usize::MAX);
}

#[test]
fn bad_traces_of_the_collection() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/bad");
    let (mut repaired, mut wrong) = (0, Vec::new());
    for file in std::fs::read_dir(dir).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|e| e == "trace") {
            let name = path.file_stem().unwrap().display().to_string();
            let (report, bad) = check(&name, &std::fs::read(&path).unwrap());
            repaired += u32::from(report.is_some());
            wrong.extend(bad);
        }
    }
    assert!(repaired > 20, "{repaired}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
