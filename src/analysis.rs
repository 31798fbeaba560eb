//! Answers to questions about a trace, each from one pass over its events.

pub mod count;
pub mod summary;

use crate::event::Event;

/// A question that is answered by looking at every event once, in order.
/// Several can share one pass.
///
/// ```
/// # let bytes = include_bytes!("../testdata/traces/go1.27/hello.trace");
/// use gotrace::analysis::{Analysis, count::Count, summary::Summarize};
///
/// let trace = gotrace::Trace::parse(bytes)?;
/// let (mut count, mut summary) = (Count::default(), Summarize::default());
/// for event in trace.events() {
///     let event = event?;
///     count.event(&event);
///     summary.event(&event);
/// }
/// assert_eq!(count.finish().events(), summary.finish().events);
/// # Ok::<(), gotrace::Error>(())
/// ```
pub trait Analysis {
    /// The answer.
    type Output;

    /// Takes note of the next event.
    fn event(&mut self, event: &Event<'_>);

    /// Ends the trace.
    fn finish(self) -> Self::Output;
}
