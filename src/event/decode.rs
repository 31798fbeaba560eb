//! Decoding of events from the file.

use super::experimental::Experimental;
use super::go::GoChange;
use super::metric::{Metric, MetricName};
use super::range::{Range, RangeName, RangeScope, Swept};
use super::task::{Label, Log, Region, Task};
use super::transition::StateTransition;
use super::{Event, EventKind, SyncPoint, args_at};
use crate::base::ids::{GoId, ProcId, StringId, TaskId, WIRE_NONE, optional};
use crate::generation::Generation;
use crate::generation::stack::Stack;
use crate::generation::v1::map as v1;
use crate::order::note;
use crate::spec::state::{GoState, ProcState};
use crate::spec::status::{GoStatus, ProcStatus};
use crate::spec::v2::EventType;

impl<'t> Event<'t> {
    /// Returns the kind of the event, with the data of that kind.
    pub fn kind(&self) -> EventKind<'t> {
        // Most events change a goroutine in a few ways, for which there is a shorter path.
        let Some(change) = self.hot_go_change() else { return self.any_kind() };
        let GoChange { id, from, to, reason, own_stack, .. } = change;
        let (reason, stack) = (self.string(reason.0), self.stack_numbered(own_stack));
        EventKind::StateTransition(StateTransition::Goroutine { id, from, to, reason, stack })
    }

    /// Decodes an event of any kind; [`kind`](Self::kind) leaves the frequent ones out.
    #[inline(never)]
    pub(super) fn any_kind(&self) -> EventKind<'t> {
        use EventType as E;
        let record = &self.record;
        let args = if record.event == E::Sync { [0; 5] } else { self.args() };
        let stack = |arg: usize| Stack::new(self.generation?, args[arg]);
        let go = |id: Option<GoId>, from, to, reason: &'t [u8], stack| {
            let id = id.unwrap_or(GoId(WIRE_NONE));
            EventKind::StateTransition(StateTransition::Goroutine { id, from, to, reason, stack })
        };
        let proc = |id: Option<ProcId>, from, to| {
            let id = id.unwrap_or(ProcId(WIRE_NONE));
            EventKind::StateTransition(StateTransition::Proc { id, from, to })
        };
        let named = Some(GoId(args[1]));
        let own = self.goroutine();
        let metric = |name| EventKind::Metric(Metric { name, value: args[1] });
        let on_g = |name| Range { name, scope: RangeScope::Goroutine(own) };
        let on_p = |proc| Range { name: RangeName::GcSweep, scope: RangeScope::Proc(proc) };
        const MARK: Range<'_> = Range { name: RangeName::GcMark, scope: RangeScope::Global };
        use GoState::*;
        match record.event {
            E::Sync => EventKind::Sync(SyncPoint { number: record.extra, generation: self.generation }),
            E::CPUSample => EventKind::StackSample,

            E::ProcsChange => metric(MetricName::GoMaxProcs),
            E::HeapAlloc => metric(MetricName::HeapLive),
            E::HeapGoal => metric(MetricName::HeapGoal),

            E::ProcStart => proc(Some(ProcId(args[1])), ProcState::Idle, ProcState::Running),
            E::ProcStop => proc(self.proc(), ProcState::Running, ProcState::Idle),
            E::ProcSteal => {
                // A synthetic one is about the context's own P, and has no arguments.
                let id = if record.note & note::SYNTHETIC != 0 { self.proc() } else { Some(ProcId(args[1])) };
                let abandoned = record.note & note::ABANDONED != 0;
                proc(id, if abandoned { ProcState::Idle } else { ProcState::Running }, ProcState::Idle)
            }
            E::ProcStatus => {
                let status = ProcStatus::from_wire(args[2]).unwrap_or(ProcStatus::Bad);
                let from = ProcState::from_note(note::state(record.note));
                let promoted = status == ProcStatus::SyscallAbandoned && from == ProcState::Running;
                proc(Some(ProcId(args[1])), from, if promoted { ProcState::Running } else { ProcState::of(status) })
            }

            E::GoCreate => go(named, NotExist, Runnable, b"", stack(2)),
            E::GoCreateBlocked => go(named, NotExist, Waiting, b"", stack(2)),
            E::GoCreateSyscall => go(named, NotExist, Syscall, b"", None),
            E::GoStart => go(named, Runnable, Running, b"", None),
            E::GoDestroy => go(own, Running, NotExist, b"", None),
            E::GoDestroySyscall => go(own, Syscall, NotExist, b"", None),
            E::GoStop => go(own, Running, Runnable, self.string(args[1]), stack(2)),
            E::GoBlock => go(own, Running, Waiting, self.string(args[1]), stack(2)),
            // A switch first unblocks the goroutine it names.
            E::GoUnblock | E::GoSwitch | E::GoSwitchDestroy => go(named, Waiting, Runnable, b"", None),
            E::GoSyscallBegin => go(own, Running, Syscall, b"", stack(2)),
            E::GoSyscallEnd => go(own, Syscall, Running, b"", None),
            E::GoSyscallEndBlocked => go(own, Syscall, Runnable, b"", None),
            E::GoStatus | E::GoStatusStack => {
                let from = GoState::from_note(note::state(record.note));
                let to = GoStatus::from_wire(args[3]).map_or(Undetermined, GoState::of);
                go(named, from, to, b"", if record.event == E::GoStatusStack { stack(4) } else { None })
            }

            E::STWBegin => EventKind::RangeBegin(on_g(RangeName::StopTheWorld(self.stop_kind(&args)))),
            E::STWEnd => EventKind::RangeEnd(on_g(RangeName::StopTheWorld(self.stop_kind(&args))), None),
            E::GCBegin => EventKind::RangeBegin(MARK),
            E::GCActive => EventKind::RangeActive(MARK),
            E::GCEnd => EventKind::RangeEnd(MARK, None),
            E::GCSweepBegin => EventKind::RangeBegin(on_p(self.proc())),
            E::GCSweepActive => EventKind::RangeActive(on_p(Some(ProcId(args[1])))),
            E::GCSweepEnd => EventKind::RangeEnd(on_p(self.proc()), Some(Swept { swept: args[1], reclaimed: args[2] })),
            E::GCMarkAssistBegin => EventKind::RangeBegin(on_g(RangeName::GcMarkAssist)),
            E::GCMarkAssistActive => {
                EventKind::RangeActive(Range { name: RangeName::GcMarkAssist, scope: RangeScope::Goroutine(named) })
            }
            E::GCMarkAssistEnd => EventKind::RangeEnd(on_g(RangeName::GcMarkAssist), None),

            E::GoLabel => EventKind::Label(Label { label: self.string(args[1]), goroutine: own }),
            E::UserTaskBegin => EventKind::TaskBegin(Task {
                id: TaskId(args[1]),
                parent: parent_task(args[2]),
                kind: self.string(args[3]),
            }),
            E::UserTaskEnd => {
                let begin = self.origin();
                EventKind::TaskEnd(Task {
                    id: TaskId(args[1]),
                    parent: begin.and_then(|(_, begin)| parent_task(begin[2])),
                    kind: begin.map_or(b"", |(generation, begin)| generation.name(StringId(begin[3]))),
                })
            }
            E::UserRegionBegin => EventKind::RegionBegin(Region { task: TaskId(args[1]), kind: self.string(args[2]) }),
            E::UserRegionEnd => EventKind::RegionEnd(Region { task: TaskId(args[1]), kind: self.string(args[2]) }),
            E::UserLog => EventKind::Log(Log {
                task: TaskId(args[1]),
                category: self.string(args[2]),
                message: self.message(args[3]),
            }),

            // Ordering lets no other events pass than those of experiments.
            event => EventKind::Experimental(Experimental { event, values: [args[1], args[2], args[3], args[4]] }),
        }
    }

    /// Returns the reason of a stop-the-world that begins or ends.
    fn stop_kind(&self, args: &[u64; 5]) -> &'t [u8] {
        if self.record.event == EventType::STWBegin {
            return self.string(args[1]);
        }
        // The end does not state the reason, so it is looked up at the beginning.
        match self.origin() {
            Some((generation, begin)) => generation.name(StringId(begin[1])),
            None => b"",
        }
    }

    /// Returns the arguments of the event that began the task or range that this one ends, and
    /// the generation that its string IDs belong to.
    fn origin(&self) -> Option<(&'t Generation<'t>, [u64; 5])> {
        let offset = usize::try_from(self.record.extra).ok().filter(|&offset| offset != 0)?;
        let generation = self.trace.generation_at(offset)?;
        let args = match &generation.v1 {
            Some(index) => {
                let begins = self.record.event.spec().begin.unwrap_or(EventType::UserTaskBegin);
                v1::args(generation.file, index, offset, begins, WIRE_NONE)
            }
            None => args_at(generation.file, offset),
        };
        Some((generation, args))
    }

    /// Returns the message of a log. In v1 traces it is part of the event, in v2 a string.
    fn message(&self, id: u64) -> &'t [u8] {
        let (file, version) = (self.trace.bytes, self.trace.version);
        if !version.is_v1() {
            return self.string(id);
        }
        v1::Decoded::at(file, self.record.offset, version).map_or(b"", |raw| raw.message(file))
    }
}

/// Returns the parent of a task. The wire has 0 for none, which is the ID of the background
/// task; that one counts as no parent here.
fn parent_task(raw: u64) -> Option<TaskId> {
    optional(raw).filter(|&task| task != TaskId::BACKGROUND)
}
