//! Events: small, borrowed, decoded when asked for.

pub mod experimental;
pub(crate) mod go;
pub mod kind;
pub mod metric;
pub mod range;
pub mod stack;
pub mod task;
pub mod transition;

use crate::bytes::uvarint;
use crate::generation::{ClockSnapshot, Generation};
use crate::ids::{GoId, ProcId, StringId, TaskId, ThreadId, WIRE_NONE, optional};
use crate::order::{Record, note};
use crate::time::Time;
use crate::trace::Trace;
use crate::wire::v1::map as v1;
use crate::wire::v2::experiment::ExperimentalBatch;
use crate::wire::v2::spec::EventType;
use crate::wire::v2::status::ProcStatus;
pub use experimental::{AllocFree, AllocFreeWhat, Experimental, Lifetime, SpanClass};
pub use kind::EventKind;
pub use metric::{Metric, MetricName};

use range::{Range, RangeName, RangeScope, Swept};
use stack::Stack;
use std::fmt;
use task::{Label, Log, Region, Task};
use transition::{GoState, ProcState, StateTransition};

/// An event of a trace, in its place.
///
/// It is small and `Copy`. Its [kind](Event::kind) and what belongs to that
/// are decoded from the file when asked for.
///
/// ```
/// # let bytes = include_bytes!("../testdata/traces/go1.27/hello.trace");
/// use gotrace::{EventKind, StateTransition, Trace};
///
/// let trace = Trace::parse(bytes)?;
/// let mut created = 0;
/// for event in trace.events() {
///     if let EventKind::StateTransition(StateTransition::Goroutine { from, .. }) = event?.kind() {
///         created += u32::from(from == gotrace::GoState::NotExist);
///     }
/// }
/// assert!(created > 0);
/// # Ok::<(), gotrace::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Event<'t> {
    trace: &'t Trace<'t>,
    generation: Option<&'t Generation<'t>>,
    record: Record,
}

/// What a sync tells of the events that follow.
#[derive(Clone, Copy, Debug)]
pub struct Sync<'t> {
    /// Its number in the trace, from 1.
    pub number: u64,
    /// The generation that begins; none at the end of the trace.
    pub generation: Option<&'t Generation<'t>>,
}

impl<'t> Sync<'t> {
    /// What time it was, on three clocks (Go 1.25+).
    pub fn clock_snapshot(&self) -> Option<ClockSnapshot> {
        self.generation?.clock_snapshot()
    }

    /// The experimental batches of the generation.
    pub fn experimental_batches(&self) -> impl Iterator<Item = ExperimentalBatch<'t>> + use<'t> {
        self.generation.into_iter().flat_map(Generation::experimental_batches)
    }
}

