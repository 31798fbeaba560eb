//! From an event's type to its handler: the one match, and what it hands over.

use crate::bytes::{Window, short_uvarint, uvarint};
use crate::error::{Error, ErrorKind, Result};
use crate::order::context::Context;
use crate::order::record::Told;
use crate::order::state::State;
use crate::order::{Record, gc, goroutine, proc, ranges, syscall, user};
use crate::wire::v2::event::bad_varint;
use crate::wire::v2::spec::EventType;

/// Whether an event could happen. Of an address's size: so a `Result` of it
/// stays in registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub(crate) enum Advance {
    /// It has.
    Yes,
    /// It has, and its records are in `State::made`.
    Made,
    /// Something else has to happen before it.
    NotYet,
}

/// How trying an event ended: the same with an error, laid out for two registers.
pub(super) enum Tried {
    Yes,
    Made,
    NotYet,
    Failed(Error),
}

impl From<Result<Advance>> for Tried {
    #[inline(always)]
    fn from(tried: Result<Advance>) -> Tried {
        match tried {
            Ok(Advance::Yes) => Tried::Yes,
            Ok(Advance::Made) => Tried::Made,
            Ok(Advance::NotYet) => Tried::NotYet,
            Err(e) => Tried::Failed(e),
        }
    }
}

/// One event being tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'e> {
    pub(crate) event: EventType,
    /// Where and when it happens, on which M, in what context.
    pub(super) draft: &'e Record,
    /// The file up to the end of the event's batch.
    pub(super) data: &'e [u8],
    /// Its bytes from the event's first one on, and where in them the next
    /// argument stands.
    pub(super) window: &'e Window,
    pub(super) pos: usize,
    /// The context that it happens in; handlers make it the one after.
    pub(crate) cx: Context,
    /// What a handler has read of it that is of use later.
    pub(super) told: Told,
}

impl Step<'_> {
    /// Where it begins in the file.
    #[inline(always)]
    pub(crate) fn at(&self) -> usize {
        self.draft.offset
    }

    /// The M that it happens on.
    #[inline(always)]
    pub(crate) fn thread(&self) -> u64 {
        self.draft.thread
    }

    /// The record that reports it with the context it now has.
    pub(crate) fn record(&self) -> Record {
        Record::new(self.event, self.draft.thread, self.cx, self.draft.offset, self.draft.time)
    }

    /// Reads the next argument.
    #[inline(always)]
    pub(crate) fn arg(&mut self) -> Result<u64> {
        if let Some(value) = short_uvarint(self.window, &mut self.pos) {
            return Ok(value);
        }
        let (value, len) = long_uvarint(self.data, self.at() + self.pos, "an event's arguments")?;
        self.pos += len % 16;
        Ok(value)
    }

    /// Reads the next argument, a stack ID.
    #[inline(always)]
    pub(crate) fn stack(&mut self, state: &mut State<'_>) -> Result<u64> {
        let id = self.arg()?;
        if id > state.stacks_prefix && !state.tables.surely_has_stack(id) {
            state.check_stack(self.event, self.at(), id)?;
        }
        Ok(id)
    }

    /// Reads the next argument, a string ID.
    #[inline(always)]
    pub(crate) fn string(&mut self, state: &mut State<'_>) -> Result<u64> {
        let id = self.arg()?;
        if id > state.strings_prefix && !state.tables.surely_has_string(id) {
            state.check_string(self.event, self.at(), id)?;
        }
        Ok(id)
    }
}

/// Reads a varint of any length at `pos`, which is of a part of an event; returns
/// the value and how many bytes it takes, ten at most.
#[cold]
#[inline(never)]
pub(super) fn long_uvarint(data: &[u8], pos: usize, inside: &'static str) -> Result<(u64, usize)> {
    let mut end = pos;
    match uvarint(data, &mut end) {
        Ok(value) => Ok((value, end - pos)),
        Err(e) => Err(bad_varint(0, pos, data.len(), e, inside)),
    }
}

