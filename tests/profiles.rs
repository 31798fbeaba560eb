//! Profiles and the scheduler latency of every committed trace, compared with a plain
//! restatement of what they count; and the losses of Go's figures.

use gotrace::analysis::Compat;
use gotrace::analysis::latency::CollectLatency;
use gotrace::analysis::profile::{CollectProfile, CollectProfiles, Filter, Part, Profile, ProfileKind, Sample};
use gotrace::analysis::summary::CollectSummary;
use gotrace::{EventKind, GoId, GoState, Mode, Options, StateTransition, Time, Trace};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/traces");

/// Returns every committed trace, with its name; of a cut one, the part that is whole.
fn traces() -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for version in std::fs::read_dir(ROOT).unwrap() {
        for file in std::fs::read_dir(version.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    assert!(found.len() > 170);
    found
}

fn trace(name: &str) -> Vec<u8> {
    std::fs::read(format!("{ROOT}/{name}.trace")).unwrap()
}

fn whole(bytes: &[u8]) -> Option<Trace<'_>> {
    let trace = Trace::parse(bytes).unwrap();
    trace.events().all(|event| event.is_ok()).then_some(trace)
}

fn profile(trace: &Trace<'_>, profiler: CollectProfile) -> Profile {
    trace.analyze(profiler).unwrap().output
}

/// Counts and durations by the program counters of the stack.
type Samples = BTreeMap<Vec<u64>, (u64, i64)>;

fn samples(profile: &Profile) -> Samples {
    let mut samples = Samples::new();
    for sample in &profile.samples {
        let pcs = profile.stacks.frames(sample.stack).iter().map(|frame| frame.pc).collect();
        let known = samples.insert(pcs, (sample.count, sample.nanos));
        assert!(known.is_none(), "a stack has one sample");
    }
    samples
}

const ONE_STATE: [ProfileKind; 4] = [ProfileKind::Net, ProfileKind::Sync, ProfileKind::Syscall, ProfileKind::Sched];

/// Returns what a profile counts: the time from an event that brings a goroutine into the state to
/// the one that takes it out, attributed to the stack of the first.
fn restated(trace: &Trace<'_>, kind: ProfileKind) -> Samples {
    let is_about = |state, reason: &[u8]| match kind {
        ProfileKind::Net => state == GoState::Waiting && reason == b"network",
        ProfileKind::Sync => {
            let reason = String::from_utf8_lossy(reason);
            state == GoState::Waiting && ["chan", "sync", "select"].iter().any(|part| reason.contains(part))
        }
        ProfileKind::Syscall => state == GoState::Syscall,
        ProfileKind::Sched => state == GoState::Runnable,
        _ => unreachable!(),
    };
    let (mut open, mut samples, mut synced) = (HashMap::new(), Samples::new(), Time(0));
    let mut known = HashSet::new();
    for event in trace.events() {
        let event = event.unwrap();
        match event.kind() {
            EventKind::Sync(_) => synced = event.time(),
            EventKind::StateTransition(StateTransition::Goroutine { id, from, to, reason, .. }) if from != to => {
                if let Some((since, pcs)) = open.remove(&id) {
                    let sample = samples.entry(pcs).or_default();
                    *sample = (sample.0 + 1, sample.1 + event.time().since(since));
                }
                if is_about(to, reason) {
                    let pcs: Vec<u64> =
                        event.stack().into_iter().flat_map(|stack| stack.frames()).map(|f| f.pc).collect();
                    let first = from == GoState::Undetermined && !known.contains(&id);
                    let since = if first { synced } else { event.time() };
                    open.insert(id, (since, pcs));
                }
                known.insert(id);
            }
            _ => {}
        }
    }
    samples.retain(|_, (_, nanos)| *nanos != 0);
    samples
}

#[test]
fn profiles_count_what_they_say() {
    let mut stacks = 0;
    for (name, bytes) in traces() {
        let Some(trace) = whole(&bytes) else { continue };
        for kind in ONE_STATE {
            let got = samples(&profile(&trace, CollectProfile::new(kind)));
            assert_eq!(got, restated(&trace, kind), "{name} {kind:?}");
            stacks += got.len();
        }
    }
    assert!(stacks > 4000, "{stacks}");
}

/// Several profiles of one pass are what each is alone, of any kind and with any filter.
#[test]
fn together_they_are_what_each_is_alone() {
    let mut stacks = 0;
    for (name, bytes) in traces() {
        let trace = Trace::with_options(&bytes, Options::default().mode(Mode::Lenient)).unwrap();
        let mut filter = Filter::default();
        filter.from = trace.events().flatten().nth(100).map(|event| event.time());
        for (filter, unfinished) in [(Filter::default(), false), (Filter::default(), true), (filter, false)] {
            let together = CollectProfiles::of(ProfileKind::ALL).filter(filter.clone()).unfinished(unfinished);
            let together = trace.analyze(together).unwrap().output;
            assert_eq!(together.iter().map(|profile| profile.kind).collect::<Vec<_>>(), ProfileKind::ALL);
            for of_all in together {
                let alone = CollectProfile::new(of_all.kind).filter(filter.clone()).unfinished(unfinished);
                let alone = profile(&trace, alone);
                // The order of stacks depends on the pass, so program counters are compared.
                let told = |profile: &Profile| {
                    let pcs = |sample: &Sample| -> Vec<u64> {
                        profile.stacks.frames(sample.stack).iter().map(|frame| frame.pc).collect()
                    };
                    let told = |sample: &Sample| {
                        let reason = profile.stacks.names.get(sample.reason).to_vec();
                        (pcs(sample), sample.state, reason, sample.count, sample.nanos)
                    };
                    profile.samples.iter().map(told).collect::<Vec<_>>()
                };
                assert_eq!(told(&of_all), told(&alone), "{name} {:?}", of_all.kind);
                stacks += alone.samples.len();
            }
        }
    }
    assert!(stacks > 20_000, "{stacks}");
}

