//! Entries of a log as JSON. `docs/godebug.md` lists the fields.

use gotrace::godebug::{
    Clock, CpuTime, Detail, Entry, Gc, Goroutine, Moment, Proc, Scan, ScanClass, ScanCount, ScavengeWork, Snapshot,
    Thread, Unit, Unknown,
};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// An entry. A field that its version of Go does not print is null, or absent
/// where only some lines have it.
pub(crate) fn entry(entry: &Entry) -> Value {
    let (kind, body) = match &entry.moment {
        Moment::Sched(snapshot) => ("sched", sched(snapshot)),
        Moment::Gc(cycle) => ("gc", gc(cycle)),
        Moment::Scavenge(scavenge) => {
            let (background, eager) = match scavenge.work {
                ScavengeWork::Split { background, eager } => (Some(kib(background)), Some(kib(eager))),
                ScavengeWork::All(_) => (None, None),
            };
            let body = json!({
                "generation": scavenge.generation,
                "work": kib(scavenge.work.total()),
                "background": background,
                "eager": eager,
                "released": kib(scavenge.released),
                "util_percent": scavenge.util_percent,
                "forced": scavenge.forced,
                "controller_reset": scavenge.controller_reset,
            });
            ("scavenge", body)
        }
        Moment::Released(released) => {
            let amount = if released.unit == Unit::Kilo { kib(released.amount) } else { mib(released.amount) };
            ("released", json!({ "number": released.number, "amount": amount }))
        }
        Moment::HeapUse(heap) => {
            let body = json!({
                "number": heap.number,
                "inuse": mib(heap.inuse),
                "idle": mib(heap.idle),
                "sys": mib(heap.sys),
                "released": mib(heap.released),
                "consumed": mib(heap.consumed),
            });
            ("heap_use", body)
        }
        Moment::Scan(found) => ("scan", scan(found)),
        Moment::GcForced => ("gc_forced", json!({})),
        Moment::Finalizers(queue) => {
            ("finalizers", json!({ "finalizers": queue.finalizers, "cleanups": queue.cleanups }))
        }
        // A newer library may know more kinds than this program does.
        _ => ("other", json!({})),
    };
    let mut object = Map::new();
    object.insert("type".into(), kind.into());
    object.insert("run".into(), entry.run.into());
    object.insert("line".into(), entry.line.into());
    object.insert("offset".into(), entry.offset.into());
    object.insert("time".into(), ns(entry.time));
    if let Value::Object(body) = body {
        object.extend(body);
    }
    Value::Object(object)
}

fn sched(snapshot: &Snapshot) -> Value {
    let sched = &snapshot.sched;
    let detail = match &sched.detail {
        Detail::Summary(_) => Value::Null,
        Detail::Block { gcwaiting, nmidlelocked, stopwait, sysmonwait } => json!({
            "gcwaiting": gcwaiting,
            "nmidlelocked": nmidlelocked,
            "stopwait": stopwait,
            "sysmonwait": sysmonwait,
            "complete": snapshot.is_complete(),
            "procs": snapshot.procs.iter().map(proc).collect::<Value>(),
            "threads": snapshot.threads.iter().map(thread).collect::<Value>(),
            "goroutines": snapshot.goroutines.iter().map(goroutine).collect::<Value>(),
        }),
    };
    let ticks: Vec<u32> = snapshot.schedticks().collect();
    json!({
        "gomaxprocs": sched.gomaxprocs,
        "idleprocs": sched.idleprocs,
        "threads": sched.threads,
        "spinningthreads": sched.spinningthreads,
        "needspinning": sched.needspinning,
        "idlethreads": sched.idlethreads,
        "runqueue": sched.runqueue,
        "queues": snapshot.queues().collect::<Vec<u32>>(),
        "schedticks": if ticks.is_empty() { Value::Null } else { ticks.into() },
        "detail": detail,
        "unknown": unknown(&sched.unknown),
    })
}

