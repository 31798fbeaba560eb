//! Windows of a trace: none panics, whatever the damage to the trace and the bounds of the
//! window, and each is as long as requested.

#![no_main]

mod bounds;

use gotrace::analysis::count::CollectCounts;
use gotrace::analysis::gc::CollectGc;
use gotrace::analysis::goroutines::CollectGoroutines;
use gotrace::analysis::procs::CollectProcs;
use gotrace::analysis::summary::CollectSummary;
use gotrace::diagnose::CollectObservation;
use gotrace::{Mode, Options, Trace, Window};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let trace = Trace::with_options(data, Options::default().mode(Mode::Lenient));
    let Ok(trace) = trace else { return };
    let (from, to, events) = bounds::bounds(&trace, data);
    for window in [Window::new(Some(from), Some(to)), Window::new(None, Some(from)), Window::new(Some(to), None)] {
        let questions = (
            CollectSummary::default(),
            CollectCounts::default(),
            CollectGc::default(),
            CollectProcs::default(),
            CollectObservation::default(),
            CollectGoroutines::default(),
        );
        let Ok(analyzed) = window.analyze(&trace, questions) else { panic!("lenient reading does not fail") };
        let (summary, ..) = analyzed.output;
        assert!(summary.events <= events + 1);
    }
});
