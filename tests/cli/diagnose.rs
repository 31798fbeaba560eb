//! `gotrace diagnose`: what it prints, and how it ends.

use super::{ROOT, gotrace, trace};

fn pattern(name: &str) -> String {
    format!("{ROOT}/testdata/patterns/go1.24/{name}.trace")
}

#[test]
fn a_finding_reads_as_an_answer() {
    let ran = gotrace(&["diagnose", &pattern("convoy")]);
    let text = ran.good();
    for part in [
        "CRITICAL lock-convoy: for ",
        "rule      goroutines that wait for a lock",
        "threshold 8 (lock-convoy.waiting)",
        "when      ",
        "sync.(*Mutex).Lock < main.convoy.func1",
        "advice    Most goroutines queue for the same lock",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let widest = text.lines().filter(|line| !line.contains(" < ")).map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{widest:?} columns");
}

#[test]
fn nothing_found_is_an_answer() {
    let text = gotrace(&["diagnose", &pattern("busy")]).good().to_string();
    assert!(text.contains("healthy: none of 10 patterns") && text.contains("of 2.0 Ps busy"), "{text}");
}

#[test]
fn several_inputs_are_told_apart() {
    let (leak, idle) = (pattern("leak"), pattern("idle"));
    let text = gotrace(&["diagnose", &leak, &idle]).good().to_string();
    let (first, second) = text.split_once(&idle).unwrap();
    assert!(first.contains("goroutine-growth") && second.contains("healthy"), "{text}");
}

#[test]
fn ci_jobs_can_fail_on_it() {
    for (name, level, code) in [
        ("convoy", "critical", 3),
        ("convoy", "info", 3),
        ("pinned", "info", 3),
        ("pinned", "warning", 0),
        ("busy", "info", 0),
    ] {
        let ran = gotrace(&["diagnose", "--fail-on", level, &pattern(name)]);
        assert_eq!(ran.code, Some(code), "{name} {level}: {ran:?}");
    }
    let ran = gotrace(&["diagnose", "--fail-on", "info", "--threshold", "pinned-p.share=2", &pattern("pinned")]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn thresholds_are_listed_and_checked() {
    let list = gotrace(&["diagnose", "--thresholds"]).good().to_string();
    assert!(list.contains("gc-stall.pause=10000000\n") && list.contains("stuck-p.run=100000000\n"), "{list}");
    let input = pattern("idle");
    for (bad, hint) in [
        ("nonsense=1", "no such"),
        ("lasting", "NAME=VALUE"),
        ("lasting=x", "not a number"),
        ("lasting=-1", "not a number"),
    ] {
        assert!(gotrace(&["diagnose", "--threshold", bad, &input]).bad(2).contains(hint), "{bad}");
    }
    gotrace(&["diagnose"]).bad(2);
}

/// The fields that scripts rely on.
#[test]
fn json_fields() {
    let report = gotrace(&["diagnose", "--json", &pattern("stuck"), &trace("go1.27/hello")]).json();
    let reports = report.as_array().unwrap();
    assert_eq!(reports.len(), 2);
    for report in reports {
        let keys: Vec<_> = report.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["findings", "input", "kind", "notes", "span"]);
        assert!(report["kind"] == "trace" && report["span"].as_i64().unwrap() > 0);
    }
    let finding = &reports[0]["findings"][0];
    let keys: Vec<_> = finding.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["advice", "evidence", "headline", "pattern", "rule", "severity", "when"]);
    assert!(finding["pattern"] == "stuck-p" && finding["severity"] == "critical");
    let rule = &finding["rule"];
    assert!(rule["value"].as_f64() > rule["limit"].as_f64() && rule["threshold"] == "stuck-p.run", "{rule}");
    let evidence = &finding["evidence"][0];
    assert!(evidence["goroutine"].is_u64() && evidence["line"].is_null(), "{evidence}");
    assert!(evidence["when"]["start"].as_i64() < evidence["when"]["end"].as_i64(), "{evidence}");
    assert_eq!(evidence["stack"][0], "main.stuck.func1");
    assert_eq!(reports[1]["findings"].as_array().unwrap().len(), 0);
    assert!(reports[1]["notes"][0].as_str().unwrap().contains("short"));
}
