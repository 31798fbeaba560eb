//! Work without Python's lock, which Ctrl-C ends.

use gotrace_cli::StillWanted;
use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError};
use pyo3::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// The longest time until a signal is noticed.
const PATIENCE: Duration = Duration::from_millis(50);

/// Does work on a thread of its own, while Python's other threads go on, and asks for signals
/// now and then. `work` is told that it is not wanted any more if one raises an exception;
/// nobody waits for it then.
pub(crate) fn interruptible<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce(StillWanted) -> T + Send + 'static,
) -> PyResult<T> {
    let given_up = Arc::new(AtomicBool::new(false));
    let wanted: StillWanted = {
        let given_up = Arc::clone(&given_up);
        Arc::new(move || !given_up.load(Relaxed))
    };
    let (sender, mut receiver) = sync_channel(1);
    let work = move || {
        // Nobody is told if nobody waits.
        let _ = sender.send(work(wanted));
    };
    thread::Builder::new().name("gotrace".into()).spawn(work)?;
    loop {
        let received;
        (receiver, received) = py.detach(move || {
            let received = receiver.recv_timeout(PATIENCE);
            (receiver, received)
        });
        match received {
            Ok(done) => return Ok(done),
            Err(RecvTimeoutError::Timeout) => py.check_signals().inspect_err(|_| given_up.store(true, Relaxed))?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err("gotrace has a bug: it panicked, as standard error says"));
            }
        }
    }
}

/// A watch for signals during work that another library drives, which may know nothing of
/// them. Python handles signals on its main thread alone. By default it sees nothing.
#[derive(Clone, Copy, Default)]
pub(crate) struct Watch {
    main: Option<ThreadId>,
}

impl Watch {
    /// Returns the watch of this thread; it sees nothing if this is not the main thread.
    pub(crate) fn new(py: Python<'_>) -> PyResult<Watch> {
        let threading = py.import("threading")?;
        let this = threading.call_method0("current_thread")?;
        let is_main = this.is(&threading.call_method0("main_thread")?);
        Ok(Watch { main: is_main.then(|| thread::current().id()) })
    }

    /// Returns whether a signal came that raises an exception. What another handler than that of
    /// Ctrl-C raises is printed.
    pub(crate) fn is_interrupted(self) -> bool {
        if self.main != Some(thread::current().id()) {
            return false;
        }
        let raised = Python::try_attach(|py| {
            let Err(error) = py.check_signals() else { return false };
            if !error.is_instance_of::<PyKeyboardInterrupt>(py) {
                error.write_unraisable(py, None);
            }
            true
        });
        raised.unwrap_or(false)
    }
}
