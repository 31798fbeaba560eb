//! The collector and the stops of the world: `gc`, `stw`, `mmu`.

use super::recorded::Recorded;
use super::reports::{Reports, list};
use super::table::{NONE, Table, Tolerance};
use serde_json::Value;

/// The tolerance for pauses. The trace's events stand a little outside of the moments that
/// the runtime measures, and on a busy machine other programs may run in between.
pub const PAUSE: Tolerance = Tolerance {
    below: 0.0,
    above: 0.1,
    more: 20_000.0,
    why: "the trace's events stand outside of the runtime's measuring, 20 µs for each cycle",
};

pub fn rows(table: &mut Table, recorded: &Recorded, reports: &Reports) {
    cycles(table, recorded, reports);
    stops(table, recorded, reports);
    taken(table, recorded, reports);
}

fn cycles(table: &mut Table, recorded: &Recorded, reports: &Reports) {
    let (report, cycles) = ("gc", &reports.gc["cycles"]);
    let number = recorded.during("num_gc");
    table.counted(report, "cycles", (number, number), reports.gc["count"].as_f64());
    table.counted("summary", "cycles", (number, number), reports.summary["gc"]["cycles"].as_f64());
    let sum = |of: &str| -> f64 { list(cycles).filter_map(|cycle| cycle[of].as_f64()).sum() };
    let marking = sum("marking");
    table.counted("summary", "marking, ns, by gc", (marking, marking), reports.summary["gc"]["marking"].as_f64());
    let paused = recorded.during("pause_total_ns");
    let tolerance = Tolerance { more: PAUSE.more * number, ..PAUSE };
    table.row(report, "pauses, ns", (paused, paused), reports.gc["pauses"]["sum"].as_f64(), tolerance);
    let of_each = list(cycles).zip(recorded.numbers("gc_pauses_ns")).zip(recorded.numbers("gc_ends_unix_ns"));
    let (mut pauses, mut ends) = (0.0, 0.0);
    let start = wall_start(reports).zip(reports.gc["start"].as_f64());
    for ((cycle, pause), end) in of_each {
        let ours = cycle["sweep_termination"].as_f64().zip(cycle["mark_termination"].as_f64());
        pauses = further(pauses, ours.map_or(f64::NAN, |(sweep, mark)| sweep + mark - pause));
        let ours = cycle["end"].as_f64();
        let ours = start.zip(ours).map(|((wall, start), at)| wall - end + (at - start));
        ends = further(ends, ours.unwrap_or(f64::NAN));
    }
    let tolerance = Tolerance { more: 500_000.0, why: "as above, of one cycle", ..NONE };
    table.row(report, "a cycle's pauses, most off by, ns", (0.0, 0.0), Some(pauses), tolerance);
    if start.is_some() {
        // The runtime's figure is a double, whose last bit is 256 ns for times since 1970.
        let tolerance = Tolerance { more: 20_000.0, why: "the runtime notes the time on its way", ..NONE };
        table.row(report, "a cycle's end on the wall clock, most off by, ns", (0.0, 0.0), Some(ends), tolerance);
    }
    for (cycle, heap) in list(cycles).map(|cycle| cycle["heap_peak"].as_f64()).enumerate() {
        let (live, most) = (recorded.bounds("heap/live bytes").0, recorded.after("heap_sys_bytes"));
        table.counted(report, format!("cycle {cycle}, heap's peak, bytes"), (live, most), heap);
    }
}

/// Returns the number that is further from 0, or not a number.
fn further(one: f64, other: f64) -> f64 {
    if other.abs() <= one.abs() { one } else { other }
}

/// Returns when the trace began, in nanoseconds since 1970.
pub fn wall_start(reports: &Reports) -> Option<f64> {
    let start = &reports.summary["wall_start"];
    Some(start["secs"].as_f64()? * 1e9 + start["nanos"].as_f64()?)
}

