//! The time of goroutines in all their states.

use super::Sample;
use super::profiler::Rules;
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{ByGo, ByString, OldSeen as Seen};
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
    tallies: Vec<Sample>,
    /// Where among the tallies they are.
    places: FxHashMap<(StackKey, GoState, NameId), u32>,
    /// By the index of a stack and the state, where the last one is that was.
    recent: Vec<[u32; STATES]>,
    stacks: Stacks,
    reasons: ByString<NameId>,
    synced: Time,
}

/// How many states a goroutine may be in.
const STATES: usize = 6;
/// Of a stack with which nothing has been.
const NOWHERE: [u32; STATES] = [u32::MAX; STATES];

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
    pub(super) fn note(&mut self, rules: &Rules, event: &Seen<'_, '_>) {
        let time = event.time();
        if event.wire_type() == EventType::Sync {
            self.synced = time;
        }
        let Some(&GoChange { id, from, to, reason, own_stack, .. }) = event.go_step() else { return };
        let before = self.gs.get(event.slot(id)).copied();
        let last = before.map_or(StackKey::EMPTY, |before| before.stack);
        let stack = event.stack_numbered(own_stack).map_or(last, |stack| self.stacks.intern(Some(stack)));
        let reason = match to {
            GoState::Waiting => self.reasons.get(event, reason, |reason| self.stacks.names.intern(reason)),
            _ => NameId::EMPTY,
        };
        // What was so when the trace began, has been since.
        let first = before.is_none() && from == GoState::Undetermined;
        let g = G { state: to, reason, since: if first { self.synced } else { time }, stack };
        *self.gs.get_or_insert_with(event.slot(id), || g) = g;
        if let Some(before) = before {
            let shown = if before.state == GoState::Running { stack } else { before.stack };
            self.count(rules, id, G { stack: shown, ..before }, time);
        }
        if to == GoState::NotExist {
            self.gs.remove(event.slot(id));
        }
    }

    fn count(&mut self, rules: &Rules, id: GoId, of: G, until: Time) {
        let nanos = rules.filter.within(id, of.since, until);
        if nanos > 0
            && let Some(tally) = self.tally(of)
        {
            tally.count += 1;
            tally.nanos = tally.nanos.saturating_add(nanos);
        }
    }

    /// What has been counted of that stack, state and reason.
    #[inline]
    fn tally(&mut self, of: G) -> Option<&mut Sample> {
        let recent = *self.recent.get(of.stack.index()).unwrap_or(&NOWHERE);
        let at = recent.get(of.state as usize).map_or(usize::MAX, |&at| at as usize);
        let same = self.tallies.get(at).is_some_and(|tally| tally.reason == of.reason);
        let at = if same { at } else { self.look_up(of) };
        self.tallies.get_mut(at)
    }

    #[inline(never)]
    fn look_up(&mut self, G { stack, state, reason, .. }: G) -> usize {
        let at = *self.places.entry((stack, state, reason)).or_insert_with(|| {
            self.tallies.push(Sample { stack, state: Some(state), reason, count: 0, nanos: 0 });
            // There are fewer than bytes in the file.
            u32::try_from(self.tallies.len() - 1).unwrap_or(u32::MAX)
        });
        if self.recent.len() <= stack.index() {
            self.recent.resize(stack.index() + 1, NOWHERE);
        }
        if let Some(place) = self.recent.get_mut(stack.index()).and_then(|of| of.get_mut(state as usize)) {
            *place = at;
        }
        at as usize
    }

    pub(super) fn finish(mut self, rules: &Rules) -> (Vec<Sample>, Stacks) {
        for (id, g) in self.gs.drain() {
            self.count(rules, id, g, self.synced);
        }
        (self.tallies, self.stacks)
    }
}
