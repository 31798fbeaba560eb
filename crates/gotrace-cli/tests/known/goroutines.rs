//! Figures of goroutines: `goroutines`, `latency`, `pprof`.

use super::recorded::Recorded;
use super::reports::{Reports, list, pick};
use super::table::{NONE, Table, Tolerance};
use serde_json::Value;

pub fn rows(table: &mut Table, recorded: &Recorded, reports: &Reports) {
    each(table, recorded, reports);
    profiles(table, recorded, reports);
    waits(table, recorded, reports);
    numbers(table, recorded, reports);
}

/// Returns the sum over goroutines of a figure in their `stats`.
fn sum(goroutines: &[&Value], of: impl Fn(&Value) -> f64) -> Option<f64> {
    if goroutines.is_empty() { None } else { Some(goroutines.iter().map(|goroutine| of(&goroutine["stats"])).sum()) }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(0.0)
}

/// Returns all time in system calls, in nanoseconds.
fn in_syscalls(stats: &Value) -> f64 {
    number(&stats["syscall"]) + number(&stats["syscall_without_p"])
}

fn blocked(stats: &Value) -> f64 {
    stats["waiting"].as_object().into_iter().flatten().map(|(_, time)| number(time)).sum()
}

/// Adds the times of goroutines, by the function that they began with.
fn each(table: &mut Table, recorded: &Recorded, reports: &Reports) {
    let report = "goroutines";
    let time = |table: &mut Table, function: &str, what: String, truth, of: &dyn Fn(&Value) -> f64| {
        let goroutines = reports.goroutines_of(function);
        let stretches = goroutines.len() as f64;
        table.timed(report, format!("{function} {what}, ns"), truth, sum(&goroutines, of), stretches);
    };
    let minor = recorded.minor();
    for (name, mut truth) in recorded.between("goroutines/", " ns") {
        let (function, what) = name.split_once(' ').unwrap();
        match function {
            // A trace of Go 1.21 has the length of a system call only if it lost its P.
            "main.naps" if minor == 21 => truth.0 = 0.0,
            // A trace of Go 1.22 has no stack of a goroutine that does nothing.
            "main.earlyStays" if minor == 22 => continue,
            _ => {}
        }
        match what {
            "waits" => time(table, function, what.into(), truth, &blocked),
            "system calls" => time(table, function, what.into(), truth, &in_syscalls),
            "system calls without a P" => {
                time(table, function, what.into(), truth, &|stats| number(&stats["syscall_without_p"]))
            }
            "runs" => {
                let goroutines = reports.goroutines_of(function);
                let more = 50_000.0 * goroutines.len() as f64;
                let tolerance = Tolerance { more, why: "what runs before and behind the clock's reading", ..NONE };
                let ours = sum(&goroutines, |stats| number(&stats["running"]));
                table.row(report, format!("{function} {what}, ns"), truth, ours, tolerance);
            }
            "lives" => time(table, function, what.into(), truth, &|stats| number(&stats["total"])),
            _ => {
                let reason = what.strip_prefix("waits for ").unwrap_or_else(|| panic!("goroutines/{name}"));
                time(table, function, what.into(), truth, &|stats| number(&stats["waiting"][reason]));
            }
        }
        // The times in all states add up to the whole life.
        if what == "lives" {
            let adds_up = |stats: &Value| {
                let parts = ["running", "runnable", "unknown"].iter().map(|part| number(&stats[part])).sum::<f64>();
                parts + blocked(stats) + in_syscalls(stats)
            };
            time(table, function, "lives, by state".into(), truth, &adds_up);
        }
    }
    let groups = reports.ask(&["goroutines", "--top", "0"]);
    for (function, truth) in recorded.between("goroutines/main.", " goroutines") {
        let function = format!("main.{function}");
        let ours = pick(&groups["groups"], "name", &function)["count"].as_f64();
        table.counted(report, format!("{function}, goroutines"), truth, ours);
    }
    let suspects = reports.ask(&["goroutines", "--leaks"]);
    for (function, truth) in recorded.between("leaks/", " goroutines") {
        let waits_there = |suspect: &&Value| list(&suspect["waits_at"]).any(|frame| frame["func"] == function);
        let ours = list(&suspects["suspects"]).find(waits_there).unwrap_or(&Value::Null);
        table.counted("leaks", format!("{function}, goroutines"), truth, ours["count"].as_f64());
        let truth = recorded.bounds(&format!("leaks/{function} longest wait ns"));
        table.timed("leaks", format!("{function} waits longest, ns"), truth, ours["longest_wait"].as_f64(), 1.0);
    }
}

