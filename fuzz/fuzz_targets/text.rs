//! The text form: any text, and any bytes converted to text and back.

#![no_main]

use gotrace::wire::text::{TextEvents, binary_to_text, text_to_binary};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(events) = TextEvents::new(data) {
        for event in events {
            if let Err(e) = event {
                assert!(e.offset() <= data.len() as u64, "{e}");
            }
        }
    }
    let mut binary = Vec::new();
    if text_to_binary(data, &mut binary).is_ok() {
        round_trip(&binary);
    }
    round_trip(data);
});

fn round_trip(binary: &[u8]) {
    let mut text = Vec::new();
    if binary_to_text(binary, &mut text).is_ok() {
        let mut back = Vec::new();
        text_to_binary(&text, &mut back).expect("our own text can be read");
        assert!(back == binary, "nothing is lost");
    }
}
