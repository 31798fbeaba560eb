//! Every kind of defect: its error and offset, and the events that lenient reading keeps.

mod common;

use common::builder::{NO, TraceBuilder};
use common::script;
use gotrace::{Error, Mode, Options, Trace, TraceFile, Version};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Reads in strict mode; returns the events, and the error behind them.
fn strict(bytes: &[u8]) -> (Vec<String>, Option<Error>) {
    let trace = match Trace::parse(bytes) {
        Ok(trace) => trace,
        Err(e) => return (Vec::new(), Some(e)),
    };
    let mut lines = Vec::new();
    let mut error = None;
    for event in trace.events() {
        match event {
            Ok(event) => lines.push(common::describe::event(&event)),
            Err(e) => error = Some(e),
        }
    }
    (lines, error)
}

/// Reads in lenient mode; returns the events and the warnings.
fn lenient(bytes: &[u8]) -> (Vec<String>, Vec<Error>) {
    let trace = match Trace::with_options(bytes, Options::default().mode(Mode::Lenient)) {
        Ok(trace) => trace,
        Err(e) => return (Vec::new(), vec![e]),
    };
    let mut events = trace.events();
    let lines = events.by_ref().map(|e| common::describe::event(&e.expect("lenient reading does not fail"))).collect();
    (lines, events.warnings().iter().map(|w| w.error().clone()).collect())
}

/// Compares an error with the expected one; `thread` is `None` if the error is of no thread.
fn judge(error: Option<&Error>, kind: &str, offset: usize, generation: Option<u64>, thread: Option<u64>) -> String {
    let Some(error) = error else { return format!("no error, want {kind}\n") };
    let mut wrong = String::new();
    let got = format!("{:?}", error.kind());
    if got != kind {
        let _ = writeln!(wrong, "kind {got}, want {kind}");
    }
    if error.offset() != offset as u64 {
        let _ = writeln!(wrong, "offset {}, want {offset}: {error}", error.offset());
    }
    if error.generation() != generation {
        let _ = writeln!(wrong, "generation {:?}, want {generation:?}: {error}", error.generation());
    }
    if error.thread().map(|m| m.0) != thread {
        let _ = writeln!(wrong, "thread {:?}, want {thread:?}: {error}", error.thread());
    }
    wrong
}

/// M1 with P0 and G1, running.
const RUNS: &str = "ProcStatus 0 PRunning; GoStatus 1 1 Running";

