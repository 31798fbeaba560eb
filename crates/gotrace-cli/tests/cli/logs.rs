//! `gotrace schedtrace` and `gotrace gctrace`: tables, JSON, CSV, and several programs.

use super::{ROOT, Scratch, command, gotrace, with_input};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

fn log(name: &str) -> String {
    format!("{ROOT}/testdata/godebug/{name}.log")
}

/// Returns the names in backquotes in a part of the docs.
fn documented(from: &str, to: &str) -> BTreeSet<String> {
    let docs = std::fs::read_to_string(format!("{ROOT}/docs/godebug.md")).unwrap();
    let (_, rest) = docs.split_once(from).unwrap_or_else(|| panic!("{from} is not in the docs"));
    let (part, _) = rest.split_once(to).unwrap_or_else(|| panic!("{to} is not behind {from}"));
    part.split('`').skip(1).step_by(2).map(str::to_string).collect()
}

/// Adds the names of all fields, including those of inner objects.
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

/// The output of `schedtrace --json` has the documented fields, and no others.
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
        .chain(["SCHED", "total", "large", "scheddetail", "schedtrace --json", "mixed", "why"])
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
    same_fields(
        "--baseline --json",
        &found,
        &documented("--json` is one object with", "`schedtrace --json --rows"),
        &[],
    );
    let mut found = BTreeSet::new();
    fields(&gotrace(&["schedtrace", "--json", "--rows", "5", &log("go1.27/summary")]).json(), &mut found);
    same_fields(
        "--rows --json",
        &found,
        &documented("--json --rows N` is", "`gctrace --json` is one object:"),
        &["SCHED"],
    );
}

/// The table as JSON has all lines, and is theirs; so is the heap's curve with what cycles cost.
#[test]
fn tables_as_json_add_up() {
    for name in ["go1.27/summary", "go1.27/detail", "go1.21/noisy", "old/go1.13", "go1.27/gc"] {
        let lines = gotrace(&["schedtrace", "--json", &log(name)]);
        let lines: Vec<Value> = lines.good().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).collect::<Vec<_>>();
        let (scheds, cycles) = (of("sched"), of("gc"));
        let int = |value: &Value| value.as_u64().unwrap();
        if !scheds.is_empty() {
            let table = |rows: &str| gotrace(&["schedtrace", "--json", "--rows", rows, &log(name)]).json()[0].clone();
            let all = table("0");
            let rows = all["rows"].as_array().unwrap();
            assert_eq!((rows.len(), int(&all["lines"])), (scheds.len(), scheds.len() as u64), "{name}");
            for (row, line) in rows.iter().zip(&scheds) {
                for field in ["line", "run", "gomaxprocs", "queues", "schedticks_per_second"] {
                    assert_eq!(row[field], line[field], "{name} {field}");
                }
                for field in ["idleprocs", "threads", "spinningthreads", "idlethreads", "runqueue"] {
                    assert_eq!(row[field]["max"], line[field], "{name} {field}");
                }
                assert_eq!((&row["start"], &row["end"]), (&line["time"], &line["time"]));
            }
            let few = table("3");
            let few = few["rows"].as_array().unwrap();
            assert!(few.len() <= 3, "{name}");
            assert_eq!(few.iter().map(|row| int(&row["lines"])).sum::<u64>(), scheds.len() as u64);
        }
        if !cycles.is_empty() {
            let all = gotrace(&["gctrace", "--json", &log(name)]).json();
            let heap = all["heap"].as_array().unwrap();
            let sum = |field: &str| heap.iter().map(|point| int(&point[field])).sum::<u64>();
            assert_eq!(sum("paused"), int(&all["cycle_pauses"]["sum"]), "{name}");
            let cpu = &all["cpu"];
            assert_eq!(sum("cpu"), int(&cpu["stopped"]) + int(&cpu["assist"]) + int(&cpu["background"]), "{name}");
            assert_eq!(heap.iter().map(|point| int(&point["longest_pause"])).max(), all["pauses"]["max"].as_u64());
            for (point, line) in heap.iter().zip(&cycles) {
                assert_eq!((&point["before"], &point["procs"]), (&line["heap"]["start"], &line["procs"]), "{name}");
            }
        }
    }
    assert!(gotrace(&["schedtrace", "--json", "--follow", "--rows", "3", &log("go1.27/gc")]).bad(2).contains("--rows"));
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

/// A row is printed as soon as its line comes, not only when the program ends.
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

/// Returns lines of two programs, each behind its name.
fn pods() -> String {
    let text = std::fs::read_to_string(log("go1.27/summary")).unwrap();
    text.lines().map(|line| format!("api-1  | {line}\napi-2  | {line}\n")).collect()
}