/// Adds the totals of profiles, of the goroutines that the program measures.
fn profiles(table: &mut Table, recorded: &Recorded, reports: &Reports) {
    let sum = |names: &[String]| {
        let bounds = names.iter().map(|name| recorded.bounds(name));
        bounds.fold((0.0, 0.0), |(least, most), more| (least + more.0, most + more.1))
    };
    let mut functions = Vec::new();
    let mut waits = Vec::new();
    for (name, _) in recorded.between("goroutines/main.", " ns") {
        let (function, what) = name.split_once(' ').unwrap();
        let there_at_edges = function.starts_with("early") || function.starts_with("late");
        if what.starts_with("waits for ") && !there_at_edges && !what.ends_with("network") && !what.ends_with("sleep") {
            functions.push(function.to_string());
            waits.push(format!("goroutines/main.{name} ns"));
        }
    }
    let report = "pprof";
    let [nanos, spans] = reports.profile("sync", &format!("^main\\.({})$", functions.join("|")));
    let goroutines: f64 =
        functions.iter().map(|name| recorded.bounds(&format!("goroutines/main.{name} goroutines")).0).sum();
    table.timed(report, "sync, ns", sum(&waits), nanos, goroutines);
    table.counted(report, "sync, waits", (goroutines, goroutines), spans);
    let network = recorded.bounds("goroutines/main.readsNetwork waits for network ns");
    let readers = recorded.bounds("goroutines/main.readsNetwork goroutines");
    for (figure, function) in [("net, all", "."), ("net", "^main\\.readsNetwork$")] {
        let [nanos, spans] = reports.profile("net", function);
        table.timed(report, format!("{figure}, ns"), network, nanos, readers.0);
        table.counted(report, format!("{figure}, waits"), readers, spans);
    }
    // A trace of Go 1.21 has the length of a system call only if it lost its P.
    let callers: &[&str] = if recorded.minor() == 21 { &["readsPipe"] } else { &["naps", "readsPipe"] };
    let calls: Vec<String> = callers.iter().map(|name| format!("goroutines/main.{name} system calls ns")).collect();
    let (naps, reads) =
        (recorded.bounds("profile/main.naps system calls"), recorded.bounds("goroutines/main.readsPipe goroutines"));
    let [nanos, _] = reports.profile("syscall", &format!("^main\\.({})$", callers.join("|")));
    table.timed(report, "syscall, ns", sum(&calls), nanos, naps.0 + reads.0);
    let [_, spans] = reports.profile("syscall", "^main\\.(naps|readsPipe)$");
    table.counted(report, "syscall, calls", (naps.0 + reads.0, naps.1 + reads.1), spans);
    let late = ["runsLate", "wokenLate"];
    let [nanos, spans] = reports.profile("sched", "^main\\.(runsLate|wokenLate)$");
    let waits = sum(&late.map(|name| format!("latency/main.{name} waits")));
    table.timed(report, "sched, ns", sum(&late.map(|name| format!("latency/main.{name} ns"))), nanos, waits.0);
    table.counted(report, "sched, waits", waits, spans);
    let lives = recorded.between("goroutines/main.", " lives ns");
    let names: Vec<String> = lives.iter().map(|(name, _)| name.clone()).collect();
    let [nanos, _] = reports.profile("wall", &format!("^main\\.({})$", names.join("|")));
    let truth = sum(&names.iter().map(|name| format!("goroutines/main.{name} lives ns")).collect::<Vec<_>>());
    table.timed(report, "wall, ns", truth, nanos, names.len() as f64 * readers.0);
}

