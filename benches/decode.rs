//! The speed of each stage, on committed traces: `cargo bench`.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use gotrace::Trace;
use gotrace::wire::v2::batch::BatchKind;
use gotrace::wire::v2::event::RawEvents;
use std::path::Path;

fn main() {
    divan::main();
}

/// Returns the traces worth timing: the largest of each version.
fn traces() -> Vec<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/traces");
    let versions = ["go1.22", "go1.23", "go1.25", "go1.27"];
    let workloads = ["mixed", "mixed-16p", "gc-gens", "manygo", "http", "annotations"];
    let names = versions.iter().flat_map(|version| workloads.map(|workload| format!("{version}/{workload}.trace")));
    names.filter(|name| Path::new(root).join(name).exists()).collect()
}

fn read(name: &str) -> Vec<u8> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/traces")).join(name);
    std::fs::read(path).unwrap_or_default()
}

fn bench(bencher: Bencher<'_, '_>, name: &str, run: impl Fn(&Trace<'_>) -> usize + std::marker::Sync) {
    let bytes = read(name);
    let events = run(&Trace::parse(&bytes).expect("a committed trace"));
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .counter(ItemsCount::new(events))
        .bench(|| run(&Trace::parse(&bytes).expect("a committed trace")));
}

/// Times decoding types, arguments and times of all events, unordered.
#[divan::bench(args = traces())]
fn raw(bencher: Bencher<'_, '_>, name: &str) {
    bench(bencher, name, |trace| {
        let batches = trace.generations().iter().flat_map(|g| g.batches_of(BatchKind::Events));
        batches.map(|batch| RawEvents::new(&batch).flatten().count()).sum()
    });
}

/// Times all events in order, validated.
#[divan::bench(args = traces())]
fn ordered(bencher: Bencher<'_, '_>, name: &str) {
    bench(bencher, name, |trace| trace.events().flatten().count());
}

/// Times all events in order, each with its kind decoded.
#[divan::bench(args = traces())]
fn kinds(bencher: Bencher<'_, '_>, name: &str) {
    bench(bencher, name, |trace| trace.events().flatten().inspect(|event| _ = divan::black_box(event.kind())).count());
}

/// Times the intervals of every G, P and M.
#[divan::bench(args = traces())]
fn intervals(bencher: Bencher<'_, '_>, name: &str) {
    bench(bencher, name, |trace| trace.intervals().flatten().count());
}
