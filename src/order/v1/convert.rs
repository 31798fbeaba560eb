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

use super::replay::{SYSCALL_PROC, Step};
use crate::ids::WIRE_NONE;
use crate::order::context::Context;
use crate::order::state::NONE;
use crate::order::{Block, Record, note};
use crate::wire::v1::spec::EventType;
use crate::wire::v2::spec::EventType as V2;
use std::collections::{BTreeMap, VecDeque};

/// What converting an event depends on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Convert {
    /// Whether the goroutines that were there before the trace are known.
    begun: bool,
    /// Those not heard of again so far, and where they are created.
    runnable: BTreeMap<u64, usize>,
    /// Records to put out before the next event's.
    pending: VecDeque<Record>,
}

impl Convert {
    /// Puts out what is pending, if anything is.
    #[inline(always)]
    pub(crate) fn put_pending(&mut self, last_time: &mut i64, out: &mut Block) -> bool {
        if self.pending.is_empty() {
            return false;
        }
        while out.has_room()
            && let Some(record) = self.pending.pop_front()
        {
            out.push(last_time, record);
        }
        true
    }

    /// Puts out what an event becomes: at most three records, or pending ones.
    #[inline(always)]
    pub(crate) fn step(&mut self, step: &Step, last_time: &mut i64, out: &mut Block) {
        use EventType::*;
        if step.called_back {
            let end = record(V2::GoSyscallEndBlocked, step).noting(note::SYNTHETIC);
            out.push(last_time, Record { proc: SYSCALL_PROC, thread: WIRE_NONE, ..end });
        }
        let event = match step.event {
            GoStart if !self.begun => {
                self.runnable.remove(&step.g);
                V2::GoStatus
            }
            GoStart => V2::GoStart,
            GoStartLabel => {
                out.push(last_time, record(V2::GoStart, step));
                V2::GoLabel
            }
            GoUnblock => V2::GoUnblock,
            GoBlock | GoBlockSend | GoBlockRecv | GoBlockSelect | GoBlockSync | GoBlockCond | GoBlockNet | GoSleep
            | GoBlockGC | GoStop => V2::GoBlock,
            GoSched | GoPreempt => V2::GoStop,
            GoCreate if !self.begun => {
                self.runnable.insert(step.other, step.at);
                return;
            }
            GoCreate => V2::GoCreate,
            GoEnd => V2::GoDestroy,
            GoSysCall if step.blocks => V2::GoSyscallBegin,
            GoSysCall => {
                let begin = record(V2::GoSyscallBegin, step);
                out.push(last_time, begin);
                let time = step.time.wrapping_add(1);
                out.push(last_time, Record { event: V2::GoSyscallEnd, time, ..begin });
                return;
            }
            GoSysExit => V2::GoSyscallEndBlocked,
            // Told by the system call before; and those of no consequence.
            GoSysBlock | FutileWakeup => return,
            ProcStart if step.first_of_proc => V2::ProcStatus,
            ProcStart => V2::ProcStart,
            ProcStop if step.first_of_proc => V2::ProcStatus,
            ProcStop => V2::ProcStop,
            Gomaxprocs if !self.begun => {
                self.begun = true;
                let status = |(_, at)| Record::new(V2::GoStatus, WIRE_NONE, Context::EMPTY, at, step.time);
                self.pending.extend(std::mem::take(&mut self.runnable).into_iter().map(status));
                return;
            }
            Gomaxprocs => V2::ProcsChange,
            GoWaiting | GoInSyscall => {
                self.runnable.remove(&step.g);
                V2::GoStatus
            }
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
            UserRegion if step.begins => V2::UserRegionBegin,
            UserRegion => V2::UserRegionEnd,
            UserLog => V2::UserLog,
            CPUSample => V2::CPUSample,
            // These are no timed events.
            Batch | Frequency | Stack | TimerGoroutine | String => return,
            // The global events stand for these.
            GoStartLocal | GoUnblockLocal | GoSysExitLocal => return,
        };
        out.push(last_time, record(event, step));
    }
}

#[inline(always)]
fn record(event: V2, step: &Step) -> Record {
    let go = if step.g == 0 { WIRE_NONE } else { step.g };
    let context = Context { go, g: NONE, p: step.proc };
    Record { extra: step.began as u64, ..Record::new(event, step.thread, context, step.at, step.time) }
}