impl<'t> Event<'t> {
    pub(crate) fn new(trace: &'t Trace<'t>, generation: Option<&'t Generation<'t>>, record: Record) -> Event<'t> {
        Event { trace, generation, record }
    }

    /// When it happened. Times increase strictly along a trace.
    pub fn time(&self) -> Time {
        Time(self.record.time)
    }

    /// The goroutine that was running when it happened. For a transition of a
    /// goroutine that is the one before it: none where one starts to run.
    pub fn goroutine(&self) -> Option<GoId> {
        self.record.goroutine()
    }

    /// The P that it happened on; for a transition, the one before it.
    pub fn proc(&self) -> Option<ProcId> {
        self.record.proc()
    }

    /// The number of that P; all ones for none.
    pub(crate) fn proc_number(&self) -> u32 {
        self.record.proc
    }

    /// The M that it happened on.
    pub fn thread(&self) -> Option<ThreadId> {
        self.record.thread()
    }

    /// Its type on the wire; in a v1 trace, the one that it would have in v2.
    /// Some events on the wire are several in the trace; [`kind`](Self::kind) is
    /// what to go by.
    pub fn wire_type(&self) -> EventType {
        self.record.event
    }

    /// Where it begins in the file, in bytes; none for a sync.
    pub fn offset(&self) -> Option<u64> {
        (self.record.event != EventType::Sync).then_some(self.record.offset as u64)
    }

    /// The generation it belongs to; none for the sync that ends the trace.
    pub fn generation(&self) -> Option<&'t Generation<'t>> {
        self.generation
    }

    /// The stack of its context at that moment, where it has one.
    pub fn stack(&self) -> Option<Stack<'t>> {
        if self.record.note & note::SYNTHETIC != 0 {
            return None;
        }
        let arg = match self.record.event {
            EventType::CPUSample => 4,
            event => *STACK_ARGS.get(event as usize)?,
        };
        let generation = self.generation?;
        let id = match arg {
            0 => return None,
            arg if self.is_v1() => self.v1_args().get(usize::from(arg)).copied()?,
            arg => nth_arg(self.trace.bytes(), self.record.offset, arg),
        };
        Stack::new(generation, id)
    }

    /// The name of a range, for the few whose kind is in a string.
    fn stop_kind(&self, args: &[u64; 5]) -> &'t [u8] {
        if self.record.event == EventType::STWBegin {
            return self.string(args[1]);
        }
        // The end of a stop-the-world does not say of which kind.
        match self.origin() {
            Some((generation, begin)) => generation.name(StringId(begin[1])),
            None => b"",
        }
    }

    /// The arguments of the event that began what this one ends, and the
    /// generation that its string IDs belong to.
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

    pub(crate) fn string(&self, id: u64) -> &'t [u8] {
        self.generation.map_or(b"", |generation| generation.name(StringId(id)))
    }

    /// All its arguments, the time difference included.
    fn args(&self) -> [u64; 5] {
        if self.record.note & note::SYNTHETIC != 0 {
            return [0; 5];
        }
        if self.trace.version().is_v1() {
            return self.v1_args();
        }
        args_at(self.trace.bytes(), self.record.offset)
    }

    #[inline(never)]
    fn v1_args(&self) -> [u64; 5] {
        let Record { offset, event, proc, .. } = self.record;
        let index = self.generation.and_then(|generation| generation.v1.as_ref());
        index.map_or([0; 5], |index| v1::args(self.trace.bytes(), index, offset, event, u64::from(proc)))
    }

    pub(crate) fn is_v1(&self) -> bool {
        self.trace.version().is_v1()
    }

    /// Whether the trace has the event that began what this one ends.
    pub(crate) fn has_origin(&self) -> bool {
        self.record.extra != 0
    }

    /// The message of a log, which stands in the event itself in v1 traces.
    fn message(&self, id: u64) -> &'t [u8] {
        let (file, version) = (self.trace.bytes(), self.trace.version());
        if !version.is_v1() {
            return self.string(id);
        }
        v1::Decoded::at(file, self.record.offset, version).map_or(b"", |raw| raw.message(file))
    }

    /// The record that ordering made of it, and all its arguments, for what
    /// writes it anew.
    pub(crate) fn wire(&self) -> (&Record, [u64; 5]) {
        (&self.record, self.args())
    }

    /// Whether it happened to that goroutine, or while it ran.
    pub fn involves_goroutine(&self, id: GoId) -> bool {
        use EventType::*;
        self.record.go == id.0
            || match self.record.event {
                GoCreate | GoCreateBlocked | GoCreateSyscall | GoStart | GoUnblock | GoSwitch | GoSwitchDestroy
                | GoStatus | GoStatusStack | GCMarkAssistActive => self.args()[1] == id.0,
                _ => false,
            }
    }

    /// Whether it happened to that P, or on it.
    pub fn involves_proc(&self, id: ProcId) -> bool {
        use EventType::*;
        u64::from(self.record.proc) == id.0
            || match self.record.event {
                ProcStart | ProcStatus | GCSweepActive => self.args()[1] == id.0,
                ProcSteal => self.record.note & note::SYNTHETIC == 0 && self.args()[1] == id.0,
                _ => false,
            }
    }

    /// The kind of those that most events are, for which few arguments are
    /// decoded, and no more than are needed.
    #[inline(always)]
    fn hot_kind(&self) -> Option<EventKind<'t>> {
        use EventType as E;
        use GoState::*;
        if self.record.note & note::SYNTHETIC != 0 || self.is_v1() {
            return None;
        }
        let arg = |n| nth_arg(self.trace.bytes(), self.record.offset, n);
        let go = |id: u64, from, to, reason: &'t [u8], stack| {
            let stack = if stack == 0 { None } else { Stack::new(self.generation?, arg(stack)) };
            Some(EventKind::StateTransition(StateTransition::Goroutine { id: GoId(id), from, to, reason, stack }))
        };
        match self.record.event {
            E::GoStart => go(arg(1), Runnable, Running, b"", 0),
            E::GoBlock => go(self.record.go, Running, Waiting, self.string(arg(1)), 2),
            E::GoUnblock => go(arg(1), Waiting, Runnable, b"", 0),
            E::GoStop => go(self.record.go, Running, Runnable, self.string(arg(1)), 2),
            E::GoSyscallBegin => go(self.record.go, Running, Syscall, b"", 2),
            E::GoSyscallEnd => go(self.record.go, Syscall, Running, b"", 0),
            E::GoSyscallEndBlocked => go(self.record.go, Syscall, Runnable, b"", 0),
            E::GoDestroy => go(self.record.go, Running, NotExist, b"", 0),
            E::GoCreate => go(arg(1), NotExist, Runnable, b"", 2),
            _ => None,
        }
    }

    /// What it is, with what belongs to that.
    pub fn kind(&self) -> EventKind<'t> {
        match self.hot_kind() {
            Some(kind) => kind,
            None => self.any_kind(),
        }
    }

    /// The same for all.
    #[inline(never)]
    fn any_kind(&self) -> EventKind<'t> {
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
            E::Sync => EventKind::Sync(Sync { number: record.extra, generation: self.generation }),
            E::CPUSample => EventKind::StackSample,

            E::ProcsChange => metric(MetricName::GoMaxProcs),
            E::HeapAlloc => metric(MetricName::HeapLive),
            E::HeapGoal => metric(MetricName::HeapGoal),

            E::ProcStart => proc(Some(ProcId(args[1])), ProcState::Idle, ProcState::Running),
            E::ProcStop => proc(self.proc(), ProcState::Running, ProcState::Idle),
            E::ProcSteal => {
                // The synthetic one is of the context's own P.
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
                let to = crate::wire::v2::status::GoStatus::from_wire(args[3]).map_or(Undetermined, GoState::of);
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
}

