//! The events of a trace are the same whoever reads them, and in what pieces.
//!
//! Generations are read ahead of those in front of them, from a guess at the state before; if
//! the guess is wrong, the generation is read again. A case is a trace in
//! the notation of `common/script.rs` for which a wrong guess could pass for a right
//! one. Its first generation is held back until the others have been begun, so
//! that they are read from a guess.

mod common;

use common::{describe, script};
use gotrace::{Mode, Options, Trace, Version};
use std::fmt::Write;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// Returns the events that one thread reads, and the error that ends them.
fn in_sequence(trace: &Trace<'_>) -> (Vec<String>, Option<String>) {
    let mut lines = Vec::new();
    for event in trace.events() {
        match event {
            Ok(event) => lines.push(describe::event(&event)),
            Err(e) => return (lines, Some(e.to_string())),
        }
    }
    (lines, None)
}

/// Returns the events, each generation read by a thread of its own.
fn ahead(trace: &Trace<'_>) -> Result<Vec<String>, String> {
    let (begun, told) = (Mutex::new(vec![false; trace.generations().len()]), Condvar::new());
    let folded = trace.fold_guessing(
        0,
        Vec::new,
        |lines: &mut Vec<String>, event| {
            let generation = event.generation().map_or(0, gotrace::Generation::index);
            let mut begun = begun.lock().unwrap();
            if !std::mem::replace(&mut begun[generation], true) {
                told.notify_all();
            }
            if generation == 0 {
                // A generation that fails at its first event is never begun.
                let waits = |begun: &mut Vec<bool>| begun.contains(&false);
                drop(told.wait_timeout_while(begun, Duration::from_secs(2), waits).unwrap());
            }
            lines.push(describe::event(&event));
        },
        |lines, more| lines.extend(more),
        || true,
    );
    folded.map(|folded| folded.expect("nobody gives up").output).map_err(|e| e.to_string())
}

