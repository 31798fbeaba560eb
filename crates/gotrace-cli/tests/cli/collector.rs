//! `gc`, `summary`, `metrics`, `mmu` and `diagnose` count the processor time that the
//! collector takes in one way, which is the runtime's.

use super::builder::{Batch, Generation, NO, TraceBuilder};
use super::{Scratch, gotrace, traces};
use gotrace::diagnose::CollectObservation;
use gotrace::spec::v2::EventType::{self, *};
use gotrace::{Trace, Version};
use serde_json::Value;

/// Writes events at times since the batch began.
fn at(batch: &mut Batch, events: &[(u64, EventType, &[u64])]) {
    let mut now = 0;
    for &(time, event, args) in events {
        batch.event(time - now, event, args);
        now = time;
    }
}

/// Writes a cycle on three Ps, of which the third idles, with one dedicated worker:
///
/// ```text
///         1000      1100 1140    1400 1500                       5000      6000  6060  7000 7050 7100   8000
/// cycle    |============================= marking ================================|
/// P0       G1       stops the world        '- G2 runs ------ 5010 preempted -' 6050
/// P1       G2 .......... stopped           '- worker marks - asks all Ps - stops ------ done ---- waits
/// ```
fn cycle(generation: &mut Generation) {
    let [sweep, mark] = ["GC sweep termination", "GC mark termination"].map(|kind| generation.string(kind));
    let [preempted, wait] = ["preempted", "wait until GC ends"].map(|reason| generation.string(reason));
    let (label, idle) = (generation.string("GC (dedicated)"), generation.string("system goroutine wait"));
    at(
        generation.batch(100, 100),
        &[
            (1, ProcStatus, &[0, 1]),
            (2, ProcStatus, &[2, 2]),
            (3, GoStatus, &[1, 100, 2]),
            (4, GoStatus, &[10, NO, 4]),
            (5, ProcsChange, &[3, 0]),
            (1000, GCBegin, &[1, 0]),
            (1100, STWBegin, &[sweep, 0]),
            (1400, ProcsChange, &[3, 0]),
            (1500, STWEnd, &[]),
            (1600, GoBlock, &[wait, 0]),
            (1700, GoStart, &[2, 1]),
            (5010, GoStop, &[preempted, 0]),
            (5020, GoStart, &[2, 2]),
            (6050, GoStop, &[preempted, 0]),
            (6060, ProcStop, &[]),
        ],
    );
    at(
        generation.batch(101, 100),
        &[
            (1, ProcStatus, &[1, 1]),
            (2, GoStatus, &[2, 101, 2]),
            (1140, GoStop, &[preempted, 0]),
            (1150, ProcStop, &[]),
            (1550, ProcStart, &[1, 1]),
            (1560, GoUnblock, &[10, 1, 0]),
            (1570, GoStart, &[10, 2]),
            (1571, GoLabel, &[label]),
            (6000, STWBegin, &[mark, 0]),
            (7000, GCEnd, &[2]),
            (7050, ProcsChange, &[3, 0]),
            (7100, STWEnd, &[]),
            (8000, GoBlock, &[idle, 0]),
        ],
    );
}

fn json(args: &[&str]) -> Value {
    gotrace(&[args, &["--json"]].concat()).json()
}

