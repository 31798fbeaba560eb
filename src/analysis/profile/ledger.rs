//! What goroutines did, and for how long: all that profiles tell but CPU samples.

use super::profiler::Rules;
use super::spans::Tally;
use super::{ProfileKind, Sample};
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{Known, Life, Step};
use crate::event::transition::GoState;
use rustc_hash::FxHashMap;

/// What goroutines did, each state counted when it ends. Memory grows with the
/// different stacks.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    entries: Vec<Entry>,
    /// Where among the entries they are.
    places: FxHashMap<(StackKey, GoState, NameId), u32>,
    /// By the index of a stack and the state, where the last one is that was.
    recent: Vec<[u32; STATES]>,
}

/// How many states a goroutine may be in.
const STATES: usize = 6;
/// Of a stack with which nothing has been.
const NOWHERE: [u32; STATES] = [u32::MAX; STATES];

/// A state in which goroutines were, with one stack and for one reason.
#[derive(Clone, Copy, Debug)]
struct Entry {
    stack: StackKey,
    state: GoState,
    /// For what they waited.
    reason: NameId,
    /// If that is the stack which brought them into the state.
    brought: Tally,
    /// If it is their own: that with which they waited, or left off running.
    own: Tally,
}

impl Ledger {
    /// Counts the state that a goroutine leaves.
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
        if nanos <= 0 {
            return;
        }
        let own = if life.state == GoState::Running { left } else { life.last_own };
        let reason = if life.state == GoState::Waiting { life.reason } else { NameId::EMPTY };
        let Some(entry) = self.entry(own, life.state, reason) else { return };
        entry.own.add(nanos);
        if life.state == GoState::Running {
            return;
        }
        // What waits, or is in a system call, has most often brought itself there.
        if life.stack == own {
            entry.brought.add(nanos);
        } else if let Some(entry) = self.entry(life.stack, life.state, reason) {
            entry.brought.add(nanos);
        }
    }

    #[inline(always)]
    fn entry(&mut self, stack: StackKey, state: GoState, reason: NameId) -> Option<&mut Entry> {
        let at = self.recent.get(stack.index()).map_or(u32::MAX, |of| of[state as usize]) as usize;
        let same = self.entries.get(at).is_some_and(|entry| entry.reason == reason);
        let at = if same { at } else { self.look_up(stack, state, reason) };
        self.entries.get_mut(at)
    }

    #[inline(never)]
    fn look_up(&mut self, stack: StackKey, state: GoState, reason: NameId) -> usize {
        let at = *self.places.entry((stack, state, reason)).or_insert_with(|| {
            let (brought, own) = (Tally::default(), Tally::default());
            self.entries.push(Entry { stack, state, reason, brought, own });
            // There are fewer than bytes in the file.
            u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
        });
        if self.recent.len() <= stack.index() {
            self.recent.resize(stack.index() + 1, NOWHERE);
        }
        if let Some(of) = self.recent.get_mut(stack.index()) {
            of[state as usize] = at;
        }
        at as usize
    }

    /// Counts also what goes on at the end: the last sync ends the trace.
    pub(super) fn end(&mut self, rules: &Rules, known: &Known) {
        for life in known.lives().filter(|life| life.begun) {
            self.count(life, life.last_own, rules.filter().within(life.id, life.since, known.synced()));
        }
    }

    /// What it comes to in a profile of that kind.
    pub(super) fn samples(&self, kind: ProfileKind, stacks: &Stacks) -> Vec<Sample> {
        let all = self.entries.iter();
        if kind == ProfileKind::Wall {
            let told = all.filter(|entry| entry.own.count != 0);
            return told.map(|entry| entry.own.sample(entry.stack, Some(entry.state), entry.reason)).collect();
        }
        let about =
            |entry: &&Entry| entry.brought.count != 0 && kind.is_about(entry.state, stacks.names.get(entry.reason));
        // One stack may have waited for several things.
        let mut tallies: FxHashMap<StackKey, Tally> = FxHashMap::default();
        all.filter(about).for_each(|entry| tallies.entry(entry.stack).or_default().merge(entry.brought));
        tallies.into_iter().map(|(stack, tally)| tally.sample(stack, None, NameId::EMPTY)).collect()
    }
}
