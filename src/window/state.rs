//! State of a program at the moment at which a window begins.

use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::base::time::Time;
use crate::error::Result;
use crate::event::Event;
use crate::event::go::changes_go;
use crate::event::kind::EventKind;
use crate::event::metric::MetricName;
use crate::event::range::{Range, RangeName, RangeScope};
use crate::event::transition::StateTransition;
use crate::order::note;
use crate::spec::state::{GoState, ProcState};
use crate::spec::status::ProcStatus;
use crate::spec::v2::EventType;
use crate::trace::Trace;
use crate::trace::stream::Blocks;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// A stack, by the index of its generation and its number there.
pub(super) type StackPlace = (usize, u64);

/// State of a goroutine at that moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Goroutine<'t> {
    pub(super) state: GoState,
    /// M that runs it, or that it is in a system call on.
    pub(super) thread: Option<ThreadId>,
    /// P on which it entered the state.
    proc: Option<ProcId>,
    /// Own stack: the last one before the moment, or else the first one after it.
    pub(super) stack: Option<StackPlace>,
    /// Stack that names the function which it began with, in an old trace.
    pub(super) began: Option<StackPlace>,
    /// Reason for which it waits or stopped.
    pub(super) reason: &'t [u8],
    /// Label that it has been given since it began to run.
    pub(super) label: &'t [u8],
    /// True if it assists marking.
    pub(super) assists: bool,
    /// Reason for which it has stopped the world, if it has.
    pub(super) stops: Option<&'t [u8]>,
}

/// State of a P at that moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proc {
    pub(super) state: ProcState,
    pub(super) thread: Option<ThreadId>,
    /// True if it sweeps.
    pub(super) sweeps: bool,
    /// True if it looks idle, but was left behind in the system call of an M that is gone.
    pub(super) abandoned: bool,
}

/// States of the Gs and Ps at a moment, with open ranges and the last metrics.
#[derive(Debug, Default)]
pub(super) struct State<'t> {
    pub(super) goroutines: BTreeMap<GoId, Goroutine<'t>>,
    pub(super) procs: BTreeMap<ProcId, Proc>,
    /// True if the collector marks.
    pub(super) marks: bool,
    /// Sequence number of the collector's last event.
    pub(super) gc_seq: u64,
    /// Last values of metrics.
    pub(super) metrics: Vec<(MetricName, u64)>,
}

impl<'t> State<'t> {
    /// Reads the state at `time`. Begins with the generation at an index, which has to be
    /// the first with an event from after `time`, and reads on as far as events are before
    /// `time`. Returns also the blocks from the first that has an event from after it.
    ///
    /// # Errors
    /// Returns the first defect, in strict mode.
    pub(super) fn at(trace: &'t Trace<'t>, generation: usize, time: Time) -> Result<(State<'t>, Blocks<'t>)> {
        let first = Blocks::beginning_with(trace, generation);
        let (mut blocks, mut rest) = (first.clone(), None);
        let mut reader = Reader::default();
        let (mut begun, mut mentioned) = (None, usize::MAX);
        while blocks.next_block()? {
            let place = blocks.generation.map(|generation| generation.index());
            // The generation after that of the first later event has nothing to add.
            if begun.is_some_and(|begun| begun != place) {
                break;
            }
            for &record in blocks.records.records() {
                let event = Event::new(trace.framed(), blocks.generation, record);
                let begins = event.time() == time && event.wire_type() == EventType::Sync;
                if event.time() < time || begins {
                    reader.before(&event);
                } else {
                    begun.get_or_insert_with(|| {
                        rest = Some(blocks.again());
                        place
                    });
                    reader.after(&event);
                }
            }
            // An old trace mentions all existing goroutines at its beginning.
            let before = std::mem::replace(&mut mentioned, reader.goroutines.len() + reader.state.procs.len());
            if begun.is_some() && trace.version().is_v1() && mentioned == before {
                break;
            }
        }
        // The beginning of an old trace has the functions of goroutines, too.
        let rest = rest.filter(|_| !trace.version().is_v1()).unwrap_or(first);
        Ok((reader.finish(), rest))
    }