#[test]
fn a_worker_counts_while_it_marks() {
    let mut trace = TraceBuilder::new(Version::Go126);
    cycle(trace.generation(1));
    let bytes = trace.build();
    let path = Scratch::new("collector").file("cycle.trace", &bytes);

    let gc = json(&["gc", &path]);
    let dedicated = 5010 - 1571;
    let pausing = (3 * 300 - 50) + (3 * 1000 - 60);
    assert_eq!(gc["cycles"][0]["dedicated"], dedicated, "{gc}");
    assert_eq!((&gc["pausing"], &gc["taken"]), (&pausing.into(), &(dedicated + pausing).into()));
    assert_eq!((&gc["marking"], &gc["cycles"][0]["cut"]), (&6000.into(), &Value::Null));
    assert_eq!(gc["pauses"]["sum"], 400 + 1100);

    let metrics = json(&["metrics", &path]);
    let seconds = |name: &str| (metrics["metrics"][name]["value"].as_f64().unwrap() * 1e9).round();
    assert_eq!(seconds("/cpu/classes/gc/mark/dedicated:cpu-seconds"), f64::from(dedicated));
    assert_eq!(seconds("/cpu/classes/gc/pause:cpu-seconds"), f64::from(pausing));
    assert_eq!(seconds("/cpu/classes/gc/total:cpu-seconds"), f64::from(dedicated + pausing));
    let pauses = &metrics["metrics"]["/sched/pauses/total/gc:seconds"]["value"];
    assert_eq!((pauses["sum"].as_f64().unwrap() * 1e9).round(), f64::from(400 + 1000));
    assert_eq!(pauses["count"], 2);

    // In a window as long as the trace, the program has the rest; in a short one, nothing.
    let mmu = json(&["mmu", "--window", "1s", "--window", "900ns", &path]);
    let length = mmu["end"].as_f64().unwrap() - mmu["start"].as_f64().unwrap();
    let left = 1.0 - f64::from(dedicated + pausing) / (3.0 * length);
    let of = |at: usize| mmu["windows"][at]["mmu"].as_f64().unwrap();
    assert!((of(0) - left).abs() < 1e-9 && of(1).abs() < 1e-9, "{mmu} {left}");

    let observed = Trace::parse(&bytes).unwrap().analyze(CollectObservation::default()).unwrap().output;
    let share = f64::from(dedicated + pausing) / (3.0 * 7999.0);
    assert!((observed.gc_cpu.unwrap() - share).abs() < 0.001, "{:?} {share}", observed.gc_cpu);
}

/// A goroutine that is preempted because its time slice is over does not end marking.
#[test]
fn a_time_slice_that_is_over_ends_no_marking() {
    const MS: u64 = 1_000_000;
    let mut trace = TraceBuilder::new(Version::Go126);
    let generation = trace.generation(1);
    let [preempted, idle] = ["preempted", "system goroutine wait"].map(|reason| generation.string(reason));
    let label = generation.string("GC (dedicated)");
    at(
        generation.batch(100, 100),
        &[
            (1, ProcStatus, &[0, 1]),
            (2, GoStatus, &[1, NO, 1]),
            (3, GoStatus, &[3, 100, 2]),
            (4, ProcsChange, &[4, 0]),
            (5, GCBegin, &[1, 0]),
            (6, GoBlock, &[idle, 0]),
            (10, GoStart, &[1, 1]),
            (10 * MS + 20, GoStop, &[preempted, 0]),
            (10 * MS + 30, GoStart, &[1, 2]),
            (13 * MS, GCEnd, &[2]),
            (14 * MS, HeapAlloc, &[1]),
        ],
    );
    at(
        generation.batch(101, 100),
        &[
            (1, ProcStatus, &[1, 1]),
            (2, GoStatus, &[10, NO, 4]),
            (20, GoUnblock, &[10, 1, 0]),
            (30, GoStart, &[10, 2]),
            (30, GoLabel, &[label]),
            (12 * MS, GoBlock, &[idle, 0]),
        ],
    );
    let path = Scratch::new("collector-slice").file("slice.trace", &trace.build());
    let dedicated = json(&["gc", &path])["cycles"][0]["dedicated"].as_i64().unwrap();
    assert!((dedicated - (12 * MS as i64 - 30)).abs() <= 1, "{dedicated}");
}

