//! A pass over events: what its analyses share.
//!
//! ```text
//! event ──> Pass: decoded once, its goroutine followed once ──> Step or Seen ──> analyses
//!             │                                                                    │
//!             └── Known: goroutines and the states they are in, stacks, names ─────┘
//! ```

mod known;
mod life;
mod numbers;
mod slots;
mod step;

pub use known::Known;
pub use life::Life;
pub(crate) use life::Spent;
pub(crate) use step::Aside;
pub use step::{Seen, Step};

use super::Analysis;
use crate::event::Event;
use crate::event::go::{GoChange, changes_go};
use crate::event::transition::GoState;
use crate::generation::Generation;
use crate::time::Time;
use crate::wire::v2::spec::EventType;
use known::Followed;
use std::cell::OnceCell;

/// Shows events to an analysis, or to a tuple of them, as
/// [`Trace::analyze`](crate::Trace::analyze) does: for those who read the events
/// themselves.
///
/// ```
/// # let bytes = include_bytes!("../../testdata/traces/go1.27/hello.trace");
/// use gotrace::analysis::{Analysis, Pass, summary::Summarize};
///
/// let trace = gotrace::Trace::parse(bytes)?;
/// let (mut pass, mut summary) = (Pass::default(), Summarize::default());
/// for event in trace.events() {
///     pass.show(&event?, &mut summary);
/// }
/// assert!(pass.finish(summary).events > 0);
/// # Ok::<(), gotrace::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Pass {
    known: Known,
}

impl Pass {
    /// Shows the next event to an analysis, if that has a use for it.
    #[inline(always)]
    pub fn show<A: Analysis>(&mut self, event: &Event<'_>, analysis: &mut A) {
        self.turn_to(event.generation(), event.time());
        self.show_next(event, analysis);
    }

    /// Turns to a generation: that of the events which follow, the next at that time.
    #[inline(always)]
    pub(super) fn turn_to(&mut self, generation: Option<&Generation<'_>>, time: Time) {
        self.known.begin(time);
        if let Some(generation) = generation {
            self.known.turn_to(generation.index());
        }
    }

    /// Shows an event of the generation that was turned to.
    #[inline(always)]
    pub(super) fn show_next<A: Analysis>(&mut self, event: &Event<'_>, analysis: &mut A) {
        self.show_and_follow::<true, A>(event, analysis);
    }

    /// The same for one that asks only since when goroutines are in a state, for what
    /// reason and brought there by which stack: no more is followed.
    #[inline(always)]
    pub(super) fn show_spans<A: Analysis>(&mut self, event: &Event<'_>, analysis: &mut A) {
        self.turn_to(event.generation(), event.time());
        self.show_and_follow::<false, A>(event, analysis);
    }

    #[inline(always)]
    fn show_and_follow<const ALL: bool, A: Analysis>(&mut self, event: &Event<'_>, analysis: &mut A) {
        let new_thread = self.known.note::<ALL>(event.time(), event.thread());
        let wire_type = event.wire_type();
        if changes_go(wire_type) {
            if analysis.wants(EventType::GoStart) {
                self.show_change::<ALL, A>(event, new_thread, analysis);
            }
            return;
        }
        if wire_type == EventType::Sync {
            self.known.note_sync(event.time());
        }
        if analysis.wants(wire_type) {
            let seen = Seen { event, kind: OnceCell::new(), new_thread };
            analysis.event(&seen, &mut self.known);
        }
    }

    /// A goroutine changes, or what it does is told anew. What is common has code of its
    /// own, compiled for its type: there the states are constants, and most that analyses
    /// ask of a step has one answer.
    #[inline(always)]
    fn show_change<const ALL: bool, A: Analysis>(&mut self, event: &Event<'_>, new_thread: bool, analysis: &mut A) {
        let seen = Seen { event, kind: OnceCell::new(), new_thread };
        macro_rules! common {
            ($($kind:ident)*) => {
                match event.wire_type() {
                    $(EventType::$kind => match event.told_change(EventType::$kind) {
                        Some(change) => self.change::<ALL, A>(&seen, &change, analysis),
                        None => self.change_oddly::<ALL, A>(&seen, analysis),
                    },)*
                    EventType::GoCreate => self.change::<ALL, A>(&seen, &event.creation(), analysis),
                    _ => self.change_oddly::<ALL, A>(&seen, analysis),
                }
            };
        }
        common! { GoStart GoUnblock GoBlock GoStop GoSyscallBegin GoSyscallEnd GoDestroy }
    }

    /// A goroutine changes as events of one type do, whose states are constants here. If
    /// it was not in the state that it is said to leave, it is a step like any other.
    #[inline(always)]
    fn change<const ALL: bool, A: Analysis>(&mut self, seen: &Seen<'_, '_>, change: &GoChange, analysis: &mut A) {
        let Some(followed) = self.known.follow::<ALL>(seen, change) else {
            return analysis.event(seen, &mut self.known);
        };
        let step = self.step(seen, change, &followed);
        let creates = change.from == GoState::NotExist;
        if step.left == change.from && step.begun != creates {
            let (left, new, begun) = (change.from, creates, !creates);
            analysis.goroutine(&Step { left, new, begun, ..step }, &self.known);
        } else {
            show_odd(step.aside(), &self.known, analysis);
        }
        self.end(change, &followed);
    }

    /// The same of any event; one that tells nothing new is shown as such.
    #[inline(never)]
    fn change_oddly<const ALL: bool, A: Analysis>(&mut self, seen: &Seen<'_, '_>, analysis: &mut A) {
        let Some(change) = seen.go_change() else { return };
        match self.known.follow::<ALL>(seen, &change) {
            Some(followed) => {
                show_odd(self.step(seen, &change, &followed).aside(), &self.known, analysis);
                self.end(&change, &followed);
            }
            None => analysis.event(seen, &mut self.known),
        }
    }

    #[inline(always)]
    fn step<'p, 't>(&'p self, seen: &'p Seen<'p, 't>, change: &GoChange, followed: &Followed) -> Step<'p, 't> {
        let Followed { slot, new, took } = *followed;
        let (was, now) = (self.known.left(), self.known.at(followed));
        Step { seen, slot, new, from: change.from, left: was.state, begun: was.begun, to: change.to, was, took, now }
    }

    /// What a goroutine is after a step, if it is no more.
    #[inline(always)]
    fn end(&mut self, change: &GoChange, followed: &Followed) {
        if change.to == GoState::NotExist {
            self.known.forget(change.id, followed.slot);
        }
    }

    /// What it knows by now.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// The answer of an analysis that has been shown all events.
    pub fn finish<A: Analysis>(&self, analysis: A) -> A::Output {
        analysis.finish(&self.known)
    }
}

/// Shows any step.
#[inline(never)]
fn show_odd<A: Analysis>(step: Aside<'_, '_>, known: &Known, analysis: &mut A) {
    analysis.goroutine(&step.step(), known);
}