fn proc(p: &Proc<'_>) -> Value {
    json!({
        "id": p.id.0,
        "status": p.status.to_string(),
        "schedtick": p.schedtick,
        "syscalltick": p.syscalltick,
        "m": p.thread.map(|m| m.0),
        "runqsize": p.runqsize,
        "gfreecnt": p.gfreecnt,
        "timerslen": p.timerslen,
        "unknown": unknown(&p.unknown),
    })
}

fn thread(m: &Thread<'_>) -> Value {
    json!({
        "id": m.id.0,
        "p": m.proc.map(|p| p.0),
        "curg": m.curg.map(|g| g.0),
        "mallocing": m.mallocing,
        "throwing": m.throwing,
        "preemptoff": m.preemptoff,
        "locks": m.locks,
        "dying": m.dying,
        "helpgc": m.helpgc,
        "spinning": m.spinning,
        "blocked": m.blocked,
        "lockedg": m.lockedg.map(|g| g.0),
        "unknown": unknown(&m.unknown),
    })
}

fn goroutine(g: &Goroutine<'_>) -> Value {
    json!({
        "id": g.id.0,
        "status": g.status.to_string(),
        "wait_reason": g.wait_reason,
        "m": g.thread.map(|m| m.0),
        "lockedm": g.lockedm.map(|m| m.0),
        "unknown": unknown(&g.unknown),
    })
}

fn gc(gc: &Gc<'_>) -> Value {
    let clock = match gc.clock {
        Clock::Three { sweep_termination, mark, mark_termination } => json!({
            "sweep_termination": ns(sweep_termination),
            "mark": ns(mark),
            "mark_termination": ns(mark_termination),
        }),
        Clock::Five { sweep_termination, scan, install_write_barrier, mark, mark_termination } => json!({
            "sweep_termination": ns(sweep_termination),
            "scan": ns(scan),
            "install_write_barrier": ns(install_write_barrier),
            "mark": ns(mark),
            "mark_termination": ns(mark_termination),
        }),
    };
    let CpuTime { sweep_termination, scan, assist, background, idle, mark_termination, .. } = gc.cpu;
    json!({
        "number": gc.number,
        "start": ns(gc.start),
        "cpu_percent": gc.cpu_percent,
        "leak_check": gc.leak_check,
        "clock": clock,
        "paused": ns(gc.clock.pauses().fold(Duration::ZERO, Duration::saturating_add)),
        "cpu": {
            "sweep_termination": ns(sweep_termination),
            "scan": scan.map(|(scan, _)| ns(scan)),
            "install_write_barrier": scan.map(|(_, install)| ns(install)),
            "assist": ns(assist),
            "background": ns(background),
            "idle": ns(idle),
            "mark_termination": ns(mark_termination),
        },
        "heap": { "start": mib(gc.heap.start), "end": mib(gc.heap.end), "live": mib(gc.heap.live) },
        "goal": mib(gc.goal),
        "stacks": gc.stacks.map(mib),
        "globals": gc.globals.map(mib),
        "procs": gc.procs,
        "forced": gc.forced,
        "unknown": unknown(&gc.unknown),
    })
}

fn scan(scan: &Scan) -> Value {
    let (class, size) = match scan.class {
        ScanClass::Total => ("total", None),
        ScanClass::Large => ("large", None),
        ScanClass::Size(size) => ("size", Some(size)),
    };
    match scan.count {
        ScanCount::Objects(objects) => json!({ "class": class, "size": size, "objects": objects }),
        ScanCount::Spans { objects, in_sparse, in_dense, sparse, dense } => json!({
            "class": class, "size": size, "objects": objects,
            "in_sparse": in_sparse, "in_dense": in_dense, "sparse_spans": sparse, "dense_spans": dense,
        }),
    }
}

fn unknown(fields: &[Unknown<'_>]) -> Value {
    fields.iter().map(|field| (field.key.to_string(), Value::from(&*field.value))).collect::<Map<_, _>>().into()
}

/// Nanoseconds; the most that fits for what nobody ever waited for.
pub(crate) fn ns(time: Duration) -> Value {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).into()
}

fn kib(size: u64) -> u64 {
    size.saturating_mul(1 << 10)
}

fn mib(size: u64) -> u64 {
    size.saturating_mul(1 << 20)
}