/// Generations read in parallel give what one pass gives.
#[test]
fn merging_changes_nothing() {
    let mut merged = 0;
    for (name, bytes) in traces() {
        for threads in [1, 3] {
            let trace = Trace::with_options(&bytes, Options::default().threads(threads)).unwrap();
            if trace.events().any(|event| event.is_err()) {
                continue;
            }
            for kind in ONE_STATE.into_iter().chain([ProfileKind::Cpu]) {
                let profiler = CollectProfile::new(kind).unfinished(true);
                let part = profiler.part().unwrap();
                let folded =
                    trace.fold_guessing(0, || part.clone(), Part::note, Part::merge, || true).unwrap().unwrap();
                let (one, other) = (folded.output.profile(), profile(&trace, profiler));
                assert_eq!(samples(&one), samples(&other), "{name} {kind:?}, {threads} threads");
                merged += usize::from(trace.generations().len() > 1 && !one.samples.is_empty());
            }
        }
    }
    assert!(merged > 100, "{merged}");
}

/// Adjoining windows make up the whole, and so do goroutines.
#[test]
fn filters_divide_what_there_is() {
    let bytes = trace("go1.27/mixed");
    let trace = Trace::parse(&bytes).unwrap();
    let summary = trace.analyze(CollectSummary::default()).unwrap().output;
    let middle = Time(summary.start.0 + summary.span() / 2);
    for kind in ONE_STATE.into_iter().chain([ProfileKind::Wall]) {
        let nanos = |filter| profile(&trace, CollectProfile::new(kind).filter(filter)).total().1;
        let all = nanos(Filter::default());
        let mut before = Filter::default();
        before.to = Some(middle);
        let mut after = Filter::default();
        after.from = Some(middle);
        assert_eq!(nanos(before) + nanos(after), all, "{kind:?}");
        let of = |parity| {
            let mut filter = Filter::default();
            filter.goroutines = Some((0..1000).filter(|id| id % 2 == parity).map(GoId).collect());
            filter
        };
        assert_eq!(nanos(of(0)) + nanos(of(1)), all, "{kind:?}");
    }
}

/// A wall profile has all of every goroutine's time.
#[test]
fn wall_is_all_there_is() {
    for (name, bytes) in traces() {
        let Some(trace) = whole(&bytes) else { continue };
        let (wall, summary) =
            trace.analyze((CollectProfile::new(ProfileKind::Wall), CollectSummary::default())).unwrap().output;
        let times = summary.times();
        let of = |state| wall.samples.iter().filter(|sample| sample.state == Some(state)).map(|s| s.nanos).sum::<i64>();
        let states = [GoState::Running, GoState::Runnable, GoState::Syscall, GoState::Waiting].map(of);
        assert_eq!(states, [times.running, times.runnable, times.syscall, times.waiting], "{name}");
    }
}

/// The latency's waits are those of the sched profile without coroutine switches.
#[test]
fn latency_is_the_sched_profile() {
    let (mut causes, mut switches) = (BTreeSet::new(), 0);
    for (name, bytes) in traces() {
        let Some(trace) = whole(&bytes) else { continue };
        let (latency, sched) =
            trace.analyze((CollectLatency::new(7), CollectProfile::new(ProfileKind::Sched))).unwrap().output;
        let (count, nanos) = sched.total();
        assert_eq!(latency.waits.count() + latency.switches, count, "{name}");
        if latency.switches == 0 {
            assert_eq!(latency.waits.sum(), nanos, "{name}");
        }
        switches += latency.switches;
        // Every grouping has all waits.
        let sum = |counts: Vec<u64>| counts.into_iter().sum::<u64>();
        assert_eq!(sum(latency.causes.iter().map(|by| by.waits.count()).collect()), count - latency.switches);
        assert_eq!(sum(latency.functions.iter().map(|by| by.waits.count()).collect()), count - latency.switches);
        assert_eq!(sum(latency.histogram.counts().to_vec()), count - latency.switches);
        causes.extend(latency.causes.into_iter().map(|by| by.cause));
        // The longest wait is among the worst, which are in order.
        let over = latency.worst.iter().find(|wait| wait.over).map_or(0, |wait| wait.nanos);
        assert!(over == latency.waits.max() || latency.unfinished > 0, "{name}");
        assert!(latency.worst.len() <= 7 && latency.worst.is_sorted_by(|a, b| a.nanos >= b.nanos), "{name}");
    }
    let causes: Vec<String> = causes.iter().map(|cause| format!("{cause:?}")).collect();
    assert!(causes.len() > 15 && switches > 100, "{causes:?}, {switches}");
}

/// Go's tools lose the wait of every goroutine between its creation and its first
/// run; 20,000 goroutines that are created at once wait for nothing else.
#[test]
fn the_first_wait_counts() {
    let bytes = trace("go1.27/manygo");
    let trace = Trace::parse(&bytes).unwrap();
    let sched = |compat| profile(&trace, CollectProfile::new(ProfileKind::Sched).compat(compat)).total();
    let (right, gos) = (sched(Compat::Right), sched(Compat::Go127));
    let created = trace.analyze(CollectSummary::default()).unwrap().output.goroutines.created;
    assert!(created > 1000, "{created}");
    assert!(right.0 >= gos.0 + created * 9 / 10 && right.1 > 10 * gos.1, "{right:?} for {gos:?}");
}
