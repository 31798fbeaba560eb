//! A pass over events: what its analyses share.
//!
//! ```text
//! event ──> Pass: decoded once, its goroutine followed once ──> Step or Seen ──> analyses
//!             │                                                                    │
//!             └── Known: goroutines and the states they are in, stacks, names ─────┘
//! ```

mod known;
mod old;
mod slots;
mod step;

pub use known::Known;
pub(crate) use old::{GoSlot, NOWHERE, OldSeen};
pub(crate) use step::Life;
pub use step::{Seen, Step};

use super::Analysis;
use crate::analysis::names::NameId;
use crate::analysis::stacks::StackKey;
use crate::event::Event;
use crate::event::go::{GoChange, changes_go};
use crate::event::transition::GoState;
use crate::wire::v2::spec::EventType;
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
///     pass.show(event?, &mut summary);
/// }
/// assert!(pass.finish(summary).events > 0);
/// # Ok::<(), gotrace::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Pass {
    known: Known,
    old: old::Slots,
}

impl Pass {
    /// Shows the next event to an analysis, if that has a use for it.
    #[inline(always)]
    pub fn show<A: Analysis>(&mut self, event: Event<'_>, analysis: &mut A) {
        let new_thread = self.known.note(event.time(), event.thread());
        let wire_type = event.wire_type();
        if changes_go(wire_type) {
            if analysis.wants(EventType::GoStart)
                && let Some(change) = event.go_change()
            {
                self.change(&event, new_thread, &change, analysis);
            }
            return;
        }
        if wire_type == EventType::Sync {
            self.known.note_sync(event.time());
        }
        if analysis.wants(wire_type) {
            let seen = Seen { event: &event, kind: OnceCell::new(), new_thread };
            analysis.event(&seen, &mut self.known);
            analysis.event_old(&OldSeen { event, go: None, at: NOWHERE, slots: &self.old, kind: OnceCell::new() });
        }
    }

    /// A goroutine changes, or what it does is told anew.
    #[inline(always)]
    fn change<A: Analysis>(&mut self, event: &Event<'_>, new_thread: bool, change: &GoChange, analysis: &mut A) {
        let GoChange { id, from, to, .. } = *change;
        let (known, time) = (&mut self.known, event.time());
        known.turn_to(event);
        let stack = known.key(event, change.stack);
        let own = if change.own_stack == change.stack { stack } else { known.key(event, change.own_stack) };
        let reason = known.reason(event, change.reason);
        let synced = known.synced();
        let root = if own == StackKey::EMPTY { NameId::EMPTY } else { known.stacks().root_name(own) };
        let (slot, life) = known.life_of(id);
        let new = !life.exists();
        let seen = Seen { event, kind: OnceCell::new(), new_thread };
        if from == to && !new {
            if life.root == NameId::EMPTY {
                life.root = root;
            }
            analysis.event(&seen, &mut self.known);
            return self.show_old(event, change, analysis);
        }
        let mut was = *life;
        let since = if new && from == GoState::Undetermined { synced } else { time };
        if new {
            (was.state, was.since) = (from, time);
        }
        let now = Life {
            id,
            since,
            proc: event.proc(),
            state: to,
            begun: from != to,
            reason,
            stack,
            own,
            last_own: if change.own_stack == 0 { was.last_own } else { own },
            root: if was.root == NameId::EMPTY { root } else { was.root },
        };
        let before = life.state;
        *life = now;
        known.count(before, to);
        let took = if was.begun { time.since(was.since) } else { 0 };
        let step = Step { seen: &seen, slot, new, from, was, took, now };
        analysis.goroutine(&step, &mut self.known);
        self.show_old(event, change, analysis);
        if to == GoState::NotExist {
            self.known.forget(id, slot);
        }
    }

    #[inline(always)]
    fn show_old<A: Analysis>(&mut self, event: &Event<'_>, change: &GoChange, analysis: &mut A) {
        let at = self.old.of(change.id);
        analysis.event_old(&OldSeen { event: *event, go: Some(*change), at, slots: &self.old, kind: OnceCell::new() });
        if change.to == GoState::NotExist {
            self.old.release(change.id);
        }
    }

    /// The answer of an analysis that has been shown all events.
    pub fn finish<A: Analysis>(&self, analysis: A) -> A::Output {
        analysis.finish(&self.known)
    }
}
