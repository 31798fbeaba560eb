//! Conversion of v1 events to the records of v2 events, as Go 1.27's `tracev1.go` does it.
//!
//! Most events have a counterpart. The exceptions:
//!
//! - The trace begins with a `GoCreate` for each goroutine that exists. Up to the
//!   first `Gomaxprocs`, which ends the list, they become statuses: the one that the next
//!   event about the goroutine implies, or "runnable" at the end of the list. Go outputs the
//!   latter in the order of a map; here they are in the order of their IDs.
//! - A P's first start or stop becomes its status.
//! - A goroutine that C calls back into for the first time ends the system
//!   call that it appeared in; Go 1.21 does not write that event (see `cursor.rs`).
//! - A system call is one event; it blocks if another event says so. One
//!   that does not block is taken to last a nanosecond.

use super::step::{SYSCALL_PROC, Step, TIMER_PROC};
use super::window::{DROPPED, Window};
use crate::base::ids::WIRE_NONE;
use crate::order::state::NONE;
use crate::order::state::context::Context;
use crate::order::state::record::{Record, note};
use crate::spec::v1::{EventType, blocking};
use crate::spec::v2::EventType as V2;
use std::collections::BTreeMap;

/// The form of the output.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// The records of v2 events.
    Converted(Convert),
    /// One record for each v1 event, with its offset, context and time alone.
    AsWritten,
}

/// The state of the conversion.
#[derive(Clone, Debug, Default)]
pub(crate) struct Convert {
    /// True once the list of the goroutines that existed before the trace is complete.
    begun: bool,
    /// Goroutines of the list without another event so far, with the offsets of their creation.
    runnable: BTreeMap<u64, usize>,
}

impl Form {
    /// Returns whether frequent events become the type that [`usual`] returns.
    #[inline(always)]
    pub(crate) fn is_usual(&self) -> bool {
        matches!(self, Form::Converted(convert) if convert.begun)
    }

    /// Adds the records of an event to the window.
    pub(crate) fn put(&mut self, step: &Step, out: &mut Window) {
        match self {
            Form::Converted(convert) => convert.put(step, out),
            Form::AsWritten => put_as_written(step, out),
        }
    }
}

fn put_as_written(step: &Step, out: &mut Window) {
    let record = record(V2::Sync, step);
    // An event of a timer stays one in this form, even if it wakes a goroutine that waits for the
    // network.
    let record = Record { proc: if step.timer { TIMER_PROC } else { record.proc }, ..record };
    if step.moved { out.push_exit(record) } else { out.push(record) }
}

/// Returns the type of the record that an event becomes, if it is one record in any state.
pub(crate) const fn usual(event: EventType) -> Option<V2> {
    use EventType::*;
    Some(match event {
        GoStart => V2::GoStart,
        GoUnblock => V2::GoUnblock,
        blocking!() | GoStop => V2::GoBlock,
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
            let end = record(V2::GoSyscallEndBlocked, step).with_note(note::SYNTHETIC);
            out.push(Record { proc: SYSCALL_PROC, thread: WIRE_NONE, ..end });
        }
        // The offset of the creation of a goroutine that existed before: its status does not state
        // the function that it began with, but the creation does.
        let mut created = 0;
        let event = match step.event {
            GoStart if !self.begun => {
                created = self.runnable.remove(&step.g).unwrap_or_default();
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
            FutileWakeup => return out.push(record(V2::Sync, step).with_note(DROPPED)),
            ProcStart | ProcStop if step.first_of_proc => V2::ProcStatus,
            Gomaxprocs if !self.begun => {
                self.begun = true;
                for at in std::mem::take(&mut self.runnable).into_values() {
                    let status = Record::new(V2::GoStatus, WIRE_NONE, Context::EMPTY, at, step.ticks);
                    out.push(Record { extra: at as u64, ..status });
                }
                return;
            }
            GoWaiting | GoInSyscall => {
                created = self.runnable.remove(&step.g).unwrap_or_default();
                V2::GoStatus
            }
            UserRegion if step.begins => V2::UserRegionBegin,
            event => match usual(event) {
                Some(event) => event,
                // `GoSysBlock` has been recorded with its system call; the others have no effect.
                None => return,
            },
        };
        let record = record(event, step);
        out.push(Record { extra: record.extra | created as u64, ..record });
    }
}

/// Creates a record whose time is still in ticks.
#[inline(always)]
fn record(event: V2, step: &Step) -> Record {
    let go = if step.g == 0 { WIRE_NONE } else { step.g };
    let context = Context { go, g: NONE, p: step.proc };
    Record { extra: step.began as u64, ..Record::new(event, step.thread, context, step.at, step.ticks) }
}
