//! `gotrace metrics`: its forms, and figures that a trace does not have.

use super::builder::TraceBuilder;
use super::builder_v1::File;
use super::{Scratch, gotrace, trace, with_input};
use gotrace::Version;
use serde_json::Value;
use std::collections::BTreeSet;

/// The text is OpenMetrics 1.0: each family has its type, unit and help with samples below
/// it, and histograms and quantiles only rise.
#[test]
fn metrics_for_prometheus() {
    for (name, option) in [
        ("go1.27/mixed", "--openmetrics"),
        ("go1.27/mixed", "--go-collector"),
        ("go1.21/mixed", "--go-collector"),
        ("go1.22/hello", "--go-collector"),
    ] {
        let ran = gotrace(&["metrics", option, &trace(name)]);
        let text = ran.good();
        let body = text.strip_suffix("# EOF\n").unwrap();
        let (mut family, mut kind, mut families, mut last) = ("", "", BTreeSet::new(), (-1.0, 0.0));
        for line in body.lines() {
            let words: Vec<&str> = line.splitn(4, ' ').collect();
            match words[..] {
                ["#", "TYPE", name, of] => {
                    (family, kind, last) = (name, of, (-1.0, 0.0));
                    assert!(families.insert(name), "{name} comes twice");
                }
                ["#", "UNIT", name, unit] => assert!(name == family && family.ends_with(&format!("_{unit}")), "{line}"),
                ["#", "HELP", name, help] => assert!(name == family && !help.is_empty(), "{line}"),
                [sample, value] => {
                    let value: f64 = value.parse().unwrap();
                    assert!(value >= 0.0, "{line}");
                    let rest = sample.strip_prefix(family).unwrap_or_else(|| panic!("{line} below {family}"));
                    // Buckets and quantiles have one label, whose value is a number that rises.
                    let mut rises = |label: &str| {
                        let at = rest.split_once(label).unwrap().1.strip_suffix("\"}").unwrap();
                        let at: f64 = at.parse().unwrap();
                        assert!(at > last.0 && value >= last.1, "{line}");
                        last = (at, value);
                        at
                    };
                    match (kind, rest) {
                        ("gauge", "") | ("counter", "_total") | ("histogram" | "summary", "_sum") => {}
                        ("summary", "_count") => {}
                        ("histogram", "_count") => assert_eq!(last, (f64::INFINITY, value)),
                        // Beside a sum, no bound may be below 0.
                        ("histogram", _) => assert!(rises("_bucket{le=\"") > 0.0, "{line}"),
                        ("summary", _) => assert!((0.0..=1.0).contains(&rises("{quantile=\"")), "{line}"),
                        ("gauge", _) => assert!(rest.starts_with("{version=\"go1."), "{line}"),
                        other => panic!("{other:?}: {line}"),
                    }
                }
                _ => panic!("{line}"),
            }
        }
        let json = gotrace(&["metrics", "--json", &trace(name)]).json();
        let all = json["metrics"].as_object().unwrap();
        assert!(all.len() >= 20, "{name}: {}", all.len());
        for metric in all.values() {
            let name = metric["prometheus"].as_str().unwrap();
            assert!(text.lines().any(|line| line.starts_with(name)), "{name}");
        }
        let collector = json["go_collector"]["metrics"].as_object().unwrap();
        let both = collector.keys().filter(|name| families.contains(name.as_str())).count();
        // GOMAXPROCS has one name in both.
        assert_eq!(both, if option == "--go-collector" { collector.len() } else { 1 }, "{name}");
    }
}

/// The metrics of the default Go collector agree with other reports on the same trace.
#[test]
fn the_default_collector_says_the_same() {
    let mixed = trace("go1.27/mixed");
    let report = gotrace(&["metrics", "--json", &mixed]).json();
    let of = |name: &str| report["go_collector"]["metrics"][name]["value"].clone();
    let summary = gotrace(&["summary", "--json", &mixed]).json();
    assert_eq!(of("go_threads"), summary["threads"]);
    assert_eq!(of("go_sched_gomaxprocs_threads"), summary["gomaxprocs"]["last"]);
    assert_eq!(of("go_memstats_heap_alloc_bytes"), summary["heap"]["live"]["last"]);
    assert_eq!(of("go_memstats_next_gc_bytes"), summary["heap"]["goal"]["last"]);
    assert_eq!(of("go_info"), serde_json::json!({ "version": "go1.26" }));
    assert_eq!(of("go_gc_duration_seconds")["count"], summary["gc"]["cycles"]);
    assert_eq!(of("go_gc_duration_seconds")["quantiles"].as_array().unwrap().len(), 5);
    // The cycle ended in the second in which the trace began, or in the next.
    let ended = of("go_memstats_last_gc_time_seconds").as_f64().unwrap();
    let began = summary["wall_start"]["secs"].as_f64().unwrap();
    assert!((0.0..2.0).contains(&(ended - began)), "{ended} {began}");
    // The collector's count leaves out the runtime's own goroutines.
    let all = report["metrics"]["/sched/goroutines:goroutines"]["value"].as_u64().unwrap();
    assert!((1..all).contains(&of("go_goroutines").as_u64().unwrap()));
}

