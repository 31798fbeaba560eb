//! Tests that consecutive windows add up to the whole trace.

use super::Window;
use crate::analysis::Analysis;
use crate::analysis::gc::CollectGc;
use crate::analysis::procs::CollectProcs;
use crate::analysis::summary::{CollectSummary, Summary};
use crate::base::ids::{GoId, ProcId};
use crate::base::time::Time;
use crate::error::warning::Warning;
use crate::event::transition::StateTransition;
use crate::event::{Event, EventKind};
use crate::spec::state::GoState;
use crate::spec::v2::EventType;
use crate::timeline::{Follower, SharedEvent, Transition};
use crate::trace::testdata::{small_traces, traces};
use crate::trace::{Mode, Options, Trace};
use crate::wire::v2::batch::BatchKind;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeMap;

/// Time of each goroutine in each state, to the end, and number of events without syncs.
#[derive(Default)]
struct Spent(BTreeMap<(GoId, GoState), i64>, u64);

impl Spent {
    fn add(&mut self, id: GoId, state: GoState, nanos: i64) {
        if nanos != 0 {
            *self.0.entry((id, state)).or_default() += nanos;
        }
    }
}

impl Analysis for Spent {
    type Output = (BTreeMap<(GoId, GoState), i64>, u64);

    fn goroutine(&mut self, transition: &Transition<'_, '_>, _: &Follower) {
        self.1 += u64::from(!transition.is_restated());
        if let Some(before) = transition.before() {
            self.add(transition.id(), before.state(), transition.took());
        }
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, _: &mut Follower) {
        self.1 += u64::from(event.offset().is_some());
    }

    fn finish(mut self, follower: &Follower) -> Self::Output {
        for goroutine in follower.goroutines() {
            if let Some(since) = goroutine.since() {
                self.add(goroutine.id(), goroutine.state(), follower.last().since(since));
            }
        }
        (self.0, self.1)
    }
}

/// Figures of a trace that add up from its parts.
#[derive(Clone, PartialEq, Debug, Default)]
struct Sums {
    span: i64,
    events: u64,
    /// Times by goroutine and state, without goroutines whose states are not known from the
    /// trace's beginning on.
    states: BTreeMap<(GoId, GoState), i64>,
    procs: BTreeMap<ProcId, i64>,
    marking: i64,
    created: u64,
    ended: u64,
    cycles_ended: u64,
}

impl Sums {
    fn of(trace: &Trace<'_>, window: Window) -> Sums {
        let all = (Spent::default(), CollectSummary::default(), CollectGc::default(), CollectProcs::default());
        let ((states, events), summary, gc, procs) = window.analyze(trace, all).unwrap().output;
        let Summary { goroutines, .. } = &summary;
        Sums {
            span: summary.span(),
            events,
            states,
            procs: procs.procs.iter().map(|p| (p.id, p.running)).filter(|p| p.1 != 0).collect(),
            marking: gc.marking(),
            created: goroutines.created,
            ended: goroutines.ended,
            cycles_ended: gc.cycles.iter().filter(|cycle| cycle.end.is_some()).count() as u64,
        }
    }

    fn add(&mut self, more: Sums) {
        self.span += more.span;
        self.events += more.events;
        for (key, nanos) in more.states {
            *self.states.entry(key).or_default() += nanos;
        }
        for (id, nanos) in more.procs {
            *self.procs.entry(id).or_default() += nanos;
        }
        self.marking += more.marking;
        self.created += more.created;
        self.ended += more.ended;
        self.cycles_ended += more.cycles_ended;
    }
}

