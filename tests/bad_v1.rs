//! Defects of the v1 files in `testdata/bad`, each of which is `hello` of Go 1.21
//! with one defect: an error in strict mode, warnings beside the good
//! events in lenient mode. `testdata/bad.py` makes them.

use gotrace::{Mode, Options, Trace};
use std::collections::BTreeSet;

const BAD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/bad");

/// The number of ordered events of `hello`, without syncs.
const ALL: usize = 39;

/// A file, its strict error, the repair of lenient reading, and the least
/// number of events that it keeps. An empty repair stands for no event to keep.
const CASES: [(&str, &str, &str, usize); 26] = [
    ("header-only", "the generation has no frequency", "", 0),
    ("cut-batch", "the file ends inside an event's arguments", "used as far as it goes", 12),
    ("cut-batches", "the generation has no frequency", "taken to tick at 62500000 Hz", 12),
    ("cut-log", "the file ends inside a string", "used as far as it goes", 10),
    ("cut-string", "the file ends inside a string", "used as far as it goes", 18),
    ("cut-stack", "the file ends inside an event's arguments", "used as far as it goes", ALL),
    ("cut-last-byte", "the file ends inside an event's arguments", "used as far as it goes", ALL),
    ("no-frequency", "the generation has no frequency", "taken to tick at 62500000 Hz", ALL),
    ("no-batch", "ProcStart stands outside any batch", "bytes are passed over", 24),
    ("bad-event-type", "unknown event type 63", "bytes are passed over", 12),
    ("bad-event-size", "Gomaxprocs of 2049 bytes; the maximum is 2048", "bytes are passed over", 12),
    ("bad-arguments", "Batch has 3 numbers; expected 2", "bytes are passed over", 12),
    ("bad-varint", "an event's arguments is a varint of more than 64 bits", "bytes are passed over", 12),
    ("bad-proc", "proc 268435455 is absurd; the maximum is 65535", "bytes are passed over", 12),
    ("bad-frequency", "a clock of 0 ticks a second", "the event is left out", ALL),
    ("bad-string-size", "a string of 1000001 bytes; the maximum is 1000000", "bytes are passed over", 18),
    ("string-zero", "a string has ID 0", "the event is left out", ALL),
    ("string-empty", "string 127 is empty", "the event is left out", ALL),
    ("string-twice", "string 1 is there twice", "the event is left out", ALL),
    ("bad-stack", "a stack of 1001 frames; the maximum is 1000", "bytes are passed over", ALL),
    ("batch-missing", "", "", 24),
    ("batch-twice", "time stamps out of order", "placed by its time", ALL),
    ("twice", "GoUnblockLocal has 2 numbers; expected 3", "another trace begins there", ALL),
    ("followed", "GoUnblockLocal has 2 numbers; expected 3", "another trace begins there", ALL),
    ("trailing", "the file ends inside an event's arguments", "used as far as it goes", ALL),
    ("leading", "expected the header", "the header was found 19 bytes in", ALL),
];

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(format!("{BAD}/v1-{name}.trace")).unwrap()
}

#[test]
fn strictly_each_is_the_error_that_it_is() {
    for (name, want, ..) in CASES {
        let bytes = bytes(name);
        let error = match Trace::parse(&bytes) {
            Err(e) => Some(e),
            Ok(trace) => trace.events().find_map(Result::err),
        };
        let Some(error) = error else {
            // Go accepts such a file too.
            assert_eq!(want, "", "{name} is accepted");
            continue;
        };
        assert!(!want.is_empty() && error.to_string().contains(want), "{name}: {error}");
        assert!(error.offset() <= bytes.len() as u64, "{name}: {error}");
        assert!(name == "leading" || error.offset() >= 16, "{name}: {error}");
    }
}

#[test]
fn leniently_what_is_good_comes_with_a_warning() {
    for (name, error, repair, least) in CASES {
        let bytes = bytes(name);
        let lenient = Trace::with_options(&bytes, Options::default().mode(Mode::Lenient));
        let trace = match lenient {
            Err(e) => {
                assert!(least == 0 && e.to_string().contains(error), "{name}: {e}");
                continue;
            }
            Ok(trace) => trace,
        };
        let mut events = trace.events();
        let kept = events.by_ref().filter(|event| event.as_ref().unwrap().offset().is_some()).count();
        assert!(kept >= least && least > 0, "{name}: {kept} events kept");
        let warnings: Vec<String> = events.warnings().iter().map(ToString::to_string).collect();
        let told = warnings.iter().any(|warning| warning.contains(error) && warning.contains(repair));
        assert!(told || (error.is_empty() && warnings.is_empty()), "{name}: {warnings:?}");
    }
}

#[test]
fn each_file_is_here() {
    let there = std::fs::read_dir(BAD).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let there: BTreeSet<String> =
        there.filter_map(|name| Some(name.strip_prefix("v1-")?.strip_suffix(".trace")?.to_string())).collect();
    let here: BTreeSet<String> = CASES.iter().map(|(name, ..)| name.to_string()).collect();
    assert_eq!(there, here);
}