/// Each metric of Go 1.27 has a value, or a reason why a trace cannot give it.
#[test]
fn what_is_not_told_has_a_reason() {
    let report = gotrace(&["metrics", "--json", &trace("go1.27/mixed")]).json();
    for report in [&report, &report["go_collector"]] {
        let (given, untold) = (report["metrics"].as_object().unwrap(), report["untold"].as_object().unwrap());
        assert!(untold.values().all(|reason| reason.as_str().is_some_and(|reason| reason.len() > 10)), "{untold:?}");
        assert!(!untold.keys().any(|name| given.contains_key(name)), "{untold:?}");
        assert!(given.len() + untold.len() >= 30);
    }
    let untold = report["untold"].as_object().unwrap();
    for name in ["/cpu/classes/scavenge/assist:cpu-seconds", "/gc/gogc:percent", "/memory/classes/total:bytes"] {
        assert!(untold.contains_key(name), "{name}");
    }
    let ran = gotrace(&["metrics", &trace("go1.27/mixed")]);
    assert!(untold.keys().all(|name| ran.good().contains(name)), "{}", ran.text());
}

/// Returns a trace with a cycle of the collector and that heap goal.
fn with_goal(version: Version, goal: u64) -> Vec<u8> {
    if version.is_v1() {
        use gotrace::spec::v1::EventType::*;
        let begun = File::begun(version).event(HeapAlloc, &[10, 5 << 20]).event(HeapGoal, &[10, goal]);
        return begun.event(GCStart, &[10, 0, 0]).event(GCDone, &[1000]).event(HeapAlloc, &[10, 3 << 20]).done();
    }
    use gotrace::spec::v2::EventType::*;
    let mut trace = TraceBuilder::new(version);
    let batch = trace.generation(1).batch(0, 100);
    batch.event(1, ProcStatus, &[0, 1]).event(1, GoStatus, &[1, 0, 2]).event(1, ProcsChange, &[2, 0]);
    batch.event(10, HeapAlloc, &[5 << 20]).event(10, HeapGoal, &[goal]);
    batch.event(10, GCBegin, &[1, 0]).event(1000, GCEnd, &[2]).event(10, HeapAlloc, &[3 << 20]);
    trace.build()
}

/// No heap goal (GOGC=off) is no figure, though the runtime writes 0 or a very large number
/// in its place.
#[test]
fn no_heap_goal_is_no_figure() {
    let scratch = Scratch::new("metrics-goal");
    for (at, (version, goal)) in [
        (Version::Go119, 0),
        (Version::Go121, 8_946_670_875_741_721_813),
        (Version::Go122, 8_946_670_875_741_721_813),
        (Version::Go122, u64::MAX),
        (Version::Go126, 0),
    ]
    .into_iter()
    .enumerate()
    {
        let path = scratch.file(&format!("{at}.trace"), &with_goal(version, goal));
        let run = |args: &[&str]| gotrace(&[args, &[path.as_str()]].concat());
        assert!(run(&["summary"]).text().contains("live 3.00 MiB to 5.00 MiB, no goal\n"), "{version} {goal}");
        assert_eq!(run(&["summary", "--json"]).json()["heap"]["goal"], Value::Null);
        let gc = run(&["gc", "--json"]).json();
        assert_eq!((&gc["cycles"][0]["goal"], gc["count"].as_u64()), (&Value::Null, Some(1)), "{version} {goal}");
        let metrics = run(&["metrics", "--json"]).json();
        assert_eq!(metrics["metrics"].get("/gc/heap/goal:bytes"), None);
        assert!(metrics["untold"]["/gc/heap/goal:bytes"].as_str().unwrap().contains("GOGC=off"));
        assert!(!run(&["metrics", "--go-collector"]).text().contains("goal_bytes"));
        let events = run(&["events", "--json"]);
        let goals = events.text().lines().filter(|line| line.contains("/gc/heap/goal:bytes"));
        assert_eq!(goals.filter(|line| line.contains("\"value\":null,")).count(), 1, "{}", events.text());
        assert!(run(&["events"]).text().contains("heap goal none"));
        for args in [&["summary"][..], &["gc"], &["metrics"], &["metrics", "--go-collector"]] {
            let ran = run(args);
            assert!(!ran.text().contains("TiB") && !ran.text().contains("next_gc"), "{args:?}: {}", ran.text());
        }
    }
    // A real goal is printed.
    let some = scratch.file("some.trace", &with_goal(Version::Go126, 4 << 20));
    assert!(gotrace(&["summary", &some]).text().contains("goal 4.00 MiB\n"));
    assert_eq!(gotrace(&["gc", "--json", &some]).json()["cycles"][0]["goal"], 4 << 20);
}

