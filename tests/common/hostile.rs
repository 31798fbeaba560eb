//! Files made to cost a reader time: small for the work that they cause. The time has
//! to grow with the file's size, not with its square.
//!
//! Each file repeats one thing `n` times; twice `n` is about
//! twice the bytes. All are written with the builder, and each is one idea of what makes an
//! event wait, a header lie or a state be lost.
//! what makes an event wait, a header lie or a state be lost.

use super::builder::{NO, TraceBuilder, put};
use super::builder_v1::File;
use gotrace::Version;
use gotrace::spec::v1::EventType as V1;
use gotrace::spec::v2::EventType::{self, *};

/// A name, and the function that makes the file of `n` repetitions.
pub type Hostile = (&'static str, fn(u64) -> Vec<u8>);

/// All hostile files.
pub const HOSTILE: [Hostile; 16] = [
    ("all wait for ever", all_wait),
    ("one M works, all others wait", one_works),
    ("each waits for the one behind it", each_waits_for_the_next),
    ("all take one P", all_take_one_proc),
    ("a bad byte behind every batch", bad_bytes),
    ("batches that are left out behind bad bytes", left_out),
    ("headers that say too much", lying_headers),
    ("goroutines lost again and again", lost_goroutines),
    ("traces behind one another", many_traces),
    ("v1: all wait for ever", v1_all_wait),
    ("v1: one P works, all others wait", v1_one_works),
    ("v1: each waits for the one behind it", v1_each_waits_for_the_next),
    ("v1: a bad byte behind every batch", v1_bad_bytes),
    ("v1: what might be stacks", v1_stacks),
    ("v1: a goroutine leaves system calls it was never in", v1_stray_exits),
    ("v1: all at one time", v1_one_time),
];

fn trace() -> TraceBuilder {
    let mut trace = TraceBuilder::new(Version::Go126);
    trace.generation(1);
    trace
}

/// Makes every M have events that nothing makes possible, so that each try fails, for all Ms.
fn all_wait(n: u64) -> Vec<u8> {
    let mut trace = trace();
    for m in 0..n {
        let batch = trace.last().batch(m, 100 + m);
        for event in 0..4 {
            batch.event(1, GoStart, &[m * 4 + event, 7]);
        }
    }
    trace.build()
}

/// Makes the events of one M possible, but those of all others, which never happen, earlier: they
/// are tried before each of them.
fn one_works(n: u64) -> Vec<u8> {
    let mut trace = trace();
    for m in 1..=n {
        trace.last().batch(m, 10).event(m, GoStart, &[m, 7]);
    }
    let batch = trace.last().batch(0, 1 << 30).event(1, ProcStatus, &[0, 1]);
    for value in 0..2 * n {
        if batch.data.len() < 60_000 {
            batch.event(1, HeapAlloc, &[value]);
        }
    }
    trace.build()
}

/// Makes a P go from M to M, though by the clocks the last M has it first. It is a well-formed
/// trace, for which Go's reader needs the square of the number of Ms.
fn each_waits_for_the_next(n: u64) -> Vec<u8> {
    let mut trace = trace();
    trace.last().batch(n, 1 << 30).event(1, ProcStatus, &[0, 2]);
    for m in 0..n {
        trace.last().batch(m, 1000 + n - m).event(1, ProcStart, &[0, m + 1]).event(1, ProcStop, &[]);
    }
    trace.build()
}

/// Makes every M take the P that another has, while no M gives it up.
fn all_take_one_proc(n: u64) -> Vec<u8> {
    let mut trace = trace();
    for m in 0..n {
        let batch = trace.last().batch(m, 100 + m);
        for again in 0..3 {
            batch.event(n, ProcStart, &[0, 2 + 2 * (again * n + m)]);
        }
    }
    trace.build()
}

/// Writes a batch.
fn batch(out: &mut Vec<u8>, kind: &[u8], thread: u64, data: &[u8], size: u64) {
    out.extend(kind);
    for number in [1, thread, 1000, size] {
        put(out, number);
    }
    out.extend(data);
}

/// Writes a batch of nearly the greatest size, of bytes that might begin a header.
fn large(out: &mut Vec<u8>) {
    let event = [EventType::HeapAlloc as u8, EventType::EventBatch as u8, EventType::EventBatch as u8];
    let data = event.repeat(20_000);
    batch(out, &[EventType::EventBatch as u8], 1, &data, data.len() as u64);
}

/// Puts a byte that begins no batch behind each batch: as often a header has to
/// be searched for, and from within the batch before.
fn bad_bytes(n: u64) -> Vec<u8> {
    let mut out = trace().build();
    large(&mut out);
    for m in 0..n {
        out.push(0xff);
        batch(&mut out, &[EventType::EventBatch as u8], m, &[EventType::HeapAlloc as u8, 1, 1], 3);
    }
    out
}

/// Puts such a byte behind batches that no generation takes, so that the large one stays the
/// last good one.
fn left_out(n: u64) -> Vec<u8> {
    let mut out = trace().build();
    large(&mut out);
    for m in 0..n {
        out.push(0xff);
        batch(&mut out, &[EventType::ExperimentalBatch as u8, 9], m, &[], 0);
    }
    out
}

/// Makes headers of batches that go on far beyond the next header.
fn lying_headers(n: u64) -> Vec<u8> {
    let mut out = trace().build();
    for m in 0..n {
        batch(&mut out, &[EventType::EventBatch as u8], m, &[EventType::HeapAlloc as u8, 1, 1], 65_000);
    }
    out
}

/// Makes many goroutines, whose states are lost with each of many missing generations.
fn lost_goroutines(n: u64) -> Vec<u8> {
    let mut trace = trace();
    let batch = trace.last().batch(1, 10);
    for g in 0..n.min(10_000) {
        batch.event(0, GoStatus, &[g + 1, NO, 4]);
    }
    for lost in 1..n {
        trace.generation(1 + 2 * lost).batch(1, 10 + lost).event(1, GoBlock, &[0, 0]);
    }
    trace.build()
}

/// Makes whole small traces, one behind the other.
fn many_traces(n: u64) -> Vec<u8> {
    let mut one = trace();
    one.last().batch(1, 10).event(1, ProcStatus, &[65_535, 1]).event(1, GoStatus, &[1, 1, 2]);
    one.build().repeat(n as usize)
}

/// Makes a v1 batch for each of `n` Ps, with the events that `fill` adds, and a clock.
fn v1_batches(n: u64, fill: impl Fn(File, u64) -> File) -> Vec<u8> {
    let batch = |file: File, p: u64| fill(file.event(V1::Batch, &[p, 1_000_000 + p]), p);
    (0..n).fold(File::new(Version::Go121), batch).done()
}

/// Makes every P have events that nothing makes possible.
fn v1_all_wait(n: u64) -> Vec<u8> {
    let wait = |file: File, event: u64, p: u64| file.event(V1::GoStart, &[1, p * 4 + event, 7]);
    v1_batches(n, |file, p| (0..4).fold(file, |file, event| wait(file, event, p)))
}

/// Makes the events of one P possible, but those of all others earlier.
fn v1_one_works(n: u64) -> Vec<u8> {
    v1_batches(n, |file, p| match p {
        0 => (0..2 * n).fold(file, |file, value| file.event(V1::HeapAlloc, &[9, value])),
        p => file.event(V1::GoStart, &[1, p, 7]),
    })
}

/// Makes every P in turn stop and start a goroutine, the last one first.
fn v1_each_waits_for_the_next(n: u64) -> Vec<u8> {
    v1_batches(n, |file, p| {
        let seq = n - p;
        let file = if seq == 1 { file.event(V1::GoCreate, &[1, 5, 0, 0]) } else { file };
        file.event(V1::GoStart, &[1, 5, seq]).event(V1::GoSched, &[1, 0])
    })
}

/// Puts a byte that begins no event behind each batch.
fn v1_bad_bytes(n: u64) -> Vec<u8> {
    v1_batches(n, |file, _| {
        let mut file = file.event(V1::HeapAlloc, &[1, 5]).event(V1::HeapAlloc, &[1, 6]);
        file.bytes.push(0xff);
        file
    })
}

/// Puts beginnings of long stacks behind a bad byte.
fn v1_stacks(n: u64) -> Vec<u8> {
    let mut file = File::new(Version::Go121).event(V1::Batch, &[0, 1000]).event(V1::HeapAlloc, &[1, 5]);
    file.bytes.push(0xff);
    (0..8 * n).for_each(|_| file.bytes.extend([V1::Stack as u8 | 3 << 6, 0x80, 0x08, 1, 128, 1]));
    file.done()
}

/// Makes ends of system calls that never began, at various times.
fn v1_stray_exits(n: u64) -> Vec<u8> {
    v1_batches(n, |file, p| {
        (0..4).fold(file, |file, seq| file.event(V1::GoSysExit, &[1, p, seq, 1 + (p * 7919) % (n + 1)]))
    })
}

/// Makes all events happen at one time.
fn v1_one_time(n: u64) -> Vec<u8> {
    let batch = |file: File, p: u64| {
        (0..4).fold(file.event(V1::Batch, &[p, 1_000_000]), |file, value| file.event(V1::HeapAlloc, &[0, value]))
    };
    (0..n).fold(File::new(Version::Go121), batch).done()
}
