//! `--from` and `--to` have one meaning in every report about a trace.

use crate::{ROOT, gotrace};
use serde_json::Value;

/// The reports that take `--from` and `--to`.
const REPORTS: [&str; 14] = [
    "summary",
    "goroutines",
    "tasks",
    "regions",
    "latency",
    "procs",
    "gc",
    "stw",
    "mmu",
    "metrics",
    "count",
    "diagnose",
    "pprof sched --text",
    "path",
];

fn mixed() -> String {
    format!("{ROOT}/testdata/traces/go1.27/mixed.trace")
}

fn run(command: &str, more: &[&str], input: &str) -> crate::Ran {
    let mut args: Vec<&str> = command.split(' ').collect();
    args.extend(more);
    args.push(input);
    gotrace(&args)
}

#[test]
fn every_report_takes_them() {
    for command in REPORTS {
        let whole = run(command, &[], &mixed()).good().to_string();
        let part = run(command, &["--from", "20ms", "--to", "60ms"], &mixed()).good().to_string();
        assert_ne!(whole, part, "{command}");
        assert!(part.starts_with("Only from 20ms to 60ms\n"), "{command}: {part}");
    }
}

#[test]
fn windows_that_follow_each_other_have_what_the_whole_has() {
    let of = |more: &[&str]| -> Value {
        let args = [&["--json", "--top", "0"], more].concat();
        run("goroutines", &args, &mixed()).json()
    };
    let sum = |report: &Value, state: &str| -> i64 {
        report["groups"].as_array().unwrap().iter().map(|group| group["stats"][state].as_i64().unwrap()).sum()
    };
    let (whole, first, second) = (of(&[]), of(&["--to", "31ms"]), of(&["--from", "31ms"]));
    for state in ["running", "runnable", "total"] {
        assert_eq!(sum(&whole, state), sum(&first, state) + sum(&second, state), "{state}");
        assert!(sum(&first, state) > 0 && sum(&second, state) > 0, "{state}");
    }
}

#[test]
fn a_moment_on_the_clock_is_the_same_as_one_since_the_start() {
    let start = run("summary", &["--json"], &mixed()).json()["start"].clone();
    let from = (start.as_i64().unwrap() + 40_000_000).to_string();
    let [since, clock] = ["40ms", &from].map(|from| run("summary", &["--json", "--from", from], &mixed()).json());
    assert_eq!(since, clock);
}

#[test]
fn what_cannot_be_is_told() {
    let log = format!("{ROOT}/testdata/patterns/go1.24/stall.log");
    let cases: [(&str, &[&str], &str, i32, &str); 4] = [
        ("summary", &["--from", "20s"], &mixed(), 1, "no event from 20s on: the trace has events from 0s to "),
        ("gc", &["--from", "20ms", "--to", "20ms"], &mixed(), 2, "--to is not after --from"),
        ("diagnose", &["--from", "1ms"], &log, 2, "--from and --to are for traces"),
        ("procs", &["--from", "soon"], &mixed(), 2, "expected a time such as 10ms"),
    ];
    for (command, more, input, status, message) in cases {
        let ran = run(command, more, input);
        assert_eq!(ran.code, Some(status), "{command} {more:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(message), "{command} {more:?}: {}", ran.stderr);
    }
}
