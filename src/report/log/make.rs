//! Conversion of a log's entries to reports.

use super::{
    ActivityCount, BareLine, BlockCounts, BlockDetail, BlockGoroutine, BlockProc, BlockThread, FinalizersLine, GcClock,
    GcCpu, GcHeap, GcLine, HeapUseLine, LineType, LogLine, MixedLine, ReleasedLine, ScanLine, ScanOf, ScavengeLine,
    SchedLine, StatusCount, UnknownFields, WaitReasonCount, kib, mib, nanos,
};
use crate::godebug::{
    Census, Clock, Counted, Detail, Entry, Finalizers, Gc, Goroutine, GoroutineStatus, HeapUse, Mixed, Moment, Proc,
    Released, Scan, ScanClass, ScanCount, Scavenge, ScavengeWork, Snapshot, Thread, Ticked, Ticks, Unit, Unknown,
};
use std::borrow::Cow;
use std::time::Duration;

/// Makes reports of the entries of a log, with the rates from one to the next.
#[derive(Debug, Default)]
pub struct LogLines {
    ticks: Ticks,
}

impl LogLines {
    /// Reports the next entry.
    pub fn next<'a>(&mut self, entry: &'a Entry) -> LogLine<'a> {
        let ticked = self.ticks.push(entry);
        match &entry.moment {
            Moment::Sched(snapshot) => LogLine::Sched(sched(entry, snapshot, ticked)),
            Moment::Gc(cycle) => LogLine::Gc(gc(entry, cycle)),
            Moment::Scavenge(work) => LogLine::Scavenge(scavenge(entry, work)),
            Moment::Released(amount) => LogLine::Released(released(entry, amount)),
            Moment::HeapUse(heap) => LogLine::HeapUse(heap_use(entry, heap)),
            Moment::Scan(found) => LogLine::Scan(scan(entry, found)),
            Moment::GcForced => LogLine::GcForced(bare(entry, LineType::GcForced)),
            Moment::Finalizers(queue) => LogLine::Finalizers(finalizers(entry, queue)),
            Moment::Mixed(mixed) => LogLine::Mixed(mixed_line(entry, *mixed)),
        }
    }
}

/// Returns why lines cannot be judged, and what to do about it, as a sentence.
pub fn why(mixed: Mixed) -> Cow<'static, str> {
    match mixed {
        Mixed::Several { sign } => format!(
            "lines of several programs stand mixed in it, and nothing tells them apart: {sign}. They are not \
             judged; take each program's log by itself, or with its name before each line, as `kubectl logs \
             --prefix` and `docker compose logs` do"
        )
        .into(),
        Mixed::Reversed => "its newest line comes first, so nothing can be judged; turn it round (`tac`)".into(),
    }
}

fn bare(entry: &Entry, kind: LineType) -> BareLine<'_> {
    BareLine {
        line: entry.line,
        offset: entry.offset,
        program: entry.program.as_deref(),
        run: entry.run,
        time: nanos(entry.time),
        kind,
    }
}

fn sched<'a>(entry: &'a Entry, snapshot: &'a Snapshot, ticked: Option<Ticked>) -> SchedLine<'a> {
    let sched = &snapshot.sched;
    let BareLine { line, offset, program, run, time, kind } = bare(entry, LineType::Sched);
    SchedLine {
        detail: detail(snapshot),
        gomaxprocs: sched.gomaxprocs,
        idleprocs: sched.idleprocs,
        idlethreads: sched.idlethreads,
        line,
        needspinning: sched.needspinning,
        offset,
        program,
        queues: snapshot.queues().collect(),
        run,
        runqueue: sched.runqueue,
        schedticks: Some(snapshot.schedticks().collect::<Vec<u32>>()).filter(|ticks| !ticks.is_empty()),
        schedticks_per_second: ticked.and_then(|ticked| ticked.schedtick_rate()),
        spinningthreads: sched.spinningthreads,
        syscallticks_per_second: ticked.and_then(|ticked| ticked.syscalltick_rate()),
        threads: sched.threads,
        time,
        kind,
        unknown: unknown(&sched.unknown),
    }
}

