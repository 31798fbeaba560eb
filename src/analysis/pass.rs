//! A pass over events: the follower, and the analyses that it shows them to.

use super::Analysis;
use crate::base::time::Time;
use crate::event::Event;
use crate::generation::Generation;
use crate::spec::v2::EventType;
use crate::timeline::collector::Collector;
use crate::timeline::{Follower, Observer, SharedEvent, Transition};

/// Shows events to an analysis, or to a tuple of them, as
/// [`Trace::analyze`](crate::Trace::analyze) does, for programs that read the events
/// themselves.
///
/// ```
/// # let bytes = include_bytes!("../../testdata/traces/go1.27/hello.trace");
/// use gotrace::analysis::{Analysis, Pass, summary::CollectSummary};
///
/// let trace = gotrace::Trace::parse(bytes)?;
/// let (mut pass, mut summary) = (Pass::default(), CollectSummary::default());
/// for event in trace.events() {
///     pass.show(&event?, &mut summary);
/// }
/// assert!(pass.finish(summary).events > 0);
/// # Ok::<(), gotrace::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Pass {
    follower: Follower,
    /// Follows the collector, if the analysis needs that.
    collector: Collector,
}

/// An analysis as the [`Observer`] of a pass, with or without details.
struct DetailObserver<'a, A, const DETAILS: bool>(&'a mut A);

impl<A: Analysis, const DETAILS: bool> Observer for DetailObserver<'_, A, DETAILS> {
    const DETAILS: bool = DETAILS;

    #[inline(always)]
    fn wants(&self, event: EventType) -> bool {
        self.0.wants(event)
    }

    #[inline(always)]
    fn goroutine(self, transition: &Transition<'_, '_>, follower: &Follower) {
        self.0.goroutine(transition, follower);
    }

    #[inline(always)]
    fn event(self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        self.0.event(event, follower);
    }
}

/// An analysis as the [`Observer`] of a pass that follows the collector for it.
struct CollectorObserver<'a, A> {
    analysis: &'a mut A,
    collector: &'a mut Collector,
}

impl<A: Analysis> CollectorObserver<'_, A> {
    /// Hands on what the collector has taken.
    #[inline(never)]
    fn hand_on(self) {
        while let Some(collected) = self.collector.take() {
            self.analysis.collected(&collected);
        }
    }
}

impl<A: Analysis> Observer for CollectorObserver<'_, A> {
    const DETAILS: bool = true;

    #[inline(always)]
    fn wants(&self, event: EventType) -> bool {
        self.analysis.wants(event) || self.collector.wants(event)
    }

    #[inline(always)]
    fn goroutine(self, transition: &Transition<'_, '_>, follower: &Follower) {
        self.analysis.goroutine(transition, follower);
        if self.collector.transition(transition, follower) {
            self.hand_on();
        }
    }

    #[inline(always)]
    fn event(self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        if self.analysis.wants(event.wire_type()) {
            self.analysis.event(event, follower);
        }
        if self.collector.wants(event.wire_type()) {
            self.collector.event(event, follower);
            self.hand_on();
        }
    }
}

impl Pass {
    /// Shows the next event to an analysis, if that has a use for it.
    #[inline(always)]
    pub fn show<A: Analysis>(&mut self, event: &Event<'_>, analysis: &mut A) {
        self.turn_to(event.generation(), event.time());
        self.show_next(event, analysis);
    }

    /// Turns to the generation of the following events, the next of which happens at
    /// `time`.
    #[inline(always)]
    pub(super) fn turn_to(&mut self, generation: Option<&Generation<'_>>, time: Time) {
        self.follower.turn_to(generation.map(Generation::index), time);
    }

    /// Shows an event of the generation that was turned to.
    #[inline(always)]
    pub(super) fn show_next<A: Analysis>(&mut self, event: &Event<'_>, analysis: &mut A) {
        match A::FOLLOWS_COLLECTOR {
            true => self.follower.show(event, CollectorObserver { analysis, collector: &mut self.collector }),
            false => self.follower.show(event, DetailObserver::<A, true>(analysis)),
        }
    }

    /// Shows the next event to an analysis that needs only the states of goroutines, their
    /// times, reasons and causing stacks: no more is followed.
    #[inline(always)]
    pub(super) fn show_spans<A: Analysis>(&mut self, event: &Event<'_>, analysis: &mut A) {
        self.turn_to(event.generation(), event.time());
        self.follower.show(event, DetailObserver::<A, false>(analysis));
    }

    /// Returns the follower, for callers that know things which events do not say.
    pub(crate) fn follower_mut(&mut self) -> &mut Follower {
        &mut self.follower
    }

    /// Returns the follower, with the goroutines as they are after the last event.
    pub fn follower(&self) -> &Follower {
        &self.follower
    }

    /// Returns the answer of an analysis that has been shown all events.
    pub fn finish<A: Analysis>(&self, mut analysis: A) -> A::Output {
        if A::FOLLOWS_COLLECTOR {
            let mut collector = self.collector.clone();
            collector.finish(&self.follower);
            CollectorObserver { analysis: &mut analysis, collector: &mut collector }.hand_on();
        }
        analysis.finish(&self.follower)
    }
}