/// A cycle that the trace cuts counts with the part that is inside, and is marked so.
#[test]
fn cut_cycles() {
    let one = |events: &[(u64, EventType, &[u64])]| {
        let mut trace = TraceBuilder::new(Version::Go126);
        let batch = trace.generation(1).batch(100, 100);
        at(batch, &[(0, ProcStatus, &[0, 1]), (0, GoStatus, &[1, 100, 2]), (0, ProcsChange, &[1, 0])]);
        at(batch, events);
        let path = Scratch::new("collector-cut").file("cut.trace", &trace.build());
        let (gc, summary) = (json(&["gc", &path]), json(&["summary", &path]));
        assert_eq!((&gc["marking"], &gc["count"]), (&summary["gc"]["marking"], &summary["gc"]["cycles"]));
        let text = gotrace(&["gc", &path]).good().to_string();
        (gc["marking"].as_i64().unwrap(), gc["cycles"][0]["cut"].clone(), text)
    };
    let near = |a: i64, b: i64| (a - b).abs() < 5;
    let (marking, cut, text) = one(&[(5, GCActive, &[1]), (700, GCEnd, &[2]), (1000, HeapAlloc, &[1])]);
    assert!(near(marking, 700) && cut == "beginning" && text.contains("marking 70% of the time"), "{marking} {text}");
    assert!(text.contains("cut by the trace's") && text.contains("beginning"), "{text}");
    let (marking, cut, text) = one(&[(400, GCBegin, &[1, 0]), (1000, HeapAlloc, &[1])]);
    assert!(near(marking, 600) && cut == "end" && text.contains("marking 60% of the time"), "{marking} {text}");
    let (marking, cut, text) = one(&[(5, GCActive, &[1]), (1000, HeapAlloc, &[1])]);
    assert!(near(marking, 1000) && cut == "beginning and end" && text.contains("marking 100%"), "{marking} {text}");
    let (marking, cut, text) = one(&[(100, GCBegin, &[1, 0]), (300, GCEnd, &[2]), (1000, HeapAlloc, &[1])]);
    assert!(near(marking, 200) && cut.is_null() && !text.contains("cut by"), "{marking} {text}");
}

/// In every committed trace the commands agree, and workers have no more time than there
/// is.
#[test]
fn all_commands_agree() {
    let (mut cut, mut worked) = (0, 0);
    for path in traces() {
        let json = |args: &[&str]| -> Value {
            serde_json::from_slice(&gotrace(&[args, &["--json", &path]].concat()).stdout).unwrap()
        };
        let (gc, summary, metrics) = (json(&["gc", "--top", "0"]), json(&["summary"]), json(&["metrics"]));
        assert_eq!(gc["marking"], summary["gc"]["marking"], "{path}");
        assert_eq!(gc["count"], summary["gc"]["cycles"], "{path}");
        let cycles = gc["cycles"].as_array().unwrap();
        let of = |field: &str| cycles.iter().map(|cycle| cycle[field].as_i64().unwrap()).sum::<i64>();
        assert_eq!(of("marking"), gc["marking"], "{path}");
        let workers = of("dedicated") + of("fractional") + of("idle");
        let procs = summary["gomaxprocs"]["max"].as_i64().or(summary["procs"]["count"].as_i64()).unwrap();
        assert!(workers + of("assisting") <= of("marking") * procs, "{path}: {workers} in {}", of("marking"));
        let taken = gc["taken"].as_i64().unwrap();
        assert_eq!(taken, workers - of("idle") + of("assisting") + gc["pausing"].as_i64().unwrap(), "{path}");
        let total = metrics["metrics"]["/cpu/classes/gc/total:cpu-seconds"]["value"].as_f64().unwrap() * 1e9;
        assert!((total - (taken + of("idle")) as f64).abs() < 2.0, "{path}: {total} for {taken}");
        cut += cycles.iter().filter(|cycle| !cycle["cut"].is_null()).count();
        worked += usize::from(workers > 0);
    }
    assert!(cut >= 3 && worked > 50, "{cut} {worked}");
}
