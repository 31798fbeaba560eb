//! Every way in which a trace can be wrong: what is said of it and where, and
//! what lenient reading keeps.

mod common;

use common::builder::{Built, Generation, NO, TraceBuilder, put};
use common::script;
use gotrace::wire::v2::spec::EventType;
use gotrace::{Error, Mode, Options, Trace, TraceFile, Version};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Mutex;

/// The name of an error's kind.
fn kind_name(error: &Error) -> String {
    let kind = format!("{:?}", error.kind());
    kind.split([' ', '(']).next().unwrap_or_default().to_string()
}

/// Strict reading: the events, and the error behind them.
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

/// Lenient reading: the events and the warnings.
fn lenient(bytes: &[u8]) -> (Vec<String>, Vec<Error>) {
    let trace = match Trace::with_options(bytes, Options::default().mode(Mode::Lenient)) {
        Ok(trace) => trace,
        Err(e) => return (Vec::new(), vec![e]),
    };
    let mut events = trace.events();
    let lines = events.by_ref().map(|e| common::describe::event(&e.expect("lenient reading does not fail"))).collect();
    (lines, events.warnings().to_vec())
}

/// Compares an error with the one wanted; `thread` only where it is one's.
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
        "UnknownGoroutine { event: GoBlock, goroutine: GoId(1) }",
        "M2 @5: ProcStatus 1 PRunning; GoStatus 1 2 Running
         M1 @90: RUNS; GoDestroy
         M2 @99: GoDestroy
         M1 @200: GoCreate 1",
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
        "RegionMismatch { goroutine: GoId(1), task: TaskId(0) }",
        "M1: RUNS; UserRegionBegin 0 'a'; UserRegionBegin 0 'b'; !UserRegionEnd 0 'a'",
    ),
    ("UnknownString { event: GoBlock, id: StringId(99) }", "M1: RUNS; !GoBlock 99"),
    ("UnknownString { event: GoLabel, id: StringId(18446744073709551615) }", "M1: RUNS; !GoLabel -"),
    ("UnknownStack { event: GoStop, id: StackId(99) }", "M1: RUNS; !GoStop 0 99"),
    ("UnknownStack { event: GoStatusStack, id: StackId(99) }", "M1: !GoStatusStack 1 - Waiting 99"),
];

/// Each is an error where it is marked, behind the events before it. Leniently
/// the rest of the generation is skipped, and the next one read as if it were
/// the first; for a name that is missing, not even that.
#[test]
fn bad_events() {
    let mut wrong = String::new();
    for (kind, script) in EVENTS.iter().filter(|(_, script)| script.contains('!')) {
        let script = format!("{}\ngeneration\nM5: ProcStatus 9 PIdle; GoStatus 9 - Waiting", script.replace("RUNS", RUNS));
        let built = script::build(Version::Go126, &script);
        let at = built.mark(0);
        let generation = script.split('!').next().unwrap().matches("generation").count() as u64 + 1;

        let (events, error) = strict(&built.bytes);
        let mut report = judge(error.as_ref(), kind, at, Some(generation), Some(1));
        let before = Trace::parse(&built.bytes).unwrap().events().map_while(Result::ok).all(|e| e.offset() < Some(at as u64));
        if !before {
            report += "events behind the error\n";
        }
        let (kept, warnings) = lenient(&built.bytes);
        report += &judge(warnings.first(), kind, at, Some(generation), Some(1)).replace("thread None", "");
        let last = ["M5 P- G- P9 Undetermined->Idle", "M5 P- G- G9 Undetermined->Waiting"];
        let is_name = kind.starts_with("UnknownSt");
        let names_only = is_name && kept.len() > events.len() + 3;
        if !names_only && (kept[..events.len()] != events || !last.iter().all(|l| kept.contains(&l.to_string()))) {
            let _ = writeln!(report, "kept leniently: {kept:#?}\nstrictly: {events:#?}");
        }
        if !report.is_empty() {
            let _ = writeln!(wrong, "{script}\n{report}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