fn stops(table: &mut Table, recorded: &Recorded, reports: &Reports) {
    let report = "stw";
    for (reason, count) in recorded.between("stw/", " stops") {
        // Go 1.21 has another name for it.
        let old = reason.replace("goroutines", "goroutine");
        let ours = list(&reports.stw["kinds"]).find(|kind| kind["reason"] == reason || kind["reason"] == old);
        let ours = &ours.unwrap_or(&Value::Null)["durations"];
        table.counted(report, format!("{reason}, stops"), count, ours["count"].as_f64());
        let truth = recorded.bounds(&format!("stw/{reason} ns"));
        table.timed(report, format!("{reason}, ns"), truth, ours["sum"].as_f64(), count.0);
    }
    // The stop of the world that starts the trace began before the trace.
    let span = recorded.bounds("trace/span ns");
    for (kind, name, old) in [
        ("gc", "/sched/pauses/total/gc:seconds", "/gc/pauses:seconds"),
        ("other", "/sched/pauses/total/other:seconds", ""),
    ] {
        let Some((count, mut sum)) = recorded.distribution(name).or_else(|| recorded.distribution(old)) else {
            continue;
        };
        if kind == "other" {
            sum.0 -= span.1 - span.0;
        }
        table.counted(report, format!("{kind}, stops"), (count, count), reports.stw[kind]["count"].as_f64());
        let tolerance = Tolerance { more: PAUSE.more * count, ..PAUSE };
        table.row(report, format!("{kind}, ns"), sum, reports.stw[kind]["sum"].as_f64(), tolerance);
        let metric = &reports.metrics["metrics"][name]["value"];
        table.counted("metrics", format!("{name}, count"), (count, count), metric["count"].as_f64());
        let ours = metric["sum"].as_f64().map(|seconds| seconds * 1e9);
        table.row("metrics", format!("{name}, sum, ns"), sum, ours, tolerance);
    }
}

/// Adds what the collector took of the processors.
fn taken(table: &mut Table, recorded: &Recorded, reports: &Reports) {
    let cpu =
        |class: &str| recorded.growth(&format!("/cpu/classes/gc/{class}:cpu-seconds")).map(|seconds| seconds * 1e9);
    let [Some(dedicated), Some(idle), Some(assist), Some(pause)] =
        ["mark/dedicated", "mark/idle", "mark/assist", "pause"].map(cpu)
    else {
        return;
    };
    let pause = (stopped(recorded, pause), pause);
    let [dedicated, idle, assist] = [dedicated, idle, assist].map(|time| (time, time));
    let sum =
        |of: &str| -> Option<f64> { Some(list(&reports.gc["cycles"]).filter_map(|cycle| cycle[of].as_f64()).sum()) };
    let both = sum("dedicated").zip(sum("fractional")).map(|(dedicated, fractional)| dedicated + fractional);
    for (figure, truth, ours) in [
        ("dedicated workers, ns", dedicated, both),
        ("idle workers, ns", idle, sum("idle")),
        ("assists, ns", assist, sum("assisting")),
    ] {
        table.row("gc", figure, truth, ours, WORK);
    }
    // Marking takes place only on Ps, while the collector marks.
    let gomaxprocs = reports.procs["gomaxprocs"].as_f64().unwrap();
    let marking = sum("marking").unwrap_or_default() * gomaxprocs;
    let all = [both, sum("idle"), sum("assisting")].into_iter().flatten().sum();
    table.counted("gc", "workers and assists, of all Ps while marking, ns", (0.0, marking), Some(all));
    for (class, truth) in
        [("mark/dedicated", dedicated), ("mark/idle", idle), ("mark/assist", assist), ("pause", pause)]
    {
        let name = format!("/cpu/classes/gc/{class}:cpu-seconds");
        let ours = reports.metrics["metrics"][&name]["value"].as_f64();
        table.row("metrics", format!("{name}, ns"), truth, ours.map(|seconds| seconds * 1e9), WORK);
    }
    // One window as long as the trace shows what is left to the program.
    let span = reports.procs["span"].as_f64().unwrap();
    let window = format!("{}ns", span as u64);
    let mmu = reports.ask(&["mmu", "--window", &window]);
    let left = |pause: f64| 1.0 - (dedicated.0 + assist.0 + pause) / (span * gomaxprocs);
    let tolerance = Tolerance { more: 0.03, why: "the collector's time as above", ..NONE };
    let ours = mmu["windows"][0]["mmu"].as_f64();
    table.row("mmu", "over the whole trace", (left(pause.1), left(pause.0)), ours, tolerance);
    // Some window holds a whole pause, in which the P that stops the others stands still.
    // A cycle has two pauses.
    let longest = recorded.numbers("gc_pauses_ns").into_iter().fold(0.0, f64::max) / 2.0 / gomaxprocs;
    let most = 1.0 - (longest / 10e6).min(1.0);
    let ours = reports.ask(&["mmu", "--window", "10ms"])["windows"][0]["mmu"].as_f64();
    table.counted("mmu", "over 10 ms", (0.0, most), ours);
}

/// Returns the least that the collector's pauses may come to. It is what the runtime says,
/// but up to Go 1.22 the runtime also counts the time until all Ps have stopped, for all Ps.
/// On a machine that wakes threads late that is most of it, and nothing tells how much.
pub fn stopped(recorded: &Recorded, pause: f64) -> f64 {
    if recorded.minor() > 22 { pause } else { 0.0 }
}

/// The tolerance for the collector's work.
pub const WORK: Tolerance = Tolerance {
    below: 0.15,
    above: 0.4,
    more: 1.5e6,
    why: "from event to event, where the runtime counts its work alone",
};
