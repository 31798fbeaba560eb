//! The raw events of any bytes, of the whole file and batch by batch.

#![no_main]

use gotrace::Version;
use gotrace::wire::v1::event::RawEvents as RawV1Events;
use gotrace::wire::v2::batch::{BatchKind, Frame, Frames};
use gotrace::wire::v2::event::{RawEvents, WireEvents};
use gotrace::wire::v2::experiment::ExperimentalBatch;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(events) = WireEvents::new(data) {
        let mut end = 0;
        for event in events.with_experimental().flatten() {
            assert!(event.offset >= end, "events do not overlap");
            end = event.offset + 1;
            // Writing an event again gives the bytes that it was read from.
            let mut binary = Vec::new();
            event.write_binary(&mut binary);
            assert!(data[event.offset..].starts_with(&binary), "{event:?}");
            event.write_text(&mut Vec::new());
        }
    }
    let version = Version::parse_header(data).ok().filter(|version| version.is_v1());
    let mut end = gotrace::HEADER_LEN;
    let mut events = RawV1Events::new(data, version.unwrap_or(Version::Go121));
    for event in events.by_ref().flatten() {
        assert!(event.offset == end && event.size > 1, "events lie side by side: {event:?}");
        end += event.size;
        assert!(end <= data.len() && event.data.len() < event.size, "{event:?}");
        assert!(event.numbers.len() + event.data.len() < event.size, "a number is a byte at least: {event:?}");
    }
    assert!(events.next().is_none(), "fused");
    for frame in Frames::new(data, gotrace::HEADER_LEN.min(data.len())).flatten() {
        let Frame::Batch(batch) = frame else { continue };
        assert_eq!(
            data[batch.data_offset..batch.end()].as_ptr(),
            batch.data.as_ptr(),
            "a batch is a slice of the file"
        );
        for version in Version::V2 {
            if batch.kind(version) == BatchKind::Events {
                let mut last = batch.data_offset;
                for event in RawEvents::new(&batch).flatten() {
                    assert!(event.offset >= last && event.offset < batch.end());
                    last = event.offset;
                    let _ = event.args();
                }
            }
        }
    }
    let _ = ExperimentalBatch { experiment: 1, thread: None, offset: 0, data }.alloc_free();
});
