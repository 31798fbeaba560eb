//! Spans of one state, each counted when it ends; and CPU samples.

use super::profiler::Rules;
use super::{ProfileKind, Sample};
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{Known, Life, Memo, Seen, Step, Table, add_up};
use crate::event::EventKind;
use crate::event::transition::GoState;
use crate::ids::GoId;
use crate::time::Time;

/// The spans of a trace, or of a part of it.
#[derive(Clone, Debug)]
pub(super) struct Spans {
    kind: ProfileKind,
    /// The state that they are in, if it is one.
    state: Option<GoState>,
    /// By the stack's index.
    pub(super) tallies: Table<Tally>,
    /// Where states end, which the profile is about, that began before all this.
    pub(super) ends: Vec<(GoId, Time)>,
    /// Which reasons to block the profile is about.
    reasons: Memo<NameId, bool>,
}

/// What has been counted.
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

    /// Both together.
    pub(super) fn and(mut self, more: Tally) -> Tally {
        self.merge(more);
        self
    }

    pub(super) fn sample(self, stack: StackKey, state: Option<GoState>, reason: NameId) -> Sample {
        Sample { stack, state, reason, count: self.count, nanos: self.nanos }
    }
}

impl Spans {
    /// Of that kind; nothing has been seen yet.
    pub(super) fn new(kind: ProfileKind) -> Spans {
        Spans { kind, state: kind.state(), tallies: Table::default(), ends: Vec::new(), reasons: Memo::default() }
    }

    #[inline(always)]
    pub(super) fn goroutine(&mut self, rules: &Rules, step: &Step<'_, '_>, known: &Known) {
        if Some(step.left) == self.state {
            self.leave(rules, step, known);
        }
    }

    #[inline(always)]
    fn leave(&mut self, rules: &Rules, step: &Step<'_, '_>, known: &Known) {
        if !step.begun {
            self.began_before(step);
        } else if self.is_about(step.was, known.stacks()) {
            self.add(step.was.stack, rules.count(step));
        }
    }

    #[inline(never)]
    fn began_before(&mut self, step: &Step<'_, '_>) {
        self.ends.push((step.now.id, step.time()));
    }

    /// Whether the state that a goroutine is in is one that the profile is about.
    #[inline(always)]
    fn is_about(&mut self, life: &Life, stacks: &Stacks) -> bool {
        let kind = self.kind;
        let any = !matches!(kind, ProfileKind::Net | ProfileKind::Sync);
        any || self.reasons.get(life.reason, || kind.is_about(GoState::Waiting, stacks.names.get(life.reason)))
    }

    pub(super) fn sample(&mut self, rules: &Rules, event: &Seen<'_, '_>, known: &mut Known) {
        if matches!(event.kind(), EventKind::StackSample) && rules.filter().counts(event.goroutine(), event.time()) {
            let stack = known.intern(event.stack());
            self.tally(stack).count += 1;
        }
    }

    /// Counts so much of a span.
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

    /// Counts also what goes on at the end, if that is asked for.
    pub(super) fn end(&mut self, rules: &Rules, known: &Known) {
        if !rules.unfinished {
            return;
        }
        for life in self.open(known) {
            // The last sync ends the trace.
            self.add(life.stack, rules.filter().within(life.id, life.since, known.synced()));
        }
    }

    /// The goroutines that are in a span, which began in what was seen.
    pub(super) fn open<'k>(&mut self, known: &'k Known) -> Vec<&'k Life> {
        let state = self.state;
        let in_state = known.lives().filter(|life| Some(life.state) == state && life.begun);
        in_state.filter(|life| self.is_about(life, known.stacks())).collect()
    }

    pub(super) fn samples(&self, stacks: &Stacks) -> Vec<Sample> {
        let counted = stacks.keys().zip(&self.tallies).filter(|(_, tally)| tally.count != 0);
        counted.map(|(stack, tally)| tally.sample(stack, None, NameId::EMPTY)).collect()
    }
}
