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
    let options: [(&[&str], &str); 6] = [
        (&["-g", "25"], "Only of goroutine 25\n"),
        (&["--function", "main[.]main.func1"], "Only of goroutines that began with main[.]main.func1\n"),
        (&["--region", "sleep"], "Only in regions sleep\n"),
        (&["--task", "step", "--from", "1ms"], "Only for task step, from 1ms on\n"),
        (&["--state", "runnable,waiting", "--reason", "p"], "Only in state runnable, waiting, for reason p\n"),
        (&["-p", "1", "-g", "25"], "Only begun on P1, of goroutine 25\n"),
    ];
    for command in ["goroutines", "latency", "count", "pprof wall --text", "regions", "tasks"] {
        let whole = run(command, &[]).good().to_string();
        // Regions and tasks are no states.
        let options = if matches!(command, "regions" | "tasks") { &options[..4] } else { &options };
        for &(more, heading) in options {
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

/// The time in states that are selected is that of the whole report, and no other.
#[test]
fn time_comes_by_state() {
    let sums = |more: &[&str]| -> [i64; 4] {
        let report = run("goroutines --json --top 0", more).json();
        let groups = report["groups"].as_array().unwrap();
        let sum = |of: &dyn Fn(&Value) -> i64| groups.iter().map(|group| of(&group["stats"])).sum();
        let waiting = |stats: &Value| stats["waiting"].as_object().unwrap().values().map(|n| n.as_i64().unwrap()).sum();
        let syscall = |stats: &Value| stats["syscall"].as_i64().unwrap() + stats["syscall_without_p"].as_i64().unwrap();
        [
            sum(&|stats| stats["running"].as_i64().unwrap()),
            sum(&|stats| stats["runnable"].as_i64().unwrap()),
            sum(&waiting),
            sum(&syscall),
        ]
    };
    let whole = sums(&[]);
    for (at, state) in ["running", "runnable", "waiting", "syscall"].into_iter().enumerate() {
        let mut want = [0; 4];
        want[at] = whole[at];
        assert_eq!(sums(&["--state", state]), want, "{state}");
    }
    assert!(whole.iter().all(|&sum| sum > 0), "{whole:?}");
    let by_proc = ["0", "1", "2", "3"].map(|p| sums(&["--state", "running", "--proc", p])[0]);
    assert!(by_proc.iter().all(|&sum| sum > 0) && by_proc.iter().sum::<i64>() <= whole[0], "{by_proc:?}");
    let sleeping = sums(&["--reason", "^sleep$"]);
    assert!(0 < sleeping[2] && sleeping[2] < whole[2] && sleeping[0] == 0, "{sleeping:?}");
    let none = run("goroutines", &["--reason", "no such"]);
    assert_eq!(none.code, Some(1));
    assert!(none.stderr.contains("no goroutine was in such a state"), "{}", none.stderr);
}

/// Reports about the program as a whole refuse what they cannot select, and say what can.
#[test]
fn reports_about_the_whole_program_take_time_alone() {
    for command in ["summary", "procs", "gc", "stw", "mmu", "metrics", "diagnose"] {
        for option in ["-g", "--function", "--task", "--region", "--proc", "--thread", "--state", "--reason"] {
            let ran = run(command, &[option, "1"]);
            assert_eq!(ran.code, Some(2), "{command} {option}");
            assert!(ran.stderr.contains("about the program as a whole"), "{command} {option}: {}", ran.stderr);
        }
    }
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