fn detail(snapshot: &Snapshot) -> Option<BlockDetail<'_>> {
    let Detail::Block { gcwaiting, nmidlelocked, stopwait, sysmonwait } = snapshot.sched.detail else { return None };
    Some(BlockDetail {
        complete: snapshot.is_complete(),
        counts: snapshot.census().map(|census| counts(&census)),
        gcwaiting,
        goroutines: snapshot.goroutines.iter().map(goroutine).collect(),
        nmidlelocked,
        procs: snapshot.procs.iter().map(proc).collect(),
        stopwait,
        sysmonwait,
        threads: snapshot.threads.iter().map(thread).collect(),
    })
}

fn counts(census: &Census) -> BlockCounts {
    let mut counts = BlockCounts {
        goroutines: Vec::new(),
        locked_goroutines: census.count(&Counted::LockedGoroutines),
        procs: Vec::new(),
        threads: Vec::new(),
        waiting: Vec::new(),
    };
    for (what, count) in census.iter() {
        match what {
            Counted::Goroutines(state) => {
                let status = GoroutineStatus { state: *state, scan: false }.to_string();
                counts.goroutines.push(StatusCount { count, status });
            }
            Counted::Waiting(reason) => {
                counts.waiting.push(WaitReasonCount { count, wait_reason: reason.to_string() });
            }
            Counted::Procs(found) => counts.procs.push(StatusCount { count, status: found.to_string() }),
            Counted::Threads(activity) => {
                counts.threads.push(ActivityCount { activity: activity.name(), count });
            }
            Counted::LockedGoroutines => {}
        }
    }
    counts
}

fn proc<'a>(p: &'a Proc<'_>) -> BlockProc<'a> {
    BlockProc {
        gfreecnt: p.gfreecnt,
        id: p.id.0,
        m: p.thread.map(|m| m.0),
        runqsize: p.runqsize,
        schedtick: p.schedtick,
        status: p.status.to_string(),
        syscalltick: p.syscalltick,
        timerslen: p.timerslen,
        unknown: unknown(&p.unknown),
    }
}

fn thread<'a>(m: &'a Thread<'_>) -> BlockThread<'a> {
    BlockThread {
        blocked: m.blocked,
        curg: m.curg.map(|g| g.0),
        dying: m.dying,
        helpgc: m.helpgc,
        id: m.id.0,
        lockedg: m.lockedg.map(|g| g.0),
        locks: m.locks,
        mallocing: m.mallocing,
        p: m.proc.map(|p| p.0),
        preemptoff: &m.preemptoff,
        spinning: m.spinning,
        throwing: m.throwing,
        unknown: unknown(&m.unknown),
    }
}

fn goroutine<'a>(g: &'a Goroutine<'_>) -> BlockGoroutine<'a> {
    BlockGoroutine {
        id: g.id.0,
        lockedm: g.lockedm.map(|m| m.0),
        m: g.thread.map(|m| m.0),
        status: g.status.to_string(),
        unknown: unknown(&g.unknown),
        wait_reason: &g.wait_reason,
    }
}

fn gc<'a>(entry: &'a Entry, gc: &'a Gc<'_>) -> GcLine<'a> {
    let BareLine { line, offset, program, run, time, kind } = bare(entry, LineType::Gc);
    GcLine {
        clock: clock(&gc.clock),
        cpu: GcCpu {
            assist: nanos(gc.cpu.assist),
            background: nanos(gc.cpu.background),
            idle: nanos(gc.cpu.idle),
            install_write_barrier: gc.cpu.scan.map(|(_, install)| nanos(install)),
            mark_termination: nanos(gc.cpu.mark_termination),
            scan: gc.cpu.scan.map(|(scan, _)| nanos(scan)),
            sweep_termination: nanos(gc.cpu.sweep_termination),
        },
        cpu_percent: gc.cpu_percent,
        forced: gc.forced,
        globals: gc.globals.map(mib),
        goal: gc.goal.mib().map(mib),
        heap: GcHeap { end: mib(gc.heap.end), live: mib(gc.heap.live), start: mib(gc.heap.start) },
        leak_check: gc.leak_check,
        line,
        number: gc.number,
        offset,
        paused: nanos(gc.clock.pauses().fold(Duration::ZERO, Duration::saturating_add)),
        procs: gc.procs,
        program,
        run,
        stacks: gc.stacks.map(mib),
        start: nanos(gc.start),
        time,
        kind,
        unknown: unknown(&gc.unknown),
    }
}

