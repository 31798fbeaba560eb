//! `gotrace diff`: what changed between two sides of traces.

use super::{ROOT, Scratch, gotrace, trace, with_input};
use serde_json::Value;
use std::fs;

/// Returns the trace of a workload that each of these releases wrote.
fn of_releases(workload: &str, releases: &[&str]) -> Vec<String> {
    releases.iter().map(|release| trace(&format!("{release}/{workload}"))).collect()
}

const RELEASES: [&str; 6] = ["go1.22", "go1.23", "go1.24", "go1.25", "go1.26", "go1.27"];

/// Returns the command line that compares two sides.
fn line<'a>(a: &'a [String], b: &'a [String], options: &[&'a str]) -> Vec<&'a str> {
    let files = |files: &'a [String]| files.iter().map(String::as_str);
    ["diff"].into_iter().chain(files(a)).chain(["--vs"]).chain(files(b)).chain(options.iter().copied()).collect()
}

fn figure<'j>(report: &'j Value, metric: &str, of: Option<&str>) -> &'j Value {
    let found = report["figures"].as_array().unwrap().iter().find(|f| f["metric"] == metric && f["of"].as_str() == of);
    found.unwrap_or_else(|| panic!("no figure {metric} of {of:?}"))
}

/// A program that makes garbage, and one that waits for a lock: what differs is told.
#[test]
fn a_change_is_told() {
    let (a, b) = (of_releases("sync", &RELEASES), of_releases("gc", &RELEASES));
    let report = gotrace(&line(&a, &b, &["--json", "--top", "0"])).json();
    for (metric, of, up) in
        [("gc", None, true), ("gc.cycles", None, true), ("blocked", Some("sync.(*Cond).Wait"), false)]
    {
        let figure = figure(&report, metric, of);
        assert_eq!(figure["verdict"], "changed", "{figure:#}");
        assert_eq!(figure["larger"], if up { 1.0 } else { 0.0 }, "{figure:#}");
        // Of 924 ways to part twelve traces, two are as far apart.
        assert!((figure["p"].as_f64().unwrap() - 2.0 / 924.0).abs() < 1e-9, "{figure:#}");
        assert!(figure["p_adjusted"].as_f64().unwrap() <= 0.05, "{figure:#}");
        let [a, b] = ["a", "b"].map(|side| &figure[side]);
        assert_eq!((&a["count"], b["values"].as_array().unwrap().len()), (&Value::from(6), 6));
        // Of six values, the interval is from the least to the greatest.
        let values: Vec<f64> = b["values"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(b["low"].as_f64().unwrap(), least, "{figure:#}");
    }
    let text = gotrace(&line(&a, &b, &[]));
    for part in ["A  6 traces of ", "GOMAXPROCS 4: ", "n=6)", "± ", "the program", "goroutines blocked, by reason"] {
        assert!(text.good().contains(part), "{part} in\n{}", text.text());
    }
    assert!(!text.text().lines().any(|line| line.ends_with(' ')), "{}", text.text());
}

/// Two sides that are alike but for chance: each has traces of three releases, of both workloads.
#[test]
fn chance_is_not_told_for_a_change() {
    let [even, odd] = [0, 1].map(|first| {
        let releases: Vec<&str> = RELEASES.into_iter().skip(first).step_by(2).collect();
        [of_releases("mixed", &releases), of_releases("http", &releases)].concat()
    });
    let report = gotrace(&line(&even, &odd, &["--json"])).json();
    let verdicts: Vec<&str> =
        report["figures"].as_array().unwrap().iter().map(|f| f["verdict"].as_str().unwrap()).collect();
    assert!(verdicts.len() > 30 && verdicts.contains(&"not told"), "{verdicts:?}");
    assert!(!verdicts.contains(&"changed"), "{verdicts:?}");
    let text = gotrace(&line(&even, &odd, &[]));
    assert!(text.good().contains("  ~  (p="), "{}", text.text());
}

#[test]
fn few_traces_have_no_p_value() {
    let (a, b) = (of_releases("sync", &RELEASES[..3]), of_releases("gc", &RELEASES));
    let report = gotrace(&line(&a, &b, &["--json"])).json();
    for figure in report["figures"].as_array().unwrap() {
        assert_eq!(
            (&figure["verdict"], &figure["p"], &figure["p_adjusted"]),
            (&Value::from("not testable"), &Value::Null, &Value::Null),
            "{figure:#}"
        );
    }
    assert!(figure(&report, "running", None)["change"].is_f64());
    assert_eq!(figure(&report, "gc", None)["larger"], 1.0);
    let text = gotrace(&line(&a, &b, &[]));
    assert!(text.good().contains("not testable (n=3+6)") && !text.text().contains("p="), "{}", text.text());
    assert!(text.text().contains("not testable with 3 and 6: "), "{}", text.text());
}

/// Figures are those of the other commands, normalised.
#[test]
fn figures_are_those_of_the_reports() {
    let path = trace("go1.27/mixed");
    let other = trace("go1.26/mixed");
    for window in [&[][..], &["--from", "20ms", "--to", "80ms"]] {
        let report = gotrace(&[&["diff", &path, "--vs", &other, "--json", "--top", "0"], window].concat()).json();
        let of = |command: &[&str]| gotrace(&[command, &[&path, "--json"], window].concat()).json();
        let (procs, latency, gc) = (of(&["procs"]), of(&["latency"]), of(&["gc"]));
        let (stw, goroutines) = (of(&["stw"]), of(&["goroutines"]));
        let number = |value: &Value| value.as_f64().unwrap();
        let (capacity, span) = (number(&procs["capacity"]), number(&procs["span"]));
        let lost = number(&procs["syscalls"]["lost"]);
        let function = goroutines["groups"].as_array().unwrap();
        let worker = function.iter().find(|f| f["name"] == "main.main.func1.1").unwrap();
        for (metric, name, want) in [
            ("running", None, number(&procs["running"]) / capacity),
            ("latency.p50", None, number(&latency["p50"])),
            ("latency.p99", None, number(&latency["p99"])),
            ("latency.max", None, number(&latency["max"])),
            ("gc", None, number(&gc["taken"]) / capacity),
            ("syscalls.lost", None, lost * 1e9 / capacity),
            ("function.running", Some("main.main.func1.1"), number(&worker["stats"]["running"]) / capacity),
        ] {
            let got = number(&figure(&report, metric, name)["a"]["median"]);
            assert!((got - want).abs() <= want.abs() * 1e-9, "{metric}: {got}, not {want} {window:?}");
        }
        let tracers = |reason: &Value| matches!(reason.as_str(), Some("start trace" | "stop trace"));
        let reasons = stw["kinds"].as_array().unwrap().iter().filter(|r| !tracers(&r["reason"]));
        let stops: f64 = reasons.map(|r| number(&r["durations"]["count"])).sum();
        let got = number(&figure(&report, "stops", None)["a"]["median"]);
        assert!((got - stops * 1e9 / span).abs() < 1e-6, "{got} {stops} {window:?}");
    }
}

#[test]
fn tasks_and_regions_are_compared() {
    let paths = ["go1.24", "go1.27"].map(|release| format!("{ROOT}/testdata/tasks/{release}.trace"));
    let report = gotrace(&["diff", &paths[0], "--vs", &paths[1], "--json", "--top", "0"]).json();
    let tasks = gotrace(&["tasks", &paths[0], "--json"]).json();
    let types = tasks["types"].as_array().unwrap();
    let complete = types.iter().filter(|of| !of["durations"].is_null());
    let mut compared = 0;
    for of in complete {
        let figure = figure(&report, "task.p99", of["type"].as_str());
        assert_eq!(figure["a"]["median"].as_f64(), of["durations"]["p99"].as_f64(), "{of:#}");
        compared += 1;
    }
    assert!(compared > 0);
    assert!(report["figures"].as_array().unwrap().iter().any(|figure| figure["metric"] == "region.p50"));
}

#[test]
fn a_condition_fails_the_command() {
    let (a, b) = (of_releases("sync", &RELEASES), of_releases("gc", &RELEASES));
    // The conditions, and the status.
    let cases: &[(&[&str], i32)] = &[
        (&["gc>+10%"], 3),
        (&["gc<-10%"], 0),
        (&["blocked:sync.(*Cond).Wait<-50%"], 3),
        (&["gc<-10%", "gc.cycles>+100%"], 3),
        (&["blocked:sync.(*Cond).Wait>+1%", "goroutines.max>+1000000%"], 0),
    ];
    for (conditions, code) in cases {
        let options: Vec<&str> = conditions.iter().flat_map(|condition| ["--fail-on", condition]).collect();
        let ran = gotrace(&line(&a, &b, &options));
        assert_eq!(ran.code, Some(*code), "{conditions:?}: {}{}", ran.text(), ran.stderr);
        assert_eq!(ran.stderr.contains("error: --fail-on: "), *code == 3, "{}", ran.stderr);
        assert_eq!(ran.text().contains("FAILS"), *code == 3, "{}", ran.text());
    }
    let ran = gotrace(&line(&a, &b, &["--json", "--fail-on", "gc>+10%"]));
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let condition = &report["conditions"][0];
    assert_eq!((ran.code, &condition["holds"], &condition["limit"]), (Some(3), &Value::from(true), &Value::from(0.1)));
    // One condition is one test: its p-value needs no correction.
    assert_eq!(condition["figure"]["p"], condition["figure"]["p_adjusted"]);
    // With too few traces, the size alone decides.
    let ran = gotrace(&line(&a[..1], &b[..1], &["--fail-on", "gc>+10%"]));
    assert!(ran.code == Some(3) && ran.text().contains("not testable"), "{}", ran.text());
}

#[test]
fn wrong_conditions_are_told() {
    let [a, b] = ["go1.26/hello", "go1.27/hello"].map(trace);
    for (options, code, told) in [
        (&["--fail-on", "latency.p999>+10%"][..], 2, "there is no metric latency.p999; there are running, idle, "),
        (&["--fail-on", "latency.p99"], 2, "expected METRIC>+N% or METRIC<-N%"),
        (&["--fail-on", "task.p50>+1%"], 2, "task.p50 is of one task type: expected task.p50:NAME"),
        (
            &["--fail-on", "task.p50:request>+1%"],
            1,
            "no trace of A has the figure task.p50:request; there are greeting",
        ),
        (
            &["--fail-on", "function.running:main.mian>+1%"],
            1,
            "no trace of A has the figure function.running:main.mian; there are ",
        ),
        (&["--alpha", "0"], 2, "expected a number above 0, up to 0.5"),
        (&["--from", "2s", "--to", "1s"], 2, "--to is not after --from"),
    ] {
        let ran = gotrace(&[&["diff", &a, "--vs", &b], options].concat());
        assert!(ran.bad(code).contains(told), "{options:?}: {}", ran.stderr);
    }
    assert!(gotrace(&["diff", &a]).bad(2).contains("--vs"));
}

/// Each metric is listed, and described in the documentation.
#[test]
fn metrics_are_documented() {
    let documentation = fs::read_to_string(format!("{ROOT}/docs/diff.md")).unwrap();
    let listed = gotrace(&["diff", "--metrics"]);
    let mut lines = listed.good().lines();
    let mut known = 0;
    while let (Some(name), Some(meaning)) = (lines.next(), lines.next()) {
        let meaning = meaning.trim().trim_end_matches('.');
        let row = documentation.lines().find(|line| line.starts_with(&format!("| `{name}` | ")));
        let row = row.unwrap_or_else(|| panic!("docs/diff.md has no {name}"));
        assert!(row.to_lowercase().ends_with(&format!("| {} |", meaning.to_lowercase())), "{row}");
        known += 1;
    }
    assert_eq!(known, gotrace::compare::Metric::ALL.len());
}

#[test]
fn a_bad_trace_does_not_stop_the_others() {
    let scratch = Scratch::new("diff-bad");
    let whole = fs::read(trace("go1.27/mixed")).unwrap();
    let empty = scratch.file("empty.trace", b"");
    let missing = scratch.path("missing.trace");
    let log = format!("{ROOT}/testdata/patterns/go1.24/busy.log");
    let cut = scratch.file("cut.trace", &whole[..whole.len() / 2]);
    let good = of_releases("mixed", &["go1.22", "go1.23"]);
    for (bad, told) in [(&empty, "is empty"), (&missing, "No such file"), (&log, "gotrace schedtrace")] {
        let a = [good.clone(), vec![bad.clone()]].concat();
        let b = of_releases("mixed", &["go1.25"]);
        let ran = gotrace(&line(&a, &b, &[]));
        assert!(ran.bad(1).contains(told) && ran.text().contains("A  2 traces of "), "{told}: {ran:?}");
        let ran = gotrace(&line(&a, &b, &["--json"]));
        let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
        let left_out = report["a"]["left_out"].as_array().unwrap();
        assert!(left_out.len() == 1 && left_out[0]["why"].as_str().unwrap().contains(told), "{left_out:?}");
        // Alone, it is an error.
        let ran = gotrace(&["diff", bad, "--vs", &good[0]]);
        assert!(ran.bad(1).contains(told) && ran.stdout.is_empty(), "{ran:?}");
        let ran = gotrace(&["diff", bad, &missing, "--vs", &good[0]]);
        assert!(ran.bad(1).contains("no trace of side A could be read") && ran.stderr.contains(told), "{ran:?}");
    }
    // Of a damaged trace, the good part is compared.
    let ran = gotrace(&["diff", &cut, "--vs", &good[0], "--json"]);
    assert!(ran.bad(1).contains("warning"), "{}", ran.stderr);
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert!(!report["a"]["traces"][0]["warnings"].as_array().unwrap().is_empty());
    let ran = gotrace(&["diff", &cut, "--vs", &good[0], "--strict"]);
    assert!(ran.code == Some(1) && ran.stdout.is_empty(), "{ran:?}");
}

#[test]
fn one_trace_counts_once() {
    let scratch = Scratch::new("diff-same");
    let [a, b] = ["go1.26/mixed", "go1.27/mixed"].map(trace);
    let copy = scratch.file("copy.trace", &fs::read(&b).unwrap());
    let ran = gotrace(&["diff", &b, "--vs", &copy]);
    assert!(ran.bad(1).contains("are the same trace, of which nothing can be learned"), "{}", ran.stderr);
    let ran = gotrace(&["diff", &a, "--vs", &b, &copy]);
    assert!(ran.bad(1).contains("copy.trace: is the same trace as "), "{}", ran.stderr);
    assert!(ran.text().contains("B  1 trace of "), "{}", ran.text());
}

#[test]
fn traces_come_from_pipes_too() {
    let [a, b] = ["go1.26/hello", "go1.27/hello"].map(trace);
    let ran = with_input(&["diff", "-", "--vs", &b], &fs::read(&a).unwrap());
    assert!(ran.good().contains(": standard input\n"), "{}", ran.text());
    assert_eq!(gotrace(&["diff", &a, "--vs", &b, "--from", "1s"]).bad(1).matches("no event from 1s on").count(), 1);
}
