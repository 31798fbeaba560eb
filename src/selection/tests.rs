//! Selections that share nothing have together what the whole trace has.

use super::Selection;
use crate::analysis::latency::CollectLatency;
use crate::analysis::profile::{CollectProfile, Filter, ProfileKind};
use crate::analysis::summary::CollectSummary;
use crate::base::ids::GoId;
use crate::base::time::Time;
use crate::trace::Trace;
use crate::window::Window;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeSet;

/// Sums of a selected part of a trace.
#[derive(PartialEq, Debug, Default)]
struct Sums {
    /// Time of goroutines in all states, in nanoseconds.
    wall: i64,
    /// Time that goroutines waited for a P, in nanoseconds.
    latency: i64,
    /// Events that happened to a goroutine, or while one ran.
    events: usize,
}

impl Sums {
    fn of(trace: &Trace<'_>, selection: Selection) -> Sums {
        let selected = selection.resolve((None, None)).unwrap();
        let filter: Filter = selected.filter().unwrap();
        let questions = (
            CollectProfile::new(ProfileKind::Wall).unfinished(true).filter(filter.clone()),
            CollectLatency::new(0).filter(filter),
        );
        let (wall, latency) = trace.analyze(questions).unwrap().output;
        let events = trace.events().map_while(Result::ok);
        let events = events.filter(|event| event.goroutine().is_some() && selected.contains(event));
        Sums { wall: wall.total().1, latency: latency.waits.sum(), events: events.count() }
    }

    fn add(&mut self, more: &Sums) {
        self.wall += more.wall;
        self.latency += more.latency;
        self.events += more.events;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, failure_persistence: None, rng_seed: RngSeed::Fixed(11), ..ProptestConfig::default() })]

    #[test]
    fn parts_have_together_what_the_whole_has(cut in 0.05..0.95f64, parts in 2..4u64, salt in any::<u64>()) {
        for (name, bytes) in crate::trace::testdata::small_traces() {
            let trace = Trace::parse(&bytes).unwrap();
            let Ok(analyzed) = trace.analyze(CollectSummary::default()) else { continue };
            let summary = analyzed.output;
            let cut = Some(Time(summary.start.0 + (summary.span() as f64 * cut) as i64));
            let goroutines: BTreeSet<GoId> = trace
                .events()
                .map_while(Result::ok)
                .flat_map(|event| event.goroutine().into_iter().chain(event.other_goroutine()))
                .collect();
            let whole = Sums::of(&trace, Selection::default());

            // By time: a wait counts where it ends, and an event is in one part alone.
            let mut sum = Sums::default();
            for window in [Window::new(None, cut), Window::new(cut, None)] {
                sum.add(&Sums::of(&trace, Selection::default().window(window)));
            }
            prop_assert_eq!((sum.wall, sum.events), (whole.wall, whole.events), "{} by time", name);

            // By goroutine: an event that one does to another belongs to both.
            let mut sum = Sums::default();
            for part in 0..parts {
                let ours = |id: &GoId| (id.0 ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15) % parts == part;
                let ours: Vec<GoId> = goroutines.iter().copied().filter(ours).collect();
                if !ours.is_empty() {
                    sum.add(&Sums::of(&trace, Selection::default().goroutines(ours)));
                }
            }
            prop_assert_eq!((sum.wall, sum.latency), (whole.wall, whole.latency), "{} by goroutine", name);
            prop_assert!(sum.events >= whole.events, "{}", name);
        }
    }
}