/// On the wire a task without a parent has parent 0; here the background task
/// is nobody's parent.
fn parent_task(raw: u64) -> Option<TaskId> {
    optional(raw).filter(|&task| task != TaskId::BACKGROUND)
}

/// Which argument of each type of event is its context's stack; 0 for none.
const STACK_ARGS: [u8; 256] = {
    let mut args = [0; 256];
    let mut i = 0;
    while i < EventType::ALL.len() {
        let event = EventType::ALL[i];
        if let Some(arg) = event.spec().stack_arg() {
            args[event as usize] = arg as u8;
        }
        i += 1;
    }
    args
};

/// Decodes one argument of the event at `offset`, which ordering has checked; 0
/// is the time difference.
#[inline]
fn nth_arg(file: &[u8], offset: usize, n: u8) -> u64 {
    let mut pos = offset + 1;
    for _ in 0..n {
        while file.get(pos).is_some_and(|&byte| byte >= 0x80) {
            pos += 1;
        }
        pos += 1;
    }
    uvarint(file, &mut pos).unwrap_or_default()
}

/// Decodes the arguments of the event at `offset`, which ordering has checked.
fn args_at(file: &[u8], offset: usize) -> [u64; 5] {
    let mut args = [0; 5];
    let count = file.get(offset).copied().and_then(EventType::from_wire).map_or(0, |event| event.spec().args.len());
    let mut pos = offset + 1;
    for arg in args.iter_mut().take(count) {
        *arg = uvarint(file, &mut pos).unwrap_or_default();
    }
    args
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut s = f.debug_struct("Event");
        s.field("time", &self.time()).field("thread", &self.thread()).field("proc", &self.proc());
        s.field("goroutine", &self.goroutine()).field("kind", &self.kind()).field("stack", &self.stack()).finish()
    }
}
