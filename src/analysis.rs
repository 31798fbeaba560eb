//! Answers to questions about a trace, each from one pass over its events.
//!
//! ```text
//! events ──> pass: follows each goroutine once ──> analyses, side by side ──> answers
//! ```

mod add_up;
pub mod annotations;
pub mod count;
pub mod durations;
mod first;
pub mod gc;
pub mod goroutines;
pub mod histogram;
pub mod intervals;
pub mod latency;
mod longest;
mod memo;
pub mod metrics;
pub mod mmu;
mod open_regions;
pub mod over_time;
mod pass;
pub mod path;
pub mod procs;
pub mod profile;
pub mod summary;
pub mod task_types;

pub(crate) use add_up::add_up;
pub(crate) use first::first;
pub(crate) use longest::Longest;
pub(crate) use memo::{Memo, Place};
pub(crate) use open_regions::{Ended, OpenRegions, TaskIds};
pub use pass::Pass;

pub use crate::timeline::collector;
pub(crate) use crate::timeline::{ByProc, BySlot, OutlinedTransition, Table, TimeInStates};
pub use crate::timeline::{Follower, GoroutineState, SharedEvent, Transition, names, stacks};

use crate::error::Result;
use crate::error::warning::Warning;
use crate::event::Event;
use crate::spec::v2::EventType;
use crate::timeline::collector::Collected;
use crate::trace::Trace;
use std::ops::ControlFlow;

/// A question that is answered by looking at every event once, in order.
///
/// Several share one pass as a tuple; an `Option` is one that may not be asked.
///
/// ```
/// # let bytes = include_bytes!("../testdata/traces/go1.27/hello.trace");
/// use gotrace::analysis::{count::CollectCounts, summary::CollectSummary};
///
/// let trace = gotrace::Trace::parse(bytes)?;
/// let (count, summary) = trace.analyze((CollectCounts::default(), CollectSummary::default()))?.output;
/// assert_eq!(count.events(), summary.events);
/// # Ok::<(), gotrace::Error>(())
/// ```
///
/// Most questions are about goroutines. Those the pass follows for all analyses: an
/// analysis is shown each transition of one, with the state that it leaves. An analysis of
/// your own, for the longest wait for a P and the function of the goroutine that waited:
///
/// ```
/// # let bytes = include_bytes!("../testdata/traces/go1.27/mixed.trace");
/// use gotrace::analysis::{Analysis, Follower, Transition};
/// use gotrace::GoState;
/// use gotrace::spec::v2::EventType;
///
/// #[derive(Default)]
/// struct LongestWait {
///     nanos: i64,
///     function: String,
/// }
///
/// impl Analysis for LongestWait {
///     type Output = (i64, String);
///
///     fn wants(&self, event: EventType) -> bool {
///         event == EventType::GoStart
///     }
///
///     fn goroutine(&mut self, transition: &Transition<'_, '_>, known: &Follower) {
///         let waited = transition.before().is_some_and(|before| before.state() == GoState::Runnable);
///         if waited && transition.took() > self.nanos {
///             let name = known.stacks().names.get(transition.after().function());
///             (self.nanos, self.function) = (transition.took(), String::from_utf8_lossy(name).into());
///         }
///     }
///
///     fn finish(self, _: &Follower) -> (i64, String) {
///         (self.nanos, self.function)
///     }
/// }
///
/// let trace = gotrace::Trace::parse(bytes)?;
/// let (nanos, function) = trace.analyze(LongestWait::default())?.output;
/// assert!(nanos > 0 && !function.is_empty());
/// # Ok::<(), gotrace::Error>(())
/// ```
pub trait Analysis {
    /// Answer of the analysis, which borrows nothing from the trace.
    type Output;

    /// True if the analysis needs to know what the garbage collector takes: then the pass
    /// follows that, and hands it to [`collected`](Self::collected).
    const FOLLOWS_COLLECTOR: bool = false;

    /// Returns whether the analysis has a use for events of a type: events that no analysis
    /// of a pass wants are not decoded. It may be shown others nevertheless. Events that
    /// change goroutines are shown all or not at all: `GoStart` stands for them.
    #[inline]
    fn wants(&self, event: EventType) -> bool {
        let _ = event;
        true
    }

    /// Takes note of a transition of a goroutine, from one state to another.
    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        let _ = (transition, follower);
    }

    /// Takes note of any other event. The status of a goroutine that is known, as later
    /// generations repeat it, is one of these.
    #[inline]
    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        let _ = (event, follower);
    }

    /// Takes note of processor time that the garbage collector took, once that is known,
    /// after the event that told it. Called if [`FOLLOWS_COLLECTOR`](Self::FOLLOWS_COLLECTOR)
    /// is true.
    #[inline]
    fn collected(&mut self, collected: &Collected) {
        let _ = collected;
    }

    /// Ends the pass and returns the answer.
    fn finish(self, follower: &Follower) -> Self::Output;
}