    /// Returns the P that a goroutine runs on, or has not lost in a system call.
    pub(super) fn proc_of(&self, goroutine: &Goroutine<'t>) -> Option<ProcId> {
        let runs = |id: &ProcId| {
            self.goroutines.values().any(|other| other.state == GoState::Running && other.proc == Some(*id))
        };
        // Old traces do not say on which M a goroutine returns from C.
        let holds = |id: &ProcId| {
            let proc = self.procs.get(id);
            proc.is_some_and(|p| p.state == ProcState::Running && p.thread == goroutine.thread) && !runs(id)
        };
        match goroutine.state {
            GoState::Running => goroutine.proc,
            GoState::Syscall => goroutine.proc.filter(holds),
            _ => None,
        }
    }

    /// Returns whether an event is the first mention of a G or P that is in this state.
    pub(super) fn has_stated(&self, event: &Event<'_>) -> bool {
        use EventType::*;
        if !matches!(event.wire_type(), GoStatus | GoStatusStack | ProcStatus) {
            return false;
        }
        match event.kind() {
            EventKind::StateTransition(StateTransition::Goroutine { id, from: GoState::Undetermined, .. }) => {
                self.goroutines.contains_key(&id)
            }
            EventKind::StateTransition(StateTransition::Proc { id, from: ProcState::Undetermined, .. }) => {
                self.procs.contains_key(&id)
            }
            _ => false,
        }
    }
}

/// Reads a [`State`] from events.
#[derive(Default)]
struct Reader<'t> {
    /// The state, but for the goroutines, which are found faster.
    state: State<'t>,
    goroutines: FxHashMap<GoId, Goroutine<'t>>,
    /// Goroutines that were created after the moment.
    created: FxHashSet<GoId>,
    /// The goroutine that each M had last, in an old trace: there one may go on with another goroutine
    /// while the one that it left is in a system call.
    had: FxHashMap<ThreadId, GoId>,
}

impl<'t> Reader<'t> {
    /// Takes note of an event from before the moment.
    fn before(&mut self, event: &Event<'t>) {
        if changes_go(event.wire_type()) {
            return self.change(event);
        }
        match event.kind() {
            EventKind::StateTransition(StateTransition::Proc { id, to, .. }) => {
                let thread = event.thread().filter(|_| to == ProcState::Running);
                let sweeps = self.state.procs.get(&id).is_some_and(|p| p.sweeps);
                self.state.procs.insert(id, Proc { state: to, thread, sweeps, abandoned: is_abandoned(event) });
            }
            EventKind::RangeBegin(range) | EventKind::RangeActive(range) => self.range(range, true, event),
            EventKind::RangeEnd(range, _) => self.range(range, false, event),
            EventKind::Label(label) => {
                if let Some(goroutine) = label.goroutine.and_then(|id| self.goroutines.get_mut(&id)) {
                    goroutine.label = label.label;
                }
            }
            EventKind::Metric(metric) => self.metric(metric.name, metric.value),
            EventKind::Sync(_) => {
                if let Some(procs) = event.gomaxprocs_at_start() {
                    self.metric(MetricName::GoMaxProcs, procs);
                }
            }
            _ => {}
        }
    }

    fn metric(&mut self, name: MetricName, value: u64) {
        self.state.metrics.retain(|(other, _)| *other != name);
        self.state.metrics.push((name, value));
    }

    fn range(&mut self, range: Range<'t>, open: bool, event: &Event<'t>) {
        match (range.name, range.scope) {
            (RangeName::GcMark, _) => {
                let (_, [_, seq, ..]) = event.wire();
                (self.state.marks, self.state.gc_seq) = (open, seq);
            }
            (RangeName::GcSweep, RangeScope::Proc(Some(id))) => {
                if let Some(proc) = self.state.procs.get_mut(&id) {
                    proc.sweeps = open;
                }
            }
            (RangeName::GcMarkAssist, RangeScope::Goroutine(Some(id))) => {
                if let Some(goroutine) = self.goroutines.get_mut(&id) {
                    goroutine.assists = open;
                }
            }
            (RangeName::StopTheWorld(reason), RangeScope::Goroutine(Some(id))) => {
                if let Some(goroutine) = self.goroutines.get_mut(&id) {
                    goroutine.stops = open.then_some(reason);
                }
            }
            _ => {}
        }
    }

