//! `gotrace pprof` and `gotrace latency`: their JSON, text and filters.

use super::{gotrace, trace, traces};
use serde_json::Value;

/// Checks the names and types of an object's fields, sorted; `?` marks one that may be null.
#[track_caller]
fn assert_fields(value: &Value, fields: &str) {
    let kind = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(n) if n.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    let object = value.as_object().unwrap();
    let wanted: Vec<(&str, &str)> = fields.split_whitespace().map(|field| field.split_once(':').unwrap()).collect();
    let names: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
    let mut found: Vec<&str> = object.keys().map(String::as_str).collect();
    found.sort_unstable_by_key(|name| names.iter().position(|known| known == name));
    assert_eq!(found, names, "{value:#}");
    for (name, want) in wanted {
        let found = kind(&object[name]);
        let fits = want.strip_suffix('?').map_or(found == want, |want| found == want || found == "null");
        assert!(fits, "{name} is {found}, not {want}");
    }
}

const DISTRIBUTION: &str = "count:int sum:int min:int mean:int p50:int p90:int p99:int p999:int max:int";
const FRAME: &str = "pc:int func:text file:text line:int";

fn items(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

#[test]
fn the_json_of_pprof() {
    let mut seen = [0; 6];
    for name in ["go1.27/mixed", "go1.21/mixed", "go1.22/cpuprofile", "go1.27/hello", "go1.23/iterpull"] {
        for (at, kind) in ["net", "sync", "syscall", "sched", "wall", "cpu"].into_iter().enumerate() {
            let report = gotrace(&["pprof", kind, "--json", &trace(name)]).json();
            assert_fields(&report, "type:text count:int nanos:int samples:list functions:list warnings:list");
            assert_eq!(report["type"], kind);
            for sample in items(&report["samples"]) {
                assert_fields(sample, "count:int nanos:int state:text? reason:text? stack:list");
                assert_eq!(sample["state"].is_string(), kind == "wall");
                items(&sample["stack"]).iter().for_each(|frame| assert_fields(frame, FRAME));
                seen[at] += 1;
            }
            for function in items(&report["functions"]) {
                assert_fields(function, "function:text? flat:int flat_count:int cumulative:int cumulative_count:int");
            }
            let sum =
                |of: &str, field: &str| items(&report[of]).iter().map(|s| s[field].as_i64().unwrap()).sum::<i64>();
            assert_eq!(report["count"], sum("samples", "count"));
            assert_eq!(report["nanos"], sum("samples", "nanos"));
            assert_eq!(report["nanos"], sum("functions", "flat"));
        }
    }
    assert!(seen.iter().all(|&samples| samples > 0), "{seen:?}");
}

#[test]
fn the_json_of_latency() {
    let (mut causes, mut unfinished) = (0, 0);
    for name in ["go1.27/mixed", "go1.21/mixed", "go1.22/procs", "go1.27/hello", "go1.23/iterpull"] {
        let report = gotrace(&["latency", "--json", &trace(name)]).json();
        let rest = "histogram:object causes:list functions:list wakers:list worst:list unfinished:int switches:int warnings:list";
        assert_fields(&report, &format!("{DISTRIBUTION} {rest}"));
        assert_fields(&report["histogram"], "bounds_seconds:list counts:list");
        let histogram = &report["histogram"];
        assert_eq!(items(&histogram["bounds_seconds"]).len() + 1, items(&histogram["counts"]).len());
        let counted: u64 = items(&histogram["counts"]).iter().map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(report["count"], counted);
        for by in items(&report["causes"]) {
            assert_fields(by, &format!("{DISTRIBUTION} cause:text reason:text?"));
            causes += 1;
        }
        for by in items(&report["functions"]) {
            assert_fields(by, &format!("{DISTRIBUTION} function:text?"));
        }
        for by in items(&report["wakers"]) {
            assert_fields(by, &format!("{DISTRIBUTION} function:text? scheduler:bool"));
        }
        for wait in items(&report["worst"]) {
            let fields = "time:int nanos:int over:bool goroutine:int function:text? cause:text reason:text? proc:int? waker:int? waker_function:text? stack:list waker_stack:list";
            assert_fields(wait, fields);
            items(&wait["stack"]).iter().for_each(|frame| assert_fields(frame, FRAME));
        }
        unfinished += report["unfinished"].as_u64().unwrap();
    }
    assert!(causes > 20 && unfinished > 0, "{causes}, {unfinished}");
}

#[test]
fn profiles_for_people() {
    let path = trace("go1.27/mixed");
    let text = gotrace(&["pprof", "sync", &path, "--text", "--top", "2"]);
    let text = text.good();
    for part in ["waiting for channels, locks or select in ", "sync.(*WaitGroup).Wait", "more stacks; --top 0"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    let by_function = gotrace(&["pprof", "sync", &path, "--text", "--by", "function", "--top", "0"]);
    for part in ["flat", "cumulative", "main.lock"] {
        assert!(by_function.good().contains(part), "{part} in\n{}", by_function.text());
    }
    let nothing = gotrace(&["pprof", "cpu", &trace("go1.27/hello"), "--text"]);
    assert_eq!(nothing.good(), "nothing of CPU time, sampled in this trace\n");
}

#[test]
fn latency_for_people() {
    let path = trace("go1.27/mixed");
    let text = gotrace(&["latency", &path, "--top", "3", "--stacks"]);
    let text = text.good();
    for part in [
        "goroutines waited for a P ",
        "p99.9",
        "unblocked from sleep",
        "--top 0 lists all",
        "where it was:",
        "who woke it:",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(!text.lines().any(|line| line.ends_with(' ')), "{text}");
    let nothing = gotrace(&["latency", &path, "-g", "987654"]);
    assert_eq!(nothing.good(), "Only of goroutine 987654\nno goroutine waited for a P in this trace\n");
}

#[test]
fn what_counts_can_be_chosen() {
    let path = trace("go1.27/annotations");
    let nanos = |args: &[&str]| {
        let report = gotrace(&[&["pprof", "wall", "--json", path.as_str()], args].concat()).json();
        report["nanos"].as_i64().unwrap()
    };
    let all = nanos(&[]);
    for some in [
        &["--goroutine", "1"][..],
        &["--function", "^main\\."],
        &["--from", "1ms"],
        &["--to", "1ms"],
        &["--region", "outer"],
    ] {
        let part = nanos(some);
        assert!(0 < part && part < all, "{some:?}: {part} of {all}");
    }
    for (args, code, message) in [
        (&["--function", "("][..], 2, "--function"),
        (&["--function", "nobody"], 1, "no goroutine began with a function that matches"),
        (&["--region", "nowhere"], 1, "there is no region of type"),
        (&["--task", "nothing"], 1, "there is no task of type"),
        (&["--from", "soon"], 2, "--from"),
    ] {
        let ran = gotrace(&[&["pprof", "wall", "--json", path.as_str()], args].concat());
        assert!(ran.code == Some(code) && ran.stderr.contains(message), "{args:?}: {ran:?}");
    }
}

/// Every trace, good or bad, has profiles, and an error or warning says what is wrong.
#[test]
fn every_trace_has_profiles() {
    for path in traces() {
        for args in [&["pprof", "sched", "--json"][..], &["pprof", "wall", "--json"], &["latency", "--json"]] {
            let ran = gotrace(&[args, &[path.as_str()]].concat());
            let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
            let flawed = !items(&report["warnings"]).is_empty();
            assert_eq!(ran.code, Some(i32::from(flawed)), "{path}: {}", ran.stderr);
        }
    }
}
