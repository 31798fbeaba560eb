//! Dispatch: the one match from an event's type to its handler.

use crate::error::{Error, ErrorKind, Result};
use crate::order::state::State;
use crate::order::state::step::{Advance, Step};
use crate::order::{gc, goroutine, proc, ranges, syscall, user};
use crate::spec::v2::EventType;

/// The result of trying an event: `Result<Advance>`, laid out for two registers.
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

/// Calls the handler of an event. Handlers of frequent events are inlined, so that what
/// they change stays in registers; the others work on a copy. Matching
/// the byte itself, not an `EventType` made of it, saves 5% of the time.
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

/// Calls the handler of an event that [`dispatch`] does not inline.
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

        // Types that `dispatch` inlines come here only from `Order::run_timeless`.
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
