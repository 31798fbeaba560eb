//! Answers to questions about a trace, each from one pass over its events.
//!
//! ```text
//! events ──> pass: follows each goroutine once ──> analyses, side by side ──> answers
//! ```

mod add_up;
mod by_slot;
pub mod count;
pub mod durations;
pub mod gc;
pub mod goroutines;
pub mod histogram;
pub mod latency;
mod longest;
mod memo;
pub mod metrics;
pub mod mmu;
pub mod names;
pub mod over_time;
mod pass;
pub mod procs;
mod procs_by_id;
pub mod profile;
pub mod stacks;
pub mod summary;
mod table;
mod threads;

pub(crate) use add_up::add_up;
pub(crate) use by_slot::BySlot;
pub(crate) use longest::Longest;
pub(crate) use memo::{Memo, Place};
pub(crate) use pass::{Aside, Spent};
pub use pass::{Known, Life, Pass, Seen, Step};
pub(crate) use procs_by_id::ByProc;
pub(crate) use table::Table;
pub(crate) use threads::ThreadSet;

use crate::error::Result;
use crate::event::Event;
use crate::trace::Trace;
use crate::warning::Warning;
use crate::wire::v2::spec::EventType;
use std::ops::ControlFlow;

/// A question that is answered by looking at every event once, in order.
///
/// Several share one pass as a tuple; an `Option` is one that may not be asked.
///
/// ```
/// # let bytes = include_bytes!("../testdata/traces/go1.27/hello.trace");
/// use gotrace::analysis::{count::Count, summary::Summarize};
///
/// let trace = gotrace::Trace::parse(bytes)?;
/// let (count, summary) = trace.analyze((Count::default(), Summarize::default()))?.output;
/// assert_eq!(count.events(), summary.events);
/// # Ok::<(), gotrace::Error>(())
/// ```
///
/// Most questions are about goroutines, and those the pass follows for all: an
/// analysis is shown each step of one, with the state that it leaves. Here is one of
/// your own, the longest wait for a P and whose that was:
///
/// ```
/// # let bytes = include_bytes!("../testdata/traces/go1.27/mixed.trace");
/// use gotrace::analysis::{Analysis, Known, Step};
/// use gotrace::GoState;
/// use gotrace::wire::v2::spec::EventType;
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
///     fn goroutine(&mut self, step: &Step<'_, '_>, known: &Known) {
///         let waited = step.before().is_some_and(|before| before.state() == GoState::Runnable);
///         if waited && step.took() > self.nanos {
///             let name = known.stacks().names.get(step.after().function());
///             (self.nanos, self.function) = (step.took(), String::from_utf8_lossy(name).into());
///         }
///     }
///
///     fn finish(self, _: &Known) -> (i64, String) {
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
    /// The answer. It borrows nothing from the trace.
    type Output;

    /// Whether it has a use for events of that type: what no analysis of a pass
    /// wants is not decoded. It may be shown others nevertheless. Of those that
    /// change what goroutines do it gets all or none: `GoStart` stands for them.
    #[inline]
    fn wants(&self, event: EventType) -> bool {
        let _ = event;
        true
    }

    /// Takes note of a step of a goroutine, from one state to another.
    #[inline(always)]
    fn goroutine(&mut self, step: &Step<'_, '_>, known: &Known) {
        let _ = (step, known);
    }

    /// Takes note of any other event. The status of a goroutine that is known, as
    /// later generations repeat it, is one of these.
    #[inline]
    fn event(&mut self, event: &Seen<'_, '_>, known: &mut Known) {
        let _ = (event, known);
    }

    /// Ends the trace.
    fn finish(self, known: &Known) -> Self::Output;
}

impl<A: Analysis> Analysis for Option<A> {
    type Output = Option<A::Output>;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        self.as_ref().is_some_and(|analysis| analysis.wants(event))
    }

    #[inline(always)]
    fn goroutine(&mut self, step: &Step<'_, '_>, known: &Known) {
        if let Some(analysis) = self {
            analysis.goroutine(step, known);
        }
    }

    #[inline]
    fn event(&mut self, event: &Seen<'_, '_>, known: &mut Known) {
        if let Some(analysis) = self {
            analysis.event(event, known);
        }
    }

    fn finish(self, known: &Known) -> Self::Output {
        self.map(|analysis| analysis.finish(known))
    }
}

macro_rules! side_by_side {
    ($($name:ident)*) => {
        impl<$($name: Analysis),*> Analysis for ($($name,)*) {
            type Output = ($($name::Output,)*);

            #[inline]
            #[allow(non_snake_case, reason = "each is named as its type")]
            fn wants(&self, event: EventType) -> bool {
                let ($($name,)*) = self;
                false $(|| $name.wants(event))*
            }

            #[inline(always)]
            #[allow(non_snake_case, reason = "each is named as its type")]
            fn goroutine(&mut self, step: &Step<'_, '_>, known: &Known) {
                let ($($name,)*) = self;
                $($name.goroutine(step, known);)*
            }

            #[inline]
            #[allow(non_snake_case, reason = "each is named as its type")]
            fn event(&mut self, event: &Seen<'_, '_>, known: &mut Known) {
                let ($($name,)*) = self;
                $(if $name.wants(event.wire_type()) {
                    $name.event(event, known);
                })*
            }


            #[allow(non_snake_case, reason = "each is named as its type")]
            fn finish(self, known: &Known) -> Self::Output {
                let ($($name,)*) = self;
                ($($name.finish(known),)*)
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

/// Whose figures an analysis gives where Go's tools are known to be wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Compat {
    /// The right ones.
    #[default]
    Right,
    /// Those that Go 1.27's tools print, defects included.
    Go127,
}

/// What a [`Trace::analyze`] has come to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Analyzed<T> {
    /// The answer.
    pub output: T,
    /// The defects met, in lenient mode.
    pub warnings: Vec<Warning>,
}

impl Trace<'_> {
    /// Answers a question, or several, in one pass. Where the options allow two
    /// threads, ordering runs ahead on one of its own.
    ///
    /// # Errors
    /// The first defect, in strict mode.
    pub fn analyze<A: Analysis>(&self, analysis: A) -> Result<Analyzed<A::Output>> {
        self.analyze_watched(analysis, |_| ())
    }

    /// The same, calling `watch` with an event now and then: for those who tell
    /// how far it is.
    ///
    /// # Errors
    /// The first defect, in strict mode.
    pub fn analyze_watched<A: Analysis>(
        &self,
        mut analysis: A,
        mut watch: impl FnMut(&Event<'_>),
    ) -> Result<Analyzed<A::Output>> {
        let mut pass = Pass::default();
        let warnings = self.for_each_block(|generation, records| {
            let Some(&first) = records.first() else { return ControlFlow::Continue(()) };
            let event = Event::new(self, generation, first);
            watch(&event);
            pass.turn_to(generation, event.time());
            for &record in records {
                pass.show_next(&Event::new(self, generation, record), &mut analysis);
            }
            ControlFlow::Continue(())
        })?;
        Ok(Analyzed { output: pass.finish(analysis), warnings })
    }
}
