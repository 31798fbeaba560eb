//! The time of goroutines in all their states.

use super::Sample;
use super::profiler::Rules;
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{ByGo, ByString, Seen};
use crate::event::go::GoChange;
use crate::event::transition::GoState;
use crate::ids::GoId;
use crate::time::Time;
use crate::wire::v2::spec::EventType;
use rustc_hash::FxHashMap;

/// What goroutines did, and for how long. A goroutine's stack is known where it
/// stops running; while it waits it stays there, and running time is put down to
/// the stack at which it ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Wall {
    gs: ByGo<G>,
    tallies: FxHashMap<(StackKey, GoState, NameId), (u64, i64)>,
    stacks: Stacks,
    reasons: ByString<NameId>,
    synced: Time,
}

#[derive(Clone, Copy, Debug)]
struct G {
    state: GoState,
    /// For what it waits.
    reason: NameId,
    since: Time,
    /// The last that is known.
    stack: StackKey,
}

impl Wall {
    pub(super) fn note(&mut self, rules: &Rules, event: &Seen<'_>) {
        let time = event.time();
        if event.wire_type() == EventType::Sync {
            self.synced = time;
        }
        let Some(&GoChange { id, from, to, reason, own_stack, .. }) = event.go_step() else { return };
        let before = self.gs.get(id).copied();
        let last = before.map_or(StackKey::EMPTY, |before| before.stack);
        let stack = event.stack_numbered(own_stack).map_or(last, |stack| self.stacks.intern(Some(stack)));
        let reason = match to {
            GoState::Waiting => self.reasons.get(event, reason, |reason| self.stacks.names.intern(reason)),
            _ => NameId::EMPTY,
        };
        // What was so when the trace began, has been since.
        let first = before.is_none() && from == GoState::Undetermined;
        let g = G { state: to, reason, since: if first { self.synced } else { time }, stack };
        *self.gs.get_or_insert_with(id, || g) = g;
        if let Some(before) = before {
            let shown = if before.state == GoState::Running { stack } else { before.stack };
            self.count(rules, id, G { stack: shown, ..before }, time);
        }
        if to == GoState::NotExist {
            self.gs.remove(id);
        }
    }

    fn count(&mut self, rules: &Rules, id: GoId, of: G, until: Time) {
        let nanos = rules.filter.within(id, of.since, until);
        if nanos > 0 {
            let tally = self.tallies.entry((of.stack, of.state, of.reason)).or_default();
            tally.0 += 1;
            tally.1 = tally.1.saturating_add(nanos);
        }
    }

    pub(super) fn finish(mut self, rules: &Rules) -> (Vec<Sample>, Stacks) {
        for (id, g) in self.gs.drain() {
            self.count(rules, id, g, self.synced);
        }
        let samples = self.tallies.into_iter().map(|((stack, state, reason), (count, nanos))| Sample {
            stack,
            state: Some(state),
            reason,
            count,
            nanos,
        });
        (samples.collect(), self.stacks)
    }
}