/// No heap goal in `gc` lines is no figure: lines of Go up to 1.18, later ones, and one with
/// a goal below 1 MiB.
#[test]
fn no_heap_goal_in_gc_lines() {
    let line = |n: u32, goal: &str| {
        format!(
            "gc {n} @0.{n:03}s 3%: 0.1+1.0+0.01 ms clock, 0.2+0.1/0.1/0.1+0.1 ms cpu, 5->6->3 MB, {goal} MB goal, 0 MB stacks, 0 MB globals, 2 P\n"
        )
    };
    let log = [line(1, "17592186044415"), line(2, "8532210231537"), line(3, "0"), line(4, "7")].concat();
    let run = |args: &[&str]| with_input(&[args, &["-"]].concat(), log.as_bytes());
    let report = run(&["gctrace", "--json"]).json();
    let goals: Vec<_> = report["heap"].as_array().unwrap().iter().map(|point| point["goal"].as_u64()).collect();
    assert_eq!(goals, [None, None, Some(0), Some(7 << 20)]);
    let ran = run(&["gctrace"]);
    let goal = ran.good().lines().find(|line| line.starts_with("Goal")).unwrap();
    assert!(goal.ends_with("  ▁█  0 to 7 MiB"), "{goal}");
    let rows: Vec<&str> = ran.text().lines().rev().take(4).map(|row| row.rsplit("  ").next().unwrap().trim()).collect();
    assert_eq!(rows, ["7 MiB", "0 MiB", "-", "-"]);
    let csv = run(&["gctrace", "--csv"]);
    let header: Vec<&str> = csv.good().lines().next().unwrap().split(',').collect();
    let at = header.iter().position(|name| *name == "goal_bytes").unwrap();
    let cells: Vec<&str> = csv.text().lines().skip(1).map(|row| row.split(',').nth(at).unwrap()).collect();
    assert_eq!(cells, ["", "", "0", "7340032"]);
    let off = with_input(&["gctrace", "-"], line(1, "17592186044415").as_bytes());
    assert!(off.good().contains("Goal        none\n"), "{}", off.text());
}

/// Leak suspects are goroutines of the program, not of the runtime or the tracer, in traces
/// of all versions.
#[test]
fn leaks_are_the_programs() {
    let mut candidates = 0;
    for version in ["go1.21", "go1.22", "go1.23", "go1.24", "go1.25", "go1.26", "go1.27"] {
        for program in ["hello", "mixed", "cpuprofile", "gc"] {
            let trace = trace(&format!("{version}/{program}"));
            let all = gotrace(&["goroutines", "--by", "goroutine", "--top", "0", "--json", &trace]).json();
            let created = all["goroutines"].as_array().unwrap().iter().filter(|g| g["creation_seen"] == true);
            candidates += created.filter(|g| g["state"] == "waiting").count();
            let report = gotrace(&["goroutines", "--leaks", "--top", "0", "--json", &trace]).json();
            for suspect in report["suspects"].as_array().unwrap() {
                let root = suspect["waits_at"].as_array().unwrap().last().map_or("", |f| f["func"].as_str().unwrap());
                assert!(!root.starts_with("runtime"), "{version} {program}: {suspect}");
            }
        }
    }
    assert!(candidates > 20, "only {candidates} that were created wait in the end");
}
