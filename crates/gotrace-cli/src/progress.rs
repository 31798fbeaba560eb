//! A progress bar on standard error, for work that takes a while.

use gotrace::{Event, Trace};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

/// The time that work has to take before a bar is shown.
const PATIENCE: Duration = Duration::from_millis(500);
const REDRAW: Duration = Duration::from_millis(100);
/// Events between two updates of the bar.
const STRIDE: u32 = 1 << 14;

/// The progress bar for reading a trace, which vanishes when it is dropped.
pub(crate) struct Progress {
    /// The mean size of a generation, in bytes.
    generation: u64,
    shown: Option<Shown>,
}

/// A bar that is on the screen, drawn by a thread of its own.
struct Shown {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

/// The state of the bar, shared with the thread that draws it.
#[derive(Default)]
struct State {
    /// The offset in the file, in bytes, up to which events were read.
    position: AtomicU64,
    over: AtomicBool,
}

impl Progress {
    /// Starts a bar if standard error is a terminal and the bar is not `hidden`, as it is
    /// when output goes to the same terminal.
    pub(crate) fn new(trace: &Trace<'_>, hidden: bool) -> Progress {
        let total = trace.bytes().len() as u64;
        let wanted = !hidden && std::io::stderr().is_terminal();
        let generation = total / trace.generations().len().max(1) as u64;
        Progress { generation, shown: if wanted { Shown::start(total) } else { None } }
    }

    /// Moves the bar on by one generation.
    pub(crate) fn one_more_generation(&self) {
        if let Some(shown) = &self.shown {
            shown.state.position.fetch_add(self.generation, Relaxed);
        }
    }

    /// Moves the bar to an event.
    #[inline(never)]
    pub(crate) fn at(&self, event: &Event<'_>) {
        if let (Some(shown), Some(offset)) = (&self.shown, event.offset()) {
            shown.state.position.fetch_max(offset, Relaxed);
        }
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
    /// Starts the thread that draws the bar; `total` is the size of the trace in bytes.
    fn start(total: u64) -> Option<Shown> {
        let state = Arc::new(State::default());
        let seen = Arc::clone(&state);
        // Without a thread to spare there is no bar.
        let thread = std::thread::Builder::new().name("progress".into()).spawn(move || draw(&seen, total)).ok()?;
        Some(Shown { state, thread: Some(thread) })
    }
}

/// Draws the bar until the work is over.
fn draw(state: &State, total: u64) {
    std::thread::park_timeout(PATIENCE);
    if state.over.load(Relaxed) {
        return;
    }
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3}% of {total_bytes}, {eta} left") {
        bar.set_style(style);
    }
    while !state.over.load(Relaxed) {
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