    /// Takes note of an event's change of a goroutine.
    fn change(&mut self, event: &Event<'t>) {
        let Some(change) = event.go_change() else { return };
        if change.to == GoState::NotExist {
            self.goroutines.remove(&change.id);
            return;
        }
        if let Some(thread) = event.thread().filter(|_| event.is_v1() && change.to.is_executing()) {
            self.had.insert(thread, change.id);
        }
        let own_stack = stack_place(event, change.own_stack);
        // A repeated status states neither P nor reason.
        if change.from == change.to
            && let Some(known) = self.goroutines.get_mut(&change.id)
        {
            known.stack = own_stack.or(known.stack);
            return;
        }
        let began = if event.wire_type() == EventType::GoStatus { event.creation_stack() } else { 0 };
        let before = self.goroutines.get(&change.id);
        let now = Goroutine {
            state: change.to,
            thread: event.thread().filter(|_| matches!(change.to, GoState::Running | GoState::Syscall)),
            proc: event.proc(),
            stack: own_stack.or(before.and_then(|before| before.stack)),
            began: stack_place(event, began).or(before.and_then(|before| before.began)),
            reason: event.string(change.reason.0),
            label: b"",
            assists: before.is_some_and(|before| before.assists),
            stops: before.and_then(|before| before.stops),
        };
        self.goroutines.insert(change.id, now);
    }

    /// Takes note of an event from after the moment: the first mention of a G or P that
    /// existed before, or the first stack of a goroutine without one.
    fn after(&mut self, event: &Event<'t>) {
        let kind = event.wire_type();
        if kind == EventType::ProcStatus {
            // An old trace begins in a stopped world: there the status means that the P
            // starts.
            if !event.is_v1()
                && let EventKind::StateTransition(StateTransition::Proc { id, to, .. }) = event.kind()
            {
                let thread = event.thread().filter(|_| to == ProcState::Running);
                let abandoned = is_abandoned(event);
                self.state.procs.entry(id).or_insert(Proc { state: to, thread, sweeps: false, abandoned });
            }
            return;
        }
        if !changes_go(kind) {
            return;
        }
        let Some(change) = event.go_change() else { return };
        let id = change.id;
        if change.from == GoState::NotExist {
            self.created.insert(id);
        }
        // A goroutine that was created after the moment did not exist at it.
        if self.created.contains(&id) {
            return;
        }
        // A first status after the moment is that of a goroutine that existed before it.
        if matches!(kind, EventType::GoStatus | EventType::GoStatusStack) && !self.goroutines.contains_key(&id) {
            self.change(event);
        }
        if let Some(goroutine) = self.goroutines.get_mut(&id) {
            goroutine.stack = goroutine.stack.or(stack_place(event, change.own_stack));
        }
    }

    fn finish(mut self) -> State<'t> {
        let state = &mut self.state;
        for (id, goroutine) in &mut self.goroutines {
            let left = |thread: &ThreadId| self.had.get(thread).is_some_and(|other| other != id);
            goroutine.thread = goroutine.thread.filter(|thread| !left(thread));
        }
        // Each generation mentions all Ps, but not necessarily GOMAXPROCS.
        if state.metrics.iter().all(|(name, _)| *name != MetricName::GoMaxProcs) && !state.procs.is_empty() {
            state.metrics.push((MetricName::GoMaxProcs, state.procs.len() as u64));
        }
        state.goroutines.extend(self.goroutines);
        self.state
    }
}

/// Returns whether an event leaves a P behind in a system call, or finds it so.
fn is_abandoned(event: &Event<'_>) -> bool {
    let (record, [_, _, status, ..]) = event.wire();
    match record.event {
        EventType::ProcStatus => status == ProcStatus::SyscallAbandoned as u64,
        // The other part of the end of a C thread's goroutine.
        EventType::ProcSteal => record.note & note::SYNTHETIC != 0,
        _ => false,
    }
}

fn stack_place(event: &Event<'_>, number: u64) -> Option<StackPlace> {
    event.generation().filter(|_| number != 0).map(|generation| (generation.index(), number))
}
