//! The pass that makes a profile.

use super::go_spans::GoSpans;
use super::ledger::Ledger;
use super::part::Part;
use super::spans::Spans;
use super::{Filter, Profile, ProfileKind, Sample};
use crate::analysis::stacks::Stacks;
use crate::analysis::{Analysis, Compat, Follower, SharedEvent, Transition};
use crate::event::go::changes_go;
use crate::spec::state::GoState;
use crate::spec::v2::EventType;
use std::sync::Arc;

/// Makes a [`Profile`]. Memory grows with the goroutines that exist at one time
/// and with the different stacks, not with the trace.
///
/// With [`Compat::Go127`] the figures are those of Go 1.27's tools, which count no time of
/// a goroutine before it first runs: the latency from creation to the first run is lost.
/// Otherwise that counts; and states that lasted when the trace began count from its
/// beginning, not from their first mention.
///
/// Most profiles can also be made in [parts](Self::part), from generations that are read
/// side by side. [`CollectProfiles`](super::CollectProfiles) makes several at once.
#[derive(Clone, Debug)]
pub struct CollectProfile {
    kind: ProfileKind,
    rules: Arc<Rules>,
    /// States whose ends matter, a bit for each.
    ends: u8,
    work: Work,
}

/// Rules for what to count.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    filter: Filter,
    /// True if the filter lets less pass than everything.
    filters: bool,
    /// True if states that go on at the end count too.
    pub(super) unfinished: bool,
}

impl Rules {
    pub(super) fn set_filter(&mut self, filter: Filter) {
        (self.filters, self.filter) = (filter != Filter::default(), filter);
    }

    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Returns the part of the state that a goroutine leaves that counts, in nanoseconds.
    #[inline(always)]
    pub(super) fn count(&self, transition: &Transition<'_, '_>) -> i64 {
        if self.filters {
            self.filter.within(transition.now.id, transition.was.since, transition.time())
        } else {
            transition.took
        }
    }
}

/// Counters: one for spans of one state, and CPU samples; one for all states; and one that
/// counts as Go does.
#[derive(Clone, Debug)]
enum Work {
    Spans(Spans),
    Ledger(Ledger),
    GoSpans(Box<GoSpans>),
}

impl Work {
    fn new(kind: ProfileKind, compat: Compat) -> Work {
        match (kind, compat) {
            (ProfileKind::Wall, _) => Work::Ledger(Ledger::default()),
            // Go's tools make no CPU profile of a trace.
            (ProfileKind::Cpu, _) | (_, Compat::Right) => Work::Spans(Spans::new(kind)),
            (_, Compat::Go127) => Work::GoSpans(Box::new(GoSpans::new(kind))),
        }
    }
}

impl CollectProfile {
    /// Returns a profiler that has seen nothing yet.
    pub fn new(kind: ProfileKind) -> CollectProfile {
        let (ends, work) = (ends(kind, Compat::Right), Work::new(kind, Compat::Right));
        CollectProfile { kind, rules: Arc::default(), ends, work }
    }

    /// Returns the profiler, which must have seen nothing yet, for the chosen figures.
    #[must_use]
    pub fn compat(self, compat: Compat) -> CollectProfile {
        CollectProfile { ends: ends(self.kind, compat), work: Work::new(self.kind, compat), ..self }
    }

    /// Returns the profiler, counting only the time that passes the filter.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> CollectProfile {
        Arc::make_mut(&mut self.rules).set_filter(filter);
        self
    }

    /// Returns the profiler, counting also the states that go on when the trace ends, up to
    /// there. A wall profile does so anyway, Go's tools never do.
    #[must_use]
    pub fn unfinished(mut self, unfinished: bool) -> CollectProfile {
        Arc::make_mut(&mut self.rules).unfinished = unfinished;
        self
    }

    /// Returns the maker of a part of the same profile, for generations that are read side
    /// by side. None for a wall profile and for Go's figures: they depend on the last stack
    /// of a goroutine and on its beginning, and so on all that was before.
    pub fn part(&self) -> Option<Part> {
        match &self.work {
            Work::Spans(_) => Some(Part::new(self.kind, Arc::clone(&self.rules))),
            Work::Ledger(_) | Work::GoSpans(_) => None,
        }
    }
}

impl Analysis for CollectProfile {
    type Output = Profile;

    #[inline(always)]
    fn wants(&self, event: EventType) -> bool {
        wants(self.kind, event)
    }

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        // Most transitions are shown to several profilers, and matter to one or two.
        if self.ends & transition.left.bit() == 0 {
            return;
        }
        match &mut self.work {
            Work::Spans(spans) => spans.goroutine(&self.rules, transition, follower),
            Work::Ledger(ledger) => ledger.goroutine(&self.rules, transition),
            Work::GoSpans(go_spans) => go_spans.goroutine(&self.rules, transition, follower),
        }
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        match &mut self.work {
            Work::Spans(spans) => spans.sample(&self.rules, event, follower),
            Work::Ledger(_) => {}
            Work::GoSpans(go_spans) => go_spans.status(event, follower),
        }
    }

    fn finish(self, follower: &Follower) -> Profile {
        let rules = &self.rules;
        let samples = match self.work {
            Work::Spans(mut spans) => {
                spans.end(rules, follower);
                spans.samples(follower.stacks())
            }
            Work::Ledger(mut ledger) => {
                ledger.end(rules, follower);
                ledger.samples(self.kind, follower.stacks())
            }
            Work::GoSpans(go_spans) => go_spans.finish(follower),
        };
        profile(self.kind, samples, Arc::clone(follower.stacks()))
    }
}

/// Returns the states whose ends a profile needs, a bit for each.
pub(super) fn ends(kind: ProfileKind, compat: Compat) -> u8 {
    match (kind, compat) {
        (ProfileKind::Cpu, _) => 0,
        // For Go, a goroutine that does not exist yet may begin a span.
        (_, Compat::Go127) => u8::MAX,
        _ => kind.state().map_or(!GoState::NotExist.bit(), GoState::bit),
    }
}

/// Returns whether events of a type matter.
#[inline(always)]
pub(super) fn wants(kind: ProfileKind, event: EventType) -> bool {
    if kind == ProfileKind::Cpu { event == EventType::CPUSample } else { changes_go(event) }
}

/// Returns a profile, its samples in order.
pub(super) fn profile(kind: ProfileKind, mut samples: Vec<Sample>, stacks: Arc<Stacks>) -> Profile {
    samples.sort_unstable_by(|a, b| {
        let heavier = (b.nanos, b.count).cmp(&(a.nanos, a.count));
        let name = |sample: &Sample| stacks.names.get(sample.reason);
        heavier
            .then_with(|| stacks.order(a.stack, b.stack))
            .then_with(|| a.state.cmp(&b.state))
            .then_with(|| name(a).cmp(name(b)))
    });
    Profile { kind, samples, stacks }
}
