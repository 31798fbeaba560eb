//! The trace as a whole: `summary`, `count`, `events`, `diagnose`.

use super::collector::{PAUSE, WORK, stopped, wall_start};
use super::recorded::Recorded;
use super::reports::{Reports, list, pick};
use super::table::{NONE, Table, Tolerance};
use serde_json::Value;

pub fn rows(table: &mut Table, recorded: &Recorded, reports: &Reports) {
    span(table, recorded, reports);
    anchors(table, recorded, reports);
    diagnose(table, recorded, reports);
}

fn span(table: &mut Table, recorded: &Recorded, reports: &Reports) {
    let truth = recorded.bounds("trace/span ns");
    table.timed("summary", "span, ns", truth, reports.summary["span"].as_f64(), 1.0);
    table.timed("procs", "span, ns", truth, reports.procs["span"].as_f64(), 1.0);
    for (kind, truth) in recorded.between("count/", " events") {
        let ours = reports.count["kinds"][&kind].as_f64();
        table.counted("count", format!("{kind}, events"), truth, ours);
    }
    let events = reports.count["events"].as_f64().unwrap();
    table.counted("summary", "events, by count", (events, events), reports.summary["events"].as_f64());
    let logs = recorded.bounds("count/Log events");
    table.counted("summary", "messages", logs, reports.summary["logs"].as_f64());
    let blocked = &reports.summary["blocked"];
    let network = recorded.bounds("goroutines/main.readsNetwork waits for network ns");
    table.timed("summary", "blocked in the network, ns", network, blocked["net"].as_f64(), 10.0);
    let heap = &reports.summary["heap"];
    let sizes = (recorded.bounds("heap/live bytes").0, recorded.after("heap_sys_bytes"));
    table.counted("summary", "heap, live at most, bytes", sizes, heap["live"]["max"].as_f64());
    let goal = recorded.metric("/gc/heap/goal:bytes").unwrap();
    table.counted("summary", "heap, last goal, bytes", (goal, goal), heap["goal"]["last"].as_f64());
}

/// Adds the times of messages that say when they were logged, on both clocks.
fn anchors(table: &mut Table, recorded: &Recorded, reports: &Reports) {
    let events = reports.ask(&["events", "--kind", "Log"]);
    let anchors: Vec<&Value> = list(&events).filter(|event| event["category"] == "anchor").collect();
    let (walls, clocks) = (recorded.pairs("walls_unix_ns"), recorded.pairs("clocks_ns"));
    table.counted("events", "anchors", (walls.len() as f64, walls.len() as f64), Some(anchors.len() as f64));
    let Some(first) = anchors.first() else { return };
    let wall = wall_start(reports).zip(reports.summary["start"].as_f64());
    for (n, anchor) in anchors.iter().enumerate() {
        let (at, since) = (anchor["time"].as_f64().unwrap(), first["time"].as_f64().unwrap());
        let truth = (clocks[n].0 - clocks[0].1, clocks[n].1 - clocks[0].0);
        if n > 0 {
            table.timed("events", format!("anchor {n} after the first, ns"), truth, Some(at - since), 1.0);
        }
        if let Some((wall, start)) = wall {
            let why = "the trace notes both clocks one after the other, and may be interrupted";
            let tolerance = Tolerance { more: 50_000.0, why, ..NONE };
            // The last bit of a double is 256 ns at 1.8e18.
            let late = wall - walls[n].0 + (at - start);
            let truth = (0.0, walls[n].1 - walls[n].0);
            table.row("events", format!("anchor {n}, wall clock after its time, ns"), truth, Some(late), tolerance);
        }
    }
}

/// Adds the figures of rules, with thresholds so low that all rules fire.
fn diagnose(table: &mut Table, recorded: &Recorded, reports: &Reports) {
    let ask = |thresholds: &[&str]| {
        let mut args = vec!["diagnose"];
        args.extend(thresholds.iter().flat_map(|threshold| ["--threshold", threshold]));
        let findings = reports.ask(&args)[0]["findings"].clone();
        move |pattern: &str| pick(&findings, "pattern", pattern)["rule"]["value"].as_f64()
    };
    let report = "diagnose";
    let longest = recorded.numbers("gc_pauses_ns").into_iter().fold(0.0, f64::max);
    let stall = ask(&["gc-stall.pause=1"])("gc-stall");
    // The finding names the longer of a cycle's two pauses.
    let tolerance = Tolerance { more: 200_000.0, why: "as a cycle's pauses", ..NONE };
    table.row(report, "gc-stall, longest pause, ns", (longest / 2.0, longest), stall, tolerance);
    let span = reports.summary["span"].as_f64().unwrap();
    let paused = recorded.during("pause_total_ns") / span;
    let stall = ask(&["gc-stall.paused=0.000001", "gc-stall.pause=1e12"])("gc-stall");
    let tolerance =
        Tolerance { above: PAUSE.above, more: PAUSE.more * recorded.during("num_gc") / span, why: PAUSE.why, ..NONE };
    table.row(report, "gc-stall, share of time", (paused, paused), stall, tolerance);
    let cpu = |class: &str| recorded.growth(&format!("/cpu/classes/gc/{class}:cpu-seconds")).unwrap_or(f64::NAN) * 1e9;
    let (marking, pause) = (cpu("mark/dedicated") + cpu("mark/assist"), cpu("pause"));
    let share = |pause: f64| (marking + pause) / recorded.bounds("procs/capacity ns").0;
    let truth = (share(stopped(recorded, pause)), share(pause));
    let stall = ask(&["gc-stall.cpu=0.000001", "gc-stall.paused=1", "gc-stall.pause=1e12"])("gc-stall");
    let tolerance = Tolerance { more: 0.02, ..WORK };
    table.row(report, "gc-stall, share of processors", truth, stall, tolerance);
    // `unpreempted` leaves out the runtime's own goroutines.
    if let Some(run) = ask(&["unpreempted.run=1000000"])("unpreempted") {
        let longest = reports.procs["runs"]["max"].as_f64().unwrap();
        table.timed(report, "unpreempted, ns, by procs", (1e6, longest), Some(run), 1.0);
    }
    let idle = ask(&["idle-ps.share=0.0000001"])("idle-ps");
    let share = reports.procs["idle_beside"]["time"].as_f64().unwrap() / span;
    // A trace in which it is rare has too few samples for the finding.
    if let Some(idle) = idle {
        let stopped: f64 = list(&reports.stw["kinds"]).filter_map(|kind| kind["durations"]["sum"].as_f64()).sum();
        let (truth, why) = ((share, share + stopped / span), "stops included");
        table.row(report, "idle-ps, share, by procs", truth, Some(idle), Tolerance { more: 0.001, why, ..NONE });
    }
}
