//! Framing, tables, ordering and every accessor, strictly and leniently, on one
//! thread and on several.

#![no_main]

use gotrace::{Mode, Options, Trace};
use libfuzzer_sys::fuzz_target;

#[path = "../../tests/common/touch.rs"]
mod touch;

fuzz_target!(|data: &[u8]| {
    for mode in [Mode::Strict, Mode::Lenient] {
        let Ok(trace) = Trace::with_options(data, Options::default().mode(mode)) else { continue };
        let (mut count, mut last) = (0u64, None);
        let mut events = trace.events();
        let mut failed = false;
        for event in events.by_ref() {
            match event {
                Ok(event) => {
                    assert!(last.is_none_or(|last| event.time() != last), "times differ");
                    last = Some(event.time());
                    touch::event(&event);
                    count += 1;
                }
                Err(e) => {
                    assert!(mode == Mode::Strict, "a lenient stream has no errors: {e}");
                    assert!(e.offset() <= data.len() as u64, "{e}");
                    let _ = e.to_string();
                    failed = true;
                }
            }
        }
        assert!(events.next().is_none(), "fused");
        for generation in trace.generations() {
            touch::generation(generation);
        }
        touch::intervals(&trace);
        let threaded = Trace::with_options(data, Options::default().mode(mode).threads(3))
            .map(|t| t.fold(|| 0u64, |count, _| *count += 1, |count, more| *count += more).map(|folded| folded.output));
        match threaded {
            Ok(Ok(folded)) => assert!(!failed && folded == count),
            Ok(Err(_)) => assert!(failed),
            Err(e) => panic!("parsed before: {e}"),
        }
    }
});