/// Hands an event to its handler: the frequent ones here, inlined, so that what
/// they change stays in registers; the others outlined, on a copy. Matching
/// the byte itself, not an `EventType` made of it, saves a twentieth.
#[inline(always)]
#[allow(non_upper_case_globals, reason = "the names are those of the event types")]
pub(super) fn dispatch(number: u8, state: &mut State<'_>, step: &mut Step<'_>) -> Tried {
    macro_rules! hot {
        ($($event:ident => $handler:expr,)*) => {
            $(const $event: u8 = EventType::$event as u8;)*
            match number {
                $($event => {
                    step.event = EventType::$event;
                    $handler(state, step).into()
                })*
                _ => {
                    let mut copy = *step;
                    let advance = dispatch_rare(number, state, &mut copy);
                    *step = copy;
                    advance.into()
                }
            }
        };
    }
    hot! {
        ProcStart => proc::proc_start,
        ProcStop => proc::proc_stop,
        ProcSteal => proc::proc_steal,

        GoCreate => goroutine::go_create,
        GoStart => goroutine::go_start,
        GoStop => goroutine::go_stop,
        GoBlock => goroutine::go_block,
        GoUnblock => goroutine::go_unblock,
        GoDestroy => goroutine::go_destroy,

        GoSyscallBegin => syscall::syscall_begin,
        GoSyscallEnd => syscall::syscall_end,
        GoSyscallEndBlocked => syscall::syscall_end_blocked,

        GCSweepBegin => ranges::sweep_begin,
        GCSweepEnd => ranges::sweep_end,
        HeapAlloc => gc::heap_metric,

        UserRegionBegin => user::region_begin,
        UserRegionEnd => user::region_end,
        UserLog => user::log,
    }
}

/// The rest of [`dispatch`]: together they name every event type.
#[inline(never)]
pub(super) fn dispatch_rare(number: u8, state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    use EventType::*;
    let Some(event) = EventType::from_wire(number) else {
        return Err(Error::at(step.at(), ErrorKind::UnknownEventType { found: number }));
    };
    step.event = event;
    match event {
        ProcStatus => proc::proc_status(state, step),

        GoCreateBlocked => goroutine::go_create_blocked(state, step),
        GoSwitch | GoSwitchDestroy => goroutine::go_switch(state, step),
        GoStatus | GoStatusStack => goroutine::go_status(state, step),
        GoCreateSyscall => syscall::go_create_syscall(state, step),
        GoDestroySyscall => syscall::go_destroy_syscall(state, step),

        STWBegin | GCMarkAssistBegin => ranges::go_range_begin(state, step),
        GCMarkAssistActive => ranges::go_range_active(state, step),
        STWEnd | GCMarkAssistEnd => ranges::go_range_end(state, step),
        GCSweepActive => ranges::sweep_active(state, step),

        GCActive => gc::gc_active(state, step),
        GCBegin => gc::gc_begin(state, step),
        GCEnd => gc::gc_end(state, step),

        UserTaskBegin => user::task_begin(state, step),
        UserTaskEnd => user::task_end(state, step),
        ProcsChange | GoLabel => user::annotation(state, step),

        Span | SpanAlloc | SpanFree | HeapObject | HeapObjectAlloc | HeapObjectFree | GoroutineStack
        | GoroutineStackAlloc | GoroutineStackFree => user::alloc_free(state, step),

        EventBatch | Stacks | Stack | Strings | String | CPUSamples | CPUSample | Frequency | ExperimentalBatch
        | Sync | ClockSnapshot | EndOfGeneration => Err(user::misplaced(step.event, step.at())),

        HeapGoal => gc::heap_metric(state, step),

        // Those that `dispatch` hands out.
        ProcStart | ProcStop | ProcSteal | GoCreate | GoStart | GoStop | GoBlock | GoUnblock | GoDestroy
        | GoSyscallBegin | GoSyscallEnd | GoSyscallEndBlocked | GCSweepBegin | GCSweepEnd | HeapAlloc
        | UserRegionBegin | UserRegionEnd | UserLog => match dispatch(number, state, step) {
            Tried::Yes => Ok(Advance::Yes),
            Tried::Made => Ok(Advance::Made),
            Tried::NotYet => Ok(Advance::NotYet),
            Tried::Failed(e) => Err(e),
        },
    }
}
