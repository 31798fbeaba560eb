//! `schedtrace` and `gctrace`.

use super::{ROOT, Scratch, command, gotrace, with_input};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

fn log(name: &str) -> String {
    format!("{ROOT}/testdata/godebug/{name}.log")
}

/// Names in backquotes in a part of the docs.
fn documented(from: &str, to: &str) -> BTreeSet<String> {
    let docs = std::fs::read_to_string(format!("{ROOT}/docs/godebug.md")).unwrap();
    let (_, rest) = docs.split_once(from).unwrap_or_else(|| panic!("{from} is not in the docs"));
    let (part, _) = rest.split_once(to).unwrap_or_else(|| panic!("{to} is not behind {from}"));
    part.split('`').skip(1).step_by(2).map(str::to_string).collect()
}

/// The names of all fields, those of objects within included.
fn fields(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                into.insert(key.clone());
                if key != "unknown" {
                    fields(value, into);
                }
            }
        }
        Value::Array(array) => array.iter().for_each(|value| fields(value, into)),
        _ => {}
    }
}

#[track_caller]
fn same_fields(what: &str, found: &BTreeSet<String>, documented: &BTreeSet<String>, others: &[&str]) {
    let missing: Vec<_> = found.difference(documented).collect();
    assert!(missing.is_empty(), "{what}: not documented: {missing:?}");
    let invented: Vec<_> = documented.difference(found).filter(|name| !others.contains(&name.as_str())).collect();
    assert!(invented.is_empty(), "{what}: documented, and not there: {invented:?}");
}

/// What `schedtrace --json` prints has the documented fields, and no others.
#[test]
fn json_lines_are_documented() {
    let (mut found, mut types) = (BTreeSet::new(), BTreeSet::new());
    let logs = ["go1.27/detail", "go1.27/gc", "go1.21/summary", "old/go1.5", "old/go1.13", "old/go1.26"];
    for name in logs {
        for line in gotrace(&["schedtrace", "--json", &log(name)]).good().lines() {
            let object: Value = serde_json::from_str(line).unwrap();
            types.insert(object["type"].as_str().unwrap().to_string());
            for (name, is) in
                [("run", Value::is_u64 as fn(&Value) -> bool), ("line", Value::is_u64), ("time", Value::is_u64)]
            {
                assert!(is(&object[name]), "{line}");
            }
            fields(&object, &mut found);
        }
    }
    let names = documented("`schedtrace --json` prints", "`schedtrace --baseline");
    let statuses = documented("`status` is the runtime's name", "`schedtrace --baseline");
    let others: Vec<&str> = statuses
        .iter()
        .chain(&types)
        .map(String::as_str)
        .chain(["SCHED", "total", "large", "scheddetail", "schedtrace --json"])
        .collect();
    same_fields("schedtrace --json", &found, &names, &others);
    assert_eq!(types.len(), 8, "{types:?}");
    assert!(types.is_subset(&names), "{types:?}");
}

#[test]
fn reports_are_documented() {
    let mut found = BTreeSet::new();
    fields(&gotrace(&["gctrace", "--json", &log("go1.27/summary")]).json(), &mut found);
    same_fields("gctrace --json", &found, &documented("`gctrace --json` is one object:", "## CSV"), &[]);
    let mut found = BTreeSet::new();
    let args = ["schedtrace", "--json", "--baseline", &log("go1.27/idle"), &log("go1.27/summary")];
    fields(&gotrace(&args).json(), &mut found);
    same_fields("--baseline --json", &found, &documented("--json` is one object with", "`gctrace --json`"), &[]);
}

/// A row has as many cells as there are columns, and the figures of its line.
#[test]
fn csv_rows_are_those_of_the_log() {
    for (args, name, lines) in
        [(["schedtrace", "--csv"], "go1.25/summary", "SCHED "), (["gctrace", "--csv"], "go1.25/summary", "gc ")]
    {
        let text = std::fs::read_to_string(log(name)).unwrap();
        let expected = text.lines().filter(|line| line.starts_with(lines)).count();
        let ran = gotrace(&[args[0], args[1], &log(name)]);
        let mut rows = ran.good().lines();
        let columns = rows.next().unwrap().split(',').count();
        let rows: Vec<Vec<&str>> = rows.map(|row| row.split(',').collect()).collect();
        assert_eq!(rows.len(), expected);
        for row in &rows {
            assert_eq!(row.len(), columns, "{row:?}");
            assert!(text.lines().nth(row[1].parse::<usize>().unwrap() - 1).unwrap().starts_with(lines));
        }
    }
}

