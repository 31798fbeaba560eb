//! Tasks and regions: `--task` and `--region` choose the same in all commands, and tasks and
//! regions that end twice, in the wrong order, or not in the trace are counted right. The
//! traces are those of `testdata/programs/tasks`.

use super::builder_v1::File;
use super::{ROOT, Scratch, gotrace, trace, traces};
use gotrace::Version;
use serde_json::Value;
use std::collections::BTreeMap;

fn recorded(name: &str) -> String {
    format!("{ROOT}/testdata/tasks/{name}.trace")
}

const VERSIONS: [&str; 3] = ["go1.21", "go1.24", "go1.27"];

/// Returns the JSON of a command, and its exit status.
fn report(args: &[&str], path: &str) -> (Value, Option<i32>) {
    let ran = gotrace(&[args, &["--json", path]].concat());
    (serde_json::from_slice(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}")), ran.code)
}

fn list<'v>(report: &'v Value, name: &str) -> &'v [Value] {
    report[name].as_array().unwrap()
}

fn int(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Returns the regions of a trace, by goroutine and type, in order.
fn regions(path: &str) -> BTreeMap<(i64, String), Vec<Value>> {
    let (report, _) = report(&["regions", "--each", "--top", "0"], path);
    let mut all: BTreeMap<_, Vec<Value>> = BTreeMap::new();
    for region in list(&report, "regions") {
        all.entry((int(&region["goroutine"]), text(&region["name"]).to_owned())).or_default().push(region.clone());
    }
    all.values_mut().for_each(|regions| regions.sort_by_key(|region| int(&region["start"])));
    all
}

#[test]
fn ends_that_are_none_end_nothing() {
    for version in VERSIONS {
        let path = recorded(&format!("{version}-misuse"));
        let all = regions(&path);
        // The goroutine from before the trace has each region twice, the other one has it once.
        let counts: Vec<usize> = all.values().map(Vec::len).collect();
        assert_eq!(counts, [[2; 5], [1; 5]].concat(), "{version}: {:?}", all.keys());
        assert!(all.values().flatten().all(|region| region["complete"] == true), "{version}");
        for (key, outer) in all.iter().filter(|((_, name), _)| name == "outer") {
            let inner = &all[&(key.0, "inner".to_owned())];
            for (outer, inner) in outer.iter().zip(inner) {
                let after = int(&outer["end"]) - int(&inner["end"]);
                assert!(after > 3_900_000, "{version}: two sleeps of 2 ms are between, not {after} ns");
            }
        }
        for (key, first) in all.iter().filter(|((_, name), _)| name == "first") {
            let second = &all[&(key.0, "second".to_owned())];
            assert!(first.iter().zip(second).all(|(first, second)| first["end"] == second["end"]), "{version}");
        }
        let summary = report(&["summary"], &path).0;
        assert_eq!((int(&summary["regions"]), int(&summary["tasks"])), (15, 1), "{version}");

        let ran = gotrace(&["regions", &path]);
        let warnings: Vec<&str> = ran.bad(1).lines().collect();
        assert_eq!(warnings.len(), 6, "{version}: {warnings:#?}");
        let said = |part: &str| warnings.iter().filter(|warning| warning.contains(part)).count();
        let inner =
            r#"ends region "inner" of no task, but its innermost one is "outer" of no task; the one named is not open"#;
        let first =
            r#"ends region "first" of task 3, but its innermost one is "second" of task 3; the one named ends, and"#;
        assert_eq!([said(inner), said(first)], [2, 1], "{version}: {warnings:#?}");
        assert!(gotrace(&["count", "--strict", &path]).bad(1).contains(r#"ends region "inner""#), "{version}");
    }
}

#[test]
fn a_task_keeps_its_type_and_its_first_end() {
    for version in VERSIONS {
        let path = recorded(&format!("{version}-misuse"));
        let (tasks, _) = report(&["tasks", "--each"], &path);
        let task = list(&tasks, "tasks").iter().find(|task| task["id"] == 3).unwrap();
        assert_eq!((text(&task["name"]), &task["complete"]), ("ends twice", &Value::Bool(true)), "{version}");
        let events = gotrace(&["events", "--json", "--stacks", "none", "--kind", "TaskEnd", &path]);
        let ends: Vec<i64> =
            events.text().lines().map(|line| int(&serde_json::from_str::<Value>(line).unwrap()["time"])).collect();
        assert!(ends.len() == 2 && int(&task["end"]) == ends[0], "{version}: {} of {ends:?}", task["end"]);
        let types = gotrace(&["tasks", "--type", "^ends twice$", &path]);
        assert!(types.text().starts_with("1 task of 1 type\n"), "{version}: {}", types.text());
    }
}

/// Ends of regions that are not open end nothing, in old traces of each version with regions.
#[test]
fn ends_that_are_none_in_old_traces() {
    use gotrace::spec::v1::EventType::UserRegion;
    let scratch = Scratch::new("tasks-old");
    for version in [Version::Go111, Version::Go119, Version::Go121] {
        let region = |file: File, mode, name| {
            file.event(UserRegion, &[10, 5, mode, name, 0]).string(name, if name == 3 { "outer" } else { "inner" })
        };
        let file = [(0, 3), (0, 4), (1, 4), (1, 4), (1, 3)].into_iter();
        let file = file.fold(File::begun(version), |file, (mode, name)| region(file, mode, name));
        let path = scratch.file("old.trace", &file.done());
        let ran = gotrace(&["regions", "--each", "--json", &path]);
        // Two strings with one ID are a defect too, but a harmless one.
        assert!(
            ran.bad(1)
                .contains(r#"goroutine 1 ends region "inner" of task 5, but its innermost one is "outer" of task 5"#),
            "{version}: {ran:?}"
        );
        let took: Vec<_> =
            regions(&path).into_iter().map(|((_, name), all)| (name, all.len(), int(&all[0]["duration"]))).collect();
        assert_eq!(took, [("inner".into(), 1, 10), ("outer".into(), 1, 40)], "{version}");
    }
}

#[test]
fn what_is_not_whole_says_so() {
    for version in VERSIONS {
        let path = recorded(version);
        let tasks = gotrace(&["tasks", &path]);
        let line = |text: &str, what: &str| {
            let line = text
                .lines()
                .find(|line| line.ends_with(what))
                .unwrap_or_else(|| panic!("{version}: {what} in\n{text}"));
            line.split("  ").map(str::trim).filter(|part| !part.is_empty()).map(String::from).collect::<Vec<_>>()
        };
        for what in ["(began before the trace)", "(began before the trace, ended after it or never)", "open"] {
            assert_eq!(line(tasks.good(), what), ["1", "0", "-", "-", "-", "-", what], "{version}");
        }
        let each = gotrace(&["tasks", "--each", "--top", "0", &path]);
        for (task, what) in
            [("task 1:", ", began before the trace"), ("task 2:", ", began before the trace, ended after it or never")]
        {
            assert!(
                each.good().lines().any(|line| line.starts_with(task) && line.ends_with(what)),
                "{version}: {}",
                each.text()
            );
        }
        assert!(
            each.text()
                .lines()
                .any(|line| line.contains(" open: ") && line.ends_with(", ended after the trace or never"))
        );
        let regions = gotrace(&["regions", "--type", "open|early", &path]);
        let open =
            regions.good().lines().find(|line| line.contains("open region (ended after the trace or never)")).unwrap();
        assert_eq!(open.split_whitespace().take(4).collect::<Vec<_>>(), ["1", "-", "-", "-"], "{version}");
        let region = gotrace(&["regions", "--each", "--top", "0", &path]);
        assert!(region.good().contains("open region (ended after the trace or never)"), "{version}");
        for text in [region.good(), regions.good()] {
            assert!(
                text.lines().any(|line| line.ends_with("  early region (began before the trace)")),
                "{version}: {text}"
            );
        }

        let (types, _) = report(&["tasks"], &path);
        let not_whole: Vec<_> = list(&types, "types").iter().filter(|of| of["type"].is_null()).collect();
        assert!(
            not_whole.len() == 2 && not_whole.iter().all(|of| of["durations"].is_null() && of["not_whole"].is_string()),
            "{version}"
        );
    }
}

/// The summary counts as many tasks and regions as the other commands list, in all traces.
#[test]
fn summary_counts_what_is_listed() {
    let mut most = 0;
    for path in traces()
        .into_iter()
        .filter(|path| path.contains("annotations") || path.contains("mixed.") || path.contains("flight"))
    {
        let summary = report(&["summary"], &path).0;
        let tasks = gotrace(&["tasks", "--each", "--top", "1", &path]);
        let listed = |command: &str| {
            let (report, _) = report(&[command, "--top", "0"], &path);
            list(&report, "types").iter().map(|of| int(&of["count"])).sum::<i64>()
        };
        let listed = (listed("tasks"), listed("regions"));
        assert_eq!((int(&summary["tasks"]), int(&summary["regions"])), listed, "{path}: {}", tasks.text());
        most = most.max(listed.1);
    }
    assert!(most > 20, "{most}");
}

/// Returns how long goroutines were in any state, in nanoseconds, with these options.
fn wall(path: &str, options: &[&str]) -> i64 {
    let (report, code) = report(&[&["pprof", "wall"], options].concat(), path);
    assert_eq!(code, Some(0), "{options:?}");
    int(&report["nanos"])
}

#[test]
fn time_for_a_task_is_that_of_its_parts() {
    for version in VERSIONS {
        let path = recorded(version);
        let (tasks, _) = report(&["tasks", "--each", "--top", "0"], &path);
        let of_type = |kind: &str| list(&tasks, "tasks").iter().filter(|task| task["name"] == kind).collect::<Vec<_>>();
        let took = |kind: &str| of_type(kind).iter().map(|task| int(&task["duration"])).sum::<i64>();
        let id = |kind: &str| of_type(kind)[0]["id"].to_string();
        let (all, regions) =
            (regions(&path), |kind: &str| report(&["regions", "--task", kind, "--region", "turn", "--each"], &path).0);
        let in_turn =
            |kind: &str| list(&regions(kind), "regions").iter().map(|region| int(&region["duration"])).sum::<i64>();
        let scans: i64 = all
            .iter()
            .filter(|((_, name), _)| name == "scan")
            .flat_map(|(_, all)| all)
            .map(|all| int(&all["duration"]))
            .sum();

        // One goroutine began and ended a task, its part, and the part of that.
        assert_eq!(wall(&path, &["--task", "request"]), took("request"), "{version}");
        assert_eq!(wall(&path, &["--task", "request", "--no-children"]), took("request") - took("db"), "{version}");
        assert_eq!(wall(&path, &["--task", "db", "--no-children"]), took("db") - took("row"), "{version}");
        assert_eq!(wall(&path, &["--task", "row", "--no-children"]), took("row"), "{version}");
        assert_eq!(wall(&path, &["--task", "request", "--region", "scan"]), scans, "{version}");
        assert_eq!(wall(&path, &["--region", "scan"]), scans, "{version}");
        let first = int(&of_type("request")[0]["duration"]);
        assert_eq!(wall(&path, &["--task", &id("request")]), first, "{version}");

        // A part that outlives its task ran on a goroutine that was made for it.
        let child = all.iter().find(|((_, name), _)| name == "outlives").unwrap();
        let maker = report(&["goroutines", "--by", "goroutine", "-g", &child.0.0.to_string()], &path).0;
        let life = int(&list(&maker, "goroutines")[0]["stats"]["total"]);
        assert_eq!(wall(&path, &["--task", "parent"]), took("parent") + life, "{version}");
        let alone = wall(&path, &["--task", "parent", "--no-children"]);
        assert!((took("parent")..took("parent") + 100_000).contains(&alone), "{version}: {alone}");
        let outlives = wall(&path, &["--task", "child"]);
        assert!(int(&child.1[0]["duration"]) <= outlives && outlives <= life, "{version}: {outlives}");

        // Of two tasks in turn, time in a region of one does not count for the other.
        for (one, other) in [("left", "right"), ("right", "left")] {
            assert_eq!(wall(&path, &["--task", one]), took(one) - in_turn(other), "{version}, {one}");
        }
        // One task is handed over to another goroutine; another one's type is a number.
        let handed = wall(&path, &["--task", "handed over"]);
        assert!(2_000_000 <= handed && handed <= took("handed over"), "{version}: {handed}");
        assert_eq!(wall(&path, &["--task", "404"]), took("404"), "{version}");
        assert_eq!(wall(&path, &["--task", "type:404"]), took("404"), "{version}");
        // A task from before the trace has only a number, and counts from the trace's beginning.
        let early = list(&tasks, "tasks").iter().find(|task| task["id"] == 1).unwrap();
        assert_eq!(wall(&path, &["--task", "1"]), int(&early["duration"]), "{version}");
        // A task that does not end counts to the trace's end.
        assert_eq!(wall(&path, &["--task", "open"]), took("open"), "{version}");

        // The other commands select the same.
        let goroutines = report(&["goroutines", "--by", "goroutine", "--task", "left"], &path).0;
        let [worker] = list(&goroutines, "goroutines") else { panic!("{goroutines}") };
        assert_eq!(int(&worker["stats"]["total"]), took("left") - in_turn("right"), "{version}");
        let count = |args: &[&str], list_of| list(&report(args, &path).0, list_of).len();
        assert_eq!(count(&["tasks", "--each", "--task", "request"], "tasks"), 9, "{version}");
        assert_eq!(count(&["tasks", "--each", "--task", "request", "--no-children"], "tasks"), 3, "{version}");
        assert_eq!(count(&["regions", "--each", "--task", "request"], "regions"), 3, "{version}");
        assert_eq!(count(&["regions", "--each", "--task", "request", "--no-children"], "regions"), 0, "{version}");
        let waits = report(&["latency", "--task", "request"], &path).0;
        assert!(int(&waits["count"]) >= 3 && waits["count"].as_i64() < report(&["latency"], &path).0["count"].as_i64());
    }
}

#[test]
fn events_of_a_task() {
    for version in VERSIONS {
        let path = recorded(version);
        let events = |options: &[&str]| -> Vec<Value> {
            let ran = gotrace(&[&["events", "--json", "--stacks", "none", &path], options].concat());
            ran.good().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        let of_kind = |events: &[Value], kind: &str| events.iter().filter(|event| event["kind"] == kind).count();
        let all = events(&["--task", "request"]);
        let kinds = ["TaskBegin", "TaskEnd", "RegionBegin", "RegionEnd"].map(|kind| of_kind(&all, kind));
        assert_eq!(kinds, [9, 9, 3, 3], "{version}");
        // The events show that the task's goroutine slept, and was woken.
        assert!(
            all.iter().filter(|event| event["to"] == "Waiting" && event["reason"] == "sleep").count() == 3,
            "{version}"
        );
        assert!(
            all.iter().filter(|event| event["from"] == "Waiting" && event["to"] == "Runnable").count() >= 3,
            "{version}"
        );
        let own = events(&["--task", "request", "--no-children"]);
        assert_eq!(["TaskBegin", "TaskEnd", "RegionBegin"].map(|kind| of_kind(&own, kind)), [6, 6, 0], "{version}");
        // A task without any work in the trace still has its own events.
        assert_eq!(events(&["--task", "2"]).len(), 1, "{version}");
        let scan = events(&["--region", "scan", "--task", "row"]);
        assert_eq!(["RegionBegin", "RegionEnd", "TaskBegin"].map(|kind| of_kind(&scan, kind)), [3, 3, 0], "{version}");
        let turn = events(&["--function", "inTurn", "--kind", "RegionBegin"]);
        assert_eq!(turn.len(), 6, "{version}");
    }
}

#[test]
fn what_is_missing_is_said_by_all() {
    let (path, none) = (recorded("go1.27"), trace("go1.27/gc"));
    let commands = [&["pprof", "wall"][..], &["events"], &["regions"], &["latency"], &["goroutines"], &["tasks"]];
    let types =
        r#"there is no task of type "nobody"; the types of tasks are: "db" (3), "request" (3), "row" (3), "404" (1)"#;
    for command in commands {
        for (options, code, message) in [
            (&["--task", "nobody"][..], 1, types),
            (&["--task", "early"], 1, "; the type of 2 tasks is not known, for they began before the trace"),
            (&["--task", "4711"], 1, "there is no task 4711; the trace has tasks from 1 to "),
            (&["--no-children"], 2, "--task"),
        ] {
            let ran = gotrace(&[command, &[path.as_str()], options].concat());
            assert!(ran.bad(code).contains(message), "{command:?} {options:?}: {}", ran.stderr);
        }
        for (task, message) in [
            ("x", r#"no task of type "x"; no task began in the trace"#),
            ("1", "there is no task 1; the trace has no tasks"),
        ] {
            let ran = gotrace(&[command, &[none.as_str(), "--task", task]].concat());
            assert!(ran.bad(1).contains(message), "{command:?}: {}", ran.stderr);
        }
    }
    for command in [&["pprof", "wall"][..], &["events"], &["regions"], &["latency"]] {
        let ran = gotrace(&[command, &[path.as_str(), "--region", "nowhere"]].concat());
        let message = r#"there is no region of type "nowhere"; the types of regions are: "turn" (6), "scan" (3)"#;
        assert!(ran.bad(1).contains(message), "{command:?}: {}", ran.stderr);
        let ran = gotrace(&[command, &[path.as_str(), "--region", "scan", "--task", "left"]].concat());
        let message = r#"no region of type "scan" in those tasks; the types of regions there are: "turn" (3)"#;
        assert!(ran.bad(1).contains(message), "{command:?}: {}", ran.stderr);
    }
    let ran = gotrace(&["pprof", "wall", &path, "--task", "2"]);
    assert!(ran.bad(1).contains("no goroutine can be seen to work for those tasks"), "{}", ran.stderr);
}

/// Every goroutine that `goroutines` has a name for has it in `latency` too, as one that
/// waited and as one that woke another.
#[test]
fn wakers_have_the_names_of_goroutines() {
    let (mut named, mut checked) = (0, 0);
    for path in traces().into_iter().filter(|path| path.contains("go1.21/") || path.contains("go1.27/")) {
        let (goroutines, _) = report(&["goroutines", "--by", "goroutine", "--top", "0"], &path);
        let mut names: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
        for goroutine in list(&goroutines, "goroutines") {
            names.entry(int(&goroutine["id"])).or_default().push(goroutine["name"].as_str().unwrap_or_default());
        }
        let (latency, _) = report(&["latency", "--worst", "1000000"], &path);
        for wait in list(&latency, "worst") {
            for (id, function) in [("goroutine", "function"), ("waker", "waker_function")] {
                let Some(id) = wait[id].as_i64() else { continue };
                let known = &names[&id];
                match wait[function].as_str() {
                    Some(function) => assert!(known.contains(&function), "{path}: {id} {function}, {known:?}"),
                    None => assert!(known.contains(&""), "{path}: goroutine {id} is {known:?}"),
                }
                (named, checked) = (named + usize::from(!wait[function].is_null()), checked + 1);
            }
        }
        // The sums in the tables are those of the single waits.
        let nameless = |list_of| {
            list(&latency, list_of).iter().filter(|by| by["function"].is_null() && by["scheduler"] != true).count()
        };
        if !names.values().flatten().any(|name| name.is_empty()) {
            assert_eq!([nameless("wakers"), nameless("functions")], [0, 0], "{path}");
        }
    }
    assert!(named > 20_000 && checked > named, "{named} of {checked}");
}
