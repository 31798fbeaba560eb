//! A progress bar on standard error, for work that takes a while.

use gotrace::{Event, Trace};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

/// The time that work has to take before a bar is shown.
const PATIENCE: Duration = Duration::from_millis(500);
const REDRAW: Duration = Duration::from_millis(100);
/// Events between two updates of the bar.
const STRIDE: u32 = 1 << 14;

/// The progress of reading a trace; a bar of its own vanishes when it is dropped.
pub(crate) struct Progress {
    /// The mean size of a generation, in bytes.
    generation: u64,
    bar: Bar,
}

/// The bar that shows progress.
enum Bar {
    Hidden,
    /// A bar for this trace alone.
    Own(Shown),
    /// A part of the bar for several traces.
    Shared(Arc<Part>),
}

/// A bar that is on the screen, drawn by a thread of its own.
struct Shown {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

/// The state of the bar, shared with the thread that draws it.
#[derive(Default)]
struct State {
    /// The number of bytes up to which events were read, in all traces together.
    position: AtomicU64,
    /// The number of bytes of all traces together.
    total: AtomicU64,
    /// The number of traces that are done, of several.
    done: AtomicU64,
    over: AtomicBool,
}

impl Progress {
    /// Starts a bar if standard error is a terminal and the bar is not `hidden`, as it is
    /// when output goes to the same terminal.
    pub(crate) fn new(trace: &Trace<'_>, hidden: bool) -> Progress {
        let total = trace.bytes().len() as u64;
        let shown = if hidden { None } else { Shown::start(total, None) };
        Progress::on(shown.map_or(Bar::Hidden, Bar::Own), trace)
    }

    /// Returns the progress of a trace that is read beside others.
    pub(crate) fn shared(trace: &Trace<'_>, part: &Arc<Part>) -> Progress {
        Progress::on(Bar::Shared(Arc::clone(part)), trace)
    }

    fn on(bar: Bar, trace: &Trace<'_>) -> Progress {
        Progress { generation: trace.bytes().len() as u64 / trace.generations().len().max(1) as u64, bar }
    }

    /// Moves the bar on by one generation.
    pub(crate) fn one_more_generation(&self) {
        match &self.bar {
            Bar::Hidden => {}
            Bar::Own(shown) => _ = shown.state.position.fetch_add(self.generation, Relaxed),
            Bar::Shared(part) => part.reach(part.position.load(Relaxed).saturating_add(self.generation)),
        }
    }

    /// Moves the bar to an event.
    #[inline(never)]
    pub(crate) fn at(&self, event: &Event<'_>) {
        match (&self.bar, event.offset()) {
            (Bar::Own(shown), Some(offset)) => _ = shown.state.position.fetch_max(offset, Relaxed),
            (Bar::Shared(part), Some(offset)) => part.reach(offset),
            _ => {}
        }
    }
}

/// The progress bar for several traces that are read side by side, which vanishes when it is
/// dropped.
pub(crate) struct Together {
    state: Arc<State>,
    _shown: Option<Shown>,
}

/// A trace of several that share a bar.
pub(crate) struct Part {
    all: Arc<State>,
    /// The number of bytes of the trace that the bar counts in its whole.
    size: AtomicU64,
    /// The number of them that are done. A second pass over the trace moves nothing.
    position: AtomicU64,
}

impl Together {
    /// Starts a bar for these files if standard error is a terminal.
    pub(crate) fn new(files: &[PathBuf]) -> Together {
        let total = files.iter().map(|file| size_of(file)).sum();
        let shown = Shown::start(total, Some(files.len()));
        let state = shown.as_ref().map_or_else(Arc::default, |shown| Arc::clone(&shown.state));
        Together { state, _shown: shown }
    }

