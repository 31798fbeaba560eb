//! Readers of everything that events, generations and traces offer.
//!
//! Tests and fuzz targets use them: no input may make any of it panic.

use gotrace::timeline::Interval;
use gotrace::wire::v2::batch::BatchKind;
use gotrace::wire::v2::event::RawEvents;
use gotrace::{Event, EventKind, Generation, GoId, ProcId, Stack, StateTransition, ThreadId, Trace};
use std::fmt::Write;
use std::hint::black_box;

/// A writer that drops the text.
struct Sink;

impl Write for Sink {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        black_box(text);
        Ok(())
    }
}

/// Formats something, and drops the text.
pub fn print(what: impl std::fmt::Display) {
    let _ = write!(Sink, "{what}");
}

fn stack(stack: Option<Stack<'_>>) {
    let Some(stack) = stack else { return };
    black_box((stack.id(), stack.generation_index()));
    let mut frames = 0;
    for frame in stack.frames() {
        black_box(frame.func.len() + frame.file.len());
        frames += 1;
    }
    // The limit is 128 in v2 and 1000 in v1.
    assert!(frames <= 1000, "a stack of {frames} frames");
}

/// Reads everything of an event.
pub fn event(event: &Event<'_>) {
    black_box((event.time(), event.wire_type(), event.offset()));
    stack(event.stack());
    let (g, p) = (event.goroutine(), event.proc());
    black_box(event.involves_goroutine(GoId(1)) | event.involves_proc(ProcId(1)));
    assert!(g.is_none_or(|g| event.involves_goroutine(g)), "{event:?} does not involve its G");
    assert!(p.is_none_or(|p| event.involves_proc(p)), "{event:?} does not involve its P");
    let kind = event.kind();
    print(kind.name());
    match kind {
        EventKind::StateTransition(StateTransition::Goroutine { reason, stack: of, .. }) => {
            black_box(reason.len());
            stack(of);
        }
        EventKind::RangeBegin(range) | EventKind::RangeActive(range) | EventKind::RangeEnd(range, _) => {
            black_box(range.name.name().len());
        }
        EventKind::TaskBegin(task) | EventKind::TaskEnd(task) => _ = black_box(task.kind.len()),
        EventKind::RegionBegin(region) | EventKind::RegionEnd(region) => _ = black_box(region.kind.len()),
        EventKind::Log(log) => _ = black_box(log.category.len() + log.message.len()),
        EventKind::Label(label) => _ = black_box(label.label.len()),
        EventKind::Metric(metric) => _ = black_box(metric.name.name().len()),
        EventKind::Experimental(experimental) => {
            black_box((experimental.args().count(), experimental.alloc_free()));
        }
        EventKind::Sync(sync) => {
            if let Some(snapshot) = sync.clock_snapshot() {
                black_box(snapshot.wall_at(event.time()));
            }
            for batch in sync.experimental_batches() {
                black_box((batch.name(), batch.alloc_free().is_ok()));
            }
        }
        _ => {}
    }
    let _ = write!(Sink, "{event:?}");
}

/// Reads everything of a generation that is not in its events.
pub fn generation(generation: &Generation<'_>) {
    black_box((generation.number(), generation.start(), generation.clock_snapshot(), generation.is_complete()));
    black_box((generation.frequency().nanos_per_tick(), generation.byte_range()));
    for (id, text) in generation.strings() {
        assert_eq!(generation.string(id).map(<[u8]>::len), Some(text.len()));
    }
    generation.stacks().into_iter().for_each(|s| stack(Some(s)));
    black_box(generation.raw_samples().is_ok());
    for batch in generation.batches_of(BatchKind::Events) {
        black_box(RawEvents::new(&batch).map_while(Result::ok).map(|raw| raw.args().len()).sum::<usize>());
    }
}

/// Reads everything of a trace; returns the number of its events, and the error that
/// ends them.
pub fn trace(trace: &Trace<'_>) -> (usize, Option<gotrace::Error>) {
    for each in trace.generations() {
        generation(each);
    }
    let (mut count, mut failed, mut last) = (0, None, None);
    let mut events = trace.events();
    for next in events.by_ref() {
        match next {
            Ok(next) => {
                event(&next);
                // A clock at the end of time wraps around.
                assert!(last < Some(next.time()) || next.time().0 == i64::MIN, "time stands still at {next:?}");
                last = Some(next.time());
                count += 1;
            }
            Err(e) => {
                assert!(failed.is_none(), "a second error: {e}");
                print(&e);
                failed = Some(e);
            }
        }
    }
    assert!(events.next().is_none(), "a finished stream goes on");
    events.warnings().iter().for_each(print);
    let streams =
        [trace.events_of_goroutine(GoId(1)), trace.events_of_proc(ProcId(0)), trace.events_of_thread(ThreadId(1))];
    black_box(streams.map(|stream| stream.map_while(Result::ok).count()));
    intervals(trace);
    (count, failed)
}

/// Reads every interval, which must not end before it begins.
pub fn intervals(trace: &Trace<'_>) {
    for interval in trace.intervals().map_while(Result::ok) {
        let (start, end) = match &interval {
            Interval::Goroutine(_, span) => (span.start, span.end),
            Interval::Proc(_, span) => (span.start, span.end),
            Interval::Thread(_, span) => (span.start, span.end),
        };
        assert!(start <= end, "{interval:?}");
        let _ = write!(Sink, "{interval:?}");
    }
}