/// A kind of error, in the notation of `Debug`, and a trace whose marked event
/// provokes it. `RUNS` stands for the constant above. All on M1.
const EVENTS: &[(&str, &str)] = &[
    ("UnexpectedEvent { event: String }", "M1: RUNS; !String"),
    ("UnexpectedEvent { event: EventBatch }", "M1: RUNS; !EventBatch 1 2 3"),
    ("ContextLacks { event: ProcStop, missing: Proc }", "M1: !ProcStop"),
    ("ContextLacks { event: GoBlock, missing: Goroutine }", "M1: ProcStatus 0 PRunning; !GoBlock 'x'"),
    ("ContextHas { event: GoStart, present: Goroutine }", "M1: RUNS; GoCreate 2; !GoStart 2 1"),
    (
        "GoroutineStatus { event: GoSyscallEnd, goroutine: GoId(1), found: Running, expected: Syscall }",
        "M1: RUNS; !GoSyscallEnd",
    ),
    (
        "ProcStatus { event: GoSyscallEnd, proc: ProcId(0), found: Running, expected: Syscall }",
        "M1: ProcStatus 0 PRunning; GoStatus 1 1 Syscall; !GoSyscallEnd",
    ),
    ("UnknownGoroutine { event: GCMarkAssistActive, goroutine: GoId(7) }", "M1: !GCMarkAssistActive 7"),
    (
        "UnknownGoroutine { event: GoDestroy, goroutine: GoId(1) }",
        "M1 @5: RUNS; +200 !GoDestroy
         M2 @90: ProcStatus 1 PRunning; GoStatus 1 2 Running; GoDestroy",
    ),
    ("UnknownProc { event: GCSweepActive, proc: ProcId(7) }", "M1: !GCSweepActive 7"),
    ("GoroutineExists { event: GoCreate, goroutine: GoId(1) }", "M1: RUNS; !GoCreate 1"),
    ("AbsurdProc { proc: ProcId(65536) }", "M1: !ProcStatus 65536 PIdle"),
    ("AbsurdProc { proc: ProcId(18446744073709551615) }", "M1: !ProcStatus - PIdle"),
    ("AbsurdGoroutine { goroutine: GoId(18446744073709551615) }", "M1: !GoStatus - - Waiting"),
    ("AbsurdGoroutine { goroutine: GoId(18446744073709551615) }", "M1: RUNS; !GoCreate -"),
    ("BadGoStatus { goroutine: GoId(1), status: 5 }", "M1: !GoStatus 1 - 5"),
    ("BadProcStatus { proc: ProcId(1), status: 18446744073709551615 }", "M1: !ProcStatus 1 -"),
    (
        "InconsistentGoStatus { goroutine: GoId(1), before: Waiting, now: Runnable }",
        "M1: GoStatus 1 - Waiting
         generation
         M1: !GoStatus 1 - Runnable",
    ),
    (
        "InconsistentProcStatus { proc: ProcId(0), before: Idle, now: Running }",
        "M1: ProcStatus 0 PIdle
         generation
         M1: !ProcStatus 0 PRunning",
    ),
    (
        "LateGoroutine { goroutine: GoId(2) }",
        "M1: GoStatus 1 - Waiting
         generation
         M1: !GoStatus 2 - Waiting",
    ),
    ("SyscallWithoutThread { goroutine: GoId(1) }", "M1: !GoStatus 1 - Syscall"),
    (
        "SyscallThread { goroutine: GoId(3), thread: ThreadId(2), has: Some(GoId(4)) }",
        "M2 @5: GoStatus 4 2 Syscall
         M1 @50: !GoStatus 3 2 Syscall",
    ),
    (
        "SyscallThread { goroutine: GoId(3), thread: ThreadId(1), has: None }",
        "M2 @5: GoStatus 3 2 Syscall
         generation
         M1 @50: !GoStatus 3 1 Syscall",
    ),
    (
        "NoHolder { proc: ProcId(0) }",
        "M2 @5: ProcStatus 0 PSyscall; ProcStatus 1 PRunning
         M1 @50: !ProcStatus 0 PAbandoned",
    ),
    (
        "StealMismatch { proc: ProcId(0), thread: ThreadId(7), has: None }",
        "M2 @5: ProcStatus 0 PSyscall
         M1 @50: !ProcSteal 0 1 7",
    ),
    (
        "StealMismatch { proc: ProcId(0), thread: ThreadId(1), has: Some(ProcId(1)) }",
        "M2 @5: ProcStatus 0 PSyscall
         M1 @50: ProcStatus 1 PRunning; !ProcSteal 0 1 1",
    ),
    ("BrokenSequence { event: GoSyscallBegin, proc: ProcId(0), before: 0, found: 9 }", "M1: RUNS; !GoSyscallBegin 9"),
    ("RangeOpen { event: GCSweepBegin }", "M1: RUNS; GCSweepBegin; !GCSweepBegin"),
    ("RangeOpen { event: STWBegin }", "M1: RUNS; STWBegin 'x'; !STWBegin 'x'"),
    ("RangeOpen { event: GCMarkAssistActive }", "M1: RUNS; GCMarkAssistBegin; !GCMarkAssistActive 1"),
    ("RangeNotOpen { event: GCSweepEnd }", "M1: RUNS; !GCSweepEnd"),
    ("RangeNotOpen { event: STWEnd }", "M1: RUNS; !STWEnd"),
    (
        "RangeNotOpen { event: GCSweepActive }",
        "M1: ProcStatus 0 PIdle
         generation
         M1: ProcStatus 0 PIdle; !GCSweepActive 0",
    ),
    ("GcState { event: GCEnd, found: \"in an unknown phase\" }", "M1: RUNS; !GCEnd 1"),
    ("GcState { event: GCEnd, found: \"off\" }", "M1: RUNS; GCBegin 1; GCEnd 2; !GCEnd 3"),
    ("GcState { event: GCBegin, found: \"marking already\" }", "M1: RUNS; GCBegin 1; !GCBegin 2"),
    ("TaskExists { task: TaskId(3) }", "M1: RUNS; UserTaskBegin 3; !UserTaskBegin 3"),
    (
        "RegionMismatch { goroutine: GoId(1), ended: NamedRegion { name: [97], task: TaskId(0) }, \
         innermost: NamedRegion { name: [98], task: TaskId(0) } }",
        "M1: RUNS; UserRegionBegin 0 'a'; UserRegionBegin 0 'b'; !UserRegionEnd 0 'a'",
    ),
];

