//! The library foretells the verdict of Go's reader: for every committed trace that of Go
//! 1.27.3, which `testdata/golden/manifest.tsv` has, and for some traces with one bad byte.
//! `tests/live_check` asks Go itself about many more.

#[allow(dead_code, reason = "for all of it see live.rs")]
#[path = "oracle/mod.rs"]
mod oracle;

use gotrace::export::EventWriter;
use gotrace::export::parsed::ParsedWriter;
use gotrace::go_reader::{GoEnd, GoReading};
use gotrace::{Error, ErrorKind, Mode, Options, Trace};
use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata");

fn foreseen(bytes: &[u8]) -> GoReading {
    match Trace::parse(bytes) {
        Ok(trace) => GoReading::of(&trace, || ()),
        Err(e) => GoReading::of_no_trace(e),
    }
}

/// Returns the number of lines that the first `events` events of a trace take in print. The
/// count may be one more than there are, for a sync.
fn lines(bytes: &[u8], events: u64) -> usize {
    let Ok(trace) = Trace::parse(bytes) else { return 0 };
    let mut text = Vec::new();
    let mut writer = ParsedWriter::new(&mut text, |_| 0);
    let mut written = 0;
    for event in trace.events().take(events as usize).map_while(Result::ok) {
        writer.event(&event).unwrap();
        written += 1;
    }
    writer.finish().unwrap();
    assert!(written + 1 >= events, "{events} events foreseen, {written} there");
    text.iter().filter(|&&byte| byte == b'\n').count() + (events - written) as usize
}

#[test]
fn committed_traces_end_where_go_ended_them() {
    let manifest = std::fs::read_to_string(format!("{ROOT}/golden/manifest.tsv")).unwrap();
    let (mut accepted, mut refused, mut unknown) = (0, 0, 0);
    for expected in oracle::expectations(&manifest, Path::new(ROOT)) {
        if expected.mode != "parsed" {
            continue;
        }
        let bytes = std::fs::read(&expected.file).unwrap();
        let reading = foreseen(&bytes);
        let file = expected.file.display();
        if matches!(reading.end, GoEnd::Unknown(_)) {
            unknown += 1;
            continue;
        }
        assert_eq!(reading.defect().is_none(), expected.go.accepted, "{file}: {reading:?}, {:?}", expected.go);
        assert_eq!(lines(&bytes, reading.events.unwrap()), expected.go.lines, "{file}: {reading:?}");
        *(if expected.go.accepted { &mut accepted } else { &mut refused }) += 1;
    }
    // The one trace without a known verdict has a P with an absurd number.
    assert_eq!(unknown, 1);
    assert!(accepted > 150 && refused > 50, "{accepted}, {refused}");
}

/// Damaged traces: the trace, the place of the bad byte, its new value, and the verdict of Go
/// 1.27.3, with the number of events that it prints before it ends.
const DAMAGED: &[(&str, usize, u8, &str, u64)] = &[
    // An event that cannot be read holds back the one before it on its M.
    ("go1.24/nostop-gens", 13718, 8, "refuses", 1131),
    ("go1.26/cpuprofile", 5522, 14, "refuses", 2903),
    ("go1.27/gc", 7576, 24, "refuses", 1492),
    ("go1.22/restart", 5928, 28, "refuses", 1259),
    // Of a generation with bad tables, only the sync is printed.
    ("go1.27/syscalls-gens", 2698, 43, "refuses", 1),
    ("go1.25/flight-both", 11741, 116, "refuses", 826),
    ("go1.24/syscalls-gens", 18020, 63, "refuses", 889),
    // A missing stack is met when its event is printed, not while the event waits.
    ("go1.22/nostop-gens", 7192, 46, "refuses", 2348),
    ("go1.27/nostop-gens", 23163, 38, "refuses", 3139),
    // The scheduler's rules.
    ("go1.27/flight", 6992, 56, "refuses", 531),
    ("go1.26/procs", 3270, 65, "refuses", 143),
    // Traces up to Go 1.21 are read whole before the first event is printed.
    ("go1.21/timers", 1050, 38, "refuses", 0),
    ("go1.21/chans", 2041, 2, "refuses", 0),
    ("go1.21/procs", 123, 25, "refuses", 0),
    // Their names are looked up only when an event is printed.
    ("go1.21/mixed-procs", 19156, 65, "panics", 148),
    // Some damage makes a valid trace.
    ("go1.26/http", 31075, 101, "accepts", 2646),
    ("go1.21/procs", 860, 24, "accepts", 806),
];

