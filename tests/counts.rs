//! The summary counts the tasks and regions that are listed, in damaged traces too.

mod common;

use common::script;
use gotrace::analysis::goroutines::CollectGoroutines;
use gotrace::analysis::summary::CollectSummary;
use gotrace::{Mode, Options, TaskId, Trace, Version};

/// Traces, with the numbers of their tasks and regions.
const CASES: &[(&str, u64, u64)] = &[
    // A region that begins and ends, and one from before the trace.
    ("UserRegionBegin 0 'a'; UserRegionEnd 0 'a'; UserRegionEnd 0 'b'", 0, 2),
    // Ends that end nothing: of a region that has ended, and of one beside an open one.
    ("UserRegionBegin 0 'a'; UserRegionEnd 0 'a'; UserRegionEnd 0 'a'", 0, 1),
    ("UserRegionBegin 0 'a'; UserRegionEnd 7 'b'", 0, 1),
    // Blocking forever ends the life of a goroutine, and so its regions, though this one goes
    // on; then a region may have begun before the trace.
    (
        "UserRegionBegin 0 'a'; GoBlock 'forever'; ProcStop
         M2 @99: ProcStatus 1 PRunning; GoUnblock 1 1; ProcStart 0 1; GoStart 1 2; UserRegionEnd 0 'b'",
        0,
        2,
    ),
    // A task that is mentioned only as the parent of another one.
    ("UserTaskBegin 5 4 'kind'; UserTaskEnd 5", 2, 0),
    ("UserTaskBegin 5 4 'kind'; UserTaskBegin 5 3 'kind'", 3, 0),
];

#[test]
fn summary_counts_what_is_listed() {
    for (events, tasks, regions) in CASES {
        let bytes =
            script::build(Version::Go126, &format!("M1: ProcStatus 0 PRunning; GoStatus 1 1 Running; {events}"));
        let trace = Trace::with_options(&bytes.bytes, Options::default().mode(Mode::Lenient)).unwrap();
        let questions = (CollectSummary::default(), CollectGoroutines::default());
        let (summary, lists) = trace.analyze(questions).unwrap().output;
        assert_eq!((summary.tasks, summary.regions), (*tasks, *regions), "{events}");
        let listed_regions = lists.regions.iter().filter(|region| region.counts && !region.inherited).count() as u64;
        let listed_tasks = lists.tasks.keys().filter(|id| **id != TaskId::BACKGROUND).count() as u64;
        assert_eq!((listed_tasks, listed_regions), (*tasks, *regions), "{events}");
    }
}