/// Ordering ahead on a second thread changes neither figures nor defects, of good traces and bad.
#[test]
fn threads_change_nothing() {
    for (name, bytes) in traces() {
        let of_threads = |threads| {
            let options = Options::default().mode(Mode::Lenient).threads(threads);
            let trace = Trace::with_options(&bytes, options).unwrap();
            let whole = trace.analyze(CollectSummary::default()).unwrap().output;
            let (first, last) = (whole.start, whole.end);
            let third = last.since(first) / 3;
            let window = Window::new(Some(Time(first.0 + third)), Some(Time(last.0 - third)));
            let found = window.analyze(&trace, CollectSummary::default()).unwrap();
            (Sums::of(&trace, window), format!("{:?} {:?}", found.output, found.warnings))
        };
        assert_eq!(of_threads(1), of_threads(2), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn a_partition_has_together_what_the_whole_has(mut cuts in proptest::collection::vec(0.0..1.0f64, 1..4)) {
        cuts.sort_by(f64::total_cmp);
        for (name, bytes) in small_traces() {
            let trace = Trace::parse(&bytes).unwrap();
            let Ok(analyzed) = trace.analyze(CollectSummary::default()) else { continue };
            let summary = analyzed.output;
            let (start, span) = (summary.start.0, summary.span());
            let times: Vec<Time> = cuts.iter().map(|cut| Time(start + (span as f64 * cut) as i64)).collect();
            // An old trace spends its first moments on stating what exists.
            if trace.version().is_v1() && times.iter().any(|time| time.0 - start < 1_000_000) {
                continue;
            }
            let from = std::iter::once(None).chain(times.iter().copied().map(Some));
            let to = times.iter().copied().map(Some).chain([None]);
            let mut sum = Sums::default();
            for (from, to) in from.zip(to) {
                sum.add(Sums::of(&trace, Window::new(from, to)));
            }
            let whole = Sums::of(&trace, Window::default());
            let text = |sums: &Sums| -> Vec<String> {
                let Sums { states, procs, .. } = sums.clone();
                let rest = Sums { states: BTreeMap::new(), procs: BTreeMap::new(), ..sums.clone() };
                let states = states.into_iter().map(|state| format!("{state:?}"));
                states.chain(procs.into_iter().map(|p| format!("{p:?}"))).chain([format!("{rest:?}")]).collect()
            };
            let (text, other) = (text(&sum), text(&whole));
            let only = |these: &[String], those: &[String]| -> Vec<String> {
                these.iter().filter(|line| !those.contains(line)).take(4).cloned().collect()
            };
            let differ = (only(&text, &other), only(&other, &text));
            prop_assert!(sum == whole, "{name} cut at {times:?}: {differ:?}");
        }
    }
}

/// Behind a damaged generation a window has what the whole trace has: neither an error nor
/// silence.
#[test]
fn windows_of_damaged_traces_are_salvaged() {
    let mut damaged = 0;
    for (name, mut bytes) in traces().into_iter().filter(|(name, _)| name.ends_with("-gens.trace")) {
        let trace = Trace::parse(&bytes).unwrap();
        let [.., third_to_last, _, last] = trace.generations() else { continue };
        let from = third_to_last.start();
        let batches = last.batches_of(BatchKind::Events).filter(|batch| batch.data.len() > 40);
        let at: Vec<usize> = batches.map(|batch| batch.end() - 20).collect();
        for at in at {
            bytes[at] = 0xff;
        }
        let trace = Trace::with_options(&bytes, Options::default().mode(Mode::Lenient)).unwrap();
        let whole = trace.analyze(CollectSummary::default()).unwrap();
        if whole.warnings.is_empty() {
            continue;
        }
        damaged += 1;
        for window in [Window::new(Some(from), None), Window::new(Some(Time(from.0 + 1)), None)] {
            let analyzed = window.analyze(&trace, CollectSummary::default()).expect(&name);
            let text = |warnings: &[Warning]| warnings.iter().map(ToString::to_string).collect::<Vec<_>>();
            assert_eq!(text(&analyzed.warnings), text(&whole.warnings), "{name}");
            assert_eq!(analyzed.output.end, whole.output.end, "{name}");
        }
    }
    assert!(damaged > 5, "{damaged}");
}

/// The events of a window are those that the whole trace has in that time. Two things only
/// the whole trace tells: whether the status of a P is the first mention of it, and the
/// type of a task that ends but began long before.
#[test]
fn events_of_windows_are_those_of_the_whole() {
    for (name, bytes) in traces() {
        let trace = Trace::with_options(&bytes, Options::default().mode(Mode::Lenient)).unwrap();
        let texts = |events: &mut dyn Iterator<Item = crate::Result<Event<'_>>>| -> Vec<(Time, String)> {
            let each = events.map(|event| event.unwrap());
            let text = |event: Event<'_>| match event.kind() {
                EventKind::StateTransition(StateTransition::Proc { id, to, .. })
                    if event.wire_type() == EventType::ProcStatus =>
                {
                    format!("{:?} {id} is {to}", event.offset())
                }
                EventKind::TaskEnd(task) => format!("{:?} {} ends", event.offset(), task.id),
                kind => format!("{:?} {kind:?}", event.offset()),
            };
            each.map(|event| (event.time(), text(event))).collect()
        };
        let all = texts(&mut trace.events());
        let (Some(first), Some(last)) = (all.first(), all.last()) else { continue };
        let (first, span) = (first.0.0, last.0.since(first.0));
        for (from, to) in [(0.1, 0.2), (0.4, 0.41), (0.63, 0.9), (0.95, 2.0)] {
            let [from, to] = [from, to].map(|share: f64| Time(first + (span as f64 * share) as i64));
            let window = Window::new(Some(from), Some(to));
            let part = texts(&mut window.events(&trace));
            let want: Vec<_> = all.iter().filter(|(time, _)| window.contains(*time)).cloned().collect();
            let differs = part.iter().zip(&want).find(|(part, want)| part != want);
            assert!(
                part.len() == want.len() && differs.is_none(),
                "{name} from {from} to {to}: {} of {}, {differs:?}",
                part.len(),
                want.len()
            );
        }
    }
}
