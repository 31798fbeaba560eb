//! Options that select parts of a trace have one name and one meaning in all commands.

use crate::{ROOT, gotrace};
use serde_json::Value;

fn mixed() -> String {
    format!("{ROOT}/testdata/traces/go1.27/mixed.trace")
}

fn run(command: &str, more: &[&str]) -> crate::Ran {
    let mixed = mixed();
    let mut args: Vec<&str> = command.split(' ').collect();
    args.extend(more);
    args.push(&mixed);
    gotrace(&args)
}

/// Reports about goroutines' time take all these options, and name the selection in their
/// first line.
#[test]
fn reports_say_what_they_are_about() {
    let options: [(&[&str], &str); 4] = [
        (&["-g", "25"], "Only of goroutine 25\n"),
        (&["--function", "main[.]main.func1"], "Only of goroutines that began with main[.]main.func1\n"),
        (&["--region", "sleep"], "Only in regions sleep\n"),
        (&["--task", "step", "--from", "1ms"], "Only for task step, from 1ms on\n"),
    ];
    for command in ["goroutines", "regions", "tasks", "latency", "count", "pprof wall --text"] {
        let whole = run(command, &[]).good().to_string();
        for (more, heading) in options {
            let ran = run(command, more);
            let part = ran.good();
            assert!(part.starts_with(heading), "{command} {more:?}: {part}");
            assert_ne!(part, whole, "{command} {more:?}");
        }
    }
}

/// A goroutine's figures are the same whether it is selected by number or by function.
#[test]
fn a_goroutine_is_the_same_by_number_and_by_function() {
    let of = |more: &[&str]| run("goroutines --json --by goroutine", more).json()["goroutines"].clone();
    let by_function = of(&["--function", "^main[.]main$"]);
    assert_eq!(by_function.as_array().map(Vec::len), Some(1));
    assert_eq!(of(&["-g", "1"]), by_function);
    assert_eq!(of(&["-g", "1", "-g", "2", "--function", "^main[.]main$"]), by_function, "both have to be true");
}

#[test]
fn time_in_a_region_is_that_of_the_region() {
    let sum = |report: &Value, list: &str| -> i64 {
        let all = report[list].as_array().unwrap();
        all.iter().map(|of| of["stats"]["total"].as_i64().unwrap()).sum()
    };
    let regions = run("regions --json --top 0 --each", &["--region", "sleep"]).json();
    let goroutines = run("goroutines --json --top 0", &["--region", "sleep"]).json();
    assert!(sum(&regions, "regions") > 0);
    assert_eq!(sum(&regions, "regions"), sum(&goroutines, "groups"));
}

#[test]
fn events_come_by_state_and_reason() {
    let lines = |more: &[&str]| -> Vec<Value> {
        let ran = run("events --json --stacks none", more);
        ran.good().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let (waiting, sleeping) = (lines(&["--state", "waiting"]), lines(&["--state", "waiting", "--reason", "^sleep$"]));
    assert!(waiting.iter().all(|event| event["to"] == "Waiting"), "{:?}", waiting[0]);
    assert!(!sleeping.is_empty() && sleeping.len() < waiting.len());
    assert!(sleeping.iter().all(|event| event["reason"] == "sleep"));
    assert!(lines(&["--state", "ended"]).iter().all(|event| event["to"] == "NotExist"));
    assert_eq!(run("events", &["--reason", "("]).code, Some(2));
}

/// A moment on a page, given to `--from`, finds the event of that moment.
#[test]
fn moments_can_be_typed_back() {
    for (command, column) in [("gc --from 30ms", 0), ("procs", 1), ("latency --worst 3", 1)] {
        let ran = run(command, &[]);
        let moment = |line: &str| -> Option<String> {
            let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
            let cell = cells.get(column)?.to_string();
            let is_moment = cell.ends_with("ms") && !cell.contains(' ') && cell.contains('.');
            is_moment.then_some(cell)
        };
        let moments: Vec<String> = ran.good().lines().filter_map(moment).collect();
        assert!(moments.len() >= 3, "{command}: {moments:?} in {}", ran.good());
        for moment in moments {
            let found = run("events -n 1", &["--from", &moment]);
            let millis: f64 = moment.strip_suffix("ms").unwrap().parse().unwrap();
            let at = format!("{:.9}", millis / 1e3);
            assert!(found.good().trim_start().starts_with(&at), "{command}: {moment} finds {}", found.good());
            let again = run("events -n 1", &["--from", &at]);
            assert_eq!(again.good(), found.good(), "as events prints it");
        }
    }
}

#[test]
fn what_is_not_there_is_told() {
    for command in ["goroutines", "regions", "tasks", "latency", "count", "pprof sched --text", "events"] {
        let cases: [(&[&str], i32, &str); 4] = [
            (&["--function", "no such"], 1, "no goroutine began with a function that matches"),
            (&["--region", "no such"], 1, "there is no region of type \"no such\""),
            (&["--task", "9999"], 1, "there is no task 9999; the trace has tasks from"),
            (&["--function", "("], 2, "--function: "),
        ];
        for (more, status, message) in cases {
            let ran = run(command, more);
            assert_eq!(ran.code, Some(status), "{command} {more:?}: {}", ran.stderr);
            assert!(ran.stderr.contains(message), "{command} {more:?}: {}", ran.stderr);
        }
    }
}
