//! The time that the worst files take for each byte, at 1, 2, 4 and 8 times the size, which
//! must not grow. `cargo bench --bench hostile` exits with 1 if it does.

use divan::Bencher;
use divan::counter::BytesCount;
use gotrace::{Mode, Options, Trace};

#[path = "../tests/common/builder.rs"]
#[allow(dead_code, unreachable_pub)]
mod builder;
#[path = "../tests/common/builder_v1.rs"]
#[allow(dead_code, unreachable_pub)]
mod builder_v1;
#[path = "../tests/common/hostile.rs"]
#[allow(unreachable_pub)]
mod hostile;

fn main() {
    // The report of divan is for people; the table decides.
    divan::main();
    if !std::env::args().any(|arg| arg == "--test" || arg == "--list") {
        let growing = table();
        assert!(growing.is_empty(), "a byte costs more, the larger the file: {}", growing.join("; "));
    }
}

/// The repetitions in a file of size 1.
const N: u64 = 2000;
const TIMES: [u64; 4] = [1, 2, 4, 8];
/// The most that a byte of the largest file may cost, in times of one of the smallest:
/// something quadratic costs eight times as much.
const GROWTH: f64 = 4.0;

fn lenient(bytes: &[u8]) -> usize {
    let trace = Trace::with_options(bytes, Options::default().mode(Mode::Lenient));
    trace.map_or(0, |trace| trace.events().flatten().count())
}

/// Times lenient reading of each file.
#[divan::bench(args = hostile::HOSTILE.map(|(name, _)| name), sample_count = 5, sample_size = 1)]
fn events(bencher: Bencher<'_, '_>, name: &str) {
    let Some((_, make)) = hostile::HOSTILE.iter().find(|(known, _)| *known == name) else { return };
    let bytes = make(N);
    bencher.counter(BytesCount::of_slice(&bytes)).bench(|| lenient(&bytes));
}

/// Prints nanoseconds for each byte, the least of three rounds, as Markdown; returns the
/// names of the files for which they grow.
fn table() -> Vec<&'static str> {
    println!("\n| ns a byte | 1x | 2x | 4x | 8x |\n|---|--:|--:|--:|--:|");
    let mut growing = Vec::new();
    for (name, make) in hostile::HOSTILE {
        let files = TIMES.map(|times| make(N * times));
        let mut least = [f64::INFINITY; TIMES.len()];
        for _ in 0..3 {
            for (least, bytes) in least.iter_mut().zip(&files) {
                let began = std::time::Instant::now();
                divan::black_box(lenient(bytes));
                *least = least.min(began.elapsed().as_nanos() as f64 / bytes.len() as f64);
            }
        }
        let [first, .., last] = least;
        println!("| {name} | {} |", least.map(|nanos| format!("{nanos:.1}")).join(" | "));
        growing.extend((last > GROWTH * first).then_some(name));
    }
    growing
}
