//! The worst files for lenient reading: the time they take is linear in their
//! size, and so is what comes out. `benches/hostile.rs` prints the time.

mod common;

use common::held::{Counting, limit, peak};
use common::hostile::HOSTILE;
use gotrace::{Mode, Options, Trace};
use std::sync::mpsc;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many things the small file is made of; the large one has eight times as
/// many.
const N: u64 = 500;
const TIMES: u64 = 8;
/// The most that a byte of the large file may cost more than one of the small:
/// what is quadratic costs eight times as much.
const GROWTH: f64 = 4.0;
/// What takes longer than that, with the large file, does not end.
const PATIENCE: Duration = Duration::from_secs(60);
/// What takes no longer than that is no danger, whatever it grows by.
const NOTHING: Duration = Duration::from_millis(40);

/// The processor time of this thread, where the system tells; else the clock.
fn spent(work: impl FnOnce()) -> Duration {
    let now = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
    };
    let (began, clock) = (now(), Instant::now());
    work();
    began.and_then(|began| now()?.checked_sub(began)).unwrap_or_else(|| clock.elapsed())
}

/// Reads all there is, and sees that it is not more than the bytes allow;
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
fn time_and_memory_are_linear() {
    let mut wrong = Vec::new();
    for (name, make) in HOSTILE {
        // On a thread of its own: one that never ends is left behind.
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || tell.send(judge(name, make)));
        match told.recv_timeout(PATIENCE) {
            Ok(Ok(())) => {}
            Ok(Err(what)) => wrong.push(format!("{name}: {what}")),
            Err(mpsc::RecvTimeoutError::Timeout) => wrong.push(format!("{name}: not done after {PATIENCE:?}")),
            Err(mpsc::RecvTimeoutError::Disconnected) => wrong.push(format!("{name}: panicked")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn judge(name: &str, make: fn(u64) -> Vec<u8>) -> Result<(), String> {
    let read = |n: u64| {
        let (bytes, mut held) = (make(n), 0);
        let time = spent(|| held = read(&bytes));
        (bytes.len(), time, held)
    };
    let nanos = |(size, time, _): (usize, Duration, usize)| time.as_nanos() as f64 / size as f64;
    let (small, large) = (read(N), read(N * TIMES));
    let growth = nanos(large) / nanos(small);
    println!("{name}: {} bytes at {:.0} ns, {} at {:.0} ns", small.0, nanos(small), large.0, nanos(large));
    if large.2 > limit(large.0) {
        return Err(format!("{} bytes held for a file of {}", large.2, large.0));
    }
    if growth > GROWTH && large.1 > NOTHING {
        return Err(format!("a byte costs {growth:.1} times as much in a file {TIMES} times as large: {:?}", large.1));
    }
    Ok(())
}
