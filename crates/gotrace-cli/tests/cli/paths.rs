//! `gotrace path` finds what requests waited for, where that is known.

use crate::{ROOT, gotrace};
use serde_json::Value;

/// Returns the steps of the longest part of a tree, from the top down, with their shares of
/// the whole.
fn leading(path: &Value) -> Vec<(String, f64)> {
    let all = path["nanos"].as_i64().unwrap() as f64;
    let mut steps = Vec::new();
    let mut parts = &path["parts"];
    while let Some(part) = parts.get(0) {
        let text = |field: &str| part[field].as_str().unwrap_or("-").to_string();
        let step = format!("{} {} {}", text("step"), text("reason"), text("function"));
        steps.push((step, part["nanos"].as_i64().unwrap() as f64 / all));
        parts = &part["parts"];
    }
    steps
}

/// Each program of `testdata/programs/path` has one thing that its requests wait for.
#[test]
fn the_known_cause_leads() {
    let cases: [(&str, &[&str]); 8] = [
        (
            "pipeline",
            &[
                "woken chan receive main.pipeline.func3",
                "woken chan receive main.slowStage",
                "running - main.slowStage",
            ],
        ),
        ("pool", &["woken chan send main.worker", "running - main.worker"]),
        ("lock", &["woken sync main.holder", "waiting sleep -"]),
        ("fanout", &["woken sync main.straggler", "running - main.straggler"]),
        ("starved", &["runnable - main.main"]),
        ("gc", &["mark_assist - main.main"]),
        ("network", &["waiting network -"]),
        ("spawn", &["running - main.main"]),
    ];
    for version in ["go1.22", "go1.27"] {
        for (mode, want) in cases {
            let trace = format!("{ROOT}/testdata/path/{version}/{mode}.trace");
            let report = gotrace(&["path", "--json", "--task", "request", &trace]).json();
            assert_eq!(report["durations"]["count"], 12, "{version} {mode}");
            let typical = leading(&report["comparison"]["typical"]);
            let steps: Vec<&str> = typical.iter().map(|(step, _)| step.as_str()).collect();
            // The stages before and behind the slow one take part in a pipeline.
            assert_eq!(steps, want, "{version} {mode}: {typical:?}");
            assert!(typical[0].1 > 0.5, "{version} {mode}: {typical:?}");
        }
    }
}

/// A known cause wins more than anything else; and what is left of a request without a cause is
/// the time of its other causes.
#[test]
fn what_if_is_a_bound_for_each_cause() {
    let cases = [
        ("pipeline", "running main.slowStage"),
        ("pool", "running main.worker"),
        ("lock", "waiting -"),
        ("fanout", "running main.straggler"),
        ("starved", "runnable main.main"),
        ("gc", "mark_assist main.main"),
        ("network", "waiting -"),
        ("spawn", "running main.main"),
    ];
    for (mode, want) in cases {
        let trace = format!("{ROOT}/testdata/path/go1.27/{mode}.trace");
        let report = gotrace(&["path", "--json", "--what-if", "--task", "request", "--slowest", "3", &trace]).json();
        let first = &report["comparison"]["typical"]["causes"][0];
        let text = |field: &str| first[field].as_str().unwrap_or("-").to_string();
        assert_eq!(format!("{} {}", text("step"), text("function")), want, "{mode}: {first}");
        let trees = [&report["comparison"]["typical"], &report["comparison"]["slow"]];
        for path in report["paths"].as_array().unwrap().iter().chain(trees) {
            let all = path["nanos"].as_i64().unwrap();
            let causes = path["causes"].as_array().unwrap();
            let nanos = |cause: &Value, field: &str| cause[field].as_i64().unwrap();
            assert_eq!(causes.iter().map(|cause| nanos(cause, "nanos")).sum::<i64>(), all, "{mode}");
            for cause in causes {
                assert_eq!(nanos(cause, "at_least") + nanos(cause, "nanos"), all, "{mode}: {cause}");
            }
        }
        let without = gotrace(&["path", "--json", "--task", "request", &trace]).json();
        assert!(without["paths"][0]["causes"].is_null(), "{mode}");
    }
}

