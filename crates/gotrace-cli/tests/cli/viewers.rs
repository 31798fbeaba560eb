//! `gotrace export` for viewers: Perfetto, Chrome's JSON, folded stacks, speedscope.
//! `viewers.py` checks what is in the files.

use super::{Scratch, command, gotrace, trace, with_input};
use std::fs;
use std::io::Read;
use std::process::Stdio;

const FORMS: [&[&str]; 5] = [
    &["export", "perfetto"],
    &["export", "perfetto", "--slices"],
    &["export", "chrome"],
    &["export", "folded", "wall"],
    &["export", "speedscope", "wall"],
];

/// Returns the result of an export of a trace.
fn export(form: &[&str], trace: &str, more: &[&str]) -> crate::Ran {
    gotrace(&[form, &[trace], more].concat())
}

#[test]
fn files_are_whole_and_replace_others() {
    let scratch = Scratch::new("viewers-files");
    for version in ["go1.21", "go1.27"] {
        let trace = trace(&format!("{version}/hello"));
        for form in FORMS {
            let out = scratch.file("out", b"an older file");
            let ran = export(form, &trace, &["-o", &out]);
            assert_eq!((ran.good(), ran.stdout.len()), ("", 0), "{form:?}");
            let piped = export(form, &trace, &[]);
            assert_eq!(fs::read(&out).unwrap(), piped.stdout, "{form:?}");
            assert_eq!(export(form, &trace, &["-o", "-"]).stdout, piped.stdout, "{form:?}");
            let named = form.contains(&"speedscope");
            let stdin = with_input(&[form, &["-"]].concat(), &fs::read(&trace).unwrap());
            assert!(named || stdin.stdout == piped.stdout, "{form:?}");
        }
    }
}

#[test]
fn what_selects_nothing_leaves_the_old_file() {
    let scratch = Scratch::new("viewers-nothing");
    let trace = trace("go1.27/hello");
    let out = scratch.file("out", b"an older file");
    for form in &FORMS[..3] {
        let cases: [(&[&str], i32, &str); 6] = [
            (&["--from", "100s"], 1, "no event from 100s on: the trace has events from 0s to "),
            (&["-g", "999999"], 1, "there is no such goroutine in that time"),
            (&["--function", "no such"], 1, "no goroutine began with a function that matches"),
            (&["--task", "no such"], 1, "there is no task"),
            (&["--state", "running", "--reason", "no such"], 1, "no goroutine was in such a state"),
            (&["--from", "2ms", "--to", "1ms"], 2, "--to is not after --from"),
        ];
        for (more, status, message) in cases {
            let ran = export(form, &trace, &[more, &["-o", &out]].concat());
            assert!(ran.bad(status).contains(message), "{form:?} {more:?}: {}", ran.stderr);
            assert_eq!(fs::read(&out).unwrap(), b"an older file", "{form:?} {more:?}");
        }
    }
}

#[test]
fn readers_may_leave() {
    // The output of this trace is more than a pipe holds.
    let big = trace("go1.22/blockedms");
    for form in &FORMS[..3] {
        let mut child =
            command(&[*form, &[&big]].concat()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 20];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{form:?}");
    }
}

/// Returns the bytes of a trace with so many goroutines, which are created and run.
fn with_goroutines(count: u64) -> Vec<u8> {
    use crate::builder::TraceBuilder;
    use gotrace::Version;
    use gotrace::spec::v2::EventType::{self, *};

    let mut trace = TraceBuilder::new(Version::Go126);
    let generation = trace.generation(1);
    let mut event = |event: EventType, args: &[u64]| {
        if generation.batches.last().is_none_or(|batch| batch.data.len() > 30_000) {
            generation.batch(1, 1);
        }
        generation.batches.last_mut().unwrap().event(1, event, args);
    };
    event(ProcStatus, &[0, 1]);
    event(GoStatus, &[1, 1, 2]);
    for id in 2..2 + count {
        event(GoCreate, &[id, 0, 0]);
    }
    trace.build()
}

#[test]
fn too_many_goroutines_are_told() {
    let scratch = Scratch::new("viewers-many");
    let many = scratch.file("many.trace", &with_goroutines(12_000));
    for form in &FORMS[..3] {
        let few = export(form, &many, &[]);
        assert_eq!(few.code, Some(0), "{few:?}");
        assert!(few.stderr.contains("note: the first 10,000 of 12,001 goroutines have tracks"), "{}", few.stderr);
        let all = export(form, &many, &["--all"]);
        assert_eq!((all.code, all.stderr.as_str()), (Some(0), ""), "{form:?}");
        assert!(all.stdout.len() > few.stdout.len(), "{form:?}");
        let one = export(form, &many, &["-g", "11999"]);
        assert_eq!((one.code, one.stderr.as_str()), (Some(0), ""), "{form:?}");
    }
}

#[test]
fn a_damaged_trace_is_exported_with_a_warning() {
    let scratch = Scratch::new("viewers-damaged");
    let whole = fs::read(trace("go1.27/mixed")).unwrap();
    let cut = scratch.file("cut.trace", &whole[..whole.len() / 2]);
    for form in FORMS {
        let ran = export(form, &cut, &[]);
        assert!(ran.bad(1).starts_with("warning: "), "{form:?}: {}", ran.stderr);
        assert!(ran.stdout.len() > 1000, "{form:?}");
        let out = scratch.path("strict");
        assert!(export(form, &cut, &["--strict", "-o", &out]).bad(1).starts_with("error: "), "{form:?}");
        assert!(fs::metadata(&out).is_err(), "{form:?}");
    }
}
