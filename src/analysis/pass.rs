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
pub use step::{Seen, Step};

use super::Analysis;
use crate::event::Event;
use crate::event::go::{GoChange, changes_go};
use crate::event::transition::GoState;
use crate::generation::Generation;
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
        self.turn_to(event.generation());
        self.show_next(event, analysis);
    }

    /// Turns to a generation: that of the events which follow.
    #[inline(always)]
    pub(super) fn turn_to(&mut self, generation: Option<&Generation<'_>>) {
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
        self.turn_to(event.generation());
        self.show_and_follow::<false, A>(event, analysis);
    }

    #[inline(always)]
    fn show_and_follow<const ALL: bool, A: Analysis>(&mut self, event: &Event<'_>, analysis: &mut A) {
        let new_thread = self.known.note::<ALL>(event.time(), event.thread());
        let wire_type = event.wire_type();
        if changes_go(wire_type) {
            if analysis.wants(EventType::GoStart)
                && let Some(change) = event.go_change()
            {
                self.change::<ALL, A>(event, new_thread, &change, analysis);
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

    /// A goroutine changes, or what it does is told anew.
    #[inline(always)]
    fn change<const ALL: bool, A: Analysis>(
        &mut self,
        event: &Event<'_>,
        new_thread: bool,
        change: &GoChange,
        analysis: &mut A,
    ) {
        let seen = Seen { event, kind: OnceCell::new(), new_thread };
        let Some(followed) = self.known.follow::<ALL>(event, change) else {
            analysis.event(&seen, &mut self.known);
            return;
        };
        let Followed { slot, new, took } = followed;
        let (was, now) = (self.known.left(), self.known.at(&followed));
        let step = Step { seen: &seen, slot, new, from: change.from, left: was.state.bit(), was, took, now };
        analysis.goroutine(&step, &self.known);
        if change.to == GoState::NotExist {
            self.known.forget(change.id, slot);
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