/// Adds the waits for a P.
fn waits(table: &mut Table, recorded: &Recorded, reports: &Reports) {
    let (report, latency) = ("latency", &reports.latency);
    for (function, truth) in recorded.between("latency/", " waits") {
        let ours = pick(&latency["functions"], "function", &function);
        table.counted(report, format!("{function}, waits"), truth, ours["count"].as_f64());
        if let Some((_, time)) = recorded.between(&format!("latency/{function}"), " ns").first() {
            table.timed(report, format!("{function} waits, ns"), *time, ours["sum"].as_f64(), truth.0);
            let stats = sum(&reports.goroutines_of(&function), |stats| number(&stats["runnable"]));
            table.timed("goroutines", format!("{function} waits for a P, ns"), *time, stats, truth.0);
        }
    }
    for (function, truth) in recorded.between("latency/", " wakes") {
        let ours = pick(&latency["wakers"], "function", &function)["count"].as_f64();
        table.counted(report, format!("{function}, wakes"), truth, ours);
    }
    let all: f64 =
        list(&reports.goroutines["goroutines"]).map(|goroutine| number(&goroutine["stats"]["runnable"])).sum();
    let unfinished = Tolerance { above: 0.0, below: 0.1, more: 1e6, why: "waits that the trace's end cuts" };
    table.row(report, "all waits, ns, by goroutines", (all, all), latency["sum"].as_f64(), unfinished);
    if let Some((sampled, _)) = recorded.distribution("/sched/latencies:seconds") {
        // The runtime's sample holds short waits, below a µs, as often as long ones.
        let why = "the runtime measures one wait in eight";
        let eighth = Tolerance { below: 0.25, above: 0.25, more: 400.0, why };
        table.row(report, "waits", (8.0 * sampled, 8.0 * sampled), latency["count"].as_f64(), eighth);
    }
}

/// Adds the numbers of goroutines.
fn numbers(table: &mut Table, recorded: &Recorded, reports: &Reports) {
    let all: Vec<&Value> = list(&reports.goroutines["goroutines"]).collect();
    // runtime.NumGoroutine leaves out the runtime's own goroutines.
    let own = |goroutine: &Value| {
        let name = goroutine["name"].as_str().unwrap_or_default();
        !name.starts_with("runtime.") || name == "runtime.main"
    };
    let count = |of: &dyn Fn(&Value) -> bool| Some(all.iter().filter(|goroutine| of(goroutine)).count() as f64);
    let seen = |goroutine: &Value| goroutine["creation_seen"] == true;
    let main = |goroutine: &Value| goroutine["name"].as_str().unwrap_or_default().starts_with("main.");
    let report = "goroutines";
    // In Go 1.22, a goroutine that does nothing has no stack, and so no name.
    let why = "goroutines of Go 1.22 that do nothing have no name";
    let nameless = Tolerance { more: if recorded.minor() == 22 { 8.0 } else { 0.0 }, why, ..NONE };
    let at_start = count(&|goroutine| own(goroutine) && !seen(goroutine));
    table.row(
        report,
        "at the start, goroutines",
        recorded.bounds("goroutines/at start goroutines"),
        at_start,
        nameless,
    );
    let at_end = count(&|goroutine| own(goroutine) && goroutine["ended"].is_null());
    table.row(report, "at the end, goroutines", recorded.bounds("goroutines/at end goroutines"), at_end, nameless);
    let created = count(&|goroutine| main(goroutine) && seen(goroutine));
    table.counted(report, "created by main, goroutines", recorded.bounds("goroutines/created goroutines"), created);
    let summary = &reports.summary["goroutines"];
    // The program does not count the runtime's own goroutines: the sweeper, the scavenger,
    // those for finalizers and forced cycles, and the collector's workers.
    let system = 12.0;
    let (most, _) = recorded.bounds("goroutines/at most goroutines");
    table.counted("summary", "at most, goroutines", (most, most + system), summary["most"].as_f64());
    let over_time = reports.ask(&["goroutines", "--over-time"]);
    let peak = list(&over_time["counts"]).map(|count| number(&count["count"])).fold(0.0, f64::max);
    table.counted(report, "over time, at most, goroutines", (most, most + system), Some(peak));
    let created = recorded.growth("/sched/goroutines-created:goroutines");
    let truth = created.unwrap_or_else(|| recorded.bounds("goroutines/created goroutines").0);
    let workers = if created.is_some() { 0.0 } else { system };
    table.counted("summary", "created, goroutines", (truth, truth + workers), summary["created"].as_f64());
    for state in ["running", "runnable", "syscall", "waiting"] {
        let sum: f64 = all
            .iter()
            .map(|goroutine| {
                let stats = &goroutine["stats"];
                match state {
                    "running" => number(&stats["running"]),
                    "runnable" => number(&stats["runnable"]),
                    "syscall" => in_syscalls(stats),
                    _ => blocked(stats),
                }
            })
            .sum();
        table.counted("summary", format!("{state}, ns, by goroutines"), (sum, sum), summary["times"][state].as_f64());
    }
}