#[test]
fn a_byte_makes_it_end_where_go_ends_it() {
    for &(name, at, byte, end, events) in DAMAGED {
        let mut bytes = std::fs::read(format!("{ROOT}/traces/{name}.trace")).unwrap();
        bytes[at] = byte;
        let reading = foreseen(&bytes);
        let ends = match reading.end {
            GoEnd::Accepts => "accepts",
            GoEnd::EndsEarly(_) => "ends early",
            GoEnd::Refuses(_) => "refuses",
            GoEnd::Panics(_) => "panics",
            _ => "not known",
        };
        assert_eq!((ends, reading.events), (end, Some(events)), "{name}, byte {at}: {reading:?}");
    }
}

/// Go's reader takes a batch that ends where a number should begin for the end of the file:
/// it drops what it has read of the generation, and says nothing of it.
#[test]
fn a_batch_that_ends_before_a_number_ends_the_trace() {
    let good = std::fs::read(format!("{ROOT}/traces/go1.27/hello.trace")).unwrap();
    let trace = Trace::parse(&good).unwrap();
    let strings = gotrace::wire::v2::batch::BatchKind::Strings;
    let batch = trace.generations()[0].batches_of(strings).next().unwrap();
    let mut bytes = good[..batch.offset].to_vec();
    // The batch has two bytes: the type of a string table, and a string without its ID.
    let [of_strings, a_string] = [batch.data[0], batch.data[1]];
    bytes.extend([good[batch.offset], 1, 0, 0, 2, of_strings, a_string]);
    let reading = foreseen(&bytes);
    assert!(matches!(&reading.end, GoEnd::EndsEarly(e) if e.offset() == bytes.len() as u64), "{reading:?}");
    assert_eq!(reading.events, Some(1));
}

/// The verdict does not depend on the mode in which a trace was parsed.
#[test]
fn what_lenient_reading_gets_past_is_refused() {
    let good = std::fs::read(format!("{ROOT}/traces/go1.25/gc-gens.trace")).unwrap();
    let cut = &good[..good.len() / 2];
    let lenient = Trace::with_options(cut, Options::default().mode(Mode::Lenient)).unwrap();
    let strict = foreseen(cut);
    let reading = GoReading::of(&lenient, || ());
    assert_eq!(
        (reading.events, reading.defect().map(Error::offset)),
        (strict.events, strict.defect().map(Error::offset))
    );
    assert!(reading.defect().is_some());
}

/// Traces that Go's reader refuses, though nothing is wrong with them, are known.
#[test]
fn what_go_does_not_know_is_refused() {
    let callbacks = foreseen(&std::fs::read(format!("{ROOT}/traces/go1.21/cgo.trace")).unwrap());
    let said = callbacks.defect().unwrap().to_string();
    assert!(said.contains("C calls back into Go on goroutine"), "{said}");
    assert_eq!(callbacks.events, Some(0));

    let mut old = std::fs::read(format!("{ROOT}/traces/go1.21/hello.trace")).unwrap();
    old[..16].copy_from_slice(b"go 1.10 trace\0\0\0");
    let given_up = foreseen(&old);
    assert!(matches!(given_up.defect().map(Error::kind), Some(ErrorKind::GivenUp { minor: 10 })), "{given_up:?}");
}
