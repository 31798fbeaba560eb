//! Traces that are made to be shared: slices of any trace that lenient reading accepts are
//! valid, and so are slices without names, which have as many events.

#![no_main]

mod bounds;

use gotrace::anonymize::{Pseudonyms, anonymize};
use gotrace::{Mode, Options, Trace, Window};
use libfuzzer_sys::fuzz_target;

/// Returns the number of events of a trace that has to be valid.
fn count(trace: &Trace<'_>) -> usize {
    trace.events().map(|event| event.expect("no defect")).count()
}

fuzz_target!(|data: &[u8]| {
    let trace = Trace::with_options(data, Options::default().mode(Mode::Lenient));
    let Ok(trace) = trace else { return };
    let (from, to, _) = bounds::bounds(&trace, data);
    for window in [Window::new(Some(from), Some(to)), Window::new(None, Some(from)), Window::new(Some(to), None)] {
        let mut slice = Vec::new();
        let (report, _) = window.slice(&trace, &mut slice, |_| ()).expect("lenient reading does not fail");
        if report.events == 0 && report.copied == 0 {
            continue;
        }
        let slice = Trace::with_options(&slice, Options::default().mode(Mode::Strict)).expect("a trace");
        let mut anonymous = Vec::new();
        anonymize(&slice, &mut Pseudonyms::default(), &mut anonymous).expect("a good trace");
        let anonymous = Trace::with_options(&anonymous, Options::default().mode(Mode::Strict)).expect("a trace");
        assert_eq!(count(&anonymous), count(&slice));
    }
});
