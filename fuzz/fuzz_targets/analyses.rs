//! Every analysis, right and as Go has it. What one says does not depend on which
//! others are asked in the same pass, and profiles not on whether they are made of
//! parts.

#![no_main]

use gotrace::analysis::Compat;
use gotrace::analysis::count::Count;
use gotrace::analysis::gc::CollectGc;
use gotrace::analysis::goroutines::Summarizer;
use gotrace::analysis::latency::Latencies;
use gotrace::analysis::metrics::{CollectCensus, CollectMetrics, Metrics};
use gotrace::analysis::mmu::{Flags, Utilization};
use gotrace::analysis::procs::CollectProcs;
use gotrace::analysis::profile::{Part, Profile, ProfileKind, Profiler, Profiles};
use gotrace::analysis::summary::Summarize;
use gotrace::diagnose::{Diagnosis, Observe, Thresholds};
use gotrace::{GoState, Mode, Options, Trace};
use libfuzzer_sys::fuzz_target;

const KINDS: [ProfileKind; 6] = ProfileKind::ALL;

/// The samples, whatever keys their stacks have.
fn samples(profile: &Profile) -> Vec<(Vec<u64>, Option<GoState>, Vec<u8>, u64, i64)> {
    let stacks = &profile.stacks;
    let sample = |sample: &gotrace::analysis::profile::Sample| {
        let pcs = stacks.frames(sample.stack).iter().map(|frame| frame.pc).collect();
        (pcs, sample.state, stacks.names.get(sample.reason).to_vec(), sample.count, sample.nanos)
    };
    profile.samples.iter().map(sample).collect()
}

fn profilers(compat: Compat) -> Vec<Profiler> {
    KINDS.map(|kind| Profiler::new(kind).compat(compat).unfinished(true)).into()
}

fuzz_target!(|data: &[u8]| {
    let options = Options::default().mode(Mode::Lenient);
    let Ok(trace) = Trace::with_options(data, options.clone()) else { return };
    // Where something is missing, parts of a trace know less of each other.
    let strict = Trace::with_options(data, Options::default().mode(Mode::Strict));
    let whole = strict.is_ok_and(|trace| trace.events().all(|event| event.is_ok()));
    for compat in [Compat::Right, Compat::Go127] {
        let alone: Vec<Profile> =
            profilers(compat).into_iter().map(|profiler| trace.analyze(profiler).unwrap().output).collect();
        let [a, b, c, d, e, f] = KINDS.map(|kind| Profiler::new(kind).compat(compat).unfinished(true));
        let questions = (
            (Count::default(), Summarize::default(), Observe::default(), Summarizer::new(compat)),
            (Latencies::new(10), CollectProcs::default(), CollectCensus::default(), CollectMetrics::default()),
            (CollectGc::default(), Utilization::new(Flags::default(), compat)),
            (a, b, c, d, e, f),
        );
        let ((count, summary, observed, people), (latency, procs, census, metrics), (gc, mmu), profiles) =
            trace.analyze(questions).unwrap().output;
        assert_eq!(count.events(), summary.events);
        let (a, b, c, d, e, f) = &profiles;
        for (alone, together) in alone.iter().zip([a, b, c, d, e, f]) {
            assert!(samples(alone) == samples(together), "{:?}, {compat:?}", alone.kind);
        }
        if compat == Compat::Right {
            let profiles = trace.analyze(Profiles::of(KINDS).unfinished(true)).unwrap().output;
            for (alone, of_all) in alone.iter().zip(&profiles) {
                assert!(samples(alone) == samples(of_all), "{:?}, of all", alone.kind);
            }
        }
        let again = trace.analyze(Summarizer::new(compat)).unwrap().output;
        let key = |of: &gotrace::analysis::goroutines::Summaries| {
            of.goroutines.iter().map(|g| (g.id, g.created, g.stats.total, g.stats.exec)).collect::<Vec<_>>()
        };
        assert!(key(&people) == key(&again));
        assert_eq!(summary.goroutines.created + summary.goroutines.at_start, {
            summary.groups.iter().map(|group| group.count).sum::<u64>()
        });
        assert_eq!(latency.waits.count(), trace.analyze(Latencies::new(0)).unwrap().output.waits.count());
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
