//! Selections that share nothing have together what the whole trace has.

use super::Selection;
use crate::analysis::annotations::NoSuch;
use crate::analysis::latency::CollectLatency;
use crate::analysis::profile::{CollectProfile, Filter, ProfileKind};
use crate::analysis::summary::CollectSummary;
use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::base::time::Time;
use crate::spec::state::GoState;
use crate::trace::Trace;
use crate::window::Window;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rustc_hash::FxHashSet;
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
        let answers = trace.analyze(selection.questions()).unwrap().output.unwrap_or_default();
        let selected = selection.resolve(answers).unwrap();
        let filter: Filter = match selected.filter() {
            Ok(filter) => filter,
            // Nobody was in such a state: no time.
            Err(NoSuch::State) => Filter { goroutines: Some(FxHashSet::default()), ..Filter::default() },
            Err(e) => panic!("{e}"),
        };
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

/// Returns the Ps that goroutines ran on, and the Ms that did something.
fn places(trace: &Trace<'_>) -> (BTreeSet<ProcId>, BTreeSet<ThreadId>) {
    let events: Vec<_> = trace.events().map_while(Result::ok).collect();
    let procs = events.iter().filter_map(|event| event.proc()).collect();
    (procs, events.iter().filter_map(|event| event.thread()).collect())
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

            // By state: an event that begins none belongs to no part.
            let mut sum = Sums::default();
            for state in [GoState::Running, GoState::Runnable, GoState::Waiting, GoState::Syscall] {
                sum.add(&Sums::of(&trace, Selection::default().states([state])));
            }
            prop_assert_eq!((sum.wall, sum.latency), (whole.wall, whole.latency), "{} by state", name);

            // By P and M: a state that began on none belongs to no part.
            let (procs, threads) = places(&trace);
            let mut sum = Sums::default();
            for &proc in &procs {
                sum.add(&Sums::of(&trace, Selection::default().procs([proc])));
            }
            let all = Sums::of(&trace, Selection::default().procs(procs));
            prop_assert_eq!((sum.wall, sum.latency), (all.wall, all.latency), "{} by P", name);
            let mut sum = Sums::default();
            for &thread in &threads {
                sum.add(&Sums::of(&trace, Selection::default().threads([thread])));
            }
            let all = Sums::of(&trace, Selection::default().threads(threads));
            prop_assert_eq!(sum, all, "{} by M", name);
        }
    }
}
