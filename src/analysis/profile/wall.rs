//! The time of goroutines in all their states.

use super::Sample;
use super::profiler::Rules;
use crate::analysis::names::NameId;
use crate::analysis::stacks::StackKey;
use crate::analysis::{Known, Life, Step};
use crate::event::transition::GoState;
use rustc_hash::FxHashMap;

/// What goroutines did, and for how long. A goroutine's stack is known where it
/// stops running; while it waits it stays there, and running time is put down to
/// the stack at which it ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Wall {
    tallies: Vec<Sample>,
    /// Where among the tallies they are.
    places: FxHashMap<(StackKey, GoState, NameId), u32>,
    /// By the index of a stack and the state, where the last one is that was.
    recent: Vec<[u32; STATES]>,
}

/// How many states a goroutine may be in.
const STATES: usize = 6;
/// Of a stack with which nothing has been.
const NOWHERE: [u32; STATES] = [u32::MAX; STATES];

/// A state that a goroutine was in.
#[derive(Clone, Copy, Debug)]
struct Of {
    stack: StackKey,
    state: GoState,
    /// For what it waited.
    reason: NameId,
}

impl Wall {
    #[inline(always)]
    pub(super) fn goroutine(&mut self, rules: &Rules, step: &Step<'_, '_>) {
        if step.was.begun {
            self.count(step.was, step.now.last_own, rules.count(step));
        }
    }

    /// Counts so much of a state; of one that ran, `left` is the stack that it left
    /// it with.
    #[inline(always)]
    fn count(&mut self, life: &Life, left: StackKey, nanos: i64) {
        let stack = if life.state == GoState::Running { left } else { life.last_own };
        let reason = if life.state == GoState::Waiting { life.reason } else { NameId::EMPTY };
        if nanos > 0
            && let Some(tally) = self.tally(Of { stack, state: life.state, reason })
        {
            tally.count += 1;
            tally.nanos = tally.nanos.saturating_add(nanos);
        }
    }

    /// What has been counted of that stack, state and reason.
    #[inline(always)]
    fn tally(&mut self, of: Of) -> Option<&mut Sample> {
        let recent = *self.recent.get(of.stack.index()).unwrap_or(&NOWHERE);
        let at = recent.get(of.state as usize).map_or(usize::MAX, |&at| at as usize);
        let same = self.tallies.get(at).is_some_and(|tally| tally.reason == of.reason);
        let at = if same { at } else { self.look_up(of) };
        self.tallies.get_mut(at)
    }

    #[inline(never)]
    fn look_up(&mut self, Of { stack, state, reason }: Of) -> usize {
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

    pub(super) fn finish(mut self, rules: &Rules, known: &Known) -> Vec<Sample> {
        for life in known.lives().filter(|life| life.begun) {
            // The last sync ends the trace.
            self.count(life, life.last_own, rules.filter.within(life.id, life.since, known.synced()));
        }
        self.tallies
    }
}
