//! The meaning of each family of events, and the order of events.
//!
//! A case is a trace in the notation of `common/script.rs` and the expected
//! events, as `common/describe.rs` prints them, without the syncs
//! at both ends. `M P G` in front of each is the context it happened in.

mod common;

use Version::{Go122, Go123, Go126};
use common::script;
use gotrace::{Trace, Version};
use std::fmt::Write;

/// The name of a case, its trace, and the expected events.
type Case = (&'static str, &'static str, &'static str);

/// Returns the events of a trace, without the first and last sync.
fn events(bytes: &[u8]) -> Vec<String> {
    let trace = Trace::parse(bytes).unwrap();
    let mut lines = Vec::new();
    let mut last = None;
    for event in trace.events() {
        let event = event.unwrap_or_else(|e| panic!("{e}\nafter\n{}", lines.join("\n")));
        assert!(last < Some(event.time()), "times increase strictly: {event:?}");
        last = Some(event.time());
        common::touch::event(&event);
        lines.push(common::describe::event(&event));
    }
    assert_eq!(lines.first().map(String::as_str), Some("M- P- G- sync 1"));
    assert!(lines.last().is_some_and(|l| l.starts_with("M- P- G- sync ")), "{lines:?}");
    lines[1..lines.len() - 1].to_vec()
}

/// Checks cases in each of `versions`.
fn check(versions: &[Version], cases: &[Case]) {
    let mut wrong = String::new();
    for (name, script, want) in cases {
        let want: Vec<_> = want.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        for &version in versions {
            let got = events(&script::build(version, script).bytes);
            if got != want {
                let _ =
                    writeln!(wrong, "{name} ({version})\n--- got\n{}\n--- want\n{}\n", got.join("\n"), want.join("\n"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn procs() {
    check(&Version::V2, &[
        (
            "a P stops, and another M takes it, although its clock is behind",
            "M1 @100: ProcStatus 0 PRunning; ProcStop
             M2 @10: ProcStart 0 1",
            "M1 P- G- P0 Undetermined->Running
             M1 P0 G- P0 Running->Idle
             M2 P- G- P0 Idle->Running",
        ),
        (
            "a P is stolen from an M in a syscall, which only then comes back",
            "M1 @10: ProcStatus 0 PRunning; GoStatus 1 1 Running; GoSyscallBegin 1; GoSyscallEndBlocked
             M2 @90: ProcStatus 1 PRunning; ProcSteal 0 2 1; ProcStop; ProcStart 0 3; GoStart 1 1",
            "M1 P- G- P0 Undetermined->Running
             M1 P0 G- G1 Undetermined->Running
             M1 P0 G1 G1 Running->Syscall
             M2 P- G- P1 Undetermined->Running
             M2 P1 G- P0 Running->Idle
             M1 P- G1 G1 Syscall->Runnable
             M2 P1 G- P1 Running->Idle
             M2 P- G- P0 Idle->Running
             M2 P0 G- G1 Runnable->Running",
        ),
        (
            "an M steals the P from itself",
            "M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; GoSyscallBegin 1; ProcSteal 0 2 1; GoSyscallEndBlocked",
            "M1 P- G- P0 Undetermined->Running
             M1 P0 G- G1 Undetermined->Running
             M1 P0 G1 G1 Running->Syscall
             M1 P0 G1 P0 Running->Idle
             M1 P- G1 G1 Syscall->Runnable",
        ),
        (
            "a P stolen from a forgotten M was idle for us already",
            "M1: ProcStatus 0 PAbandoned; ProcSteal 0 1 7",
            "M1 P- G- P0 Undetermined->Idle
             M1 P- G- P0 Idle->Idle",
        ),
        (
            "a new P may take its time: an M with a P in a syscall waits to lose it",
            "M1 @10: ProcStatus 0 PRunning; GoStatus 1 1 Running; GoSyscallBegin 1; ProcStart 1 1; GoSyscallEndBlocked
             M2 @50: ProcStatus 1 PIdle; ProcSteal 0 2 1",
            "M1 P- G- P0 Undetermined->Running
             M1 P0 G- G1 Undetermined->Running
             M1 P0 G1 G1 Running->Syscall
             M2 P- G- P1 Undetermined->Idle
             M2 P- G- P0 Running->Idle
             M1 P- G1 P1 Idle->Running
             M1 P1 G1 G1 Syscall->Runnable",
        ),
        (
            "a G has sat in a syscall on an M whose own events come later",
            "M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; GoStatus 2 2 Syscall
             M2 @50: GoSyscallEndBlocked",
            "M1 P- G- P0 Undetermined->Running
             M1 P0 G- G1 Undetermined->Running
             M2 P0 G1 G2 Undetermined->Syscall
             M2 P- G2 G2 Syscall->Runnable",
        ),
        (
            "GOMAXPROCS grows",
            "M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; ProcsChange 2 @runtime.GOMAXPROCS; ProcStatus 1 PIdle",
            "M1 P- G- P0 Undetermined->Running
             M1 P0 G- G1 Undetermined->Running
             M1 P0 G1 /sched/gomaxprocs:threads = 2
             M1 P0 G1 P1 Undetermined->Idle",
        ),
    ]);
}

#[test]
fn goroutines() {
    check(
        &Version::V2,
        &[
            (
                "one is created, blocks, is unblocked and ends: four Ms, clocks the wrong way around",
                "M1 @900: ProcStatus 0 PRunning; GoStatus 1 1 Running; GoCreate 2 @main.worker @main.main
             M2 @800: ProcStatus 1 PRunning; GoStart 2 1; GoBlock 'chan receive' @main.worker
             M3 @700: GoUnblock 2 2 @main.send
             M4 @600: ProcStatus 2 PRunning; GoStart 2 3; GoStop 'preempted' @main.worker; GoStart 2 4; GoDestroy",
                "M4 P- G- P2 Undetermined->Running
             M2 P- G- P1 Undetermined->Running
             M1 P- G- P0 Undetermined->Running
             M1 P0 G- G1 Undetermined->Running
             M1 P0 G1 G2 NotExist->Runnable @main.worker
             M2 P1 G- G2 Runnable->Running
             M2 P1 G2 G2 Running->Waiting 'chan receive' @main.worker
             M3 P- G- G2 Waiting->Runnable
             M4 P2 G- G2 Runnable->Running
             M4 P2 G2 G2 Running->Runnable 'preempted' @main.worker
             M4 P2 G- G2 Runnable->Running
             M4 P2 G2 G2 Running->NotExist",
            ),
            (
                "a bare P creates one, as an expired timer does",
                "M1: ProcStatus 0 PRunning; GoCreate 5; GoStart 5 1",
                "M1 P- G- P0 Undetermined->Running
             M1 P0 G- G5 NotExist->Runnable
             M1 P0 G- G5 Runnable->Running",
            ),
            (
                "every status that the first generation may state; a syscall's is told of its own M",
                "M1 @10: GoStatus 1 - Runnable; GoStatus 2 - Waiting; GoStatus 3 1 Syscall
             M2 @20: GoStatus 4 2 Running
             M3 @30: GoStatus 5 9 Syscall; GoStatus 6 - Bad",
                "M1 P- G- G1 Undetermined->Runnable
             M1 P- G- G2 Undetermined->Waiting
             M1 P- G- G3 Undetermined->Syscall
             M2 P- G- G4 Undetermined->Running
             M9 P- G- G5 Undetermined->Syscall
             M3 P- G- G6 Undetermined->Undetermined",
            ),
        ],
    );
}

#[test]
fn coroutines() {
    check(
        &[Go123, Go126],
        &[
            (
                "a coroutine is created waiting, switched to, and ends with a switch back",
                "M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; GoCreateBlocked 2 @main.seq @iter.Pull
             M1 @20: GoSwitch 2 1; GoSwitchDestroy 1 1",
                "M1 P- G- P0 Undetermined->Running
             M1 P0 G- G1 Undetermined->Running
             M1 P0 G1 G2 NotExist->Waiting @main.seq
             M1 P0 G1 G2 Waiting->Runnable
             M1 P0 G1 G1 Running->Waiting
             M1 P0 G- G2 Runnable->Running
             M1 P0 G2 G1 Waiting->Runnable
             M1 P0 G2 G2 Running->NotExist
             M1 P0 G- G1 Runnable->Running",
            ),
            (
                "a status with a stack",
                "M1: GoStatusStack 3 - Waiting @main.parked",
                "M1 P- G- G3 Undetermined->Waiting @main.parked",
            ),
        ],
    );
}

#[test]
fn syscalls() {
    check(
        &Version::V2,
        &[
            (
                "one is short: the P stays",
                "M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; GoSyscallBegin 1 @os.Read; GoSyscallEnd",
                "M1 P- G- P0 Undetermined->Running
             M1 P0 G- G1 Undetermined->Running
             M1 P0 G1 G1 Running->Syscall @os.Read
             M1 P0 G1 G1 Syscall->Running",
            ),
            (
                "one is known to block: the M gives its P up",
                "M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; GoSyscallBegin 1; ProcStop; GoSyscallEndBlocked",
                "M1 P- G- P0 Undetermined->Running
             M1 P0 G- G1 Undetermined->Running
             M1 P0 G1 G1 Running->Syscall
             M1 P0 G1 P0 Running->Idle
             M1 P- G1 G1 Syscall->Runnable",
            ),
            (
                "a C thread calls Go, and goes without a P",
                "M1: GoCreateSyscall 4; ProcStatus 0 PIdle; ProcStart 0 1; GoSyscallEndBlocked; GoStart 4 1
             M1 @50: GoSyscallBegin 2; ProcStop; GoDestroySyscall",
                "M1 P- G- G4 NotExist->Syscall
             M1 P- G4 P0 Undetermined->Idle
             M1 P- G4 P0 Idle->Running
             M1 P0 G4 G4 Syscall->Runnable
             M1 P0 G- G4 Runnable->Running
             M1 P0 G4 G4 Running->Syscall
             M1 P0 G4 P0 Running->Idle
             M1 P- G4 G4 Syscall->NotExist",
            ),
            (
                "a C thread ends with a P: that is lost with it, and can only be stolen",
                "M1 @10: ProcStatus 0 PRunning; GoStatus 1 1 Running; GoSyscallBegin 1; GoDestroySyscall
             M2 @50: ProcSteal 0 2 1; ProcStart 0 3",
                "M1 P- G- P0 Undetermined->Running
             M1 P0 G- G1 Undetermined->Running
             M1 P0 G1 G1 Running->Syscall
             M1 P0 G1 P0 Running->Idle
             M1 P0 G1 G1 Syscall->NotExist
             M2 P- G- P0 Idle->Idle
             M2 P- G- P0 Idle->Running",
            ),
        ],
    );
}

#[test]
fn ranges_and_collector() {
    check(
        &Version::V2,
        &[
            (
                "stop-the-worlds nest if their kinds differ; an end says which it ends",
                "M1: ProcStatus 0 PRunning; GoStatus 1 1 Running
             M1 @20: STWBegin 'GC sweep termination' @runtime.gcStart; STWEnd; STWBegin 'read mem stats'; STWEnd",
                "M1 P- G- P0 Undetermined->Running
             M1 P0 G- G1 Undetermined->Running
             M1 P0 G1 begin stop-the-world (GC sweep termination) on G1 @runtime.gcStart
             M1 P0 G1 end stop-the-world (GC sweep termination) on G1
             M1 P0 G1 begin stop-the-world (read mem stats) on G1
             M1 P0 G1 end stop-the-world (read mem stats) on G1",
            ),
            (
                "ranges that were open when the trace began, and others",
                "M1: ProcStatus 0 PRunning; GCSweepActive 0; GoStatus 1 1 Running; GCMarkAssistActive 1; GCActive 5
             M1 @20: GCMarkAssistEnd; GCMarkAssistBegin @main.alloc; GCMarkAssistEnd; GCSweepEnd 4096 1024
             M1 @40: GCSweepBegin @main.alloc; GCSweepEnd 8 0; GCEnd 6",
                "M1 P- G- P0 Undetermined->Running
             M1 P0 G- active GC incremental sweep on P0
             M1 P0 G- G1 Undetermined->Running
             M1 P0 G1 active GC mark assist on G1
             M1 P0 G1 active GC concurrent mark phase on all
             M1 P0 G1 end GC mark assist on G1
             M1 P0 G1 begin GC mark assist on G1 @main.alloc
             M1 P0 G1 end GC mark assist on G1
             M1 P0 G1 end GC incremental sweep on P0: 1024 of 4096
             M1 P0 G1 begin GC incremental sweep on P0 @main.alloc
             M1 P0 G1 end GC incremental sweep on P0: 0 of 8
             M1 P0 G1 end GC concurrent mark phase on all",
            ),
            (
                "numbers order the mark phases, clocks do not",
                "M1 @900: ProcStatus 0 PRunning; GoStatus 1 1 Running; GCBegin 3 @runtime.gcStart; GCBegin 5
             M2 @100: ProcStatus 1 PRunning; GoStatus 2 2 Running; GCEnd 4; GCEnd 6",
                "M2 P- G- P1 Undetermined->Running
             M2 P1 G- G2 Undetermined->Running
             M1 P- G- P0 Undetermined->Running
             M1 P0 G- G1 Undetermined->Running
             M1 P0 G1 begin GC concurrent mark phase on all @runtime.gcStart
             M2 P1 G2 end GC concurrent mark phase on all
             M1 P0 G1 begin GC concurrent mark phase on all
             M2 P1 G2 end GC concurrent mark phase on all",
            ),
        ],
    );
}

#[test]
fn what_the_program_says() {
    check(&Version::V2, &[(
        "tasks, regions, logs, labels, figures",
        "M1: ProcStatus 0 PRunning; HeapAlloc 4096; GoStatus 1 1 Running
         M1 @20: UserTaskBegin 2 0 'order' @main.order; UserTaskBegin 3 2 'pay'; UserRegionBegin 3 'ask' @main.ask
         M1 @30: UserLog 3 'card' 'ok' @main.ask; UserRegionEnd 3 'ask' @main.ask; UserRegionEnd 0 'older than the trace'
         M1 @40: UserTaskEnd 3 @main.order; UserTaskEnd 9; UserTaskEnd 2; GoLabel 'GC (idle)'; HeapGoal 8192",
        "M1 P- G- P0 Undetermined->Running
         M1 P0 G- /memory/classes/heap/objects:bytes = 4096
         M1 P0 G- G1 Undetermined->Running
         M1 P0 G1 task 2 'order' of 0 @main.order
         M1 P0 G1 task 3 'pay' of 2
         M1 P0 G1 region 'ask' of task 3 @main.ask
         M1 P0 G1 log 'card'='ok' of task 3 @main.ask
         M1 P0 G1 end region 'ask' of task 3 @main.ask
         M1 P0 G1 end region 'older than the trace' of task 0
         M1 P0 G1 end task 3 'pay' of 2 @main.order
         M1 P0 G1 end task 9 '' of 0
         M1 P0 G1 end task 2 'order' of 0
         M1 P0 G1 label 'GC (idle)' of G1
         M1 P0 G1 /gc/heap/goal:bytes = 8192",
    )]);
    check(
        &[Go126],
        &[(
            "the AllocFree experiment needs nothing but an M",
            "M1: SpanAlloc 7 2 5; HeapObject 9 0; HeapObjectFree 9; GoroutineStack 3 12; SpanFree 7",
            "M1 P- G- SpanAlloc id=7 npages_value=2 kindclass=5
         M1 P- G- HeapObject id=9 type=0
         M1 P- G- HeapObjectFree id=9
         M1 P- G- GoroutineStack id=3 order=12
         M1 P- G- SpanFree id=7",
        )],
    );
}

#[test]
fn samples_come_in_by_time() {
    check(
        &Version::V2,
        &[(
            "an event at the same time is first; goroutine 0 is none; the IDs need not be known",
            "M1 @10: ProcStatus 0 PRunning; +20 GoStatus 1 1 Running
         samples: 40 1 0 1 @main.late; 11 1 0 0 @runtime.mcall; 5 - - - @main.early; 20 7 9 8 @main.mid",
            "M- P- G- sample @main.early
         M1 P- G- P0 Undetermined->Running
         M1 P0 G- sample @runtime.mcall
         M7 P9 G8 sample @main.mid
         M1 P0 G- G1 Undetermined->Running
         M1 P0 G1 sample @main.late",
        )],
    );
}

#[test]
fn generations() {
    check(&Version::V2, &[
        (
            "what goes on is stated again, as it was, before anything happens to it",
            "M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; GCMarkAssistBegin; GoStatus 2 - Waiting; GoStatus 3 9 Syscall
             M1 @20: GCBegin 1; GCSweepBegin; UserTaskBegin 5 0 'task'; UserRegionBegin 5 'region'; STWBegin 'x'
             generation
             M9 @90: GoStatus 3 9 Syscall; GoSyscallEndBlocked
             M1 @95: ProcStatus 0 PRunning; GCSweepActive 0; GoStatus 1 1 Running; GCMarkAssistActive 1; GCActive 2
             M1 @99: GCMarkAssistEnd; GCSweepEnd 2 1; UserRegionEnd 5 'region'; UserTaskEnd 5; STWEnd; GCEnd 3
             M1 @150: GoStatus 2 - Waiting; GoUnblock 2 1; ProcStatus 1 PIdle",
            "M1 P- G- P0 Undetermined->Running
             M1 P0 G- G1 Undetermined->Running
             M1 P0 G1 begin GC mark assist on G1
             M1 P0 G1 G2 Undetermined->Waiting
             M9 P0 G1 G3 Undetermined->Syscall
             M1 P0 G1 begin GC concurrent mark phase on all
             M1 P0 G1 begin GC incremental sweep on P0
             M1 P0 G1 task 5 'task' of 0
             M1 P0 G1 region 'region' of task 5
             M1 P0 G1 begin stop-the-world (x) on G1
             M- P- G- sync 2
             M9 P- G3 G3 Syscall->Syscall
             M9 P- G3 G3 Syscall->Runnable
             M1 P0 G1 P0 Running->Running
             M1 P0 G1 active GC incremental sweep on P0
             M1 P0 G1 G1 Running->Running
             M1 P0 G1 active GC mark assist on G1
             M1 P0 G1 active GC concurrent mark phase on all
             M1 P0 G1 end GC mark assist on G1
             M1 P0 G1 end GC incremental sweep on P0: 1 of 2
             M1 P0 G1 end region 'region' of task 5
             M1 P0 G1 end task 5 'task' of 0
             M1 P0 G1 end stop-the-world (x) on G1
             M1 P0 G1 end GC concurrent mark phase on all
             M1 P0 G1 G2 Waiting->Waiting
             M1 P0 G1 G2 Waiting->Runnable
             M1 P0 G1 P1 NotExist->Idle",
        ),
        (
            "a P in a syscall since the last generation is stolen: its status is told of the M that has it",
            "M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; GoSyscallBegin 1
             M2: ProcStatus 1 PRunning
             generation
             M2 @90: ProcStatus 1 PRunning; ProcStatus 0 PAbandoned; ProcSteal 0 1 1
             M1 @80: GoStatus 1 1 Syscall; GoSyscallEndBlocked",
            "M1 P- G- P0 Undetermined->Running
             M2 P- G- P1 Undetermined->Running
             M1 P0 G- G1 Undetermined->Running
             M1 P0 G1 G1 Running->Syscall
             M- P- G- sync 2
             M1 P0 G1 G1 Syscall->Syscall
             M2 P1 G- P1 Running->Running
             M1 P0 G1 P0 Running->Running
             M2 P1 G- P0 Running->Idle
             M1 P- G1 G1 Syscall->Runnable",
        ),
        (
            "sequence numbers begin anew: a start of the last generation's G waits for its status",
            "M1 @10: ProcStatus 0 PRunning; GoCreate 2; GoStart 2 1; GoBlock 'x'
             generation
             M1 @10: ProcStatus 0 PRunning; GoStart 2 2
             M2 @90: GoStatus 2 - Waiting; GoUnblock 2 1",
            "M1 P- G- P0 Undetermined->Running
             M1 P0 G- G2 NotExist->Runnable
             M1 P0 G- G2 Runnable->Running
             M1 P0 G2 G2 Running->Waiting 'x'
             M- P- G- sync 2
             M1 P0 G- P0 Running->Running
             M2 P- G- G2 Waiting->Waiting
             M2 P- G- G2 Waiting->Runnable
             M1 P0 G- G2 Runnable->Running",
        ),
    ]);
}

/// The order that Go's binary heap gives Ms whose clocks agree to the tick.
#[test]
fn equal_times() {
    check(
        &[Go122, Go126],
        &[(
            "one event of each M, then the heap's order",
            "M1: ProcStatus 0 PRunning; HeapAlloc 1; HeapAlloc 1
         M2: ProcStatus 1 PRunning; HeapAlloc 2; HeapAlloc 2
         M3: ProcStatus 2 PRunning; HeapAlloc 3; HeapAlloc 3
         M4: ProcStatus 3 PRunning; HeapAlloc 4; HeapAlloc 4",
            "M1 P- G- P0 Undetermined->Running
         M2 P- G- P1 Undetermined->Running
         M4 P- G- P3 Undetermined->Running
         M3 P- G- P2 Undetermined->Running
         M3 P2 G- /memory/classes/heap/objects:bytes = 3
         M2 P1 G- /memory/classes/heap/objects:bytes = 2
         M1 P0 G- /memory/classes/heap/objects:bytes = 1
         M4 P3 G- /memory/classes/heap/objects:bytes = 4
         M4 P3 G- /memory/classes/heap/objects:bytes = 4
         M3 P2 G- /memory/classes/heap/objects:bytes = 3
         M1 P0 G- /memory/classes/heap/objects:bytes = 1
         M2 P1 G- /memory/classes/heap/objects:bytes = 2",
        )],
    );
}

/// Times increase strictly, whatever the file says; and each difference
/// is converted to nanoseconds, truncated, and added.
#[test]
fn times() {
    for (name, hz, ticks, want) in [
        ("a nanosecond a tick", 1_000_000_000, [5, 0, 10], [100, 101, 105, 106, 115]),
        ("64 ns a tick", 15_625_000, [5, 0, 10], [6400, 6401, 6720, 6721, 7360]),
        ("thirds of a nanosecond are cut each time", 3_000_000_000, [5, 5, 5], [33, 34, 35, 36, 37]),
        (
            "a clock that starts over goes on by the nanosecond",
            1_000_000_000,
            [5, (-90i64) as u64, 10],
            [100, 101, 105, 106, 107],
        ),
    ] {
        let mut trace = script::trace(Go122, "M1 @100: +0 ProcStatus 0 PRunning");
        let generation = trace.last();
        generation.frequencies = vec![hz];
        for dt in ticks {
            generation.batches[0].event(dt, gotrace::spec::v2::EventType::HeapAlloc, &[0]);
        }
        let bytes = trace.build();
        let trace = Trace::parse(&bytes).unwrap();
        let times: Vec<_> = trace.events().map(|e| e.unwrap().time().0).collect();
        assert_eq!(times[..5], want, "{name}");
    }
}
