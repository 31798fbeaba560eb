//! Paths are whole: each moment belongs to one segment, and the tree has all of them.

use super::{Cause, CollectHistory, Doing, History, Path, Step, Tree};
use crate::base::ids::GoId;
use crate::base::time::Time;
use crate::trace::testdata::traces;
use crate::trace::{Mode, Options, Trace};
use std::collections::BTreeSet;

/// Checks that segments follow each other from the path's start to its end, and that the
/// tree has their time.
fn check(path: &Path, history: &History, name: &str) {
    let mut at = path.start;
    for segment in &path.segments {
        assert_eq!(segment.start, at, "{name}: a gap, or two segments at one time, in the path of {}", path.goroutine);
        assert!(segment.start < segment.end, "{name}: {segment:?}");
        at = segment.end;
        for link in path.links_to(segment) {
            assert!(link.start <= segment.start && segment.end <= link.end, "{name}: {segment:?} is not in {link:?}");
        }
    }
    assert_eq!(at, path.end, "{name}: the path of {}", path.goroutine);
    let mut tree = Tree::default();
    tree.add(path, history);
    assert_eq!(tree.nodes().iter().map(|node| node.nanos).sum::<i64>(), path.nanos(), "{name}");
    assert_eq!(tree.nanos, path.nanos(), "{name}");
    let causes = tree.causes();
    assert_eq!(causes.iter().map(|cause| cause.nanos).sum::<i64>(), path.nanos(), "{name}");
    assert_eq!(causes.iter().map(|cause| cause.count).sum::<u64>(), path.segments.len() as u64, "{name}");
    let is_wait = |cause: &Cause| matches!(cause.step, Step::Woken { .. } | Step::Created { .. });
    assert!(!causes.iter().any(is_wait), "{name}: {causes:?}");
}

#[test]
fn each_moment_belongs_to_one_segment() {
    let (mut paths, mut explained) = (0, 0);
    for (name, bytes) in traces() {
        let trace = Trace::with_options(&bytes, Options::default().mode(Mode::Lenient)).unwrap();
        let history = trace.analyze(CollectHistory::default()).unwrap().output;
        let goroutines: BTreeSet<GoId> =
            trace.events().map_while(Result::ok).filter_map(|event| event.goroutine()).collect();
        let span = history.end.since(history.start);
        let part = |share: i64| Time(history.start.0 + span / 8 * share);
        for &goroutine in goroutines.iter().step_by(goroutines.len().div_ceil(12).max(1)) {
            for (from, to) in [(history.start, history.end), (part(2), part(3)), (part(7), Time(history.end.0 + 5))] {
                let path = history.path(goroutine, from, to);
                check(&path, &history, &name);
                paths += 1;
                explained += usize::from(!path.links.is_empty());
            }
        }
    }
    assert!(paths > 1000 && explained > 300, "{explained} of {paths}");
}

/// Paths are the same where only what some stretches need was kept.
#[test]
fn what_is_kept_for_a_path_is_all_of_it() {
    let mut segments = 0;
    for (name, bytes) in traces() {
        let trace = Trace::with_options(&bytes, Options::default().mode(Mode::Lenient)).unwrap();
        let whole = trace.analyze(CollectHistory::default()).unwrap().output;
        let part = |share: i64| Time(whole.start.0 + whole.end.since(whole.start) / 16 * share);
        let stretches = [(part(1), part(2)), (part(5), part(7)), (part(6), part(8)), (part(15), Time(whole.end.0 + 5))];
        let needed = trace.analyze(CollectHistory::of(stretches.to_vec())).unwrap().output;
        let goroutines: BTreeSet<GoId> =
            trace.events().map_while(Result::ok).filter_map(|event| event.goroutine()).collect();
        for &goroutine in goroutines.iter().step_by(goroutines.len().div_ceil(24).max(1)) {
            for (from, to) in stretches {
                let path = needed.path(goroutine, from, to);
                assert_eq!(path, whole.path(goroutine, from, to), "{name}");
                let functions = |history: &History| {
                    path.segments.iter().map(|segment| history.function(segment.goroutine)).collect::<Vec<_>>()
                };
                let known = |segment: &super::Segment| segment.doing != Doing::Unknown;
                if path.segments.iter().all(known) {
                    assert_eq!(functions(&needed), functions(&whole), "{name}");
                }
                segments += path.segments.len();
            }
        }
    }
    assert!(segments > 5000, "{segments}");
}

/// A goroutine that the trace does not mention did nothing that is known.
#[test]
fn nothing_is_known_of_a_goroutine_that_is_not_there() {
    let history = History::default();
    let path = history.path(GoId(7), Time(10), Time(30));
    assert_eq!(path.segments.iter().map(|segment| segment.doing).collect::<Vec<_>>(), [Doing::Unknown]);
    check(&path, &history, "none");
    let empty = history.path(GoId(7), Time(10), Time(3));
    assert!(empty.segments.is_empty());
}
