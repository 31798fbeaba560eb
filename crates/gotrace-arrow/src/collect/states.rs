//! Rows of the states of goroutines, Ps and Ms, and of wakeups.

use super::Context;
use crate::out::Out;
use crate::table::Table;
use gotrace::analysis::{Follower, Transition};
use gotrace::timeline::names::{NameId, Names};
use gotrace::timeline::stacks::StackKey;
use gotrace::timeline::{Begin, Binding, GoActivity, ProcActivity, Span};
use gotrace::{GoId, GoState, ProcId, ThreadId, Time};
use rustc_hash::FxHashMap;

/// Facts about goroutines that their next interval needs.
#[derive(Default)]
pub(super) struct Waits {
    /// The last wait of goroutines that have been woken and have not run yet: its reason, and
    /// its length in nanoseconds.
    last: FxHashMap<GoId, (NameId, i64)>,
    /// Own stacks of goroutines that are still in the state in which they were first
    /// mentioned.
    first: FxHashMap<GoId, StackKey>,
}

impl Waits {
    /// Takes note of the stack of a goroutine that existed before.
    #[inline]
    pub(super) fn meet(&mut self, transition: &Transition<'_, '_>) {
        if transition.from() == GoState::Undetermined && transition.after().own_stack() != StackKey::EMPTY {
            self.first.insert(transition.id(), transition.after().own_stack());
        }
    }

    /// Makes the rows of a state of a goroutine that has ended.
    #[inline]
    pub(super) fn row(
        &mut self,
        out: &mut Out<'_>,
        context: &mut Context<'_>,
        (id, span): (GoId, &Span<GoActivity>),
        follower: &Follower,
    ) {
        if !context.makes(Table::States) && !context.makes(Table::Wakeups) {
            return;
        }
        // Its own stack, and the goroutine that woke or created it, with that one's stack.
        let (stack, waker, waker_stack) = match span.begin {
            Begin::Before => {
                let first = if self.first.is_empty() { None } else { self.first.remove(&id) };
                (first.unwrap_or_default(), None, StackKey::EMPTY)
            }
            Begin::Created { entry, cause } => (entry, cause.goroutine, cause.stack),
            // A goroutine that a timer wakes may be the one that runs the timer.
            Begin::Woken(cause) => (StackKey::EMPTY, cause.goroutine.filter(|waker| *waker != id), cause.stack),
            Begin::Event(cause) => (cause.stack, None, StackKey::EMPTY),
        };
        let (stack, waker_stack) = (context.stack(stack, follower), context.stack(waker_stack, follower));
        let names = &follower.stacks().names;
        if out.has(Table::Wakeups) {
            self.wakeup(out, context, (id, span), (waker, waker_stack), names);
        }
        let (state, reason, proc, thread, lost) = match span.state {
            GoActivity::Runnable => (0, NameId::EMPTY, None, None, None),
            GoActivity::Running { proc, thread } => (1, NameId::EMPTY, proc, thread, None),
            GoActivity::Syscall { proc, proc_lost, thread } => (2, NameId::EMPTY, proc, thread, proc_lost),
            GoActivity::Waiting { reason } => (3, reason, None, None, None),
        };
        if !out.has(Table::States) {
            return;
        }
        context.scope.parts(id, (span.start, span.end), |from, to| {
            let Some(row) = out.row(Table::States) else { return };
            row.id(Some(id.0))
                .word(state)
                .int(context.time(from))
                .int(context.time(to))
                .int(to.since(from))
                .name(reason, names)
                .id(proc.map(|p| p.0))
                .id(thread.map(|m| m.0))
                .int(lost.map(|lost: Time| context.time(lost)))
                .int(stack)
                .id(waker.map(|g| g.0))
                .int(waker_stack)
                .flag(span.begun() && from == span.start)
                .flag(span.ended() && to == span.end)
                .end();
        });
    }

    /// Makes the row of the wakeup that a state of a goroutine began with, if it did.
    fn wakeup(
        &mut self,
        out: &mut Out<'_>,
        context: &Context<'_>,
        (id, span): (GoId, &Span<GoActivity>),
        (waker, waker_stack): (Option<GoId>, Option<i64>),
        names: &Names,
    ) {
        if let GoActivity::Waiting { reason } = span.state {
            self.last.insert(id, (reason, span.nanos()));
            return;
        }
        if !matches!(span.begin, Begin::Woken(_)) {
            return;
        }
        let (reason, waited) = self.last.remove(&id).unwrap_or_default();
        if !context.scope.has_moment(Some(id), span.start) {
            return;
        }
        let Some(row) = out.row(Table::Wakeups) else { return };
        // One that is switched to runs at once.
        let at_once = !matches!(span.state, GoActivity::Runnable);
        let delay = if at_once { 0 } else { span.nanos() };
        let ran = at_once || span.ended();
        row.int(context.time(span.start))
            .id(waker.map(|g| g.0))
            .int(waker_stack)
            .id(Some(id.0))
            .name(reason, names)
            .int(waited)
            .int(ran.then_some(delay))
            .flag(ran)
            .end();
    }
}

/// Makes the row of a state of a P that has ended.
pub(super) fn proc_row(out: &mut Out<'_>, context: &Context<'_>, id: ProcId, span: &Span<ProcActivity>) {
    let (state, goroutine, thread) = match span.state {
        ProcActivity::Idle => (0, None, None),
        ProcActivity::Running { goroutine, thread } => (1, goroutine, thread),
        ProcActivity::Syscall { goroutine, thread } => (2, goroutine, thread),
    };
    if !context.scope.has_place(Some(id), thread) {
        return;
    }
    let Some(row) = out.row(Table::ProcStates) else { return };
    row.id(Some(id.0))
        .word(state)
        .int(context.time(span.start))
        .int(context.time(span.end))
        .int(span.nanos())
        .id(goroutine.map(|g| g.0))
        .id(thread.map(|m| m.0))
        .flag(span.begun())
        .flag(span.ended())
        .end();
}

/// Makes the row of a stretch in which an M kept its P and its goroutine.
pub(super) fn thread_row(out: &mut Out<'_>, context: &Context<'_>, id: ThreadId, span: &Span<Binding>) {
    if !context.scope.has_place(span.state.proc, Some(id)) {
        return;
    }
    let Some(row) = out.row(Table::ThreadStates) else { return };
    row.id(Some(id.0))
        .int(context.time(span.start))
        .int(context.time(span.end))
        .int(span.nanos())
        .id(span.state.proc.map(|p| p.0))
        .id(span.state.goroutine.map(|g| g.0))
        .flag(span.begun())
        .flag(span.ended())
        .end();
}
