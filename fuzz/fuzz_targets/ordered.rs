//! Framing, tables, ordering and every accessor, strictly and leniently, on one
//! thread and on several. Lenient reading also gives every event that strict reading gives
//! before a defect; without a defect, it gives the same events and no warning.

#![no_main]

use gotrace::{Mode, Options, Trace};
use libfuzzer_sys::fuzz_target;
use std::collections::HashSet;

#[allow(dead_code)] // Tests use all of it.
#[path = "../../tests/common/touch.rs"]
mod touch;

fuzz_target!(|data: &[u8]| {
    // The offsets and times of strict reading, and true if an error ended them.
    let mut strict: (Vec<(Option<u64>, i64)>, bool) = (Vec::new(), true);
    for mode in [Mode::Strict, Mode::Lenient] {
        let Ok(trace) = Trace::with_options(data, Options::default().mode(mode)) else { continue };
        let (mut count, mut last) = (0u64, None);
        let mut all = Vec::new();
        let mut events = trace.events();
        let mut failed = false;
        for event in events.by_ref() {
            match event {
                Ok(event) => {
                    assert!(last.is_none_or(|last| event.time() != last), "times differ");
                    last = Some(event.time());
                    touch::event(&event);
                    all.push((event.offset(), event.time().0));
                    count += 1;
                    // On the wire an event is two bytes at least.
                    assert!(all.len() <= data.len() + 64, "{count} events of {} bytes", data.len());
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
        match mode {
            Mode::Strict => strict = (all, failed),
            // Where the framing is broken, the two may cut batches differently.
            Mode::Lenient if strict.1 && !trace.warnings().is_empty() => {}
            Mode::Lenient if strict.1 => {
                let kept: HashSet<_> = all.iter().map(|(offset, _)| *offset).collect();
                let lost = strict.0.iter().find(|(offset, _)| !kept.contains(offset));
                assert!(lost.is_none(), "strict reading has {lost:?}, lenient reading has not");
            }
            Mode::Lenient => assert!(all == strict.0 && events.warnings().is_empty(), "a good trace read differently"),
        }
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
