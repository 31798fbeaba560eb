//! States of goroutines, runs on Ps, and what Ms had, as they end.

use super::collect::{Out, args};
use super::label::Label;
use super::lanes::Lanes;
use super::wakings::Wakings;
use super::writer::{Flow, Happening, TrackWriter, Value};
use crate::analysis::Follower;
use crate::analysis::names::NameId;
use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::timeline::stacks::StackKey;
use crate::timeline::{Begin, Binding, Cause, Finish, GoActivity, Interval, ProcActivity, Span};

/// Writes an interval that has ended.
#[inline(always)]
pub(super) fn write<W: TrackWriter>(
    interval: &Interval,
    out: &mut Out<'_, W>,
    lanes: &mut Lanes,
    wakings: &mut Wakings,
    follower: &Follower,
) {
    match interval {
        Interval::Goroutine(id, span) => goroutine(out, lanes, (*id, span), follower),
        Interval::Proc(id, span) => proc(out, wakings, (*id, span), follower),
        Interval::Thread(id, span) => thread(out, (*id, span), follower),
    }
}

/// Writes a state of a goroutine that has ended.
#[inline]
fn goroutine<W: TrackWriter>(
    out: &mut Out<'_, W>,
    lanes: &mut Lanes,
    (id, span): (GoId, &Span<GoActivity>),
    follower: &Follower,
) {
    let scope = out.scope;
    let mut has_track = None;
    scope.parts(id, (span.start, span.end), |from, to| {
        if !*has_track.get_or_insert_with(|| lanes.has_track(out, id, follower)) {
            return;
        }
        let (label, proc) = match span.state {
            GoActivity::Runnable => (Label::Runnable, None),
            GoActivity::Running { proc, .. } => (Label::Running, proc),
            GoActivity::Syscall { proc, .. } => (Label::Syscall, proc),
            GoActivity::Waiting { reason } => (Label::Waiting(reason), None),
        };
        // Its own stack, and the goroutine that woke or created it.
        let (stack, waker) = match span.begin {
            Begin::Before => (StackKey::EMPTY, None),
            Begin::Created { entry, cause } => (entry, cause.goroutine.map(|waker| ("created by", waker))),
            Begin::Woken(cause) => {
                let waker = cause.goroutine.filter(|waker| *waker != id);
                (StackKey::EMPTY, waker.map(|waker| ("woken by", waker)))
            }
            Begin::Event(cause) => (cause.stack, None),
        };
        let proc = proc.map(|proc| ("P", Value::Number(proc.0)));
        let waker = waker.map(|(word, waker)| (word, Value::Number(waker.0)));
        let args = proc.or(waker);
        let what = Happening { args: args.as_slice(), stack, ..Happening::new(label) };
        let times = out.times(from, to, is_over(span) || to != span.end);
        out.write(|writer| writer.state(id.into(), times, &what, follower.stacks()));
    });
}

/// Writes a span in which a P was not idle.
#[inline]
fn proc<W: TrackWriter>(
    out: &mut Out<'_, W>,
    wakings: &mut Wakings,
    (id, span): (ProcId, &Span<ProcActivity>),
    follower: &Follower,
) {
    let (goroutine, thread, in_call) = match span.state {
        ProcActivity::Idle => return,
        ProcActivity::Running { goroutine, thread } => (goroutine, thread, false),
        ProcActivity::Syscall { goroutine, thread } => (goroutine, thread, true),
    };
    let flow = goroutine.and_then(|id| wakings.take(id));
    if !out.scope.has_place(Some(id), thread) {
        return;
    }
    let label = match goroutine {
        _ if in_call => Label::Syscall,
        Some(id) => Label::of_goroutine(id, function(id, follower)),
        None => Label::Scheduler,
    };
    let args = args([("goroutine", goroutine.map(|g| g.0)), ("M", thread.map(|m| m.0))]);
    // A system call begins with the stack that makes it, and a run ends with the stack that
    // ends it.
    let own = |cause: Cause| if cause.goroutine == goroutine { cause.stack } else { StackKey::EMPTY };
    let begin = match span.begin {
        Begin::Event(cause) if in_call => own(cause),
        _ => StackKey::EMPTY,
    };
    let end = match span.finish {
        Finish::Event(cause) if !in_call && goroutine.is_some() => own(cause),
        _ => StackKey::EMPTY,
    };
    let flow = flow.map(Flow::Ends);
    let what = Happening { args: &args, stack: begin, flow, ..Happening::new(label) };
    let (track, times) = (out.place(id.into()), out.times(span.start, span.end, is_over(span)));
    out.write(|writer| writer.slice(track, times, &what, end, follower.stacks()));
}

/// Writes a stretch in which an M kept its P and its goroutine, if it had one of them.
#[inline]
fn thread<W: TrackWriter>(out: &mut Out<'_, W>, (id, span): (ThreadId, &Span<Binding>), follower: &Follower) {
    let Binding { proc, goroutine } = span.state;
    if (proc.is_none() && goroutine.is_none()) || !out.scope.has_place(proc, Some(id)) {
        return;
    }
    let label = goroutine.map_or(Label::Scheduler, |id| Label::of_goroutine(id, function(id, follower)));
    let args = args([("goroutine", goroutine.map(|g| g.0)), ("P", proc.map(|p| p.0))]);
    let what = Happening { args: &args, ..Happening::new(label) };
    let (track, times) = (out.place(id.into()), out.times(span.start, span.end, is_over(span)));
    out.write(|writer| writer.slice(track, times, &what, StackKey::EMPTY, follower.stacks()));
}

/// Returns whether a span is over when the trace ends; one whose end is lost is, too.
fn is_over<S>(span: &Span<S>) -> bool {
    span.finish != Finish::TraceEnd
}

/// Returns the function that a goroutine began with, as far as that is known.
fn function(id: GoId, follower: &Follower) -> NameId {
    follower.goroutine(id).map_or(NameId::EMPTY, |goroutine| goroutine.function())
}
