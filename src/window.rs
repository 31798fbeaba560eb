//! Windows: stretches of a trace's time, analyzed as if each were a trace of its own.
//!
//! ```text
//! generation of `from` ──> state: what each G and P is at `from`, what is open then
//!                             │
//!                          prelude: that state as events, all at `from`
//!                             │
//!                          pass: the prelude, the events from `from` to `to`, a sync at `to`
//! ```
//!
//! Every analysis sees what it would see of a program that began to trace itself at `from`
//! and stopped at `to`, to the nanosecond: times over consecutive windows add up to those
//! of the whole. Only the generations that the window touches are read, and the one in
//! front of them. Events from before `from` are known as far as those have them: a
//! goroutine that has waited since an earlier generation has no reason, a task that began
//! in one no type.

mod begin;
mod copy;
mod events;
mod prelude;
mod slice;
mod state;
#[cfg(test)]
mod tests;

pub use events::WindowEvents;
pub use slice::SliceReport;

use crate::analysis::{Analysis, Analyzed, Pass};
use crate::base::time::Time;
use crate::error::Result;
use crate::error::warning::Warning;
use crate::event::Event;
use crate::order::state::guess::guess_last_time;
use crate::order::state::record::Record;
use crate::spec::v2::EventType;
use crate::trace::Trace;
use crate::trace::stream::Blocks;
use prelude::Prelude;
use state::State;
use std::ops::ControlFlow;

/// A stretch of a trace's time.
///
/// ```
/// # let bytes = include_bytes!("../testdata/traces/go1.27/mixed.trace");
/// use gotrace::analysis::summary::CollectSummary;
/// use gotrace::{Time, Trace, Window};
///
/// let trace = Trace::parse(bytes)?;
/// let whole = trace.analyze(CollectSummary::default())?.output;
/// let middle = Time((whole.start.0 + whole.end.0) / 2);
/// let half = Window::new(Some(middle), None).analyze(&trace, CollectSummary::default())?.output;
/// assert_eq!((half.start, half.end), (middle, whole.end));
/// # Ok::<(), gotrace::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Window {
    from: Option<Time>,
    to: Option<Time>,
}

impl Window {
    /// Returns the window of the events at `from` or later and before `to`, both on the
    /// trace's clock; none stands for the trace's beginning or end.
    pub fn new(from: Option<Time>, to: Option<Time>) -> Window {
        Window { from, to }
    }

    /// Returns whether the window covers any trace as a whole.
    pub fn is_whole(&self) -> bool {
        *self == Window::default()
    }

    /// Returns the start; none if that is the trace's.
    pub fn from(&self) -> Option<Time> {
        self.from
    }

    /// Returns the end; none if that is the trace's.
    pub fn to(&self) -> Option<Time> {
        self.to
    }

    /// Returns whether a time is within the window.
    pub fn contains(&self, time: Time) -> bool {
        self.from.is_none_or(|from| from <= time) && self.to.is_none_or(|to| time < to)
    }

    /// Answers a question, or several, about this window of a trace.
    ///
    /// # Errors
    /// Returns the first defect in the generations that the window touches, in strict mode.
    pub fn analyze<A: Analysis>(&self, trace: &Trace<'_>, analysis: A) -> Result<Analyzed<A::Output>> {
        self.analyze_watched(trace, analysis, |_| ())
    }

    /// Answers a question as [`analyze`](Self::analyze) does, and calls `watch` with an
    /// event now and then, for a display of progress.
    ///
    /// # Errors
    /// Returns the first defect, as [`analyze`](Self::analyze) does.
    pub fn analyze_watched<A: Analysis>(
        &self,
        trace: &Trace<'_>,
        analysis: A,
        mut watch: impl FnMut(&Event<'_>),
    ) -> Result<Analyzed<A::Output>> {
        let mut go_on = |event: &Event<'_>| {
            watch(event);
            true
        };
        let (output, warnings) = self.pass(trace, analysis, &mut go_on)?;
        Ok(Analyzed { output, warnings })
    }

    /// Answers a question about this window, unless `go_on` returns false, which is called
    /// with an event now and then: for those who may lose interest. Returns nothing then.
    ///
    /// # Errors
    /// As [`analyze`](Self::analyze).
    pub fn analyze_while<A: Analysis>(
        &self,
        trace: &Trace<'_>,
        analysis: A,
        mut go_on: impl FnMut(&Event<'_>) -> bool,
    ) -> Result<Option<Analyzed<A::Output>>> {
        let mut given_up = false;
        let mut watch = |event: &Event<'_>| {
            given_up |= !go_on(event);
            !given_up
        };
        let (output, warnings) = self.pass(trace, analysis, &mut watch)?;
        Ok((!given_up).then_some(Analyzed { output, warnings }))
    }

