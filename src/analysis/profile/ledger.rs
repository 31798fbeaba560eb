//! What goroutines did, and for how long: all that profiles tell but CPU samples.

use super::profiler::Rules;
use super::spans::Tally;
use super::{ProfileKind, Sample};
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{Known, Life, Step, Table};
use crate::event::transition::GoState;
use rustc_hash::FxHashMap;

/// What goroutines did, each state counted when it ends. Memory grows with the
/// different stacks.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    /// By the index of a stack and the state, of the reason that came first.
    first: Table<[Entry; STATES]>,
    /// Of other reasons: few stacks wait for several things.
    others: FxHashMap<(StackKey, GoState, NameId), Entry>,
}

/// How many states a goroutine may be in.
const STATES: usize = GoState::ALL.len();

/// A state in which goroutines were, with one stack and for one reason.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// For what they waited: empty where nothing is said, and in one not used yet.
    reason: NameId,
    /// If that is the stack which brought them into the state.
    brought: Tally,
    /// If it is their own: that with which they waited, or left off running.
    own: Tally,
    /// If it is both: what waits, or is in a system call, has most often brought
    /// itself there.
    both: Tally,
}

impl Entry {
    fn is_unused(&self) -> bool {
        self.own.count == 0 && self.brought.count == 0 && self.both.count == 0
    }

    fn brought(&self) -> Tally {
        self.brought.and(self.both)
    }

    fn own(&self) -> Tally {
        self.own.and(self.both)
    }
}

impl Ledger {
    /// Counts the state that a goroutine leaves.
    #[inline(always)]
    pub(super) fn goroutine(&mut self, rules: &Rules, step: &Step<'_, '_>) {
        if step.begun {
            self.count(step.was, step.left, step.now.last_own, rules.count(step));
        }
    }

    /// Counts so much of a state; of one that ran, `left` is the stack that it left
    /// it with.
    #[inline(always)]
    fn count(&mut self, life: &Life, state: GoState, left: StackKey, nanos: i64) {
        if nanos <= 0 {
            return;
        }
        let own = if state == GoState::Running { left } else { life.last_own };
        let reason = if state == GoState::Waiting { life.reason } else { NameId::EMPTY };
        let entry = self.entry(own, state, reason);
        if state == GoState::Running {
            entry.own.add(nanos);
        } else if life.stack == own {
            entry.both.add(nanos);
        } else {
            entry.own.add(nanos);
            self.entry(life.stack, state, reason).brought.add(nanos);
        }
    }

    /// Where the state is counted.
    #[inline(always)]
    fn entry(&mut self, stack: StackKey, state: GoState, reason: NameId) -> &mut Entry {
        let entry = &mut self.first.at(stack.index())[state as usize];
        if entry.reason == reason {
            return entry;
        }
        if entry.is_unused() {
            entry.reason = reason;
            return entry;
        }
        self.others.entry((stack, state, reason)).or_default()
    }

    /// Counts also what goes on at the end: the last sync ends the trace.
    pub(super) fn end(&mut self, rules: &Rules, known: &Known) {
        for life in known.lives().filter(|life| life.begun) {
            self.count(life, life.state, life.last_own, rules.filter().within(life.id, life.since, known.synced()));
        }
    }

    /// All that was counted: the stack, the state, and the reason.
    fn all<'l>(&'l self, stacks: &Stacks) -> impl Iterator<Item = (StackKey, GoState, NameId, &'l Entry)> {
        let states = |(stack, of): (StackKey, &'l [Entry; STATES])| {
            let told = GoState::ALL.into_iter().zip(of);
            told.map(move |(state, entry)| (stack, state, entry.reason, entry))
        };
        let others = self.others.iter().map(|(&(stack, state, reason), entry)| (stack, state, reason, entry));
        stacks.keys().zip(&self.first).flat_map(states).chain(others)
    }

    /// What it comes to in a profile of that kind.
    pub(super) fn samples(&self, kind: ProfileKind, stacks: &Stacks) -> Vec<Sample> {
        let all = self.all(stacks);
        if kind == ProfileKind::Wall {
            let told = all.filter(|(.., entry)| entry.own().count != 0);
            return told.map(|(stack, state, reason, entry)| entry.own().sample(stack, Some(state), reason)).collect();
        }
        let about = |&(_, state, reason, entry): &(StackKey, GoState, NameId, &Entry)| {
            entry.brought().count != 0 && kind.is_about(state, stacks.names.get(reason))
        };
        // One stack may have waited for several things.
        let mut tallies: FxHashMap<StackKey, Tally> = FxHashMap::default();
        all.filter(about).for_each(|(stack, .., entry)| tallies.entry(stack).or_default().merge(entry.brought()));
        tallies.into_iter().map(|(stack, tally)| tally.sample(stack, None, NameId::EMPTY)).collect()
    }
}
