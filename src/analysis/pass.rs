//! A pass over events: what its analyses share.
//!
//! ```text
//! event ──> Pass: decoded once, its goroutine's slot looked up once ──> Seen ──> analyses
//! ```
//!
//! What an analysis knows of goroutines is in a table of its own, a `ByGo`, but
//! where it is there is the same for all analyses, and for the pass to know.

use super::Analysis;
use crate::event::go::GoChange;
use crate::event::transition::GoState;
use crate::event::{Event, EventKind};
use crate::ids::GoId;
use crate::paged::{Paged, Vacant};
use std::cell::OnceCell;
use std::ops::Deref;

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
/// assert!(summary.finish().events > 0);
/// # Ok::<(), gotrace::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Pass {
    slots: Slots,
}

impl Pass {
    /// Shows the next event to an analysis, if that has a use for it.
    #[inline(always)]
    pub fn show<A: Analysis>(&mut self, event: Event<'_>, analysis: &mut A) {
        if !analysis.wants(event.wire_type()) {
            return;
        }
        let go = event.go_change();
        let at = go.map_or(NOWHERE, |go| self.slots.of(go.id));
        analysis.event(&Seen { event, go, at, slots: &self.slots, kind: OnceCell::new() });
        if let Some(go) = go.filter(|go| go.to == GoState::NotExist) {
            self.slots.release(go.id);
        }
    }
}

/// An [`Event`] that several analyses look at: what is decoded of it is decoded
/// once for all of them, and not before one asks.
#[derive(Clone, Debug)]
pub struct Seen<'p, 't> {
    event: Event<'t>,
    go: Option<GoChange>,
    /// The slot of the goroutine that it changes.
    at: u32,
    slots: &'p Slots,
    kind: OnceCell<EventKind<'t>>,
}

impl<'t> Seen<'_, 't> {
    /// The event's [kind](Event::kind).
    #[inline]
    pub fn kind(&self) -> &EventKind<'t> {
        self.kind.get_or_init(|| self.event.kind())
    }

    /// What it does to a goroutine, with less to decode than the kind has;
    /// nothing for other events.
    #[inline(always)]
    pub(crate) fn go(&self) -> Option<&GoChange> {
        self.go.as_ref()
    }

    /// The same, if the goroutine's state changes: the statuses of goroutines in
    /// later generations are left out.
    #[inline(always)]
    pub(crate) fn go_step(&self) -> Option<&GoChange> {
        self.go.as_ref().filter(|go| go.from != go.to)
    }

    /// The slot of a goroutine; a quick look if it is the one that
    /// [`go`](Self::go) is about.
    #[inline(always)]
    pub(crate) fn slot(&self, id: GoId) -> GoSlot {
        let at = match &self.go {
            Some(go) if go.id == id => self.at,
            _ => self.slots.find(id),
        };
        GoSlot { id, at }
    }
}

impl<'t> Deref for Seen<'_, 't> {
    type Target = Event<'t>;

    #[inline(always)]
    fn deref(&self) -> &Event<'t> {
        &self.event
    }
}

/// A goroutine, and where in the tables of a pass what is known of it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct GoSlot {
    pub(crate) id: GoId,
    pub(crate) at: u32,
}

/// The slot of a goroutine that has none.
pub(crate) const NOWHERE: u32 = u32::VACANT;

/// The slots of goroutines that exist; those that ended leave theirs to others.
#[derive(Clone, Debug, Default)]
struct Slots {
    index: Paged<u32>,
    free: Vec<u32>,
    used: u32,
}

impl Slots {
    /// The slot of a goroutine, which gets one if it has none.
    #[inline(always)]
    fn of(&mut self, id: GoId) -> u32 {
        match self.index.get(id.0) {
            NOWHERE => self.add(id),
            at => at,
        }
    }

    #[inline(never)]
    fn add(&mut self, id: GoId) -> u32 {
        let at = self.free.pop().unwrap_or_else(|| {
            // There are fewer goroutines than bytes in the file, and of those 4 Gi at most.
            self.used = self.used.saturating_add(1);
            self.used - 1
        });
        self.index.insert(id.0, at);
        at
    }

    #[inline(never)]
    fn find(&self, id: GoId) -> u32 {
        self.index.get_cold(id.0).unwrap_or(NOWHERE)
    }

    #[inline(never)]
    fn release(&mut self, id: GoId) {
        let at = self.index.get(id.0);
        if at != NOWHERE {
            self.index.remove(id.0);
            self.free.push(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::ByGo;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// What an analysis knows of goroutines that come and go, in slots that are
        /// used again.
        #[test]
        fn a_table_by_slots_behaves_like_a_map(
            steps in prop::collection::vec((0u64..300, any::<bool>(), 0u64..1000), 1..300),
        ) {
            let (mut slots, mut table, mut model) = (Slots::default(), ByGo::default(), BTreeMap::new());
            for (number, add, value) in steps {
                let id = GoId(number * number * 37);
                if add {
                    let slot = GoSlot { id, at: slots.of(id) };
                    prop_assert_eq!(*table.get_or_insert_with(slot, || value), *model.entry(id).or_insert(value));
                } else {
                    let slot = GoSlot { id, at: slots.find(id) };
                    prop_assert_eq!(table.remove(slot), model.remove(&id));
                    slots.release(id);
                }
                for &id in model.keys().chain([&id]) {
                    let known = table.get_mut(GoSlot { id, at: slots.find(id) }).copied();
                    prop_assert_eq!(known, model.get(&id).copied());
                }
            }
            prop_assert_eq!((table.len(), table.slots().len()), (model.len(), model.len()));
            prop_assert_eq!(table.drain(), model.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(table.len(), 0);
        }
    }
}
