//! The state at a moment as the one that a trace begins in.

use crate::base::ids::{ThreadId, WIRE_NONE};
use crate::base::time::Time;
use crate::event::metric::MetricName;
use crate::export::repair::beginning::{Beginning, BegunGoroutine, BegunProc};
use crate::export::repair::tables::Tables;
use crate::generation::ClockSnapshot;
use crate::spec::state::{GoState, ProcState};
use crate::spec::status::{GoStatus, ProcStatus};
use crate::spec::v2::EventType;
use crate::trace::Trace;
use crate::window::state::State;
use rustc_hash::FxHashSet;

impl<'t> State<'t> {
    /// Returns this state as the one that a trace begins in.
    pub(super) fn begin(&self, trace: &'t Trace<'t>, time: Time, tables: &mut Tables<'t>) -> Beginning {
        let metrics = self.metrics.iter().map(|&(name, value)| (event_of(name), value)).collect();
        let marks = self.marks.then_some(self.gc_seq);
        let mut begin = Beginning::at(time.0.max(1) as u64, snapshot_at(trace, time), marks, metrics);
        let number = |thread: Option<ThreadId>| thread.map_or(WIRE_NONE, |m| m.0);
        let in_syscalls = self.goroutines.values().filter(|g| g.state == GoState::Syscall);
        let in_syscalls: FxHashSet<ThreadId> = in_syscalls.filter_map(|g| g.thread).collect();
        for (&id, proc) in &self.procs {
            let thread = proc.thread.filter(|_| proc.state == ProcState::Running);
            let status = match thread {
                None if proc.abandoned => ProcStatus::SyscallAbandoned,
                None => ProcStatus::Idle,
                Some(thread) if in_syscalls.contains(&thread) => ProcStatus::Syscall,
                Some(_) => ProcStatus::Running,
            };
            begin.add_proc(id.0, BegunProc { status, thread: number(thread), sweeps: proc.sweeps });
        }
        for (&id, g) in &self.goroutines {
            let thread = number(g.thread);
            let status = match g.state {
                GoState::Runnable => GoStatus::Runnable,
                GoState::Waiting => GoStatus::Waiting,
                GoState::Running if thread != WIRE_NONE => GoStatus::Running,
                GoState::Syscall if thread != WIRE_NONE => GoStatus::Syscall,
                // Without its M it cannot be stated; an event of it will tell.
                _ => continue,
            };
            let generation = |place: usize| trace.generations().get(place);
            let stack = g.stack.or(g.began).and_then(|(place, id)| Some(tables.stack_of(generation(place)?, id)));
            let stack = stack.unwrap_or(0);
            let (label, stops) = (tables.string(g.label), g.stops.map(|reason| tables.string(reason)));
            begin.add_goroutine(id.0, BegunGoroutine { status, thread, stack, label, assists: g.assists, stops });
        }
        begin
    }
}

/// Returns the clocks at a moment, by the last snapshot before it, or else the first.
pub(super) fn snapshot_at(trace: &Trace<'_>, time: Time) -> Option<ClockSnapshot> {
    let all = trace.generations();
    let (before, after) = all.split_at_checked(all.partition_point(|generation| generation.start() <= time))?;
    let at = before.iter().rev().chain(after).find_map(|generation| generation.clock_snapshot())?;
    let mono = at.mono.wrapping_add_signed(time.since(at.time));
    Some(ClockSnapshot { time, mono, wall: at.wall_at(time) })
}

fn event_of(metric: MetricName) -> EventType {
    match metric {
        MetricName::GoMaxProcs => EventType::ProcsChange,
        MetricName::HeapLive => EventType::HeapAlloc,
        MetricName::HeapGoal => EventType::HeapGoal,
    }
}
