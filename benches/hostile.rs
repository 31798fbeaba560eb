//! How long the worst files take, a byte, at 1, 2, 4 and 8 times the size: the
//! time of a byte must not grow. `cargo bench --bench hostile`.

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
    // One pass of divan for people, and the table that answers the question.
    divan::main();
    if !std::env::args().any(|arg| arg == "--test" || arg == "--list") {
        table();
    }
}

/// The size of a file that is 1 time as large.
const N: u64 = 2000;

fn lenient(bytes: &[u8]) -> usize {
    let trace = Trace::with_options(bytes, Options::default().mode(Mode::Lenient));
    trace.map_or(0, |trace| trace.events().flatten().count())
}

/// Lenient reading of each file.
#[divan::bench(args = hostile::HOSTILE.map(|(name, _)| name), sample_count = 5, sample_size = 1)]
fn events(bencher: Bencher<'_, '_>, name: &str) {
    let Some((_, make)) = hostile::HOSTILE.iter().find(|(known, _)| *known == name) else { return };
    let bytes = make(N);
    bencher.counter(BytesCount::of_slice(&bytes)).bench(|| lenient(&bytes));
}

/// Prints nanoseconds a byte, the least of three runs, as Markdown.
fn table() {
    println!("\n| ns a byte | 1x | 2x | 4x | 8x |\n|---|--:|--:|--:|--:|");
    for (name, make) in hostile::HOSTILE {
        print!("| {name} |");
        for times in [1, 2, 4, 8] {
            let bytes = make(N * times);
            let nanos = (0..3).map(|_| {
                let began = std::time::Instant::now();
                divan::black_box(lenient(&bytes));
                began.elapsed().as_nanos()
            });
            print!(" {:.1} |", nanos.min().unwrap_or_default() as f64 / bytes.len() as f64);
        }
        println!();
    }
}