fn clock(clock: &Clock) -> GcClock {
    match *clock {
        Clock::Three { sweep_termination, mark, mark_termination } => GcClock {
            install_write_barrier: None,
            mark: nanos(mark),
            mark_termination: nanos(mark_termination),
            scan: None,
            sweep_termination: nanos(sweep_termination),
        },
        Clock::Five { sweep_termination, scan, install_write_barrier, mark, mark_termination } => GcClock {
            install_write_barrier: Some(nanos(install_write_barrier)),
            mark: nanos(mark),
            mark_termination: nanos(mark_termination),
            scan: Some(nanos(scan)),
            sweep_termination: nanos(sweep_termination),
        },
    }
}

fn scavenge<'a>(entry: &'a Entry, work: &Scavenge) -> ScavengeLine<'a> {
    let BareLine { line, offset, program, run, time, kind } = bare(entry, LineType::Scavenge);
    let (background, eager) = match work.work {
        ScavengeWork::Split { background, eager } => (Some(kib(background)), Some(kib(eager))),
        ScavengeWork::All(_) => (None, None),
    };
    ScavengeLine {
        background,
        controller_reset: work.controller_reset,
        eager,
        forced: work.forced,
        generation: work.generation,
        line,
        offset,
        program,
        released: kib(work.released),
        run,
        time,
        kind,
        util_percent: work.util_percent,
        work: kib(work.work.total()),
    }
}

fn released<'a>(entry: &'a Entry, released: &Released) -> ReleasedLine<'a> {
    let BareLine { line, offset, program, run, time, kind } = bare(entry, LineType::Released);
    let amount = if released.unit == Unit::Kilo { kib(released.amount) } else { mib(released.amount) };
    ReleasedLine { amount, line, number: released.number, offset, program, run, time, kind }
}

fn heap_use<'a>(entry: &'a Entry, heap: &HeapUse) -> HeapUseLine<'a> {
    let BareLine { line, offset, program, run, time, kind } = bare(entry, LineType::HeapUse);
    HeapUseLine {
        consumed: mib(heap.consumed),
        idle: mib(heap.idle),
        inuse: mib(heap.inuse),
        line,
        number: heap.number,
        offset,
        program,
        released: mib(heap.released),
        run,
        sys: mib(heap.sys),
        time,
        kind,
    }
}

fn scan<'a>(entry: &'a Entry, scan: &Scan) -> ScanLine<'a> {
    let BareLine { line, offset, program, run, time, kind } = bare(entry, LineType::Scan);
    let (class, size) = match scan.class {
        ScanClass::Total => (ScanOf::Total, None),
        ScanClass::Large => (ScanOf::Large, None),
        ScanClass::Size(size) => (ScanOf::Size, Some(size)),
    };
    let (objects, spans) = match scan.count {
        ScanCount::Objects(objects) => (objects, None),
        ScanCount::Spans { objects, in_sparse, in_dense, sparse, dense } => {
            (objects, Some([in_sparse, in_dense, sparse, dense]))
        }
    };
    ScanLine {
        class,
        dense_spans: spans.map(|[.., dense]| dense),
        in_dense: spans.map(|[_, in_dense, ..]| in_dense),
        in_sparse: spans.map(|[in_sparse, ..]| in_sparse),
        line,
        objects,
        offset,
        program,
        run,
        size,
        sparse_spans: spans.map(|[.., sparse, _]| sparse),
        time,
        kind,
    }
}

fn finalizers<'a>(entry: &'a Entry, queue: &Finalizers) -> FinalizersLine<'a> {
    let BareLine { line, offset, program, run, time, kind } = bare(entry, LineType::Finalizers);
    let (cleanups, finalizers) = (queue.cleanups, queue.finalizers);
    FinalizersLine { cleanups, finalizers, line, offset, program, run, time, kind }
}

fn mixed_line(entry: &Entry, mixed: Mixed) -> MixedLine<'_> {
    let BareLine { line, offset, program, run, time, kind } = bare(entry, LineType::Mixed);
    MixedLine { line, offset, program, run, time, kind, why: why(mixed) }
}

fn unknown<'a>(fields: &'a [Unknown<'_>]) -> UnknownFields<'a> {
    fields.iter().map(|field| (&*field.key, &*field.value)).collect()
}
