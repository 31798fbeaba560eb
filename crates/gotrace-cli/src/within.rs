//! The options that choose a stretch of time: one name and one meaning in all commands.

use crate::human::moment;
use crate::input::Input;
use crate::moment::Moment;
use crate::outcome::Usage;
use crate::output::Output;
use anyhow::{Result, anyhow};
use clap::Args;
use gotrace::analysis::Analysis;
use gotrace::timeline::{Follower, SharedEvent, Transition};
use gotrace::{Time, Trace, Warning, Window};

/// Options that select a stretch of time.
#[derive(Args, Clone, Copy)]
#[command(next_help_heading = "Selection")]
pub(crate) struct Within {
    /// Only from TIME on: time since the trace's start, such as 1.5ms (ns, us, ms, s), or
    /// nanoseconds on the trace's clock, a number without unit
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<Moment>,

    /// Only before TIME, given as for --from
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<Moment>,
}

impl Within {
    /// Returns whether only a part of the trace is asked for.
    pub(crate) fn is_asked(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// Returns the stretch on a trace's clock.
    ///
    /// # Errors
    /// If it does not end after it begins.
    pub(crate) fn window(&self, trace: &Trace<'_>) -> Result<Window> {
        if !self.is_asked() {
            return Ok(Window::default());
        }
        let start = start(trace);
        let [from, to] = [self.from, self.to].map(|moment| moment.map(|moment| moment.since(start)));
        if let (Some(from), Some(to)) = (from, to)
            && to <= from
        {
            return Err(Usage("--to is not after --from".into()).into());
        }
        Ok(Window::new(from, to))
    }

    /// Shows the events of the stretch to an analysis, or to a tuple of them; returns
    /// the answer and the defects that were passed over.
    ///
    /// # Errors
    /// If there are no events in it, and as [`Input::analyze`].
    pub(crate) fn analyze<A: Analysis>(
        &self,
        input: &Input,
        trace: &Trace<'_>,
        analysis: A,
    ) -> Result<(A::Output, Vec<Warning>)> {
        let window = self.window(trace)?;
        if window.is_whole() {
            return input.analyze(trace, analysis);
        }
        let progress = input.progress(trace);
        let watch = |event: &gotrace::Event<'_>| progress.at(event);
        let analyzed = input.analyze_window(&window, trace, (analysis, Occurrences::default()), watch);
        drop(progress);
        let ((output, occurrences), warnings) = analyzed?;
        if occurrences == 0 {
            return Err(self.no_event(input, trace));
        }
        Ok((output, warnings))
    }

    /// Returns the error that there are no events in the stretch.
    pub(crate) fn no_event(&self, input: &Input, trace: &Trace<'_>) -> anyhow::Error {
        let ends = end(trace).since(start(trace));
        anyhow!("{}: no event {self}: the trace has events from 0s to {}", input.name(), moment(ends))
    }

    /// Returns the moment that times on a page count from: the trace's start, so that a
    /// time that is shown can be given to `--from` again. `start` is when the report
    /// starts, which is the trace's start unless `--from` left out a part.
    pub(crate) fn origin(&self, trace: &Trace<'_>, start: Time) -> Time {
        if self.from.is_some() { self::start(trace) } else { start }
    }

    /// Returns how long after the trace's start the stretch begins, in nanoseconds.
    pub(crate) fn offset(&self, trace: &Trace<'_>) -> i64 {
        let Some(from) = self.from else { return 0 };
        let start = start(trace);
        from.since(start).since(start).max(0)
    }

    /// Adds the stretch, in words, to a heading.
    pub(crate) fn describe(&self, parts: &mut Vec<String>) {
        if self.is_asked() {
            parts.push(self.to_string());
        }
    }

    /// Prints which stretch a report is about; nothing if it is about all of the trace.
    pub(crate) fn heading(&self, out: &mut Output) -> std::io::Result<()> {
        let mut parts = Vec::new();
        self.describe(&mut parts);
        out.selection(&parts)
    }
}

impl std::fmt::Display for Within {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.from, self.to) {
            (Some(from), Some(to)) => write!(f, "from {from} to {to}"),
            (Some(from), None) => write!(f, "from {from} on"),
            (None, Some(to)) => write!(f, "before {to}"),
            (None, None) => write!(f, "at all"),
        }
    }
}

/// Returns the time of a trace's first event.
pub(crate) fn start(trace: &Trace<'_>) -> Time {
    trace.start().unwrap_or_default()
}

/// Returns the time of a trace's last event.
pub(crate) fn end(trace: &Trace<'_>) -> Time {
    trace.events().filter_map(Result::ok).last().map_or(Time(0), |event| event.time())
}

/// The analysis that counts the trace's own events: not those made up at the edge of a
/// stretch, which restate what was so before it.
#[derive(Default)]
struct Occurrences(u64);

impl Analysis for Occurrences {
    type Output = u64;

    fn goroutine(&mut self, transition: &Transition<'_, '_>, _: &Follower) {
        self.0 += u64::from(!transition.is_restated());
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, _: &mut Follower) {
        self.0 += u64::from(!event.is_restated() && event.offset().is_some());
    }

    fn finish(self, _: &Follower) -> u64 {
        self.0
    }
}
