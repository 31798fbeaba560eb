//! Events as programs see them: small, borrowed from the trace, decoded on demand.

mod decode;
pub mod experimental;
pub(crate) mod go;
pub mod kind;
pub mod metric;
pub mod range;
pub mod task;
pub mod transition;

use crate::base::bytes::uvarint;
use crate::base::ids::{GoId, ProcId, StringId, ThreadId, WIRE_NONE};
use crate::base::time::Time;
use crate::generation::framed::Framed;
use crate::generation::stack::Stack;
use crate::generation::v1::{map as v1, start};
use crate::generation::{ClockSnapshot, Generation};
use crate::order::{Record, note};
use crate::spec::v2::EventType;
use crate::wire::v2::experiment::ExperimentalBatch;
pub use experimental::{AllocFree, AllocFreeWhat, Experimental, Lifetime, SpanClass};
pub use kind::EventKind;
pub use metric::{Metric, MetricName};
use rustc_hash::FxHashSet;
use std::fmt;
use transition::StateTransition;

/// An event of a trace, at its place in the causal order.
///
/// It is small and `Copy`. Its [kind](Event::kind) and the data of that kind
/// are decoded from the file on demand.
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
    trace: &'t Framed<'t>,
    generation: Option<&'t Generation<'t>>,
    record: Record,
}

/// The data of a [sync](EventKind::Sync), about the events that follow.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SyncPoint<'t> {
    /// The number of the sync in the trace, from 1.
    pub number: u64,
    /// The generation that begins; none at the end of the trace.
    pub generation: Option<&'t Generation<'t>>,
}

impl<'t> SyncPoint<'t> {
    /// Returns the snapshot of the clocks (Go 1.25+), if there is one.
    pub fn clock_snapshot(&self) -> Option<ClockSnapshot> {
        self.generation?.clock_snapshot()
    }

    /// Iterates over the experimental batches of the generation.
    pub fn experimental_batches(&self) -> impl Iterator<Item = ExperimentalBatch<'t>> + use<'t> {
        self.generation.into_iter().flat_map(Generation::experimental_batches)
    }
}