/// Each program has a table, a report and rows of its own.
#[test]
fn programs_have_their_own_tables() {
    let scratch = Scratch::new("programs");
    let path = scratch.file("pods.log", pods().as_bytes());
    let one = log("go1.27/summary");
    for command in ["schedtrace", "gctrace"] {
        let text = gotrace(&[command, &path]).good().to_string();
        let (first, second) = text.split_once(&format!("\n\n{path}, program api-2  ")).unwrap();
        let alone = gotrace(&[command, &one]).good().to_string();
        assert_eq!(first.trim_end(), alone.replacen(&one, &format!("{path}, program api-1"), 1).trim_end());
        assert_eq!(second, alone.replacen(&format!("{one}  "), "", 1));
        assert_eq!(gotrace(&[command, "--program", "api-2", &path]).good(), alone.replacen(&one, &path, 1));
        let rows = gotrace(&[command, "--csv", &path]).good().to_string();
        let alone = gotrace(&[command, "--csv", &one]).good().lines().count() - 1;
        for program in [",api-1", ",api-2"] {
            assert_eq!(rows.lines().filter(|row| row.ends_with(program)).count(), alone);
        }
        assert!(gotrace(&[command, "--program", "api-3", &path]).bad(1).contains("there are\n  api-1\n  api-2"));
        assert!(gotrace(&[command, "--program", "x", &one]).bad(1).contains("its lines name no program"));
    }
    let reports = gotrace(&["gctrace", "--json", &path]).json();
    let alone = gotrace(&["gctrace", "--json", &one]).json();
    for (report, program) in reports.as_array().unwrap().iter().zip(["api-1", "api-2"]) {
        assert!(report["program"] == program && report["pauses"] == alone["pauses"], "{report}");
    }
    assert!(alone["program"].is_null());
    let ran = gotrace(&["schedtrace", "--json", &path]);
    let of =
        |program: &str| ran.good().lines().filter(|line| line.contains(&format!("\"program\":\"{program}\""))).count();
    assert!(of("api-1") > 0 && of("api-1") == of("api-2"));
    assert!(gotrace(&["schedtrace", "--baseline", &one, &path]).bad(1).contains("pick one with --program:\n  api-1"));
}

/// Beyond a hundred programs, lines are left out with a warning, so that memory is bounded.
#[test]
fn programs_are_not_without_number() {
    let line = "SCHED 0ms: gomaxprocs=1 idleprocs=0 threads=3 spinningthreads=0 idlethreads=1 runqueue=0 [0]";
    let text: String = (0..130).map(|i| format!("[pod/api-{i}/app] {line}\n")).collect();
    let ran = with_input(&["schedtrace", "--csv", "-"], text.as_bytes());
    assert!(ran.bad(1).contains("more than 100 programs; 30 lines of the others are left out"), "{ran:?}");
    assert_eq!(ran.text().lines().count(), 101);
    let ran = with_input(&["schedtrace", "--csv", "--program", "api-129", "-"], text.as_bytes());
    assert_eq!(ran.good().lines().count(), 2);
}

/// Lines that other settings of the runtime print, in Go 1.21 to 1.27, cause no warning.
#[test]
fn other_settings_print_no_warning() {
    let text = "init internal/bytealg @0.009 ms, 0 ms clock, 0 bytes, 0 allocs\n\
        init runtime @0.065 ms, 0.15 ms clock, 1208 bytes, 8 allocs\n\
        SCHED 0ms: gomaxprocs=1 idleprocs=0 threads=3 spinningthreads=0 idlethreads=1 runqueue=0 [0]\n\
        pacer: assist ratio=+1.2e+000 (scan 0 MB in 3->4 MB) workers=1++0.000000e+000\n\
        pacer: sweep done at heap size 0MB; allocated 0MB during sweep; swept 12 pages at +1.5e-004 pages/byte\n\
        pacer: 25% CPU (25 exp.) for 1234+0+0 B work (2 B exp.) in 4 B -> 5 B (\u{2206}goal -1, cons/mark +1.0e+000)\n\
        tracealloc(0xc000012000, 0x30, main.T)\ngoroutine 1 [running]:\nruntime.mallocgc(0x30)\n\
        tracefree(0xc000012000, 0x30)\ntracegc()\n\
        [originating from goroutine 1]:\nmain.main(...)\n\
        scav 0 KiB work (bg), 0 KiB work (eager), 4096 KiB now, 80% util\n";
    let ran = with_input(&["schedtrace", "-"], text.as_bytes());
    assert!(ran.good().contains("1 SCHED line"), "{ran:?}");
}
