//! Spans of one state, each counted when it ends; and CPU samples.

use super::profiler::Rules;
use super::{ProfileKind, Sample};
use crate::analysis::ByString;
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::event::Event;
use crate::event::go::GoChange;
use crate::event::transition::GoState;
use crate::ids::{GoId, StringId};
use crate::paged::{Paged, Vacant};
use crate::time::Time;
use crate::wire::v2::spec::EventType;

/// The spans of a trace, or of consecutive generations of it.
///
/// Of generations that are not the first, goroutines may have spans that began
/// before. When such a one ends, where and when is noted, until the generations
/// in front are merged with these.
#[derive(Clone, Debug, Default)]
pub(super) struct Spans {
    gs: Paged<Known>,
    /// Where spans end, if there are any, that began before all this.
    ends: Vec<(GoId, Time)>,
    /// By the stack's index.
    tallies: Vec<Tally>,
    stacks: Stacks,
    /// Which reasons to block the profile is about.
    reasons: ByString<bool>,
    synced: Time,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    count: u64,
    nanos: i64,
}

/// What is known of a goroutine's span.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Known {
    /// Nothing; it may have one.
    Nothing,
    /// It has none.
    None,
    Open {
        since: Time,
        stack: StackKey,
    },
}

impl Vacant for Known {
    const VACANT: Known = Known::Nothing;
}

impl Spans {
    #[inline(always)]
    pub(super) fn note(&mut self, rules: &Rules, event: &Event<'_>, go: Option<&GoChange>) {
        match event.wire_type() {
            EventType::Sync => self.synced = event.time(),
            EventType::CPUSample => self.sample(rules, event),
            _ => self.change(rules, event, go),
        }
    }

    #[inline(always)]
    fn change(&mut self, rules: &Rules, event: &Event<'_>, go: Option<&GoChange>) {
        let Some(change) = go.filter(|change| change.from != change.to) else { return };
        let (id, time) = (change.id, event.time());
        let begins = Some(change.to) == rules.kind.state() && self.is_about(rules.kind, event, change.reason);
        let now = if begins {
            // What was so when the trace began, has been since. (Traces up to Go 1.21
            // say of goroutines in C anew what they do, though they are known.)
            let first = change.from == GoState::Undetermined && self.gs.get(id.0) == Known::Nothing;
            let since = if first { self.synced } else { time };
            Known::Open { since, stack: self.stacks.intern(event.stack_numbered(change.stack)) }
        } else {
            Known::None
        };
        let before = self.gs.replace(id.0, now);
        match before {
            Known::Open { since, stack } => self.count(rules, id, (since, time), stack),
            Known::Nothing if !matches!(change.from, GoState::NotExist | GoState::Undetermined) => {
                self.ends.push((id, time));
            }
            _ => {}
        }
        if change.to == GoState::NotExist {
            self.gs.remove(id.0);
        }
    }

    #[inline(always)]
    fn is_about(&mut self, kind: ProfileKind, event: &Event<'_>, reason: StringId) -> bool {
        let any = !matches!(kind, ProfileKind::Net | ProfileKind::Sync);
        any || self.reasons.get(event, reason, |reason| kind.is_about(GoState::Waiting, reason))
    }

    fn sample(&mut self, rules: &Rules, event: &Event<'_>) {
        if rules.filter.counts(event.goroutine(), event.time()) {
            let stack = self.stacks.intern(event.stack());
            self.tally(stack).count += 1;
        }
    }

    /// Counts a span.
    #[inline(always)]
    fn count(&mut self, rules: &Rules, id: GoId, (since, until): (Time, Time), stack: StackKey) {
        let nanos = rules.filter.within(id, since, until);
        if nanos > 0 {
            let tally = self.tally(stack);
            tally.count += 1;
            tally.nanos = tally.nanos.saturating_add(nanos);
        }
    }

    #[inline(always)]
    fn tally(&mut self, stack: StackKey) -> &mut Tally {
        let at = stack.index();
        if at >= self.tallies.len() {
            self.tallies.resize(at + 1, Tally::default());
        }
        &mut self.tallies[at]
    }

    /// Adds what follows.
    pub(super) fn merge(&mut self, rules: &Rules, next: Spans) {
        for (id, time) in next.ends {
            if let Known::Open { since, stack } = self.gs.get(id.0) {
                self.gs.remove(id.0);
                self.count(rules, id, (since, time), stack);
            }
        }
        let keys = self.stacks.absorb(&next.stacks);
        let key = |stack: StackKey| keys.get(stack.index()).copied().unwrap_or_default();
        for (&stack, more) in keys.iter().zip(&next.tallies) {
            let tally = self.tally(stack);
            tally.count += more.count;
            tally.nanos = tally.nanos.saturating_add(more.nanos);
        }
        // All goroutines that exist are mentioned in every generation; of those
        // that are not, in a trace with gaps, only what is open matters.
        let mut gs = Paged::default();
        for (id, known) in next.gs.iter() {
            let known = match known {
                Known::Open { since, stack } => Known::Open { since, stack: key(stack) },
                other => other,
            };
            gs.replace(id, known);
        }
        for (id, known) in self.gs.iter() {
            if matches!(known, Known::Open { .. }) && gs.get(id) == Known::Nothing {
                gs.replace(id, known);
            }
        }
        (self.gs, self.synced) = (gs, next.synced);
    }

    pub(super) fn finish(mut self, rules: &Rules) -> (Vec<Sample>, Stacks) {
        if rules.unfinished {
            for (id, known) in std::mem::take(&mut self.gs).iter() {
                if let Known::Open { since, stack } = known {
                    // The last sync ends the trace.
                    self.count(rules, GoId(id), (since, self.synced), stack);
                }
            }
        }
        let samples = self.stacks.keys().zip(&self.tallies).filter(|(_, tally)| tally.count != 0);
        let sample =
            |(stack, &Tally { count, nanos })| Sample { stack, state: None, reason: NameId::EMPTY, count, nanos };
        (samples.map(sample).collect(), self.stacks)
    }
}