/// Kinds of errors and traces like those above, for IDs that the tables do not have.
const NAMES: &[(&str, &str)] = &[
    ("UnknownString { event: GoBlock, id: StringId(99) }", "M1: RUNS; !GoBlock 99"),
    ("UnknownString { event: GoLabel, id: StringId(18446744073709551615) }", "M1: RUNS; !GoLabel -"),
    ("UnknownStack { event: GoStop, id: StackId(99) }", "M1: RUNS; !GoStop 0 99"),
    ("UnknownStack { event: GoStatusStack, id: StackId(99) }", "M1: !GoStatusStack 1 - Waiting 99"),
];

/// Each defect is an error where it is marked, behind the events before it. In lenient mode
/// the marked event is placed or left out; where only a name is missing, no event is lost.
#[test]
fn bad_events() {
    let mut wrong = String::new();
    for (at, (kind, script)) in EVENTS.iter().chain(NAMES).enumerate() {
        let next = "M5 @900: ProcStatus 9 PIdle; ProcStatus 8 PIdle";
        let script = format!("{}\ngeneration\n{next}", script.replace("RUNS", RUNS));
        let built = script::build(Version::Go126, &script);
        let mark = built.mark(0);
        let generation = script.split('!').next().unwrap().matches("generation").count() as u64 + 1;

        let (events, error) = strict(&built.bytes);
        let mut report = judge(error.as_ref(), kind, mark, Some(generation), Some(1));
        let (kept, warnings) = lenient(&built.bytes);
        let nothing_lost = at >= EVENTS.len();
        // A missing name is reported once for a generation, and for no thread.
        let thread = (!nothing_lost).then_some(1);
        report += &judge(warnings.first(), kind, mark, Some(generation), thread);
        if warnings.len() != 1 || !kept.starts_with(&events) {
            let _ = writeln!(report, "{} warnings; kept {kept:#?}; strictly {events:#?}", warnings.len());
        }
        // The good events are followed by the marked one, placed, unless it says nothing; then a sync,
        // two events and the last sync.
        let rest: Vec<_> = kept[events.len()..].iter().map(|l| l.split(' ').nth(3).unwrap_or_default()).collect();
        let want = ["sync", "P9", "P8", "sync"];
        if !rest.ends_with(&want) || rest.len() > want.len() + 1 || nothing_lost && rest.len() == want.len() {
            let _ = writeln!(report, "behind it {rest:?}, want {want:?}");
        }
        if !report.is_empty() {
            let _ = writeln!(wrong, "{script}\n{report}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The place of an error.
enum At {
    /// So many bytes behind the mark.
    Mark(usize),
    /// So many bytes into the tail.
    Tail(usize),
    /// At the end of the file.
    End,
    /// So many bytes before it.
    BeforeEnd(usize),
}

/// A kind of error; the version; the change of a good trace of two generations
/// that provokes it; the place of the error, and its generation; and of the two events of
/// either generation, the number before the error and the number kept.
type Broken = (&'static str, Version, fn(&mut TraceBuilder), At, Option<u64>, usize, usize);

fn table(trace: &mut TraceBuilder, before: &[u8], after: &[u8]) {
    trace.last().batch(NO, 0).raw(before).mark(0).raw(after);
}

/// Adds bytes behind the good events.
fn stream(trace: &mut TraceBuilder, after: &[u8]) {
    trace.last().batches[0].mark(0).raw(after);
}

fn tail(trace: &mut TraceBuilder, bytes: &[u8]) {
    trace.tail = bytes.to_vec();
}

fn overlong() -> Vec<u8> {
    vec![0xff; 11]
}

const STRUCTURE: &[Broken] = {
    use At::*;
    use Version::*;
    &[
        // Tables: lenient reading only loses the defective entries.
        (
            "DuplicateString { id: StringId(1) }",
            Go126,
            |t| table(t, &[4, 5, 1, 1, 65, 5, 1], &[1, 66]),
            Mark(0),
            Some(2),
            2,
            4,
        ),
        ("DuplicateStack { id: StackId(1) }", Go126, |t| table(t, &[2, 3, 1, 0, 3, 1], &[0]), Mark(0), Some(2), 2, 4),
        (
            "FrameString { stack: StackId(1), string: StringId(77) }",
            Go126,
            |t| table(t, &[2, 3, 1], &[1, 9, 0, 77, 4]),
            Mark(0),
            Some(2),
            2,
            4,
        ),
        (
            "ExpectedEntry { expected: \"a string\", found: 12 }",
            Go126,
            |t| table(t, &[4], &[12]),
            Mark(0),
            Some(2),
            2,
            4,
        ),
        (
            "ExpectedEntry { expected: \"a stack\", found: 255 }",
            Go122,
            |t| table(t, &[2], &[255]),
            Mark(0),
            Some(2),
            2,
            4,
        ),
        ("StringTooLong { size: 1025 }", Go126, |t| table(t, &[4, 5, 1], &[0x81, 8]), Mark(0), Some(2), 2, 4),
        ("TooManyFrames { frames: 129 }", Go126, |t| table(t, &[2, 3, 1], &[0x81, 1]), Mark(0), Some(2), 2, 4),
        (
            "TooManyFrames { frames: 1152921504606846976 }",
            Go126,
            |t| table(t, &[2, 3, 1], &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]),
            Mark(0),
            Some(2),
            2,
            4,
        ),
        ("Truncated { inside: \"a string\" }", Go126, |t| table(t, &[4, 5, 1, 9, 65, 66], &[]), Mark(0), Some(2), 2, 4),
        (
            "VarintOverflow { inside: \"a stack table's entry\" }",
            Go126,
            |t| table(t, &[2, 3], &overlong()),
            Mark(0),
            Some(2),
            2,
            4,
        ),
        (
            "ExpectedEntry { expected: \"a CPU sample\", found: 1 }",
            Go126,
            |t| table(t, &[6], &[1]),
            Mark(0),
            Some(2),
            2,
            4,
        ),
        // Streams.
        ("UnknownEventType { found: 127 }", Go126, |t| stream(t, &[127, 0]), Mark(0), Some(2), 4, 4),
        (
            "Truncated { inside: \"an event's arguments\" }",
            Go126,
            |t| stream(t, &[15, 1, 0x80]),
            Mark(3),
            Some(2),
            4,
            4,
        ),
        ("Truncated { inside: \"an event's time\" }", Go126, |t| stream(t, &[37]), Mark(1), Some(2), 4, 4),
        ("Truncated { inside: \"an event's time\" }", Go126, |t| table(t, &[37], &[]), Mark(0), Some(2), 2, 4),
        (
            "VarintOverflow { inside: \"an event's time\" }",
            Go126,
            |t| stream(t, &[&[37][..], &[0xff; 11]].concat()),
            Mark(1),
            Some(2),
            4,
            4,
        ),
        (
            "VarintOverflow { inside: \"an event's arguments\" }",
            Go126,
            |t| stream(t, &[&[13, 0, 0][..], &[0xff; 11]].concat()),
            Mark(3),
            Some(2),
            4,
            4,
        ),
        // The sync batch.
        ("MissingFrequency", Go126, |t| t.last().frequencies.clear(), BeforeEnd(1), Some(2), 2, 4),
        ("MissingFrequency", Go122, |t| t.last().frequencies.clear(), End, Some(2), 2, 4),
        ("MissingFrequency", Go122, |t| t.generations.clear(), End, None, 0, 0),
        ("DuplicateFrequency", Go122, |t| t.last().frequencies.push(1), BeforeEnd(2), Some(2), 2, 4),
        ("MissingClockSnapshot", Go125, |t| t.last().snapshots.clear(), End, Some(2), 2, 4),
        ("DuplicateClockSnapshot", Go125, |t| table(t, &[50], &[51, 1, 2, 3, 4]), Mark(0), Some(2), 2, 4),
        (
            "ExpectedEntry { expected: \"a frequency or a clock snapshot\", found: 9 }",
            Go126,
            |t| table(t, &[50], &[9]),
            Mark(0),
            Some(2),
            2,
            4,
        ),
        // Framing: everything before the defect is kept.
        ("UnknownExperiment { id: 2 }", Go126, |t| tail(t, &[49, 2, 3, 0, 0, 0]), Tail(1), Some(3), 4, 4),
        ("ZeroGeneration", Go126, |t| tail(t, &[1, 0, 0, 0, 0]), Tail(0), None, 4, 4),
        ("ZeroGeneration", Go122, |t| tail(t, &[1, 0, 0, 0, 0]), Tail(0), None, 2, 4),
        (
            "GenerationsMixed { expected: 3, found: 4 }",
            Go126,
            |t| tail(t, &[1, 3, 0, 0, 0, 1, 4, 0, 0, 0]),
            Tail(5),
            None,
            4,
            4,
        ),
        ("GenerationsMixed { expected: 2, found: 1 }", Go122, |t| tail(t, &[1, 1, 0, 0, 0]), Tail(0), None, 2, 4),
        ("MissingEndOfGeneration", Go126, |t| t.last().end_mark = false, End, Some(2), 2, 4),
        ("ExpectedBatch { found: 0 }", Go126, |t| tail(t, &[0]), Tail(0), None, 4, 4),
        ("ExpectedBatch { found: 52 }", Go125, |t| tail(t, &[52]), Tail(0), None, 2, 4),
        ("ExpectedBatch { found: 103 }", Go122, |t| tail(t, b"go 1.22 trace\0\0\0"), Tail(0), None, 4, 4),
        (
            "BatchTooLarge { size: 4294967297 }",
            Go126,
            |t| tail(t, &[1, 3, 0, 0, 0x81, 0x80, 0x80, 0x80, 0x10]),
            Tail(4),
            Some(3),
            4,
            4,
        ),
        ("BatchTooLarge { size: 65537 }", Go126, |t| tail(t, &[1, 3, 0, 0, 0x81, 0x80, 4]), Tail(4), Some(3), 4, 4),
        ("BatchTruncated { size: 9, left: 2 }", Go126, |t| tail(t, &[1, 3, 0, 0, 9, 37, 0]), Tail(5), Some(3), 4, 4),
        ("Truncated { inside: \"a batch's generation\" }", Go126, |t| tail(t, &[1]), End, None, 4, 4),
        ("Truncated { inside: \"a batch's size\" }", Go122, |t| tail(t, &[1, 3, 0, 0, 0x80]), End, None, 4, 4),
        ("Truncated { inside: \"a batch's experiment number\" }", Go126, |t| tail(t, &[49]), End, None, 4, 4),
        (
            "VarintOverflow { inside: \"a batch's thread\" }",
            Go126,
            |t| tail(t, &[&[1, 3][..], &overlong()].concat()),
            Tail(2),
            None,
            4,
            4,
        ),
    ]
};

#[test]
fn bad_structure() {
    let mut wrong = String::new();
    for (kind, version, spoil, at, generation, before, kept) in STRUCTURE {
        let script = format!("M1: {RUNS}\ngeneration\nM5 @500: ProcStatus 0 PRunning; ProcStop");
        let mut trace = script::trace(*version, &script);
        spoil(&mut trace);
        let built = trace.build_marked();
        let end = built.bytes.len();
        let offset = match at {
            At::Mark(behind) => built.mark(0) + behind,
            At::Tail(behind) => end - trace.tail.len() + behind,
            At::End => end,
            At::BeforeEnd(before) => end - before,
        };
        let count = |lines: &[String]| lines.iter().filter(|l| !l.contains("sync")).count();
        let (events, error) = strict(&built.bytes);
        let (all, warnings) = lenient(&built.bytes);
        let thread = error.as_ref().and_then(|e| e.thread()).map(|m| m.0);
        let mut report = judge(error.as_ref(), kind, offset, *generation, thread);
        report += &judge(warnings.first(), kind, offset, *generation, thread);
        if (count(&events), count(&all)) != (*before, *kept) {
            let _ =
                writeln!(report, "{} events before it, {} kept; want {before}, {kept}", count(&events), count(&all));
        }
        if !report.is_empty() {
            let _ = writeln!(wrong, "{kind}, {version}:\n{report}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Files that are no traces, each with its error and the error's offset.
const FILES: &[(&str, &[u8], usize)] = &[
    ("Empty", b"", 0),
    ("NotATrace { found: Text }", b"404 page not found\n", 0),
    ("NotATrace { found: Html }", b"  <!DOCTYPE html><html>", 0),
    ("NotATrace { found: Gzip }", b"\x1f\x8b\x08\0\0\0\0\0", 0),
    ("NotATrace { found: TraceText }", b"Trace Go1.26\n", 0),
    ("NotATrace { found: Unknown }", &[0; 4096], 0),
    ("NotATrace { found: Unknown }", b"go 1.26 tracE\0\0\0", 0),
    ("UnsupportedVersion { minor: 31 }", b"go 1.31 trace\0\0\0", 5),
    ("UnsupportedVersion { minor: 12 }", b"go 1.12 trace\0\0\0\x01", 5),
    ("Truncated { inside: \"the header\" }", b"go 1.2", 6),
];

#[test]
fn not_a_trace() {
    for (kind, bytes, offset) in FILES {
        let report = judge(strict(bytes).1.as_ref(), kind, *offset, None, None);
        assert_eq!(report, "", "{kind}");
        let (_, warnings) = lenient(bytes);
        assert_eq!(judge(warnings.first(), kind, *offset, None, None), "", "{kind}, leniently");
    }
    let directory = TraceFile::open(env!("CARGO_MANIFEST_DIR")).unwrap_err();
    assert!(directory.to_string().contains("directory"), "{directory}");
}

/// The report on events that wait for each other names each thread's next event and the
/// states that block it.
#[test]
fn stuck() {
    let script = "M1 @10: ProcStatus 0 PRunning; GoStatus 1 1 Running; +10 GoStart 2 2
                  M2 @11: ProcStatus 1 PIdle; +90 GoUnblock 2 3 @main.f
                  M3 @12: GoStatus 2 - Waiting; GoUnblock 2 2";
    let built = script::build(Version::Go126, script);
    let (events, error) = strict(&built.bytes);
    let error = error.unwrap();
    assert_eq!(events.len(), 5, "a sync and four statuses: {events:?}");
    assert_eq!((error.generation(), error.thread()), (Some(1), None));
    let [m1, m2, m3] = ["GoStart g=2 g_seq=2", "GoUnblock g=2 g_seq=3 stack=1", "GoUnblock g=2 g_seq=2 stack=0"];
    let report = error.to_string();
    for line in [
        "no consistent order: the next events of all 3 threads wait for others",
        &format!("M 1 (P 0, G 1): {m1}"),
        &format!("M 2 (P none, G none): {m2}"),
        &format!("M 3 (P none, G none): {m3}"),
        "P 0 is Running, seq 0",
        "P 1 is Idle, seq 0",
        "G 2 is Waiting, seq 0",
        &format!("byte {}: M 3", error.offset()),
    ] {
        assert!(report.contains(line), "no {line:?} in\n{report}");
    }

    // In lenient mode the earliest event is placed, and then whatever else fits.
    let (kept, warnings) = lenient(&built.bytes);
    assert_eq!((&kept[..events.len()], kept.len()), (&events[..], events.len() + 4), "{kept:?}");
    assert_eq!(format!("{:?}", warnings[0].kind()), "NeverReady { event: GoUnblock }");
    assert_eq!(warnings[0].offset(), error.offset());
}

/// Every kind of error has a trace above that provokes it.
#[test]
fn every_kind_is_provoked() {
    // `Text` cannot come from a binary trace; the errors of v1 traces, and
    // those for formats that only Go refuses, have tests of their own.
    let mut provoked = BTreeSet::from(["NeverReady", "Stuck", "Text", "V1", "NoTextForm", "NotV1", "GivenUp"]);
    let kinds = EVENTS.iter().chain(NAMES).map(|row| row.0).chain(STRUCTURE.iter().map(|row| row.0));
    provoked.extend(kinds.chain(FILES.iter().map(|row| row.0)).map(|kind| kind.split(' ').next().unwrap_or_default()));
    let source = include_str!("../src/error/kind.rs");
    let variants = source.split_once("pub enum ErrorKind {").unwrap().1.split("\n}").next().unwrap();
    let variant = |line: &'static str| {
        let name = line.strip_prefix("    ").filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))?;
        Some(&name[..name.find(|c: char| !c.is_alphanumeric())?])
    };
    let defined: BTreeSet<&str> = variants.lines().filter_map(variant).collect();
    assert!(defined.len() > 40, "{defined:?}");
    assert_eq!(defined, provoked);
}
