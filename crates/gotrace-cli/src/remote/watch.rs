//! The progress of a capture, on standard error.

use super::target::Target;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

const REDRAW: Duration = Duration::from_millis(100);

/// A line with the time that has passed and the bytes that have come, which vanishes when it
/// is dropped. It is not shown if standard error is no terminal.
pub(super) struct Watch {
    bar: Option<ProgressBar>,
}

impl Watch {
    /// Shows the line.
    pub(super) fn new(target: &Target) -> Watch {
        if !std::io::stderr().is_terminal() {
            return Watch { bar: None };
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let what = match target.duration {
            Some(time) => format!("tracing {} for {} s", target.host(), time.as_secs_f64()),
            None => format!("waiting for {}", target.host()),
        };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}: {elapsed}, {bytes} so far") {
            bar.set_style(style);
        }
        bar.set_message(what);
        bar.enable_steady_tick(REDRAW);
        Watch { bar: Some(bar) }
    }

    /// Updates the number of bytes that have come.
    pub(super) fn arrived(&self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(bytes);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