#[test]
fn the_table_has_a_row_for_each_line_or_for_several() {
    let ran = gotrace(&["schedtrace", &log("go1.27/summary")]);
    let text = ran.good();
    let scheds = std::fs::read_to_string(log("go1.27/summary")).unwrap().matches("SCHED").count();
    assert!(text.contains(&format!("{scheds} SCHED lines")), "{text}");
    let rows = |text: &str| text.split("\n\n").nth(1).unwrap().lines().count() - 1;
    assert_eq!(rows(text), scheds);
    assert!(rows(gotrace(&["schedtrace", "--rows", "4", &log("go1.27/summary")]).good()) <= 4);
    for line in ["threads ", "idle Ps ", "run queue ", "P0 queue ", "P3 queue "] {
        assert!(
            text.lines().any(|found| found.starts_with(line) && found.contains('█') | found.contains('▁')),
            "{line}"
        );
    }
    assert!(text.contains("gc 1"));
}

#[test]
fn what_cannot_be_read_is_told() {
    let scratch = Scratch::new("logs");
    for (name, content, code, expected) in [
        ("empty", "", 1, "it is empty"),
        ("other", "hello\nworld\n", 1, "no SCHED line in 2 lines\n  run the program with GODEBUG=schedtrace=1000"),
        ("trace", "go 1.26 trace\0\0\0xxxx", 1, "it is an execution trace"),
        ("gzip", "\x1f", 1, "no SCHED line"),
        ("cut", "SCHED 5ms: gomaxprocs=4\n", 1, "line 1 (byte 0): cut or malformed"),
    ] {
        let path = scratch.file(name, content.as_bytes());
        let ran = gotrace(&["schedtrace", &path]);
        assert!(ran.bad(code).contains(expected), "{name}: {}", ran.stderr);
    }
    let torn = format!("{}SCHED 5ms: gomaxprocs=4\n", std::fs::read_to_string(log("go1.27/summary")).unwrap());
    let ran = with_input(&["schedtrace", "-"], torn.as_bytes());
    assert!(ran.bad(1).starts_with("warning: standard input: line "), "{}", ran.stderr);
    assert!(ran.text().contains("SCHED lines"), "what could be read is printed");
    let ran = with_input(&["schedtrace", "--strict", "-"], torn.as_bytes());
    assert!(ran.bad(1).starts_with("error: standard input: line "), "{}", ran.stderr);
    assert!(gotrace(&["schedtrace", "--json", "--csv", &log("go1.27/idle")]).bad(2).contains("--csv"));
}

/// A row is there as soon as its line is, not when the program ends.
#[test]
fn following_prints_at_once() {
    let mut child =
        command(&["schedtrace", "--follow", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut rows = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let text = std::fs::read_to_string(log("go1.27/idle")).unwrap();
    for (i, line) in text.lines().enumerate() {
        writeln!(stdin, "noise\n{line}").unwrap();
        if i == 0 {
            assert!(rows.next().unwrap().contains("run queue"));
        }
        assert!(rows.next().unwrap().trim_start().contains(" 2 "));
    }
    drop(stdin);
    assert_eq!(rows.next(), None);
    assert!(child.wait().unwrap().success());
}

/// A file that grows is followed too.
#[test]
fn a_growing_file_is_followed() {
    let scratch = Scratch::new("follow");
    let text = std::fs::read_to_string(log("go1.27/idle")).unwrap();
    let (head, tail) = text.split_at(text.len() / 2);
    let path = scratch.file("log", head.as_bytes());
    let mut child = command(&["schedtrace", "-f", &path]).stdout(Stdio::piped()).spawn().unwrap();
    let mut rows = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(rows.next().unwrap().contains("run queue"));
    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(tail.as_bytes()).unwrap();
    let scheds = text.matches("SCHED").count();
    assert_eq!(rows.by_ref().take(scheds).count(), scheds);
    child.kill().unwrap();
    child.wait().unwrap();
}