#[test]
fn what_could_pass_for_true_changes_nothing() {
    let cases = [
        (
            "nothing is wrong",
            "M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; GoStatus 2 - Waiting
             generation
             M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; GoStatus 2 - Waiting
             generation
             M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; GoStatus 2 - Waiting",
        ),
        (
            "a sweep that goes on is told of after it has begun anew",
            "M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; GCSweepBegin
             generation
             M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; GCSweepBegin; GCSweepEnd; GCSweepActive 0",
        ),
        (
            "a mark assist that goes on is told of after it has begun anew",
            "M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; GCMarkAssistBegin
             generation
             M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; GCMarkAssistBegin; GCMarkAssistEnd; GCMarkAssistActive 1",
        ),
        (
            "a status of one that has ended, instead of another's",
            "M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; GoStatus 2 - Waiting
             generation
             M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; GoDestroy; GoStatus 1 1 Running",
        ),
        (
            "one that is created anew has no regions of the one before it",
            "M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; UserRegionBegin 0 'old'
             generation
             M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; GoDestroy; GoCreate 1; GoStart 1 1
             generation
             M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; UserRegionEnd 0 'new'",
        ),
        (
            "two Ms have a P, and the generation is silent of one of them",
            "M1: ProcStatus 0 PRunning; GoStatus 1 1 Running
             M9 @50: ProcStatus 0 PRunning
             M2 @90: ProcStatus 1 PRunning
             generation
             M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; GoSyscallBegin 1
             M2 @90: ProcStatus 1 PRunning; ProcStatus 0 PAbandoned; ProcSteal 0 1 1",
        ),
        (
            "an M of which nothing has happened may still have any goroutine",
            "M1: ProcStatus 0 PRunning; GoStatus 5 3 Syscall
             M2:
             generation
             M1: ProcStatus 0 PRunning; GoStatus 5 3 Syscall
             generation
             M1: ProcStatus 0 PRunning; GoStatus 5 2 Syscall",
        ),
        (
            "an M is left with a goroutine that has ended on another",
            "M1: ProcStatus 0 PRunning; GoStatus 1 1 Running
             M2 @90: ProcStatus 1 PRunning; GoStatus 1 1 Running; GoDestroy
             generation
             M2 @90: ProcStatus 1 PRunning
             generation
             M2: ProcStatus 1 PRunning; GoCreate 7
             M1 @90: ProcStatus 0 PRunning; GoStart 7 1",
        ),
        (
            "the same, where it ends in the next generation",
            "M1: ProcStatus 0 PRunning; GoStatus 1 1 Running
             M2 @90: ProcStatus 1 PRunning; GoStatus 1 1 Running
             generation
             M2: ProcStatus 1 PRunning; GoStatus 1 1 Running; GoDestroy
             generation
             M2: ProcStatus 1 PRunning; GoCreate 7
             M1 @90: ProcStatus 0 PRunning; GoStart 7 1",
        ),
    ];
    let mut wrong = String::new();
    for (name, script) in cases {
        for mode in [Mode::Strict, Mode::Lenient] {
            compare(&mut wrong, name, script, Options::default().mode(mode));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Returns a script in which so many Ms wait for an event that never comes that no tries are left.
fn no_patience() -> String {
    let mut script = String::from("M9999 @1: ProcStatus 0 PRunning; GoStatus 1 9999 Running; GoStatus 2 - Waiting\n");
    for m in 1..3000 {
        let _ = writeln!(script, "M{m} @{}: GoStart 3 7", 10 * m);
    }
    script
}

/// Once so many tries failed that none are left, an event that waits
/// for another M is placed without a search. With each event that happens some
/// are regained, wherever a block of events ends.
#[test]
fn patience_does_not_depend_on_who_reads() {
    let (mut waits, mut come) = (String::from("M1 @50000: GoStatus 3 1 Running"), String::new());
    for g in 100..1000 {
        let _ = write!(waits, "; +10 GoUnblock {g} 1");
        let _ = write!(come, "; +10 GoCreateBlocked {g}");
    }
    let none_is_regained = "generation
         M1 @50000: GoStatus 3 1 Running; GoUnblock 2 1
         M9999 @60000: ProcStatus 0 PRunning; GoStatus 1 9999 Running; GoStatus 2 - Waiting";
    let some_is = |first: &str| {
        format!(
            "generation
             {waits}
             M9999 @50004: ProcStatus 0 PRunning; GoStatus 1 9999 Running; GoStatus 2 - Waiting{first}{come}"
        )
    };
    // Either of the two events may be the last of a block.
    let cases = [(0, none_is_regained.to_string()), (1, some_is("")), (1, some_is("; HeapAlloc 1"))];
    let mut wrong = String::new();
    for (patience, script) in cases {
        let mut options = Options::default().mode(Mode::Lenient);
        options.limits.patience = patience;
        compare(&mut wrong, &format!("patience {patience}"), &(no_patience() + &script), options);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// With a frequency that makes no sense, every other event is at the least possible time. The number of
/// events that an M may take then must not depend on how events are cut into
/// blocks either.
#[test]
fn a_clock_that_stands_still_changes_nothing() {
    let mut script = String::new();
    for m in 1..6 {
        let _ = write!(script, "M{m}: ProcStatus {m} PRunning; GoStatus {m} {m} Running");
        for g in 0..200 {
            let _ = write!(script, "; GoCreateBlocked {}; GoUnblock {} 1", 1000 * m + g, 1000 * (m % 5 + 1) + g);
        }
        script.push('\n');
    }
    let mut trace = script::trace(Version::Go126, &script);
    trace.last().frequencies = vec![0];
    let mut wrong = String::new();
    compare_bytes(&mut wrong, "no clock", &trace.build(), Options::default().mode(Mode::Lenient));
    assert!(wrong.is_empty(), "{wrong}");
}

/// Adds the differences between the two ways of reading a trace.
fn compare(wrong: &mut String, name: &str, script: &str, options: Options) {
    compare_bytes(wrong, name, &script::build(Version::Go126, script).bytes, options);
}

fn compare_bytes(wrong: &mut String, name: &str, bytes: &[u8], options: Options) {
    let (lines, failed) = in_sequence(&Trace::with_options(bytes, options).unwrap());
    let got = ahead(&Trace::with_options(bytes, options.threads(3)).unwrap());
    let want = failed.map_or(Ok(lines), Err);
    if got != want {
        let _ = writeln!(wrong, "{name}, {:?}\n--- got\n{got:#?}\n--- want\n{want:#?}\n", options.mode);
    }
}
