//! Statuses and active ranges, which state what is so already.

use super::RepairWriter;
use super::make::Wanted;
use super::model::{Gc, NONE};
use crate::event::Event;
use crate::order::note;
use crate::spec::state::{GoState, ProcState};
use crate::spec::status::{GoStatus, ProcStatus};
use crate::spec::v2::EventType;
use std::io::Write;

impl<W: Write> RepairWriter<'_, W> {
    /// Returns whether an event states a state that the output has already. If that was new
    /// to the stream, the output is led to it.
    pub(super) fn is_known(&mut self, event: &Event<'_>, args: &[u64; 4], wanted: Wanted) -> bool {
        use EventType as E;
        let (record, _) = event.wire();
        let (thread, from) = (record.thread, note::state(record.note));
        let plan = &mut self.plan;
        match record.event {
            E::GoStatus | E::GoStatusStack => {
                let known = plan.model.go_status(args[0]).is_some();
                let to = GoStatus::from_wire(args[2]).map(GoState::of);
                // The state is new to the stream: the output has to be led to it.
                if known && to != Some(GoState::from_note(from)) {
                    plan.follow_go_status(thread, args, wanted.p);
                }
                known
            }
            E::ProcStatus => {
                let known = plan.model.p(args[0]).is_some();
                let to = ProcStatus::from_wire(args[1]).map(ProcState::of);
                if known && to != Some(ProcState::from_note(from)) {
                    plan.follow_proc_status(thread, args);
                }
                known
            }
            E::GCActive => {
                // The phase began in a part that is lost.
                if plan.model.gc == Gc::Off {
                    plan.need_all(thread, wanted);
                    plan.emit(thread, E::GCBegin, &[]);
                }
                plan.model.gc != Gc::Undetermined
            }
            E::GCSweepActive => {
                // The P is mentioned only here, so no M has it.
                if plan.model.p(args[0]).is_none() {
                    plan.emit(thread, E::ProcStatus, &[args[0], ProcStatus::Idle as u64]);
                }
                plan.model.p(args[0]).is_some_and(|p| p.sweeping)
            }
            E::GCMarkAssistActive => {
                if plan.model.go_status(args[0]).is_none() {
                    plan.emit(thread, E::GoStatus, &[args[0], NONE, GoStatus::Waiting as u64]);
                }
                plan.model.is_assisting(args[0])
            }
            _ => false,
        }
    }
}
