//! Windows of a trace: none panics, whatever the damage to the trace and the bounds of the
//! window, and each is as long as requested.

#![no_main]

use gotrace::analysis::count::CollectCounts;
use gotrace::analysis::gc::CollectGc;
use gotrace::analysis::goroutines::CollectGoroutines;
use gotrace::analysis::procs::CollectProcs;
use gotrace::analysis::summary::CollectSummary;
use gotrace::diagnose::CollectObservation;
use gotrace::{Mode, Options, Time, Trace, Window};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let trace = Trace::with_options(data, Options::default().mode(Mode::Lenient));
    let Ok(trace) = trace else { return };
    let whole = trace.analyze(CollectSummary::default()).unwrap().output;
    let (start, span) = (whole.start.0, i128::from(whole.end.0) - i128::from(whole.start.0));
    // The last bytes give the bounds: they change little of the trace.
    let share = |byte: Option<&u8>| i128::from(byte.copied().unwrap_or(128));
    let at = |share: i128| Time((i128::from(start) + span * share / 256) as i64);
    let (a, b) = (at(share(data.last())), at(share(data.get(data.len().saturating_sub(2)))));
    let (from, to) = (a.min(b), a.max(b));
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
        assert!(summary.events <= whole.events + 1);
    }
});
