//! `gotrace diagnose`: its page, its JSON and its exit status.

use super::{ROOT, Scratch, gotrace, trace, with_input};

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
    // The first line names the file, however long its name is.
    let lines = text.lines().skip(1).filter(|line| !line.contains(" < "));
    let widest = lines.map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{widest:?} columns");
}

fn log(name: &str) -> String {
    format!("{ROOT}/testdata/patterns/{name}")
}

/// A log is distinguished from a trace by its content, wherever it comes from.
#[test]
fn logs_are_diagnosed_as_traces_are() {
    let stuck = log("go1.24/stuck.log");
    let text = gotrace(&["diagnose", &stuck]).good().to_string();
    for part in [
        "stuck.log  GODEBUG log, 14 SCHED lines, ",
        "CRITICAL unpreempted: a goroutine kept its P",
        "rule      how long a goroutine kept a P: 363 ms, threshold 100 ms (unpreempted.run)",
        "evidence  line 14: goroutine 7 ran for ",
        ", up to line 133, at 5",
        "such a log cannot show gc-latency",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let piped = with_input(&["diagnose", "-"], &std::fs::read(&stuck).unwrap());
    assert_eq!(piped.good(), text.replace(&stuck, "standard input"));
    let bytes = std::fs::read(pattern("stuck")).unwrap();
    assert!(with_input(&["diagnose", "-"], &bytes).good().contains("standard input  execution trace, "));
}

#[test]
fn runs_in_a_log_are_told_apart() {
    let scratch = Scratch::new("diagnose-runs");
    let both = [log("go1.24/busy.log"), log("go1.24/convoy.log")].map(|path| std::fs::read(path).unwrap()).concat();
    let both = scratch.file("both.log", &both);
    let text = gotrace(&["diagnose", &both]).good().to_string();
    let (first, second) = text.split_once("run 2 of the program").unwrap();
    assert!(first.contains("run 1 of the program") && first.contains("healthy"), "{text}");
    assert!(second.contains("lock-convoy"), "{text}");
    let reports = gotrace(&["diagnose", "--json", &both]).json();
    let runs: Vec<_> = reports.as_array().unwrap().iter().map(|report| report["run"].as_u64()).collect();
    assert_eq!(runs, [Some(0), Some(1)]);
    assert!(reports[1]["kind"] == "log" && reports[1]["unseen"][0] == "gc-latency", "{reports}");
    assert!(reports[1]["findings"][0]["evidence"][0]["line"].as_u64() > Some(238), "{reports}");
}

/// Each program of a log is judged by itself; if their lines cannot be told apart, none is.
#[test]
fn programs_in_a_log_are_told_apart() {
    let scratch = Scratch::new("diagnose-programs");
    let read = |name: &str| std::fs::read_to_string(log(&format!("go1.24/{name}.log"))).unwrap();
    let (busy, convoy) = (read("busy"), read("convoy"));
    let in_turn = |names: [&str; 2]| {
        let (mut a, mut b) = (busy.lines(), convoy.lines());
        let mut text = String::new();
        loop {
            let (a, b) = (a.next(), b.next());
            for (name, line) in names.iter().zip([a, b]).filter_map(|(name, line)| Some((name, line?))) {
                text += &format!("{name}{line}\n");
            }
            if a.is_none() && b.is_none() {
                return text;
            }
        }
    };
    let path = scratch.file("pods.log", in_turn(["[pod/busy/app] ", "[pod/convoy/app] "]).as_bytes());
    let text = gotrace(&["diagnose", &path]).good().to_string();
    let (first, second) = text.split_once("program pod/convoy/app, ").unwrap();
    assert!(first.contains("program pod/busy/app, ") && first.contains("healthy"), "{text}");
    assert!(second.contains("lock-convoy") && !text.contains("run 2"), "{text}");
    let reports = gotrace(&["diagnose", "--json", "--program", "convoy", &path]).json();
    assert!(reports[0]["program"] == "pod/convoy/app" && reports[1].is_null(), "{reports}");
    let ran = gotrace(&["diagnose", "--program", "other", &path]);
    assert!(ran.bad(1).contains("no program `other`; there are\n  pod/busy/app\n  pod/convoy/app"), "{ran:?}");
    assert!(gotrace(&["diagnose", "--program", "x", &pattern("busy")]).bad(2).contains("a trace is of one program"));

    let summary = std::fs::read_to_string(format!("{ROOT}/testdata/godebug/go1.24/summary.log")).unwrap();
    let lines: Vec<&str> = summary.lines().collect();
    let (early, late) = lines.split_at(lines.len() / 2);
    let mixed: String = early.iter().zip(late).flat_map(|(a, b)| [a, b]).map(|line| format!("{line}\n")).collect();
    let path = scratch.file("mixed.log", mixed.as_bytes());
    let ran = gotrace(&["diagnose", &path]);
    assert!(ran.bad(1).contains("lines of several programs stand mixed in it"), "{ran:?}");
    assert!(ran.text().contains("not judged: lines of several") && !ran.text().contains("healthy"), "{ran:?}");
    let ran = gotrace(&["diagnose", "--json", &path]);
    let reports: serde_json::Value = serde_json::from_str(ran.text()).unwrap();
    assert!(reports[0]["findings"].is_null() && reports[1].is_null(), "{reports}");
    for command in ["schedtrace", "gctrace"] {
        let ran = gotrace(&[command, &path]);
        assert!(ran.bad(1).contains("stand mixed in it") && ran.text().is_empty(), "{ran:?}");
    }
}

/// A file that is neither a trace nor a log is refused, and malformed lines are warned of.
#[test]
fn bad_inputs() {
    let scratch = Scratch::new("diagnose-bad");
    for (name, content, says) in [
        ("text", &b"hello\nworld\n"[..], "no execution trace, and no SCHED or gc line in 2 lines"),
        ("empty", b"", "it is empty"),
        ("cut", b"go 1.", "byte 5"),
    ] {
        let file = scratch.file(name, content);
        assert!(
            gotrace(&["diagnose", &file]).bad(1).contains(says),
            "{name}: {}",
            gotrace(&["diagnose", &file]).stderr
        );
    }
    assert!(gotrace(&["diagnose", &scratch.path("missing")]).bad(1).contains("No such file"));
    gotrace(&["diagnose", &scratch.path("")]).bad(1);

    let whole = String::from_utf8(std::fs::read(log("go1.24/convoy.log")).unwrap()).unwrap();
    let spoilt = whole.replacen("gomaxprocs=2 idleprocs", "gomaxprocs=x idleprocs", 1);
    let ran = gotrace(&["diagnose", &scratch.file("spoilt", spoilt.as_bytes())]);
    assert!(ran.bad(1).contains("line ") && ran.text().contains("lock-convoy"), "{ran:?}");
}

#[test]
fn nothing_found_is_an_answer() {
    let text = gotrace(&["diagnose", &pattern("busy")]).good().to_string();
    assert!(text.contains("healthy: none of the 13 patterns") && text.contains("of 2.0 Ps busy"), "{text}");
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
        for input in [pattern(name), log(&format!("go1.24/{name}.log"))] {
            let ran = gotrace(&["diagnose", "--fail-on", level, &input]);
            assert_eq!(ran.code, Some(code), "{input} {level}: {ran:?}");
        }
    }
    let ran = gotrace(&["diagnose", "--fail-on", "info", "--threshold", "pinned-p.share=2", &pattern("pinned")]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn thresholds_are_listed_and_checked() {
    let list = gotrace(&["diagnose", "--thresholds"]).good().to_string();
    assert!(list.contains("gc-stall.pause=10000000\n") && list.contains("unpreempted.run=100000000\n"), "{list}");
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

/// The JSON has the fields that scripts rely on.
#[test]
fn json_fields() {
    let report = gotrace(&["diagnose", "--json", &pattern("stuck"), &trace("go1.27/hello")]).json();
    let reports = report.as_array().unwrap();
    assert_eq!(reports.len(), 2);
    for report in reports {
        let keys: Vec<_> = report.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["findings", "input", "kind", "notes", "program", "run", "span", "unseen", "verdict"]);
        assert!(report["run"].is_null() && report["unseen"].as_array().unwrap().is_empty());
        assert!(report["kind"] == "trace" && report["span"].as_i64().unwrap() > 0);
    }
    let finding = &reports[0]["findings"][0];
    let keys: Vec<_> = finding.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["advice", "evidence", "headline", "pattern", "rule", "severity", "when"]);
    assert!(finding["pattern"] == "unpreempted" && finding["severity"] == "critical");
    let rule = &finding["rule"];
    assert!(rule["value"].as_f64() > rule["limit"].as_f64() && rule["threshold"] == "unpreempted.run", "{rule}");
    let evidence = &finding["evidence"][0];
    assert!(evidence["goroutine"].is_u64() && evidence["line"].is_null(), "{evidence}");
    assert!(evidence["when"]["start"].as_i64() < evidence["when"]["end"].as_i64(), "{evidence}");
    assert_eq!(evidence["stack"][0], "main.stuck.func1");
    assert_eq!(reports[1]["findings"].as_array().unwrap().len(), 0);
    assert!(reports[0]["verdict"] == "found" && reports[1]["verdict"] == "too-little", "{reports:?}");
    assert!(reports[1]["notes"][0].as_str().unwrap().contains("short"));
}

/// An input that is too short is not called healthy, in any form, and its figures are shown.
#[test]
fn too_little_is_not_healthy() {
    let few = log("signs/three-lines.log");
    let text = gotrace(&["diagnose", &few]).good().to_string();
    assert!(text.contains("too few lines to judge: 3 SCHED lines") && !text.contains("healthy"), "{text}");
    assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains("53.5 goroutines waiting to run"), "{text}");
    let summary = gotrace(&["summary", &trace("go1.27/hello")]).good().to_string();
    assert!(summary.contains("Diagnosis   too little to judge: it is ") && !summary.contains("healthy"), "{summary}");
    let json = gotrace(&["summary", "--json", &trace("go1.27/hello")]).json();
    assert_eq!(json["verdict"], "too-little");

    // A trace that breaks off in its only generation is not judged.
    let scratch = Scratch::new("diagnose-cut");
    let whole = std::fs::read(pattern("handoff")).unwrap();
    let cut = scratch.file("cut.trace", &whole[..whole.len() / 2]);
    let text = gotrace(&["diagnose", &cut]);
    assert!(text.text().contains("too little to judge: none of its generations is whole"), "{text:?}");
    let summary = gotrace(&["summary", &cut]);
    assert!(summary.text().contains("too little to judge: none of its generations"), "{summary:?}");
}
