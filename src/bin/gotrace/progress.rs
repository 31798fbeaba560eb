//! A progress bar on standard error, for work that takes a while.

use gotrace::{Event, Trace};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

/// Work that is done sooner shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);
const REDRAW: Duration = Duration::from_millis(100);
/// The bar follows every so many events.
const STRIDE: u32 = 1 << 14;

/// Shows how far the reading of a trace is; gone when dropped.
pub(crate) struct Progress {
    generation: u64,
    shown: Option<Shown>,
}

struct Shown {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    position: AtomicU64,
    over: AtomicBool,
}

impl Progress {
    /// Shows nothing unless standard error is a terminal, nor if `hidden`:
    /// output to the same terminal would tear it.
    pub(crate) fn new(trace: &Trace<'_>, hidden: bool) -> Progress {
        let total = trace.bytes().len() as u64;
        let wanted = !hidden && std::io::stderr().is_terminal();
        let generation = total / trace.generations().len().max(1) as u64;
        Progress { generation, shown: if wanted { Shown::start(total) } else { None } }
    }

    /// Takes note that one more generation has been read.
    pub(crate) fn one_more_generation(&self) {
        if let Some(shown) = &self.shown {
            shown.state.position.fetch_add(self.generation, Relaxed);
        }
    }

    #[inline(never)]
    pub(crate) fn at(&self, event: &Event<'_>) {
        if let (Some(shown), Some(offset)) = (&self.shown, event.offset()) {
            shown.state.position.fetch_max(offset, Relaxed);
        }
    }
}

/// Tells a progress bar of events, now and then.
pub(crate) struct Meter {
    left: u32,
}

impl Default for Meter {
    fn default() -> Meter {
        Meter { left: STRIDE }
    }
}

impl Meter {
    /// Takes note of an event that has been dealt with.
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
    fn start(total: u64) -> Option<Shown> {
        let state = Arc::new(State::default());
        let seen = Arc::clone(&state);
        // Without a thread to spare there is no bar.
        let thread = std::thread::Builder::new().name("progress".into()).spawn(move || draw(&seen, total)).ok()?;
        Some(Shown { state, thread: Some(thread) })
    }
}

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
