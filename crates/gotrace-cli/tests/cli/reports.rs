//! `gotrace summary`, `count` and `events` agree with each other and with `dump`.

use super::{Ran, gotrace, trace, traces};
use serde_json::Value;
use std::collections::BTreeMap;

fn lines(ran: &Ran) -> Vec<Value> {
    ran.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Returns the report; none if nothing of the trace can be read.
fn report(args: &[&str]) -> Option<Value> {
    let ran = gotrace(args);
    if ran.stdout.is_empty() {
        ran.bad(1);
        return None;
    }
    Some(serde_json::from_slice(&ran.stdout).unwrap())
}

/// Counting raw, in order and side by side counts the same events.
#[test]
fn counts_agree() {
    for path in traces() {
        let count = |args: &[&str]| report(&[&["count", "--json", path.as_str()], args].concat());
        let (Some(ordered), Some(raw)) = (count(&["--threads", "1"]), count(&["--raw"])) else { continue };
        assert_eq!(Some(&ordered), count(&["--threads", "4"]).as_ref(), "{path}");
        assert_eq!(Some(&ordered), count(&["--in-order"]).as_ref(), "{path}");
        if ordered["warnings"] == 0 {
            assert_eq!(ordered["wire_events"], raw["events"], "{path}");
        }
        let kinds: u64 = ordered["kinds"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(ordered["events"], kinds, "{path}");
    }
}

#[test]
fn a_count_for_people() {
    let path = trace("go1.27/annotations");
    let text = gotrace(&["count", &path]);
    let report = gotrace(&["count", "--json", &path]).json();
    let line = text.good().lines().find(|line| line.ends_with("TaskBegin")).unwrap();
    assert_eq!(line.split_whitespace().next().unwrap(), report["kinds"]["TaskBegin"].to_string());
}

/// The summary's figures are the sums of the events.
#[test]
fn a_summary_adds_up() {
    for name in ["go1.27/gc", "go1.25/gc-gens", "go1.23/iterpull", "go1.22/http", "go1.27/annotations", "go1.26/stw"] {
        let path = trace(name);
        let summary = gotrace(&["summary", "--json", "--top", "0", &path]).json();
        let events = lines(&gotrace(&["events", "--json", "--stacks", "none", &path]));
        let end = &events.last().unwrap()["time"];
        assert_eq!(summary["events"], events.len(), "{name}");
        assert_eq!((&summary["start"], &summary["end"]), (&events[0]["time"], end), "{name}");
        let of_kind = |kind: &str| events.iter().filter(|e| e["kind"] == kind).count();
        let tasks = events.iter().map(|e| &e["task"]).filter_map(Value::as_u64).filter(|task| *task != 0);
        assert_eq!(summary["tasks"], tasks.collect::<std::collections::BTreeSet<_>>().len(), "{name}");
        assert_eq!(summary["generations"], of_kind("Sync") - 1, "{name}");

        let is_go = |e: &&Value| e["resource"] == "goroutine";
        let created = events.iter().filter(is_go).filter(|e| e["from"] == "NotExist").count();
        assert_eq!(summary["goroutines"]["created"], created, "{name}");

        let (mut running, mut since) = (0, BTreeMap::new());
        let ns = |v: &Value| v.as_i64().unwrap();
        let mut sync = 0;
        for event in &events {
            let time = ns(&event["time"]);
            if event["kind"] == "Sync" {
                sync = time;
            } else if event["resource"] == "goroutine" {
                let id = event["id"].as_u64().unwrap();
                if let Some(since) = since.remove(&id) {
                    running += time - since;
                }
                if event["to"] == "Running" {
                    since.insert(id, if event["from"] == "Undetermined" { sync } else { time });
                }
            }
        }
        running += since.values().map(|since| ns(end) - since).sum::<i64>();
        assert_eq!(summary["goroutines"]["times"]["running"], running, "{name}");
        let top = summary["goroutines"]["top"].as_array().unwrap();
        let grouped: i64 = top.iter().map(|group| ns(&group["times"]["running"])).sum();
        assert_eq!(grouped, running, "{name}");
    }
}

#[test]
fn a_summary_is_a_page() {
    let ran = gotrace(&["summary", &trace("go1.27/gc"), "--top", "3"]);
    let text = ran.good();
    for part in [
        "Started",
        "Span",
        "Events",
        "Goroutines",
        "Heap",
        "10 cycles",
        "GC mark termination",
        "main.assist.func1",
        "more; --top 0",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(text.lines().count() < 30 && !text.lines().any(|line| line.ends_with(' ')), "{text}");
}

#[test]
fn events_are_filtered() {
    let path = trace("go1.27/annotations");
    // Numbers of stacks depend on which events there are.
    let run =
        |args: &[&str]| lines(&gotrace(&[&["events", "--json", "--stacks", "inline", path.as_str()], args].concat()));
    let (all, some) = (run(&[]), run);
    let filter = |keep: &dyn Fn(&Value) -> bool| all.iter().filter(|e| keep(e)).cloned().collect::<Vec<_>>();

    let about = |e: &Value, id: u64| e["goroutine"] == id || (e["resource"] == "goroutine" && e["id"] == id);
    assert_eq!(some(&["-g", "1"]), filter(&|e| about(e, 1)));
    assert_eq!(some(&["-g", "5", "-g", "6"]), filter(&|e| about(e, 5) || about(e, 6)));
    assert_eq!(some(&["-p", "0"]), filter(&|e| e["proc"] == 0 || (e["resource"] == "proc" && e["id"] == 0)));
    let thread = all[1]["thread"].as_u64().unwrap();
    assert_eq!(some(&["-m", &thread.to_string()]), filter(&|e| e["thread"] == thread));
    assert_eq!(some(&["--kind", "log,TaskBegin"]), filter(&|e| e["kind"] == "Log" || e["kind"] == "TaskBegin"));
    assert_eq!(some(&["--limit", "3"]), all[..3]);
    assert_eq!(some(&["-g", "1", "--kind", "Log", "-n", "1"]).len(), 1);

    let start = all[0]["time"].as_i64().unwrap();
    let window = filter(&|e| (start + 200_000..start + 300_000).contains(&e["time"].as_i64().unwrap()));
    assert!(!window.is_empty());
    assert_eq!(some(&["--from", "0.2ms", "--to", "300us"]), window);
    let (from, to) = ((start + 200_000).to_string(), (start + 300_000).to_string());
    assert_eq!(some(&["--from", &from, "--to", &to]), window);
}

#[test]
fn events_for_people() {
    let path = trace("go1.27/annotations");
    let ran = gotrace(&["events", &path, "-g", "1"]);
    for part in
        ["G1 Running -> Waiting (sleep)", "task 3 \"child\" begins in task 2", "NotExist -> Runnable, to run main."]
    {
        assert!(ran.good().contains(part), "{part}");
    }
    let stacks = gotrace(&["events", &path, "-g", "1", "--stacks"]);
    assert!(stacks.good().contains("        main.main  ") && stacks.text().len() > 2 * ran.text().len());
}

/// Each event's JSON says what the line of `dump` says.
#[test]
fn json_and_dump_agree() {
    for name in ["go1.27/annotations", "go1.23/iterpull", "go1.24/alloc"] {
        let path = trace(name);
        let (json, dump) = (gotrace(&["events", "--json", "--stacks", "none", &path]), gotrace(&["dump", &path]));
        let dump = String::from_utf8_lossy(&dump.stdout);
        let dumped = dump.lines().filter(|line| line.starts_with("M="));
        let mut count = 0;
        for (json, line) in lines(&json).iter().zip(dumped) {
            let id = |field: &str| json[field].as_i64().unwrap_or(-1);
            let (m, p, g) = (id("thread"), id("proc"), id("goroutine"));
            let start = format!("M={m} P={p} G={g} {} Time={}", json["kind"].as_str().unwrap(), json["time"]);
            assert!(line.starts_with(&start), "{line}\n{start}");
            if let Some(to) = json["to"].as_str() {
                assert!(line.contains(&format!("{}->{to}", json["from"].as_str().unwrap())), "{line}");
            }
            count += 1;
        }
        assert_eq!(json.text().lines().count(), count, "{name}");
    }
}