    /// Returns the state at the beginning of the window, or none if it begins with an old trace;
    /// and the blocks that have its events, some in front of it in the first.
    fn start_of<'t>(&self, trace: &'t Trace<'t>) -> Result<(Option<Start<'t>>, Blocks<'t>)> {
        let first = trace.start();
        // An old trace states all existing goroutines at its beginning anyway.
        let begins = first.filter(|_| !trace.version().is_v1());
        // A window from before the trace begins with the trace.
        let from = self.from.filter(|from| Some(*from) > first).or(begins);
        let Some(from) = from else { return Ok((None, Blocks::new(trace))) };
        let (start, mut blocks) = Start::of(trace, from)?;
        // The state has been read from here: a defect is one of the trace.
        blocks.order.trust_guess();
        Ok((Some(start), blocks))
    }

    /// Shows an analysis the window, as long as `go_on` says so.
    fn pass<A: Analysis>(
        &self,
        trace: &Trace<'_>,
        mut analysis: A,
        go_on: &mut dyn FnMut(&Event<'_>) -> bool,
    ) -> Result<(A::Output, Vec<Warning>)> {
        if self.is_whole() {
            let Analyzed { output, warnings } = trace.analyze_while(analysis, go_on)?;
            return Ok((output, warnings));
        }
        let mut pass = Pass::default();
        let (start, blocks) = self.start_of(trace)?;
        if let Some(Start { from, state, .. }) = &start {
            let bytes = state.encode(trace, *from);
            Prelude::parse(&bytes, trace.options())?.show(*from, state, &mut pass, &mut analysis);
        }
        let mut ended = false;
        let warnings = blocks.up_to(self.to).for_each(|generation, records| {
            let Some(&first) = records.first() else { return ControlFlow::Continue(()) };
            ended = !go_on(&Event::new(trace.framed(), generation, first));
            if ended {
                return ControlFlow::Break(());
            }
            for &record in records {
                let event = Event::new(trace.framed(), generation, record);
                if self.to.is_some_and(|to| to <= event.time()) {
                    ended = true;
                    return ControlFlow::Break(());
                }
                let shown = match &start {
                    Some(start) => start.shown(event),
                    None => Some(event),
                };
                // Functions are noted from all events, also those that are not shown.
                pass.follower_mut().recall_function(&event);
                if let Some(event) = shown {
                    pass.show(&event, &mut analysis);
                }
            }
            ControlFlow::Continue(())
        })?;
        if let Some(to) = self.to.filter(|_| ended) {
            // The window ends at `to` even without an event there.
            let sync = Record::sync(start.as_ref().map_or(to, |start| start.from.max(to)));
            pass.show(&Event::new(trace.framed(), None, sync), &mut analysis);
        }
        Ok((pass.finish(analysis), warnings))
    }
}

/// The beginning of a window.
struct Start<'t> {
    from: Time,
    /// Index of the first generation that is read.
    generation: usize,
    state: State<'t>,
}

impl<'t> Start<'t> {
    /// Returns the beginning of a window, and the blocks from there on.
    fn of(trace: &'t Trace<'t>, from: Time) -> Result<(Start<'t>, Blocks<'t>)> {
        // The generation in front has what a generation by itself leaves open: the reasons
        // of waits, and the M of each P.
        let generation = generation_of(trace, from).saturating_sub(1);
        let at = |generation| State::at(trace, generation, from);
        // A generation that cannot be read by itself is read behind all those in front of
        // it.
        let (generation, (state, blocks)) = match at(generation) {
            Err(_) if generation > 0 => (0, at(0)?),
            read => (generation, read?),
        };
        Ok((Start { from, generation, state }, blocks))
    }

    /// Returns the event to show for an event behind the prelude: none for one from before
    /// the window, and for a sync at its start; for a first mention that the prelude has
    /// stated already, a status that is known.
    fn shown<'e>(&self, event: Event<'e>) -> Option<Event<'e>> {
        let begins = event.wire_type() == EventType::Sync && event.time() == self.from;
        if event.time() < self.from || begins {
            return None;
        }
        Some(if self.state.has_stated(&event) { event.as_known() } else { event })
    }
}

/// Nanoseconds by which the last time of a generation may be later than its guess: events
/// at one time are told apart by a nanosecond each.
const EQUAL: i64 = 10_000;

/// Returns the index of the generation that a time is in: of the first of two where they
/// overlap.
fn generation_of(trace: &Trace<'_>, time: Time) -> usize {
    let generations = trace.generations();
    let mut place = generations.partition_point(|generation| generation.start() <= time).saturating_sub(1);
    // Times go on from where the generation in front has ended.
    while let Some(before) = place.checked_sub(1).and_then(|place| generations.get(place))
        && time.0 <= guess_last_time(before).saturating_add(EQUAL)
    {
        place -= 1;
    }
    place
}
