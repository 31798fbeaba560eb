//! Memory in proportion to the file, whatever the file says.

mod common;

use common::allocator::{Counting, limit, peak};
use common::builder::{NO, TraceBuilder, put};
use gotrace::spec::v2::EventType::*;
use gotrace::wire::v2::event::WireEvents;
use gotrace::{Mode, Options, Trace, Version};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn read_all(bytes: &[u8]) {
    for mode in [Mode::Strict, Mode::Lenient] {
        let Ok(trace) = Trace::with_options(bytes, Options::default().mode(mode)) else { continue };
        trace.events().for_each(drop);
    }
    if let Ok(events) = WireEvents::new(bytes) {
        events.for_each(drop);
    }
}

/// The repetitions in a hostile file.
const MANY: u64 = 60_000;

/// Fills batches of one thread with `MANY` events, each batch with as many as fit.
fn fill(trace: &mut TraceBuilder, mut event: impl FnMut(u64) -> Vec<u8>) {
    let generation = trace.last();
    for n in 0..MANY {
        if generation.batches.last().is_none_or(|batch| batch.data.len() > 60_000) {
            generation.batch(1, 10);
        }
        generation.batches.last_mut().unwrap().raw(&event(n));
    }
}

fn bytes(event: gotrace::spec::v2::EventType, numbers: &[u64]) -> Vec<u8> {
    let mut out = vec![event as u8];
    numbers.iter().for_each(|&number| put(&mut out, number));
    out
}

type Hostile = (&'static str, fn(&mut TraceBuilder));

const HOSTILE: &[Hostile] = &[
    ("string IDs far apart", |t| t.last().strings = (0..MANY).map(|n| (n << 40, Vec::new())).collect()),
    ("string IDs at the limit of what is dense", |t| {
        t.last().strings = (0..MANY).map(|n| (n * 4 + 1000, Vec::new())).collect();
    }),
    ("stack IDs far apart", |t| t.last().stacks = (0..MANY).map(|n| (n << 40, Vec::new())).collect()),
    ("string IDs near the last", |t| t.last().strings = (0..MANY).map(|n| (u64::MAX - n, Vec::new())).collect()),
    ("stacks that say they have 2^60 frames", |t| {
        for _ in 0..MANY / 10 {
            t.last().batch(NO, 0).raw(&bytes(Stacks, &[])).raw(&bytes(Stack, &[1, 1 << 60]));
        }
    }),
    ("strings that say they are 2^63 long", |t| {
        for _ in 0..MANY / 10 {
            t.last().batch(NO, 0).raw(&bytes(Strings, &[])).raw(&bytes(String, &[1, 1 << 63]));
        }
    }),
    ("goroutines close together", |t| fill(t, |n| bytes(GoStatus, &[0, n, NO, 4]))),
    ("goroutines far apart", |t| fill(t, |n| bytes(GoStatus, &[0, n << 20, NO, 4]))),
    ("goroutines in syscalls of as many threads", |t| fill(t, |n| bytes(GoStatus, &[0, n, n + 7, 3]))),
    ("every P there may be", |t| fill(t, |n| bytes(ProcStatus, &[0, n, 2]))),
    ("the last P there may be", |t| drop(t.last().batch(1, 1).event(1, ProcStatus, &[65_535, 2]).data.clone())),
    ("tasks", |t| {
        t.last().batch(1, 1).event(1, ProcStatus, &[0, 1]).event(1, GoStatus, &[1, 1, 2]);
        fill(t, |n| bytes(UserTaskBegin, &[0, n << 30, 0, 0, 0]));
    }),
    ("regions", |t| {
        t.last().batch(1, 1).event(1, ProcStatus, &[0, 1]).event(1, GoStatus, &[1, 1, 2]);
        fill(t, |_| bytes(UserRegionBegin, &[0, 0, 0, 0]));
    }),
    ("one region on each of many goroutines", |t| {
        t.last().batch(1, 1).event(1, ProcStatus, &[0, 1]);
        fill(t, |n| {
            [bytes(GoStatus, &[0, n, 1, 2]), bytes(UserRegionBegin, &[0, 0, 0, 0]), bytes(GoStop, &[0, 0, 0])].concat()
        });
    }),
    ("threads", |t| {
        for n in 0..MANY {
            t.last().batch(n << 20, 1).event(0, SpanFree, &[0]);
        }
    }),
    ("empty batches", |t| (0..MANY).for_each(|_| drop(t.last().batch(1, 1).data.clone()))),
    ("samples", |t| t.last().samples = (0..MANY).map(|n| [n, NO, NO, 0, 0]).collect()),
    ("generations", |t| {
        for n in 2..MANY {
            t.generation(n);
        }
    }),
];

#[test]
fn memory_is_in_proportion() {
    let mut wrong = Vec::new();
    for (name, spoil) in HOSTILE {
        let mut trace = TraceBuilder::new(Version::Go126);
        trace.generation(1);
        spoil(&mut trace);
        let bytes = trace.build();
        let (peak, ()) = peak(|| read_all(&bytes));
        let size = bytes.len();
        println!("{name}: {size} bytes, peak {peak}, {:.1} for each", peak as f64 / size as f64);
        if peak > limit(size) {
            wrong.push(format!("{name}: {peak} bytes held for a file of {size}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Streaming a long trace takes no more than streaming a short one.
#[test]
fn memory_does_not_grow_with_generations() {
    let of = |generations: u64| {
        let mut trace = TraceBuilder::new(Version::Go126);
        for number in 1..=generations {
            let generation = trace.generation(number);
            let batch = generation.batch(1, number * 1000).event(1, ProcStatus, &[0, 1]);
            for n in 0..2000 {
                batch.event(1, HeapAlloc, &[n]);
            }
        }
        let bytes = trace.build();
        peak(|| Trace::parse(&bytes).unwrap().events().for_each(drop)).0
    };
    let (short, long) = (of(2), of(60));
    println!("peak {short} of 2 generations, {long} of 60");
    assert!(long < short + 60 * 1024, "{long} bytes held for 60 generations, {short} for 2");
}

/// Behind a trace, no more of a long hole is read than is searched.
#[cfg(target_os = "linux")]
#[test]
#[allow(unsafe_code, reason = "nobody else has the file")]
fn a_hole_behind_a_trace_is_not_mapped_in() {
    /// Returns what this process has in memory, pages of files among them, in bytes.
    fn resident() -> usize {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        4096 * pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap()
    }
    for name in ["go1.27/mixed", "go1.21/chans"] {
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("hole.trace");
        std::fs::copy(format!("{}/testdata/traces/{name}.trace", env!("CARGO_MANIFEST_DIR")), &path).unwrap();
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(4 << 30).unwrap();
        // SAFETY: nobody changes the file.
        let file = unsafe { gotrace::TraceFile::map(&path) }.unwrap();
        let before = resident();
        let trace = Trace::of_file(&file, Options::default().mode(Mode::Lenient)).unwrap();
        assert!(trace.events().filter(Result::is_ok).count() > 500);
        assert!(trace.warnings().iter().any(|w| w.to_string().contains("no trace goes on in the 67108864 bytes")));
        assert!(resident() < before + (200 << 20), "{name}: {before} bytes before, {} behind", resident());
        std::fs::remove_file(path).unwrap();
    }
}
