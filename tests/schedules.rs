//! Random schedules of a simulated scheduler, whose clocks lie: whatever order
//! comes out, it must be a causal one of the events that went in.

mod common;

use common::schedule::{Change, Schedule};
use common::simulator::{Config, Dice, run};
use gotrace::spec::v2::EventType;
use gotrace::wire::text::{binary_to_text, text_to_binary};
use gotrace::{EventKind, GoId, Mode, Options, ProcId, StateTransition, ThreadId, Trace, Version};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};

fn configs() -> impl Strategy<Value = Config> {
    (
        proptest::sample::select(Version::V2.to_vec()),
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

/// A schedule and its trace.
struct Recorded {
    schedule: Schedule,
    bytes: Vec<u8>,
    /// Indices in the schedule, by offsets in the trace.
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

/// Returns a trace with some of its bytes changed, cut out, doubled or moved.
fn spoil(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + dice.roll(4) {
        // The header stays, for nothing is read behind a bad one.
        let place = |dice: &mut Dice, bytes: &[u8]| 16 + dice.roll(bytes.len() - 15);
        let (a, b) = (place(dice, &bytes), place(dice, &bytes));
        let (a, b) = (a.min(b), a.max(b));
        match dice.roll(7) {
            0 | 1 => {
                if let Some(byte) = bytes.get_mut(a) {
                    *byte ^= 1 << dice.roll(8);
                }
            }
            2 => {
                if let Some(byte) = bytes.get_mut(a) {
                    *byte = [0, 1, 0x7f, 0x80, 0xff, 9, 49, 52][dice.roll(8)];
                }
            }
            3 => bytes.truncate(b),
            4 => drop(bytes.drain(a..b.min(a + 20))),
            5 => {
                let piece = bytes[a..b].to_vec();
                bytes.splice(b..b, piece);
            }
            _ => {
                let piece: Vec<u8> = bytes.drain(a..b.min(a + 60)).collect();
                let to = place(dice, &bytes);
                bytes.splice(to..to, piece);
            }
        }
    }
    bytes
}

fn lenient(bytes: &[u8]) -> gotrace::Result<Trace<'_>> {
    Trace::with_options(bytes, Options::default().mode(Mode::Lenient))
}

/// Returns the events of a stream as lines with their times, and the error that ends it.
fn lines<'t>(events: impl Iterator<Item = gotrace::Result<gotrace::Event<'t>>>) -> (Vec<String>, Option<String>) {
    let mut lines = Vec::new();
    for event in events {
        match event {
            Ok(event) => lines.push(format!("{} {}", event.time(), common::describe::event(&event))),
            Err(e) => return (lines, Some(e.to_string())),
        }
    }
    (lines, None)
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

            // The context is that of the model. Only the clocks decide when a P is seen to be stolen,
            // between two events of the M that lost it.
            let name = want.event.name();
            let (m, p, g) = want.context;
            let is_lost = |p: u64| recorded.schedule.lost.contains(&p);
            if want.event != EventType::ProcStatus || !is_lost(want.args[0]) {
                let switched = want.changes.len() == 3 && record == 2;
                prop_assert_eq!(event.thread(), Some(ThreadId(m)), "{:?} for {:?}", event, want);
                prop_assert_eq!(event.goroutine(), if switched { None } else { g.map(GoId) }, "{:?}", event);
            }
            let unclear = name.contains("Status") || name.contains("Active") || name == "GoDestroySyscall";
            if !unclear && !p.is_some_and(is_lost) {
                prop_assert_eq!(event.proc(), p.map(ProcId), "{:?}", event);
            }

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
            if matches!(want.event, EventType::GCBegin | EventType::GCActive | EventType::GCEnd) {
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

        // Replay: each G and each P has the same changes as in the model.
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

    /// The stream of a G, P or M is the whole one, filtered; parallel folds give the same.
    #[test]
    fn streams_are_filters(config in configs(), seed: u64, bad: bool) {
        let mut bytes = record(&config, seed).bytes;
        if bad {
            bytes = spoil(&bytes, &mut Dice::new(seed));
        }
        let trace = Trace::parse(&bytes).unwrap();
        let filtered = |keep: &dyn Fn(&gotrace::Event<'_>) -> bool| {
            lines(trace.events().filter(|event| event.as_ref().map_or(true, keep)))
        };
        for id in [1, 2, 701] {
            let got = lines(trace.events_of_goroutine(GoId(id)));
            prop_assert_eq!(got, filtered(&|event| event.involves_goroutine(GoId(id))));
        }
        for id in 0..3 {
            let got = lines(trace.events_of_proc(ProcId(id)));
            prop_assert_eq!(got, filtered(&|event| event.involves_proc(ProcId(id))));
        }
        for id in [7, 1000, 1001] {
            let got = lines(trace.events_of_thread(ThreadId(id)));
            prop_assert_eq!(got, filtered(&|event| event.thread() == Some(ThreadId(id))));
        }
    }

    /// Generations read in parallel, and ordering that runs ahead, give what
    /// one thread gives in sequence: events, warnings and error.
    #[test]
    fn threads_change_nothing(config in configs(), seed: u64, bad: bool, forgiving: bool, threads in 1usize..5) {
        let mut bytes = record(&config, seed).bytes;
        if bad {
            bytes = spoil(&bytes, &mut Dice::new(seed));
        }
        let mode = if forgiving { Mode::Lenient } else { Mode::Strict };
        let options = Options::default().mode(mode);
        let Ok(trace) = Trace::with_options(&bytes, options) else { return Ok(()) };
        let mut events = trace.events();
        let (want, ended) = lines(events.by_ref());
        let warnings: Vec<_> = events.warnings().iter().map(ToString::to_string).collect();

        let several = Trace::with_options(&bytes, options.threads(threads)).unwrap();
        let line = |event: gotrace::Event<'_>| format!("{} {}", event.time(), common::describe::event(&event));
        // These generations are smaller than those at which the state is guessed otherwise.
        let fold =
            several.fold_guessing(0, Vec::new, |all, event| all.push(line(event)), |all, more| all.extend(more), || true);
        match fold.map(Option::unwrap) {
            Ok(folded) => {
                prop_assert_eq!(&folded.output, &want);
                prop_assert_eq!(&ended, &None);
                prop_assert_eq!(folded.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(), warnings.clone());
            }
            Err(e) => prop_assert_eq!(Some(e.to_string()), ended.clone()),
        }
        let mut ahead = Vec::new();
        let done = several.for_each(|event| {
            ahead.push(line(event));
            std::ops::ControlFlow::Continue(())
        });
        prop_assert_eq!(ahead, want);
        match done {
            Ok(warned) => prop_assert_eq!(warned.iter().map(ToString::to_string).collect::<Vec<_>>(), warnings),
            Err(e) => prop_assert_eq!(Some(e.to_string()), ended),
        }
    }

    /// Spoilt traces: no accessor panics, lenient reading never fails
    /// and has at least what strict reading has, and the text form is lossless.
    #[test]
    fn spoilt_traces(config in configs(), seed: u64) {
        let bytes = spoil(&record(&config, seed).bytes, &mut Dice::new(seed));
        let strict = Trace::parse(&bytes).unwrap();
        let (_, failed) = common::touch::trace(&strict);
        let (good, _) = lines(strict.events());
        if let Ok(lenient) = lenient(&bytes) {
            prop_assert!(common::touch::trace(&lenient).1.is_none());
            let mut events = lenient.events();
            let (kept, error) = lines(events.by_ref());
            prop_assert_eq!(error, None);
            // Where the framing is whole, strict reading has exactly the events before the defect. The
            // last of them may be the sync that ends the trace early.
            if lenient.warnings().is_empty() {
                let good = good.strip_suffix(&[good.last().cloned().unwrap_or_default()]).unwrap_or(&good);
                prop_assert_eq!(good, &kept[..good.len()]);
            }
            prop_assert_eq!(failed.is_some(), !events.warnings().is_empty());
        } else {
            prop_assert!(failed.is_some());
        }

        let (mut text, mut back) = (Vec::new(), Vec::new());
        binary_to_text(&bytes, &mut text).unwrap();
        text_to_binary(&text, &mut back).unwrap();
        prop_assert!(back == bytes, "text form");
    }
}
