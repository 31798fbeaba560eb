//! Reading of an input's trace, with a display of how far it is.

use super::Input;
use crate::progress::{Meter, Progress};
use anyhow::{Result, anyhow};
use gotrace::analysis::Analysis;
use gotrace::{Event, Trace, Warning, Window};
use std::ops::ControlFlow;

impl Input {
    /// Shows how far reading the trace is.
    pub(crate) fn progress(&self, trace: &Trace<'_>) -> Progress {
        match &self.part {
            Some(part) => Progress::shared(trace, part),
            None => Progress::new(trace, self.quiet),
        }
    }

    /// Hands every event that is read for a window to `each`, in order, and whether it is in
    /// the window, until `each` breaks off. Returns the defects that were passed over.
    pub(crate) fn stream<'t>(
        &self,
        trace: &'t Trace<'t>,
        window: Window,
        progress: Progress,
        mut each: impl FnMut(&Event<'t>, bool) -> Result<ControlFlow<()>>,
    ) -> Result<Vec<Warning>> {
        let mut events = window.events(trace);
        let mut meter = Meter::default();
        let mut ended = Ok(());
        while let Some(event) = events.next_read() {
            match event {
                Ok((event, is_within)) => {
                    meter.tick(&progress, &event);
                    if each(&event, is_within)?.is_break() {
                        break;
                    }
                }
                Err(e) => ended = Err(self.error(&e)),
            }
        }
        drop(progress);
        ended?;
        Ok(events.warnings().to_vec())
    }

    /// Shows every event to an analysis, or to a tuple of them; returns the
    /// answer and the defects that were passed over.
    pub(crate) fn analyze<A: Analysis>(&self, trace: &Trace<'_>, analysis: A) -> Result<(A::Output, Vec<Warning>)> {
        let progress = self.progress(trace);
        let analyzed = self.analyze_window(&Window::default(), trace, analysis, |event| progress.at(event));
        drop(progress);
        analyzed
    }

    /// Shows the events of a window to an analysis as [`analyze`](Self::analyze) does, and
    /// calls `watch` with an event now and then.
    ///
    /// # Errors
    /// Also if nobody waits for the answer any more.
    pub(crate) fn analyze_window<A: Analysis>(
        &self,
        window: &Window,
        trace: &Trace<'_>,
        analysis: A,
        mut watch: impl FnMut(&Event<'_>),
    ) -> Result<(A::Output, Vec<Warning>)> {
        let go_on = |event: &Event<'_>| {
            watch(event);
            self.is_wanted()
        };
        #[cfg(feature = "full")]
        let analyzed = window
            .analyze_while(trace, analysis, go_on)
            .map(|analyzed| analyzed.map(|analyzed| (analyzed.output, analyzed.warnings)));
        #[cfg(not(feature = "full"))]
        let analyzed = crate::erased::analyze_while(window, trace, analysis, &mut { go_on });
        analyzed.map_err(|e| self.error(&e))?.ok_or_else(given_up)
    }

    /// Returns whether somebody still waits for the answer.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted())
    }
}

/// Returns the error that nobody waits for the answer any more.
pub(crate) fn given_up() -> anyhow::Error {
    anyhow!("given up")
}
