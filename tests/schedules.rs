//! Random schedules of a simulated scheduler, whose clocks lie: whatever order
//! comes out, it must be a causal one of the very events that went in.

mod common;

use common::schedule::{Change, Schedule};
use common::simulator::{Config, Dice, run};
use gotrace::wire::v2::spec::EventType;
use gotrace::{EventKind, GoId, Mode, Options, ProcId, StateTransition, ThreadId, Trace, Version};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};

fn configs() -> impl Strategy<Value = Config> {
    (
        proptest::sample::select(Version::ALL.to_vec()),
        proptest::collection::vec(prop_oneof![Just(0), -3000i64..3000], 1..6),
        1usize..5,
        proptest::sample::select(vec![1, 700, 1 << 40]),
        proptest::collection::vec(any::<u32>(), 0..600),
        any::<bool>(),
    )
        .prop_map(|(version, skews, procs, stride, turns, marking)| Config {
            version,
            skews,
            procs,
            stride,
            turns,
            marking,
        })
}

/// A schedule with its trace: `(schedule, bytes, place in the schedule by offset, samples)`.
struct Recorded {
    schedule: Schedule,
    bytes: Vec<u8>,
    place: HashMap<u64, usize>,
    samples: usize,
}

fn record(config: &Config, seed: u64) -> Recorded {
    let schedule = run(config);
    let mut dice = Dice::new(seed);
    let hz = [1_000_000_000, 15_625_000, 3_000_000_000][dice.roll(3)];
    let samples = dice.roll(4);
    let trace = schedule.trace(&mut dice, hz, samples);
    let built = trace.build_marked();
    let place = built.marks.iter().map(|&(place, offset)| (offset as u64, place)).collect();
    Recorded { schedule, bytes: built.bytes, place, samples: samples * trace.generations.len() }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_event_comes_out_once_in_a_causal_order(config in configs(), seed: u64) {
        let recorded = record(&config, seed);
        let emitted = &recorded.schedule.emitted;
        let trace = Trace::parse(&recorded.bytes).unwrap();

        let mut times_seen = vec![0; emitted.len()];
        let mut last_of_thread: BTreeMap<u64, usize> = BTreeMap::new();
        let mut changes: BTreeMap<(bool, u64), Vec<(usize, Change)>> = BTreeMap::new();
        let (mut last, mut samples, mut syncs, mut gc) = (None, 0, 0, Vec::new());
        for event in trace.events() {
            let event = event.map_err(|e| TestCaseError::fail(e.to_string()))?;
            common::touch::event(&event);
            prop_assert!(last < Some(event.time()), "times increase strictly");
            last = Some(event.time());
            match event.kind() {
                EventKind::Sync(_) => { syncs += 1; continue }
                EventKind::StackSample => { samples += 1; continue }
                _ => {}
            }
            let at = recorded.place[&event.offset().unwrap()];
            let want = &emitted[at];
            let record = times_seen[at];
            times_seen[at] += 1;

            // Its context is that of the model, but for a P whose theft has yet to be seen.
            let (m, p, g) = want.context;
            prop_assert_eq!(event.thread(), Some(ThreadId(m)));
            let may_be_early = want.event.name().contains("Status") || want.event.name().contains("Active");
            let is_end = want.event == EventType::GoDestroySyscall;
            if !((may_be_early || is_end) && p.is_none() || p.is_some_and(|p| recorded.schedule.lost.contains(&p))) {
                prop_assert_eq!(event.proc(), p.map(ProcId), "{:?}", event);
            }
            let switched = want.changes.len() == 3 && record == 2;
            prop_assert_eq!(event.goroutine(), if switched { None } else { g.map(GoId) }, "{:?}", event);

            // Each M's events keep their order.
            let before = last_of_thread.insert(want.thread, at);
            prop_assert!(before <= Some(at), "M {} goes back", want.thread);

            match event.kind() {
                EventKind::StateTransition(StateTransition::Goroutine { id, from, to, .. }) => {
                    changes.entry((true, id.0)).or_default().push((at, Change::G(id.0, from, to)));
                }
                EventKind::StateTransition(StateTransition::Proc { id, from, to, .. }) => {
                    changes.entry((false, id.0)).or_default().push((at, Change::P(id.0, from, to)));
                }
                _ => {}
            }
            if want.event.name().starts_with("GC") && matches!(want.event.name(), "GCBegin" | "GCActive" | "GCEnd") {
                gc.push(want.args[0]);
            }
        }

        for (at, (seen, want)) in times_seen.into_iter().zip(emitted).enumerate() {
            let records = want.changes.len().max(1);
            let is_end = want.event == EventType::GoDestroySyscall;
            prop_assert!(seen == records || is_end && (1..=2).contains(&seen), "{at}: {want:?} came out {seen} times");
        }
        prop_assert_eq!((samples, syncs), (recorded.samples, trace.generations().len() + 1));
        prop_assert!(gc.windows(2).all(|w| w[0] + 1 == w[1]), "the collector's numbers: {gc:?}");

        // Replay: what happened to each G and each P is what happens to it in the model.
        let mut model: BTreeMap<(bool, u64), Vec<(usize, Change)>> = BTreeMap::new();
        for (at, want) in emitted.iter().enumerate() {
            for &change in &want.changes {
                let key = match change { Change::G(id, ..) => (true, id), Change::P(id, ..) => (false, id) };
                model.entry(key).or_default().push((at, change));
            }
        }
        for (key, want) in &model {
            let got = changes.remove(key).unwrap_or_default();
            if !key.0 && recorded.schedule.lost.contains(&key.1) {
                let effective = |all: &[(usize, Change)]| all.iter().map(|c| c.1)
                    .filter(|c| !matches!(c, Change::P(_, from, to) if from == to)).collect::<Vec<_>>();
                prop_assert_eq!(effective(&got), effective(want));
            } else {
                prop_assert_eq!(&got, want);
            }
        }
        prop_assert!(changes.is_empty(), "somebody else appears: {changes:?}");
    }
}
