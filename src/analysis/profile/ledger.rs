//! Times of goroutines by stack, state and reason: the basis of all profiles but CPU
//! samples.

use super::profiler::Rules;
use super::spans::Tally;
use super::{ProfileKind, Sample};
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{Follower, GoroutineState, Table, Transition};
use crate::spec::state::GoState;
use rustc_hash::FxHashMap;

/// Times of goroutines by stack, state and reason, each state counted when it ends. Memory
/// grows with the different stacks.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    /// Entries by the index of a stack and the state, for the reason that came first.
    first: Table<[Entry; STATES]>,
    /// Entries for other reasons: few stacks wait for several things.
    others: FxHashMap<(StackKey, GoState, NameId), Entry>,
}

/// Number of states of a goroutine.
const STATES: usize = GoState::ALL.len();

/// Spans with one stack, in one state and for one reason.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// Reason of the wait; empty where none is given, and in an entry not used yet.
    reason: NameId,
    /// Spans for which it is the stack that caused the state, and not their own.
    brought: Tally,
    /// Spans for which it is their own stack: that with which they waited, or stopped
    /// running.
    own: Tally,
    /// Spans for which it is both: a goroutine that waits, or is in a system call, has most
    /// often caused that itself.
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
    pub(super) fn goroutine(&mut self, rules: &Rules, transition: &Transition<'_, '_>) {
        if transition.begun {
            self.count(transition.was, transition.left, transition.now.last_own, rules.count(transition));
        }
    }

    /// Counts `nanos` of a state; for one that ran, `left` is the stack with which it
    /// stopped.
    #[inline(always)]
    fn count(&mut self, goroutine: &GoroutineState, state: GoState, left: StackKey, nanos: i64) {
        if nanos <= 0 {
            return;
        }
        // A running goroutine has no stack of its own until it stops.
        let own = if state == GoState::Running { left } else { goroutine.last_own };
        let reason = if state == GoState::Waiting { goroutine.reason } else { NameId::EMPTY };
        let entry = self.entry(own, state, reason);
        if state == GoState::Running {
            entry.own.add(nanos);
        // Both stacks are the same most often, and then are counted once.
        } else if goroutine.stack == own {
            entry.both.add(nanos);
        } else {
            entry.own.add(nanos);
            self.entry(goroutine.stack, state, reason).brought.add(nanos);
        }
    }

    /// Returns the entry for a stack, state and reason.
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

    /// Counts the states that go on at the end: the last sync ends the trace.
    pub(super) fn end(&mut self, rules: &Rules, follower: &Follower) {
        for goroutine in follower.goroutines().filter(|goroutine| goroutine.begun) {
            self.count(
                goroutine,
                goroutine.state,
                goroutine.last_own,
                rules.filter().within(goroutine.id, goroutine.since, follower.synced()),
            );
        }
    }

    /// Returns all entries, with their stack, state and reason.
    fn all<'l>(&'l self, stacks: &Stacks) -> impl Iterator<Item = (StackKey, GoState, NameId, &'l Entry)> {
        let states = |(stack, of): (StackKey, &'l [Entry; STATES])| {
            let entries = GoState::ALL.into_iter().zip(of);
            entries.map(move |(state, entry)| (stack, state, entry.reason, entry))
        };
        let others = self.others.iter().map(|(&(stack, state, reason), entry)| (stack, state, reason, entry));
        stacks.keys().zip(&self.first).flat_map(states).chain(others)
    }

    /// Returns the samples for a kind of profile.
    pub(super) fn samples(&self, kind: ProfileKind, stacks: &Stacks) -> Vec<Sample> {
        let all = self.all(stacks);
        if kind == ProfileKind::Wall {
            let entries = all.filter(|(.., entry)| entry.own().count != 0);
            return entries
                .map(|(stack, state, reason, entry)| entry.own().sample(stack, Some(state), reason))
                .collect();
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