/// The segments of a path follow each other, and have together the length of the path, as have
/// the parts and the lines for a flame graph.
#[test]
fn each_nanosecond_is_there_once() {
    let traces = [
        ("traces/go1.27/mixed.trace", ""),
        ("traces/go1.22/http.trace", ""),
        ("traces/go1.21/mixed.trace", ""),
        ("tasks/go1.27.trace", "--task=parent"),
        ("tasks/go1.21.trace", "--task=request"),
        ("traces/go1.27/annotations.trace", "--region=worker"),
        ("traces/go1.27/mixed.trace", "-g=25"),
        ("traces/go1.27/mixed.trace", "--from=20ms"),
        ("bad/cut-gens-second.trace", ""),
        ("path/go1.27/fanout.trace", "--task=request"),
    ];
    for (trace, option) in traces {
        let trace = format!("{ROOT}/testdata/{trace}");
        let with = |more: &[&str]| {
            let options = [option].into_iter().filter(|option| !option.is_empty());
            let args: Vec<&str> =
                ["path"].into_iter().chain(more.iter().copied()).chain(options).chain([&*trace]).collect();
            gotrace(&args)
        };
        let report: Value = serde_json::from_slice(&with(&["--json", "--segments"]).stdout).unwrap();
        let paths = report["paths"].as_array().unwrap();
        assert!(!paths.is_empty(), "{trace} {option}");
        let mut all = 0;
        for path in paths {
            let int = |of: &Value, field: &str| of[field].as_i64().unwrap();
            let mut at = int(path, "start");
            for segment in path["segments"].as_array().unwrap() {
                assert_eq!(int(segment, "start"), at, "{trace} {option}: {segment}");
                at += int(segment, "nanos");
            }
            assert_eq!(at, int(path, "end"), "{trace} {option}");
            let parts = path["parts"].as_array().unwrap();
            assert_eq!(
                parts.iter().map(|part| int(part, "nanos")).sum::<i64>(),
                int(path, "nanos"),
                "{trace} {option}"
            );
            all += int(path, "nanos");
        }
        let folded = String::from_utf8(with(&["--folded"]).stdout).unwrap();
        let nanos = folded.lines().map(|line| line.rsplit(' ').next().unwrap().parse::<i64>().unwrap());
        assert_eq!(nanos.sum::<i64>(), all, "{trace} {option}");
    }
}

#[test]
fn what_cannot_be_is_told() {
    let mixed = format!("{ROOT}/testdata/traces/go1.27/mixed.trace");
    let cases: [(&[&str], i32, &str); 7] = [
        (&["--task", "9999"], 1, "there is no task 9999"),
        (&["--task", "no such"], 1, "there is no task of type \"no such\""),
        (&["--region", "no such"], 1, "there is no region of type \"no such\""),
        (&["-g", "4711"], 1, "there is no goroutine 4711 in that time"),
        (&["--from", "2s"], 1, "no event from 2s on"),
        (&["-g", "1", "--task", "1"], 2, "cannot be used with"),
        (&["--region", "sleep", "--slowest", "0"], 2, "--slowest 0"),
    ];
    for (more, status, message) in cases {
        let ran = gotrace(&[&["path"], more, &[&*mixed]].concat());
        assert_eq!(ran.code, Some(status), "{more:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(message), "{more:?}: {}", ran.stderr);
    }
}

/// A wait that another goroutine could have ended as well is marked.
#[test]
fn guesses_are_marked() {
    let http = format!("{ROOT}/testdata/traces/go1.27/http.trace");
    let ran = gotrace(&["path", "--top", "0", "--depth", "0", &http]);
    let lines: Vec<&str> = ran.good().lines().filter(|line| line.contains("woken by")).collect();
    let marked = |line: &&&str| line.ends_with('?');
    assert!(lines.iter().filter(marked).all(|line| line.contains("(select)")), "{lines:#?}");
    assert!(
        lines.iter().any(|line| line.ends_with('?')) && lines.iter().any(|line| !line.ends_with('?')),
        "{lines:#?}"
    );
}

/// A wait for a deadline is one for a timer, though a goroutine that the timer makes ends it.
#[test]
fn timers_that_make_goroutines_are_timers() {
    for version in ["go1.22", "go1.27"] {
        let http = format!("{ROOT}/testdata/traces/{version}/http.trace");
        let ran = gotrace(&["path", "--top", "0", "--depth", "0", &http]);
        let lines: Vec<&str> = ran.good().lines().collect();
        let deadline = lines.iter().position(|line| line.contains("woken by context.WithDeadlineCause.func2"));
        let below = deadline.and_then(|at| lines.get(at + 1)).copied().unwrap_or_default();
        assert!(below.ends_with("waiting (sleep)"), "{version}: {below}");
    }
}
