//! Lenient reading of the worst files: it ends, and its events and its memory
//! are no more than the size of the file allows. `cargo bench --bench hostile` shows that
//! the time for each byte does not grow with the file.

mod common;

use common::allocator::{Counting, limit, peak};
use common::hostile::HOSTILE;
use gotrace::{Mode, Options, Trace};
use std::sync::mpsc;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The repetitions in a file: so many that a reader that tries everything for each
/// of them does not end.
const N: u64 = 4000;
/// The time after which reading counts as one that does not end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads everything, and asserts that it is not more than the bytes allow;
/// returns the most bytes that the events took.
fn read(bytes: &[u8]) -> usize {
    let Ok(trace) = Trace::with_options(bytes, Options::default().mode(Mode::Lenient)) else { return 0 };
    let (held, events) = peak(|| trace.events().inspect(|event| assert!(event.is_ok())).count());
    assert!(events <= bytes.len() + 64, "{events} events of {} bytes", bytes.len());
    let intervals = trace.intervals().take(4 * bytes.len() + 65).count();
    assert!(intervals <= 4 * bytes.len() + 64, "more than {intervals} intervals of {} bytes", bytes.len());
    held
}

#[test]
fn reading_ends_and_memory_is_linear() {
    let mut wrong = Vec::new();
    for (name, make) in HOSTILE {
        // A thread of its own can be left behind if reading never ends.
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let bytes = make(N);
            tell.send((bytes.len(), read(&bytes)))
        });
        match told.recv_timeout(PATIENCE) {
            Ok((size, held)) if held <= limit(size) => println!("{name}: {held} bytes held for a file of {size}"),
            Ok((size, held)) => wrong.push(format!("{name}: {held} bytes held for a file of {size}")),
            Err(mpsc::RecvTimeoutError::Timeout) => wrong.push(format!("{name}: not done after {PATIENCE:?}")),
            Err(mpsc::RecvTimeoutError::Disconnected) => wrong.push(format!("{name}: panicked")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