impl<A: Analysis> Analysis for Option<A> {
    type Output = Option<A::Output>;

    const FOLLOWS_COLLECTOR: bool = A::FOLLOWS_COLLECTOR;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        self.as_ref().is_some_and(|analysis| analysis.wants(event))
    }

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        if let Some(analysis) = self {
            analysis.goroutine(transition, follower);
        }
    }

    #[inline]
    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        if let Some(analysis) = self {
            analysis.event(event, follower);
        }
    }

    fn collected(&mut self, collected: &Collected) {
        if let Some(analysis) = self {
            analysis.collected(collected);
        }
    }

    fn finish(self, follower: &Follower) -> Self::Output {
        self.map(|analysis| analysis.finish(follower))
    }
}

macro_rules! side_by_side {
    ($($name:ident)*) => {
        impl<$($name: Analysis),*> Analysis for ($($name,)*) {
            type Output = ($($name::Output,)*);

            const FOLLOWS_COLLECTOR: bool = false $(|| $name::FOLLOWS_COLLECTOR)*;

            #[inline]
            #[allow(non_snake_case, reason = "each is named as its type")]
            fn wants(&self, event: EventType) -> bool {
                let ($($name,)*) = self;
                false $(|| $name.wants(event))*
            }

            #[inline(always)]
            #[allow(non_snake_case, reason = "each is named as its type")]
            fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
                let ($($name,)*) = self;
                $($name.goroutine(transition, follower);)*
            }

            #[inline]
            #[allow(non_snake_case, reason = "each is named as its type")]
            fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
                let ($($name,)*) = self;
                $(if $name.wants(event.wire_type()) {
                    $name.event(event, follower);
                })*
            }

            #[allow(non_snake_case, reason = "each is named as its type")]
            fn collected(&mut self, collected: &Collected) {
                let ($($name,)*) = self;
                $($name.collected(collected);)*
            }

            #[allow(non_snake_case, reason = "each is named as its type")]
            fn finish(self, follower: &Follower) -> Self::Output {
                let ($($name,)*) = self;
                ($($name.finish(follower),)*)
            }
        }
    };
}

side_by_side!(A);
side_by_side!(A B);
side_by_side!(A B C);
side_by_side!(A B C D);
side_by_side!(A B C D E);
side_by_side!(A B C D E F);
side_by_side!(A B C D E F G);
side_by_side!(A B C D E F G H);
side_by_side!(A B C D E F G H I);
side_by_side!(A B C D E F G H I J);

/// Choice of figures where Go's tools are known to be wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Compat {
    /// Correct figures.
    #[default]
    Right,
    /// Figures that Go 1.27's tools print, defects included.
    Go127,
}

/// Result of [`Trace::analyze`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Analyzed<T> {
    /// Answer of the analysis.
    pub output: T,
    /// Defects met, in lenient mode.
    pub warnings: Vec<Warning>,
}

impl Trace<'_> {
    /// Answers a question, or several, in one pass. Where the options allow two threads,
    /// ordering runs ahead on a thread of its own.
    ///
    /// # Errors
    /// Returns the first defect, in strict mode.
    pub fn analyze<A: Analysis>(&self, analysis: A) -> Result<Analyzed<A::Output>> {
        self.analyze_watched(analysis, |_| ())
    }

    /// Answers a question as [`analyze`](Self::analyze) does, and calls `watch` with an
    /// event now and then, for a display of progress.
    ///
    /// # Errors
    /// Returns the first defect, in strict mode.
    pub fn analyze_watched<A: Analysis>(
        &self,
        analysis: A,
        mut watch: impl FnMut(&Event<'_>),
    ) -> Result<Analyzed<A::Output>> {
        self.analyze_while(analysis, |event| {
            watch(event);
            true
        })
    }

    /// Answers as [`analyze`](Self::analyze) as long as `go_on` returns true: then the trace ends there.
    pub(crate) fn analyze_while<A: Analysis>(
        &self,
        mut analysis: A,
        mut go_on: impl FnMut(&Event<'_>) -> bool,
    ) -> Result<Analyzed<A::Output>> {
        let mut pass = Pass::default();
        let warnings = self.for_each_block(|generation, records| {
            let Some(&first) = records.first() else { return ControlFlow::Continue(()) };
            let event = Event::new(self.framed(), generation, first);
            if !go_on(&event) {
                return ControlFlow::Break(());
            }
            pass.turn_to(generation, event.time());
            for &record in records {
                pass.show_next(&Event::new(self.framed(), generation, record), &mut analysis);
            }
            ControlFlow::Continue(())
        })?;
        Ok(Analyzed { output: pass.finish(analysis), warnings })
    }
}