    /// Returns the part of one of the files. When it is dropped, the file is done.
    pub(crate) fn part(&self, file: &Path) -> Part {
        Part { all: Arc::clone(&self.state), size: AtomicU64::new(size_of(file)), position: AtomicU64::new(0) }
    }
}

/// Returns the size of a file in bytes; 0 for what is none, whose size is known when it is read.
fn size_of(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |data| if data.is_file() { data.len() } else { 0 })
}

impl Part {
    /// Sets the number of bytes of the trace, which is another one than the file's where that
    /// is compressed.
    pub(crate) fn is_of(&self, bytes: u64) {
        let planned = self.size.swap(bytes, Relaxed);
        self.all.total.fetch_add(bytes.wrapping_sub(planned), Relaxed);
    }

    /// Moves the bar on to a place in the trace.
    fn reach(&self, offset: u64) {
        let offset = offset.min(self.size.load(Relaxed));
        let before = self.position.fetch_max(offset, Relaxed);
        self.all.position.fetch_add(offset.saturating_sub(before), Relaxed);
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Also of a trace that could not be read.
        self.reach(u64::MAX);
        self.all.done.fetch_add(1, Relaxed);
    }
}

/// A counter of events that updates a progress bar now and then.
pub(crate) struct Meter {
    left: u32,
}

impl Default for Meter {
    fn default() -> Meter {
        Meter { left: STRIDE }
    }
}

impl Meter {
    /// Counts an event, and updates the bar if it is time.
    #[inline(always)]
    pub(crate) fn tick(&mut self, progress: &Progress, event: &Event<'_>) {
        self.left -= 1;
        if self.left == 0 {
            self.left = STRIDE;
            progress.at(event);
        }
    }
}

impl Shown {
    /// Starts the thread that draws the bar, if standard error is a terminal; `total` is the
    /// size of all traces in bytes, `several` the number of traces if there may be several.
    fn start(total: u64, several: Option<usize>) -> Option<Shown> {
        if !std::io::stderr().is_terminal() {
            return None;
        }
        let state = Arc::new(State { total: AtomicU64::new(total), ..State::default() });
        let seen = Arc::clone(&state);
        // Without a thread to spare there is no bar.
        let draw = move || draw(&seen, several);
        let thread = std::thread::Builder::new().name("progress".into()).spawn(draw).ok()?;
        Some(Shown { state, thread: Some(thread) })
    }
}

/// Draws the bar until the work is over.
fn draw(state: &State, several: Option<usize>) {
    std::thread::park_timeout(PATIENCE);
    if state.over.load(Relaxed) {
        return;
    }
    let total = state.total.load(Relaxed);
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3}% of {total_bytes}{msg}, {eta} left") {
        bar.set_style(style);
    }
    while !state.over.load(Relaxed) {
        if let Some(traces) = several {
            bar.set_length(state.total.load(Relaxed));
            bar.set_message(format!(", {} of {traces} traces done", state.done.load(Relaxed)));
        }
        bar.set_position(state.position.load(Relaxed));
        std::thread::park_timeout(REDRAW);
    }
    bar.finish_and_clear();
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.state.over.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two traces, one of which is larger than its file and is read twice, and one that is none.
    #[test]
    fn several_traces_share_a_bar() {
        let all = Arc::new(State { total: AtomicU64::new(100), ..State::default() });
        let part = |size| Part { all: Arc::clone(&all), size: AtomicU64::new(size), position: AtomicU64::new(0) };
        let seen = || [&all.position, &all.total, &all.done].map(|number| number.load(Relaxed));
        let (one, other) = (part(60), part(40));
        one.is_of(160);
        assert_eq!(seen(), [0, 200, 0]);
        for (offset, position) in [(50, 50), (150, 150), (20, 150), (150, 150), (155, 155)] {
            one.reach(offset);
            assert_eq!(seen(), [position, 200, 0], "{offset}");
        }
        drop(one);
        assert_eq!(seen(), [160, 200, 1]);
        drop(other);
        assert_eq!(seen(), [200, 200, 2]);
    }
}
