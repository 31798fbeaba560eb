//! The pass that makes a profile.

use super::gos::Gos;
use super::ledger::Ledger;
use super::part::Part;
use super::spans::Spans;
use super::{Filter, Profile, ProfileKind, Sample};
use crate::analysis::stacks::Stacks;
use crate::analysis::{Analysis, Compat, Known, Seen, Step};
use crate::event::go::changes_go;
use crate::event::transition::GoState;
use crate::wire::v2::spec::EventType;
use std::sync::Arc;

/// Makes a [`Profile`]. Memory grows with the goroutines that exist at one time
/// and with the different stacks, not with the trace.
///
/// With [`Compat::Go127`] the figures are those of Go 1.27's tools, which count
/// no time of a goroutine before it first runs: the latency from creation to the
/// first run is lost. Otherwise that counts; and what was so when the trace began
/// counts from its beginning, not from its first mention.
///
/// It is an [`Analysis`]; most can also be made in [parts](Self::part), from
/// generations that are read side by side. [`Profiles`](super::Profiles) makes
/// several at once.
#[derive(Clone, Debug)]
pub struct Profiler {
    kind: ProfileKind,
    rules: Arc<Rules>,
    /// The states whose ends matter, a bit for each.
    ends: u8,
    work: Work,
}

/// What to count.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    filter: Filter,
    /// Whether that lets anything less pass than all.
    filters: bool,
    /// Whether to count also what goes on at the end.
    pub(super) unfinished: bool,
}

impl Rules {
    pub(super) fn set_filter(&mut self, filter: Filter) {
        (self.filters, self.filter) = (filter != Filter::default(), filter);
    }

    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// How much of the state that a goroutine leaves counts, in nanoseconds.
    #[inline(always)]
    pub(super) fn count(&self, step: &Step<'_, '_>) -> i64 {
        if self.filters { self.filter.within(step.now.id, step.was.since, step.time()) } else { step.took }
    }
}

/// What has been counted: in one way for spans of one state, and CPU samples; in
/// another for all states; and as Go does.
#[derive(Clone, Debug)]
enum Work {
    Spans(Spans),
    Ledger(Ledger),
    Gos(Box<Gos>),
}

impl Work {
    fn new(kind: ProfileKind, compat: Compat) -> Work {
        match (kind, compat) {
            (ProfileKind::Wall, _) => Work::Ledger(Ledger::default()),
            // Go has no CPU profile to be compatible with.
            (ProfileKind::Cpu, _) | (_, Compat::Right) => Work::Spans(Spans::new(kind)),
            (_, Compat::Go127) => Work::Gos(Box::new(Gos::new(kind))),
        }
    }
}

impl Profiler {
    /// One that has seen nothing yet.
    pub fn new(kind: ProfileKind) -> Profiler {
        let (ends, work) = (ends(kind, Compat::Right), Work::new(kind, Compat::Right));
        Profiler { kind, rules: Arc::default(), ends, work }
    }

    /// This one, which has seen nothing yet, for those figures.
    #[must_use]
    pub fn compat(self, compat: Compat) -> Profiler {
        Profiler { ends: ends(self.kind, compat), work: Work::new(self.kind, compat), ..self }
    }

    /// This one, counting only what passes the filter.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Profiler {
        Arc::make_mut(&mut self.rules).set_filter(filter);
        self
    }

    /// This one, counting also what goes on when the trace ends, up to there; a
    /// wall profile does anyhow, Go's tools never do.
    #[must_use]
    pub fn unfinished(mut self, unfinished: bool) -> Profiler {
        Arc::make_mut(&mut self.rules).unfinished = unfinished;
        self
    }

    /// What makes the same profile of parts of a trace that are read side by side.
    /// None for a wall profile and what Go counts: there, the last stack of a
    /// goroutine and its beginning depend on all that was before.
    pub fn part(&self) -> Option<Part> {
        match &self.work {
            Work::Spans(_) => Some(Part::new(self.kind, Arc::clone(&self.rules))),
            Work::Ledger(_) | Work::Gos(_) => None,
        }
    }
}

impl Analysis for Profiler {
    type Output = Profile;

    #[inline(always)]
    fn wants(&self, event: EventType) -> bool {
        wants(self.kind, event)
    }

    #[inline(always)]
    fn goroutine(&mut self, step: &Step<'_, '_>, known: &Known) {
        // Most steps are told to several profilers, and matter to one or two.
        if self.ends & step.left.bit() == 0 {
            return;
        }
        match &mut self.work {
            Work::Spans(spans) => spans.goroutine(&self.rules, step, known),
            Work::Ledger(ledger) => ledger.goroutine(&self.rules, step),
            Work::Gos(gos) => gos.goroutine(&self.rules, step, known),
        }
    }

    fn event(&mut self, event: &Seen<'_, '_>, known: &mut Known) {
        match &mut self.work {
            Work::Spans(spans) => spans.sample(&self.rules, event, known),
            Work::Ledger(_) => {}
            Work::Gos(gos) => gos.status(event, known),
        }
    }

    fn finish(self, known: &Known) -> Profile {
        let rules = &self.rules;
        let samples = match self.work {
            Work::Spans(mut spans) => {
                spans.end(rules, known);
                spans.samples(known.stacks())
            }
            Work::Ledger(mut ledger) => {
                ledger.end(rules, known);
                ledger.samples(self.kind, known.stacks())
            }
            Work::Gos(gos) => gos.finish(known),
        };
        profile(self.kind, samples, Arc::clone(known.stacks()))
    }
}

/// The states whose ends a profile is made of.
pub(super) fn ends(kind: ProfileKind, compat: Compat) -> u8 {
    match (kind, compat) {
        (ProfileKind::Cpu, _) => 0,
        // A goroutine that does not exist yet may begin a span of Go's.
        (_, Compat::Go127) => u8::MAX,
        _ => kind.state().map_or(!GoState::NotExist.bit(), GoState::bit),
    }
}

/// Whether events of that type matter.
#[inline(always)]
pub(super) fn wants(kind: ProfileKind, event: EventType) -> bool {
    if kind == ProfileKind::Cpu { event == EventType::CPUSample } else { changes_go(event) }
}

/// A profile, its samples in order.
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
