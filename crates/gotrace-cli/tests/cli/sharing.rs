//! `gotrace slice` and `gotrace anonymize`: parts of traces, and traces without names.

use super::{Scratch, gotrace, trace, with_input};
use std::fs;

#[test]
fn a_slice_is_what_a_report_on_its_window_says() {
    let scratch = Scratch::new("slice-window");
    let (path, out) = (trace("go1.27/mixed"), scratch.path("out"));
    let ran = gotrace(&["slice", &path, "--from", "20ms", "--to", "60ms", "-o", &out]);
    assert_eq!((ran.code, ran.text()), (Some(0), ""), "{}", ran.stderr);
    assert!(ran.stderr.contains(" copied, ") && ran.stderr.contains(" states restated\n"), "{}", ran.stderr);
    let [of_slice, of_window] = [&[out.as_str()][..], &[&path, "--from", "20ms", "--to", "60ms"]]
        .map(|args| gotrace(&[&["summary", "--json"], args].concat()).json());
    for figure in
        ["start", "end", "span", "cpu_samples", "tasks", "logs", "goroutines.created", "gc.cycles", "gomaxprocs"]
    {
        let get = |report: &serde_json::Value| figure.split('.').fold(report.clone(), |at, name| at[name].clone());
        assert!(!get(&of_slice).is_null(), "{figure}");
        assert_eq!(get(&of_slice), get(&of_window), "{figure}");
    }
    // A pipe gets the same, and from a pipe too.
    let bytes = fs::read(&path).unwrap();
    let args = ["slice", "-", "--from", "20ms", "--to", "60ms"];
    assert_eq!(with_input(&args, &bytes).stdout, fs::read(&out).unwrap());
}

#[test]
fn slices_around_a_moment_and_of_what_was_at_work() {
    let scratch = Scratch::new("slice-of");
    let (path, out) = (trace("go1.27/annotations"), scratch.path("out"));
    for (args, length) in [
        (&["--around", "1.35ms", "--margin", "100us"][..], Some(200_001)),
        (&["--task", "parent"], None),
        (&["--task", "parent", "--margin", "10us"], None),
        (&["-g", "1", "--from", "1ms", "--to", "2ms"], None),
        (&["--region", "outer"], None),
        (&["--function", "main.unfinished"], None),
    ] {
        let ran = gotrace(&[&["slice", &path, "-o", &out], args].concat());
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
        let report = gotrace(&["summary", "--json", "--strict", &out]).json();
        let span = report["end"].as_i64().unwrap() - report["start"].as_i64().unwrap();
        assert!(length.is_none_or(|length| length == span) && span > 0, "{args:?}: {report}");
    }
}

#[test]
fn a_slice_of_an_old_trace_is_a_new_one() {
    let scratch = Scratch::new("slice-old");
    let (path, out) = (trace("go1.21/mixed"), scratch.path("out"));
    assert_eq!(gotrace(&["slice", &path, "--from", "10ms", "-o", &out]).code, Some(0));
    assert!(fs::read(&out).unwrap().starts_with(b"go 1.26 trace"));
    gotrace(&["check", &out]).good();
}

#[test]
fn what_cannot_be_sliced_is_told_and_leaves_no_file() {
    let scratch = Scratch::new("slice-none");
    let (path, out) = (trace("go1.27/annotations"), scratch.path("out"));
    for (args, status, message) in [
        (&[][..], 2, "which part? Give --from"),
        (&["--from", "20s"], 1, "no event from 20s to its end: the trace has events from 0s to "),
        (&["--around", "20s"], 1, "no event from 19.995s to "),
        (&["--around", "1ms", "--to", "2ms"], 2, "cannot be used with"),
        (&["--task", "nonsense"], 1, "there is no task of type \"nonsense\""),
        (&["-g", "9999"], 1, "no event of goroutine 9999"),
        (&["--from", "2ms", "--to", "1ms"], 2, "--to is not after --from"),
    ] {
        let ran = gotrace(&[&["slice", &path, "-o", &out], args].concat());
        assert_eq!(ran.code, Some(status), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(message), "{args:?}: {}", ran.stderr);
        assert!(!fs::exists(&out).unwrap(), "{args:?}");
    }
}

#[test]
fn a_damaged_trace_gives_a_whole_slice() {
    let scratch = Scratch::new("slice-damaged");
    let (path, out) = (trace("go1.27/nostop"), scratch.path("out"));
    let ran = gotrace(&["slice", &path, "--from", "10ms", "--to", "40ms", "-o", &out]);
    assert!(ran.bad(1).contains("warning: "), "{}", ran.stderr);
    gotrace(&["check", &out]).good();
}

#[test]
fn pseudonyms_are_shown_and_written() {
    let scratch = Scratch::new("anonymize");
    let (path, out) = (trace("go1.27/annotations"), scratch.path("out"));
    let shown = gotrace(&["anonymize", &path, "--dry-run"]);
    for line in ["main.tasks  ->  main.fn", "  child of a task that has ended  ->  task", "- line numbers, and "] {
        assert!(shown.good().contains(line), "{line} in {}", shown.text());
    }
    let ran = gotrace(&["anonymize", &path, "-o", &out]);
    assert_eq!((ran.code, ran.text()), (Some(0), ""), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("replaced: ") && ran.stderr.contains("program counters"), "{}", ran.stderr);
    let bytes = fs::read(&out).unwrap();
    let names = shown.text().lines().filter_map(|line| Some(line.split_once("  ->  ")?.0.get(14..)?.trim()));
    let names: Vec<_> = names.filter(|name| name.len() > 5 && name.is_ascii() && !name.contains('\\')).collect();
    assert!(names.len() > 30, "{names:?}");
    for name in names {
        assert!(!bytes.windows(name.len()).any(|part| part == name.as_bytes()), "{name}");
    }
    gotrace(&["check", &out]).good();
    let count = |file: &str| gotrace(&["count", "--json", file]).json()["events"].clone();
    assert_eq!(count(&path), count(&out));
}

#[test]
fn keys_make_pseudonyms_that_come_again() {
    let of = |args: &[&str]| {
        let shown = gotrace(&[&["anonymize", "--dry-run", &trace("go1.27/annotations")], args].concat());
        let line = shown.good().lines().find(|line| line.contains("main.tasks  ->")).map(str::to_string);
        line.unwrap_or_default()
    };
    let key = ["--key", "correct horse battery"];
    assert_eq!(of(&key), of(&key));
    assert_ne!(of(&key), of(&["--key", "another horse battery"]));
    assert_eq!(of(&["--keep", "^main\\.t"]), "", "it is kept");
    let path = trace("go1.27/annotations");
    assert!(gotrace(&["anonymize", &path, "--dry-run", "--key", "short"]).bad(2).contains("can be guessed"));
    assert!(gotrace(&["anonymize", &path, "--dry-run", "--keep", "("]).bad(2).contains("--keep: "));
}

#[test]
fn damaged_traces_are_repaired_before_they_are_anonymized() {
    let scratch = Scratch::new("anonymize-damaged");
    let (path, out) = (trace("go1.27/nostop"), scratch.path("out"));
    assert!(gotrace(&["anonymize", &path, "-o", &out]).bad(1).contains("warning: "));
    gotrace(&["check", &out]).good();
    let strict = scratch.path("strict");
    gotrace(&["anonymize", "--strict", &path, "-o", &strict]).bad(1);
    assert!(!fs::exists(&strict).unwrap());
}
