//! From v1 events to the records of v2 events, as Go 1.27's `tracev1.go` does.
//!
//! Most events have a like. The exceptions:
//!
//! - The trace begins with a `GoCreate` for each goroutine there is. Up to the
//!   first `Gomaxprocs`, which ends that, they are statuses: of what follows on
//!   the creation, or of a runnable one, when that is over. Go puts out the
//!   latter in the order of a map; here it is that of their IDs.
//! - A P's first start or stop is its status.
//! - A goroutine that C calls back into for the first time leaves the system
//!   call that it appeared in, which Go 1.21 does not write (see `cursor.rs`).
//! - A system call is one event, and blocks if it is followed by another. One
//!   that does not is taken to last a nanosecond.

use super::replay::{SYSCALL_PROC, Step, TIMER_PROC};
use super::window::{DROPPED, Window};
use crate::ids::WIRE_NONE;
use crate::order::context::Context;
use crate::order::state::NONE;
use crate::order::{Record, note};
use crate::wire::v1::spec::EventType;
use crate::wire::v2::spec::EventType as V2;
use std::collections::BTreeMap;

/// What the events become.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// The records of v2 events.
    Converted(Convert),
    /// One record each, with the v1 event's place, context and time alone.
    AsWritten,
}

/// What converting an event depends on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Convert {
    /// Whether the goroutines that were there before the trace are known.
    begun: bool,
    /// Those not heard of again so far, and where they are created.
    runnable: BTreeMap<u64, usize>,
}

impl Form {
    /// Whether frequent events become what [`usual`] says.
    #[inline(always)]
    pub(crate) fn is_usual(&self) -> bool {
        matches!(self, Form::Converted(convert) if convert.begun)
    }

    /// Puts what an event becomes into the window.
    pub(crate) fn put(&mut self, step: &Step, out: &mut Window) {
        match self {
            Form::Converted(convert) => convert.put(step, out),
            Form::AsWritten => put_as_written(step, out),
        }
    }
}

fn put_as_written(step: &Step, out: &mut Window) {
    let record = record(V2::Sync, step);
    // A timer that wakes what waits for the network is a timer here.
    let record = Record { proc: if step.timer { TIMER_PROC } else { record.proc }, ..record };
    if step.moved { out.push_exit(record) } else { out.push(record) }
}

/// What an event becomes, where that is one record and depends on nothing else.
pub(crate) const fn usual(event: EventType) -> Option<V2> {
    use EventType::*;
    Some(match event {
        GoStart => V2::GoStart,
        GoUnblock => V2::GoUnblock,
        GoBlock | GoBlockSend | GoBlockRecv | GoBlockSelect | GoBlockSync | GoBlockCond | GoBlockNet | GoSleep
        | GoBlockGC | GoStop => V2::GoBlock,
        GoSched | GoPreempt => V2::GoStop,
        GoCreate => V2::GoCreate,
        GoEnd => V2::GoDestroy,
        GoSysExit => V2::GoSyscallEndBlocked,
        ProcStart => V2::ProcStart,
        ProcStop => V2::ProcStop,
        Gomaxprocs => V2::ProcsChange,
        GoWaiting | GoInSyscall => V2::GoStatus,
        GCStart => V2::GCBegin,
        GCDone => V2::GCEnd,
        STWStart => V2::STWBegin,
        STWDone => V2::STWEnd,
        GCSweepStart => V2::GCSweepBegin,
        GCSweepDone => V2::GCSweepEnd,
        GCMarkAssistStart => V2::GCMarkAssistBegin,
        GCMarkAssistDone => V2::GCMarkAssistEnd,
        HeapAlloc => V2::HeapAlloc,
        HeapGoal => V2::HeapGoal,
        UserTaskCreate => V2::UserTaskBegin,
        UserTaskEnd => V2::UserTaskEnd,
        UserRegion => V2::UserRegionEnd,
        UserLog => V2::UserLog,
        CPUSample => V2::CPUSample,
        _ => return None,
    })
}

impl Convert {
    fn put(&mut self, step: &Step, out: &mut Window) {
        use EventType::*;
        if step.called_back {
            let end = record(V2::GoSyscallEndBlocked, step).noting(note::SYNTHETIC);
            out.push(Record { proc: SYSCALL_PROC, thread: WIRE_NONE, ..end });
        }
        let event = match step.event {
            GoStart if !self.begun => {
                self.runnable.remove(&step.g);
                V2::GoStatus
            }
            GoStartLabel => {
                out.push(record(V2::GoStart, step));
                V2::GoLabel
            }
            GoCreate if !self.begun => {
                self.runnable.insert(step.other, step.at);
                return;
            }
            GoSysCall => return out.push_syscall(record(V2::GoSyscallBegin, step)),
            GoSysExit if step.moved => return out.push_exit(record(V2::GoSyscallEndBlocked, step)),
            FutileWakeup => return out.push(record(V2::Sync, step).noting(DROPPED)),
            ProcStart | ProcStop if step.first_of_proc => V2::ProcStatus,
            Gomaxprocs if !self.begun => {
                self.begun = true;
                for at in std::mem::take(&mut self.runnable).into_values() {
                    out.push(Record::new(V2::GoStatus, WIRE_NONE, Context::EMPTY, at, step.ticks));
                }
                return;
            }
            GoWaiting | GoInSyscall => {
                self.runnable.remove(&step.g);
                V2::GoStatus
            }
            UserRegion if step.begins => V2::UserRegionBegin,
            event => match usual(event) {
                Some(event) => event,
                // A block in a system call is told by that one before; the
                // others are of no consequence.
                None => return,
            },
        };
        out.push(record(event, step));
    }
}

/// With the time in ticks, still.
#[inline(always)]
fn record(event: V2, step: &Step) -> Record {
    let go = if step.g == 0 { WIRE_NONE } else { step.g };
    let context = Context { go, g: NONE, p: step.proc };
    Record { extra: step.began as u64, ..Record::new(event, step.thread, context, step.at, step.ticks) }
}
