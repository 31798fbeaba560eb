//! Spans of one state, each counted when it ends; and CPU samples.

use super::profiler::Rules;
use super::{ProfileKind, Sample};
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{Follower, GoroutineState, Memo, SharedEvent, Table, Transition, add_up};
use crate::base::ids::GoId;
use crate::base::time::Time;
use crate::event::EventKind;
use crate::spec::state::GoState;

/// The spans of a trace, or of a part of it.
#[derive(Clone, Debug)]
pub(super) struct Spans {
    kind: ProfileKind,
    /// State that they are in, if it is a single one.
    state: Option<GoState>,
    /// Totals by the stack's index.
    pub(super) tallies: Table<Tally>,
    /// Ends of states of the profile that began before the first event seen.
    pub(super) ends: Vec<(GoId, Time)>,
    /// True for the reasons to block that the profile is about.
    reasons: Memo<NameId, bool>,
}

/// Number and time of spans.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) count: u64,
    pub(super) nanos: i64,
}

impl Tally {
    #[inline(always)]
    pub(super) fn add(&mut self, nanos: i64) {
        self.merge(Tally { count: 1, nanos });
    }

    #[inline(always)]
    pub(super) fn merge(&mut self, more: Tally) {
        self.count += more.count;
        add_up(&mut self.nanos, more.nanos);
    }

    /// Returns the sum of two.
    pub(super) fn and(mut self, more: Tally) -> Tally {
        self.merge(more);
        self
    }

    pub(super) fn sample(self, stack: StackKey, state: Option<GoState>, reason: NameId) -> Sample {
        Sample { stack, state, reason, count: self.count, nanos: self.nanos }
    }
}

impl Spans {
    /// Returns a counter for a kind of profile, which has seen nothing yet.
    pub(super) fn new(kind: ProfileKind) -> Spans {
        Spans { kind, state: kind.state(), tallies: Table::default(), ends: Vec::new(), reasons: Memo::default() }
    }

    #[inline(always)]
    pub(super) fn goroutine(&mut self, rules: &Rules, transition: &Transition<'_, '_>, follower: &Follower) {
        if Some(transition.left) == self.state {
            self.leave(rules, transition, follower);
        }
    }

    #[inline(always)]
    fn leave(&mut self, rules: &Rules, transition: &Transition<'_, '_>, follower: &Follower) {
        if !transition.begun {
            // In a part, the span began in one before: merging finds its start.
            self.began_before(transition);
        } else if self.is_about(transition.was, follower.stacks()) {
            self.add(transition.was.stack, rules.count(transition));
        }
    }

    #[inline(never)]
    fn began_before(&mut self, transition: &Transition<'_, '_>) {
        self.ends.push((transition.now.id, transition.time()));
    }

    /// Returns whether the profile is about the state that a goroutine is in.
    #[inline(always)]
    fn is_about(&mut self, goroutine: &GoroutineState, stacks: &Stacks) -> bool {
        let kind = self.kind;
        let any = !matches!(kind, ProfileKind::Net | ProfileKind::Sync);
        any || self
            .reasons
            .get(goroutine.reason, || kind.is_about(GoState::Waiting, stacks.names.get(goroutine.reason)))
    }

    pub(super) fn sample(&mut self, rules: &Rules, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        if matches!(event.kind(), EventKind::StackSample) && rules.filter().counts(event.goroutine(), event.time()) {
            let stack = follower.intern(event.stack());
            self.tally(stack).count += 1;
        }
    }

    /// Counts `nanos` of a span.
    #[inline(always)]
    pub(super) fn add(&mut self, stack: StackKey, nanos: i64) {
        if nanos > 0 {
            self.tally(stack).add(nanos);
        }
    }

    #[inline(always)]
    pub(super) fn tally(&mut self, stack: StackKey) -> &mut Tally {
        self.tallies.at(stack.index())
    }

    /// Counts the spans that go on at the end, if that is asked for.
    pub(super) fn end(&mut self, rules: &Rules, follower: &Follower) {
        if !rules.unfinished {
            return;
        }
        for goroutine in self.open(follower) {
            // The last sync ends the trace.
            self.add(goroutine.stack, rules.filter().within(goroutine.id, goroutine.since, follower.synced()));
        }
    }

    /// Returns the goroutines that are in a span which began in the events seen.
    pub(super) fn open<'k>(&mut self, follower: &'k Follower) -> Vec<&'k GoroutineState> {
        let state = self.state;
        let in_state = follower.goroutines().filter(|goroutine| Some(goroutine.state) == state && goroutine.begun);
        in_state.filter(|goroutine| self.is_about(goroutine, follower.stacks())).collect()
    }

    pub(super) fn samples(&self, stacks: &Stacks) -> Vec<Sample> {
        let counted = stacks.keys().zip(&self.tallies).filter(|(_, tally)| tally.count != 0);
        counted.map(|(stack, tally)| tally.sample(stack, None, NameId::EMPTY)).collect()
    }
}
