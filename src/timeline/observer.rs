//! Observers: receivers of the transitions and events that the follower finds.

use super::follower::{Change, Follower};
use super::transition::{OutlinedTransition, SharedEvent, Transition};
use crate::event::Event;
use crate::event::go::{GoChange, changes_go};
use crate::spec::state::GoState;
use crate::spec::v2::EventType;
use std::cell::OnceCell;

/// Receives the transitions and events that the [`Follower`] finds. Methods take it by
/// value: implementors are references, which stay in a register.
pub(crate) trait Observer: Sized {
    /// True if it needs more than the states of goroutines, their times, reasons and
    /// causing stacks: the goroutines' own stacks, functions, Ps, and time in each state.
    const DETAILS: bool;

    /// Returns whether it has a use for events of a type. Events that change goroutines are
    /// shown all or not at all: `GoStart` stands for them.
    fn wants(&self, event: EventType) -> bool;

    /// Takes note of a goroutine that leaves one state for another.
    fn goroutine(self, transition: &Transition<'_, '_>, follower: &Follower);

    /// Takes note of any other event, such as the status of a goroutine that is known.
    fn event(self, event: &SharedEvent<'_, '_>, follower: &mut Follower);
}

impl Follower {
    /// Follows the changes of an event of the current generation, and shows it.
    #[inline(always)]
    pub(crate) fn show<O: Observer>(&mut self, event: &Event<'_>, observer: O) {
        let new_thread = self.note::<O>(event.time(), event.thread());
        let wire_type = event.wire_type();
        if changes_go(wire_type) {
            if observer.wants(EventType::GoStart) {
                self.show_change(event, new_thread, observer);
            }
            return;
        }
        if wire_type == EventType::Sync {
            self.note_sync(event.time());
        }
        if observer.wants(wire_type) {
            let event = SharedEvent { event, kind: OnceCell::new(), new_thread };
            observer.event(&event, self);
        }
    }

    /// Shows an event that changes a goroutine, or states its state again. Common types
    /// have code of their own, compiled for the type: there the states are constants, and
    /// the compiler drops most of what observers ask of a transition.
    #[inline(always)]
    fn show_change<O: Observer>(&mut self, event: &Event<'_>, new_thread: bool, observer: O) {
        let shared = SharedEvent { event, kind: OnceCell::new(), new_thread };
        macro_rules! common {
            ($($kind:ident)*) => {
                match event.wire_type() {
                    $(EventType::$kind => match event.cached_change(EventType::$kind) {
                        Some(change) => self.show_common(&shared, &change, observer),
                        None => self.show_rare(&shared, observer),
                    },)*
                    EventType::GoCreate => self.show_common(&shared, &event.creation(), observer),
                    _ => self.show_rare(&shared, observer),
                }
            };
        }
        common! { GoStart GoUnblock GoBlock GoStop GoSyscallBegin GoSyscallEnd GoDestroy }
    }

    /// Shows a change made by an event of a type whose states are constants here. If the
    /// goroutine was not in the state that the event says it leaves, the transition is
    /// shown like any other.
    #[inline(always)]
    fn show_common<O: Observer>(&mut self, event: &SharedEvent<'_, '_>, reported: &GoChange, observer: O) {
        let Some(change) = self.follow::<O>(event, reported) else {
            return observer.event(event, self);
        };
        let transition = self.transition(event, reported, &change);
        let creates = reported.from == GoState::NotExist;
        if transition.left == reported.from && transition.begun != creates {
            let (left, new, begun) = (reported.from, creates, !creates);
            observer.goroutine(&Transition { left, new, begun, ..transition }, self);
        } else {
            show_outlined(transition.outlined(), self, observer);
        }
        self.end(reported, &change);
    }

    /// Shows any change; an event that says nothing new is shown as an event.
    #[inline(never)]
    fn show_rare<O: Observer>(&mut self, event: &SharedEvent<'_, '_>, observer: O) {
        let Some(reported) = event.go_change() else { return };
        match self.follow::<O>(event, &reported) {
            Some(change) => {
                if O::DETAILS && change.new && event.wire_type() == EventType::GoStatus {
                    self.note_function(event, change.slot);
                }
                show_outlined(self.transition(event, &reported, &change).outlined(), self, observer);
                self.end(&reported, &change);
            }
            None => observer.event(event, self),
        }
    }

    #[inline(always)]
    fn transition<'p, 't>(
        &'p self,
        event: &'p SharedEvent<'p, 't>,
        reported: &GoChange,
        change: &Change,
    ) -> Transition<'p, 't> {
        let Change { slot, new, took } = *change;
        let (was, now) = (self.left(), self.at(change));
        Transition {
            event,
            slot,
            new,
            from: reported.from,
            left: was.state,
            begun: was.begun,
            to: reported.to,
            was,
            took,
            now,
        }
    }

    /// Forgets a goroutine that has ended.
    #[inline(always)]
    fn end(&mut self, reported: &GoChange, change: &Change) {
        if reported.to == GoState::NotExist {
            self.forget(reported.id, change.slot);
        }
    }
}

/// Shows any transition, in code that is compiled once for each observer.
#[inline(never)]
fn show_outlined<O: Observer>(transition: OutlinedTransition<'_, '_>, follower: &Follower, observer: O) {
    observer.goroutine(&transition.inlined(), follower);
}
