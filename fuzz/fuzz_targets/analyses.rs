//! Every analysis, in the right form and in Go's. The result of one does not depend on
//! the others in the same pass, and a profile not on being merged from parts.

#![no_main]

use gotrace::analysis::Compat;
use gotrace::analysis::annotations::CollectAnnotations;
use gotrace::analysis::count::CollectCounts;
use gotrace::analysis::gc::CollectGc;
use gotrace::analysis::goroutines::{CollectShares, CollectGoroutines};
use gotrace::analysis::latency::CollectLatency;
use gotrace::analysis::metrics::{CollectCensus, CollectMetrics, Metrics};
use gotrace::analysis::mmu::{Flags, CollectUtilization};
use gotrace::analysis::path::{CollectHistory, Tree};
use gotrace::analysis::procs::CollectProcs;
use gotrace::analysis::profile::{Part, Profile, ProfileKind, CollectProfile, CollectProfiles};
use gotrace::analysis::summary::CollectSummary;
use gotrace::tracks::{Form, Tracks};
use gotrace::diagnose::{Diagnosis, CollectObservation, Thresholds};
use gotrace::{GoState, Mode, Options, TaskId, Trace};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeSet;

const KINDS: [ProfileKind; 6] = ProfileKind::ALL;

/// Returns the samples in a form that does not depend on the keys of their stacks.
fn samples(profile: &Profile) -> Vec<(Vec<u64>, Option<GoState>, Vec<u8>, u64, i64)> {
    let stacks = &profile.stacks;
    let sample = |sample: &gotrace::analysis::profile::Sample| {
        let pcs = stacks.frames(sample.stack).iter().map(|frame| frame.pc).collect();
        (pcs, sample.state, stacks.names.get(sample.reason).to_vec(), sample.count, sample.nanos)
    };
    profile.samples.iter().map(sample).collect()
}

fn profilers(compat: Compat) -> Vec<CollectProfile> {
    KINDS.map(|kind| CollectProfile::new(kind).compat(compat).unfinished(true)).into()
}

/// Checks that a path has each nanosecond once, whatever the trace says.
fn paths(trace: &Trace<'_>) {
    let history = trace.analyze(CollectHistory::default()).unwrap().output;
    let goroutines: BTreeSet<_> = trace.events().flatten().filter_map(|event| event.goroutine()).take(64).collect();
    for goroutine in goroutines.into_iter().take(8) {
        let path = history.path(goroutine, history.start, history.end);
        let mut at = path.start;
        for segment in &path.segments {
            assert_eq!(segment.start, at);
            at = segment.end;
        }
        assert_eq!(at, path.end);
        let mut tree = Tree::default();
        tree.add(&path, &history);
        assert_eq!(tree.nodes().iter().map(|node| node.nanos).fold(0, i64::saturating_add), tree.nanos);
    }
}

/// Checks that whatever the trace says can be put on tracks.
fn tracks(trace: &Trace<'_>) {
    for form in [Form::Perfetto, Form::PerfettoSlices, Form::Chrome] {
        let tracks = Tracks::new(form).goroutines(Some(100));
        let written = tracks.write(trace, std::io::sink(), |_| true).unwrap().unwrap();
        assert_eq!(written.left_out, written.goroutines.saturating_sub(100));
    }
}

fuzz_target!(|data: &[u8]| {
    let options = Options::default().mode(Mode::Lenient);
    let Ok(trace) = Trace::with_options(data, options.clone()) else { return };
    // Where something is missing, the parts of a trace lack state that the whole has.
    let strict = Trace::with_options(data, Options::default().mode(Mode::Strict));
    let whole = strict.is_ok_and(|trace| trace.events().all(|event| event.is_ok()));
    for compat in [Compat::Right, Compat::Go127] {
        let alone: Vec<Profile> =
            profilers(compat).into_iter().map(|profiler| trace.analyze(profiler).unwrap().output).collect();
        let [a, b, c, d, e, f] = KINDS.map(|kind| CollectProfile::new(kind).compat(compat).unfinished(true));
        let questions = (
            (CollectCounts::default(), CollectSummary::default(), CollectObservation::default(), CollectGoroutines::new(compat)),
            (CollectLatency::new(10), CollectProcs::default(), CollectCensus::default(), CollectMetrics::default()),
            (CollectGc::default(), CollectUtilization::new(Flags::default(), compat)),
            (a, b, c, d, e, f),
        );
        let ((count, summary, observed, people), (latency, procs, census, metrics), (gc, mmu), profiles) =
            trace.analyze(questions).unwrap().output;
        assert_eq!(count.events(), summary.events);
        if compat == Compat::Right {
            let regions = people.regions.iter().filter(|region| region.counts && !region.inherited).count();
            let tasks = people.tasks.keys().filter(|id| **id != TaskId::BACKGROUND).count();
            assert_eq!((summary.regions, summary.tasks), (regions as u64, tasks as u64));
        }
        let annotations = trace.analyze(CollectAnnotations::new(compat)).unwrap().output;
        for id in people.tasks.keys().take(4) {
            for children in [true, false] {
                let Ok(tasks) = annotations.tasks(id.to_string().as_bytes(), children) else { continue };
                let chosen = annotations.choose_tasks(tasks);
                trace.analyze(CollectShares::new(chosen.intervals().clone())).unwrap();
                trace.events().flatten().for_each(|event| _ = chosen.contains(&event));
            }
        }
        let (a, b, c, d, e, f) = &profiles;
        for (alone, together) in alone.iter().zip([a, b, c, d, e, f]) {
            assert!(samples(alone) == samples(together), "{:?}, {compat:?}", alone.kind);
        }
        if compat == Compat::Right {
            let profiles = trace.analyze(CollectProfiles::of(KINDS).unfinished(true)).unwrap().output;
            for (alone, of_all) in alone.iter().zip(&profiles) {
                assert!(samples(alone) == samples(of_all), "{:?}, of all", alone.kind);
            }
        }
        if compat == Compat::Right {
            paths(&trace);
            tracks(&trace);
        }
        let again = trace.analyze(CollectGoroutines::new(compat)).unwrap().output;
        let key = |of: &gotrace::analysis::goroutines::Summaries| {
            of.goroutines.iter().map(|g| (g.id, g.created, g.stats.total, g.stats.exec)).collect::<Vec<_>>()
        };
        assert!(key(&people) == key(&again));
        assert_eq!(summary.goroutines.created + summary.goroutines.at_start, {
            summary.groups.iter().map(|group| group.count).sum::<u64>()
        });
        assert_eq!(latency.waits.count(), trace.analyze(CollectLatency::new(0)).unwrap().output.waits.count());
        assert_eq!(Metrics::of(&gc, &latency, &procs, &census).all.len(), metrics.all.len());
        let _ = (mmu.mmu(1_000_000), Diagnosis::of(&observed, &Thresholds::default()));
        if !whole {
            continue;
        }
        let several = Trace::with_options(data, options.clone().threads(3)).unwrap();
        for (profiler, alone) in profilers(compat).into_iter().zip(&alone) {
            let Some(part) = profiler.part() else { continue };
            let folded = several.fold(|| part.clone(), Part::note, Part::merge).unwrap();
            assert!(samples(&folded.output.profile()) == samples(alone), "parts of {:?}", alone.kind);
        }
    }
});