impl<'t> Event<'t> {
    pub(crate) fn new(trace: &'t Framed<'t>, generation: Option<&'t Generation<'t>>, record: Record) -> Event<'t> {
        Event { trace, generation, record }
    }

    /// Returns the time of the event. Times increase strictly along a trace.
    pub fn time(&self) -> Time {
        Time(self.record.time)
    }

    /// Returns the goroutine that was running when the event happened. For a transition of the
    /// running goroutine it is the one before the event: none if one starts to run.
    pub fn goroutine(&self) -> Option<GoId> {
        self.record.goroutine()
    }

    /// Returns the P that the event happened on; for a transition, the one before the event.
    pub fn proc(&self) -> Option<ProcId> {
        self.record.proc()
    }

    /// Returns the number of that P; all ones for none.
    pub(crate) fn proc_number(&self) -> u32 {
        self.record.proc
    }

    /// Returns the M that the event happened on.
    pub fn thread(&self) -> Option<ThreadId> {
        self.record.thread()
    }

    /// Returns the type on the wire; in a v1 trace, the type that the event would have in v2.
    /// Some events on the wire are several in the trace, so prefer
    /// [`kind`](Self::kind).
    pub fn wire_type(&self) -> EventType {
        self.record.event
    }

    /// Returns the offset of the event in the file, in bytes; none for a sync, and for an event
    /// that is [restated](Self::is_restated).
    pub fn offset(&self) -> Option<u64> {
        (self.record.event != EventType::Sync && !self.is_restated()).then_some(self.record.offset as u64)
    }

    /// Returns whether the event is not one of the trace, but made to tell an analysis of a
    /// [`Window`](crate::Window) the state at the window's beginning.
    pub fn is_restated(&self) -> bool {
        self.record.note & note::RESTATED != 0
    }

    /// Returns the generation of the event; none for the sync that ends the trace.
    pub fn generation(&self) -> Option<&'t Generation<'t>> {
        self.generation
    }

    /// Returns the stack of the event's context at that moment, if there is one.
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
            arg => nth_arg(self.trace.bytes, self.record.offset, arg),
        };
        Stack::new(generation, id)
    }

    pub(crate) fn string(&self, id: u64) -> &'t [u8] {
        self.generation.map_or(b"", |generation| generation.name(StringId(id)))
    }

    /// Decodes all arguments, the time difference included.
    fn args(&self) -> [u64; 5] {
        if self.record.note & note::SYNTHETIC != 0 {
            return [0; 5];
        }
        if self.trace.version.is_v1() {
            return self.v1_args();
        }
        args_at(self.trace.bytes, self.record.offset)
    }

    #[inline(never)]
    fn v1_args(&self) -> [u64; 5] {
        let Record { offset, event, proc, .. } = self.record;
        let index = self.generation.and_then(|generation| generation.v1.as_ref());
        index.map_or([0; 5], |index| v1::args(self.trace.bytes, index, offset, event, u64::from(proc)))
    }

    pub(crate) fn is_v1(&self) -> bool {
        self.trace.version.is_v1()
    }

    /// Returns whether the trace has the event that began the task or range that this one ends.
    pub(crate) fn has_origin(&self) -> bool {
        self.record.extra != 0
    }

    /// Returns the creation stack of the goroutine whose status the event is, as an ID of the
    /// generation's table; 0 for none. Traces of Go 1.5 to 1.21 begin with the creation of every
    /// existing goroutine; such events come out as statuses without a stack, as Go has them.
    pub(crate) fn creation_stack(&self) -> u64 {
        let created = usize::try_from(self.record.extra).unwrap_or_default();
        let index = self.generation.and_then(|generation| generation.v1.as_ref());
        match index.filter(|_| self.record.event == EventType::GoStatus && created != 0) {
            Some(index) => {
                let [_, _, stack, ..] = v1::args(self.trace.bytes, index, created, EventType::GoCreate, WIRE_NONE);
                stack
            }
            None => 0,
        }
    }

    /// Returns GOMAXPROCS when the trace began, from the sync that begins a trace of Go 1.5 to
    /// 1.21. No event states it, as Go has them.
    pub(crate) fn gomaxprocs_at_start(&self) -> Option<u64> {
        let index = self.generation?.v1.as_ref().filter(|_| self.record.event == EventType::Sync)?;
        start::gomaxprocs(self.trace.bytes, index)
    }

    /// Returns the record made by ordering, and all arguments, for exports that write the event
    /// anew.
    pub(crate) fn wire(&self) -> (&Record, [u64; 5]) {
        (&self.record, self.args())
    }

    /// Returns the event changed as if its G or P were known before. A status, the first mention
    /// of a G or P, becomes a transition from the stated state to itself.
    pub(crate) fn as_known(self) -> Event<'t> {
        let state = match self.kind() {
            EventKind::StateTransition(StateTransition::Goroutine { to, .. }) => to as u8,
            EventKind::StateTransition(StateTransition::Proc { to, .. }) => to as u8,
            _ => return self,
        };
        Event { record: self.record.with_note(state), ..self }
    }

    /// Returns the record that the event is decoded from.
    #[cfg(test)]
    pub(crate) fn record(&self) -> Record {
        self.record
    }

    /// Returns whether the event happened to that goroutine, or while it ran.
    pub fn involves_goroutine(&self, id: GoId) -> bool {
        self.record.go == id.0 || self.other_goroutine() == Some(id)
    }

    /// Returns whether it happened to one of those goroutines, or while one ran.
    pub(crate) fn involves_any_goroutine(&self, ids: &FxHashSet<GoId>) -> bool {
        self.goroutine().is_some_and(|id| ids.contains(&id))
            || self.other_goroutine().is_some_and(|id| ids.contains(&id))
    }

    /// Returns the goroutine that it happened to, as its arguments say, which need not be
    /// the one that ran.
    pub(crate) fn other_goroutine(&self) -> Option<GoId> {
        use EventType::*;
        match self.record.event {
            GoCreate | GoCreateBlocked | GoCreateSyscall | GoStart | GoUnblock | GoSwitch | GoSwitchDestroy
            | GoStatus | GoStatusStack | GCMarkAssistActive => Some(GoId(self.args()[1])),
            _ => None,
        }
    }

    /// Returns whether the event happened to that P, or on it.
    pub fn involves_proc(&self, id: ProcId) -> bool {
        use EventType::*;
        u64::from(self.record.proc) == id.0
            || match self.record.event {
                ProcStart | ProcStatus | GCSweepActive => self.args()[1] == id.0,
                ProcSteal => self.record.note & note::SYNTHETIC == 0 && self.args()[1] == id.0,
                _ => false,
            }
    }
}

/// The index, by type of event, of the argument that is the context's stack; 0 for none.
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

/// Decodes the nth argument of the event at `offset`, which ordering has checked; argument 0
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
