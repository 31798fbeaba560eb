//! Events: small, borrowed, decoded when asked for.

mod decode;
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
use crate::ids::{GoId, ProcId, StringId, ThreadId};
use crate::order::{Record, note};
use crate::time::Time;
use crate::trace::Trace;
use crate::wire::v1::map as v1;
use crate::wire::v2::experiment::ExperimentalBatch;
use crate::wire::v2::spec::EventType;
pub use experimental::{AllocFree, AllocFreeWhat, Experimental, Lifetime, SpanClass};
pub use kind::EventKind;
pub use metric::{Metric, MetricName};
use stack::Stack;
use std::fmt;

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
