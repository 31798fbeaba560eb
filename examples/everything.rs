//! Every analysis, in one pass over a trace, with a line of the result of each:
//! `everything TRACE [THREADS] [diagnose]`. The last word adds the observations of
//! `diagnose` to the same pass. `benches/compare.py` compares the time of both with that of
//! `gotrace count`.

use gotrace::analysis::count::CollectCounts;
use gotrace::analysis::gc::CollectGc;
use gotrace::analysis::goroutines::CollectGoroutines;
use gotrace::analysis::latency::CollectLatency;
use gotrace::analysis::metrics::{CollectCensus, Metrics};
use gotrace::analysis::mmu::{CollectUtilization, Flags};
use gotrace::analysis::procs::CollectProcs;
use gotrace::analysis::profile::{CollectProfiles, ProfileKind};
use gotrace::analysis::summary::CollectSummary;
use gotrace::analysis::{Analysis, Compat};
use gotrace::diagnose::{CollectObservation, Diagnosis, Thresholds};
use gotrace::{Options, Trace, TraceFile};

/// The analyses.
type Questions = (
    (CollectCounts, CollectSummary),
    (CollectGoroutines, CollectLatency, CollectProcs, CollectCensus),
    (CollectGc, CollectUtilization),
    CollectProfiles,
);

fn questions() -> Questions {
    let mut flags = Flags::default();
    (flags.stw, flags.background, flags.assist) = (true, true, true);
    (
        (CollectCounts::default(), CollectSummary::default()),
        (CollectGoroutines::default(), CollectLatency::new(10), CollectProcs::default(), CollectCensus::default()),
        (CollectGc::default(), CollectUtilization::new(flags, Compat::Right)),
        CollectProfiles::of(ProfileKind::ALL),
    )
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("usage: everything TRACE [THREADS] [diagnose]")?;
    let threads = args.next().map_or(Ok(1), |threads| threads.parse())?;
    let diagnose = args.next().is_some_and(|word| word == "diagnose");
    let file = TraceFile::open(path)?;
    let trace = Trace::with_options(file.bytes(), Options::default().threads(threads))?;

    if diagnose {
        let (answers, observed) = trace.analyze((questions(), CollectObservation::default()))?.output;
        print(answers);
        for finding in Diagnosis::of(&observed, &Thresholds::default()).findings {
            println!("{}: {}", finding.pattern, finding.headline);
        }
    } else {
        print(trace.analyze(questions())?.output);
    }
    Ok(())
}

fn print(answers: <Questions as Analysis>::Output) {
    let ((count, summary), (people, latency, procs, census), (gc, mmu), profiles) = answers;
    // Metrics are mostly figures of the other analyses under other names.
    let metrics = Metrics::of(&gc, &latency, &procs, &census);

    println!("{} events in {} ns", count.events(), summary.span());
    println!("{} goroutines, {} regions, {} tasks", people.goroutines.len(), people.regions.len(), people.tasks.len());
    println!("{} waits for a P, p99 {} ns", latency.waits.count(), latency.waits.quantile(0.99));
    println!("{} Ps, idle beside goroutines for {} ns", procs.procs.len(), procs.idle.time);
    println!("{} collections, {} of the longest stops of the world", gc.cycles.len(), gc.longest.len());
    println!("{:.3} of the processors in any 10 ms", mmu.mmu(10_000_000));
    println!("{} metrics", metrics.all.len());
    for profile in profiles {
        println!("{:?}: {} stacks, {} ns", profile.kind, profile.samples.len(), profile.total().1);
    }
}
