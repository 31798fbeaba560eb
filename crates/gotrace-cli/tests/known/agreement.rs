//! Reports that have the same figure agree on it.

use super::reports::{Reports, list};
use super::table::Table;
use serde_json::Value;

/// Returns the sum of a field over a list.
fn sum(all: &Value, field: &str) -> f64 {
    list(all).filter_map(|one| one[field].as_f64()).sum()
}

pub fn rows(table: &mut Table, reports: &Reports) {
    let Reports { summary, latency, procs, gc, stw, metrics, .. } = reports;
    let mut same = |report, figure: &str, truth: f64, ours: Option<f64>| {
        table.counted(report, figure, (truth, truth), ours);
    };
    let waits = latency["count"].as_f64().unwrap();
    same("summary", "waits, by latency", waits, summary["latency"]["count"].as_f64());
    // Waits after a creation or an unblock have a waker, and others have none.
    let woken = |cause: &&Value| ["created", "unblocked"].contains(&cause["cause"].as_str().unwrap());
    for (field, figure) in [("count", "waits"), ("sum", "waits, ns,")] {
        let all = latency[field].as_f64().unwrap();
        same("latency", &format!("{figure} of all causes"), all, Some(sum(&latency["causes"], field)));
        same("latency", &format!("{figure} of all functions"), all, Some(sum(&latency["functions"], field)));
        let woken = list(&latency["causes"]).filter(woken).filter_map(|cause| cause[field].as_f64()).sum();
        same("latency", &format!("{figure} of all wakers"), woken, Some(sum(&latency["wakers"], field)));
    }
    let histogram = list(&latency["histogram"]["counts"]).filter_map(Value::as_f64).sum();
    same("latency", "waits of the histogram", waits, Some(histogram));
    let ours = &metrics["metrics"]["/sched/latencies:seconds"]["value"];
    same("metrics", "/sched/latencies:seconds, count, by latency", waits, ours["count"].as_f64());
    same("metrics", "/sched/latencies:seconds, buckets", waits, Some(sum(&ours["buckets"], "count")));
    let calls = procs["syscalls"]["count"].as_f64().unwrap();
    same("summary", "system calls, by procs", calls, summary["syscalls"]["count"].as_f64());
    let lost = procs["syscalls"]["lost"].as_f64().unwrap();
    same("summary", "system calls that lost the P, by procs", lost, summary["syscalls"]["lost"].as_f64());
    let idle = procs["idle_beside"]["time"].as_f64().unwrap();
    same("summary", "a P idle beside a goroutine, ns, by procs", idle, summary["idle_beside"]["time"].as_f64());
    let assists = sum(&gc["cycles"], "assists");
    same("gc", "assists of all payers, by cycles", assists, Some(sum(&gc["payers"], "assists")));
    same("summary", "assists, by gc", assists, summary["gc"]["assists"].as_f64());
    let paying = sum(&gc["cycles"], "assisting");
    same("gc", "assists of all payers, ns, by cycles", paying, Some(sum(&gc["payers"], "nanos")));
    same("summary", "assists, ns, by gc", paying, summary["gc"]["assisting"].as_f64());
    let stops = sum(&summary["stw"], "count");
    let both = |field: &str| Some(stw["gc"][field].as_f64()? + stw["other"][field].as_f64()?);
    same("stw", "stops of both kinds, by summary", stops, both("count"));
    same("stw", "stops of both kinds, ns, by summary", sum(&summary["stw"], "total"), both("sum"));
    let all = reports.goroutines["count"].as_f64().unwrap();
    for by in ["function", "state", "creator"] {
        let groups = reports.ask(&["goroutines", "--by", by, "--top", "0"]);
        same("goroutines", &format!("all, by {by}"), all, Some(sum(&groups["groups"], "count")));
    }
    for of in ["net", "sync", "syscall", "sched", "wall"] {
        let profile = reports.ask(&["pprof", of]);
        same(
            "pprof",
            &format!("{of}, ns, of all stacks"),
            profile["nanos"].as_f64().unwrap(),
            Some(sum(&profile["samples"], "nanos")),
        );
        let flat = reports.ask(&["pprof", of, "--by", "function"]);
        same(
            "pprof",
            &format!("{of}, ns, of all functions"),
            profile["nanos"].as_f64().unwrap(),
            Some(sum(&flat["functions"], "flat")),
        );
    }
}
