//! Every analysis there is in one pass over a trace, and a line of what each found:
//! `everything TRACE [THREADS] [diagnose]`. With the last word, what is wrong with the
//! scheduler is looked for in the same pass. `benches/compare.py` times both beside
//! `gotrace count`.

use gotrace::analysis::count::Count;
use gotrace::analysis::gc::CollectGc;
use gotrace::analysis::goroutines::Summarizer;
use gotrace::analysis::latency::Latencies;
use gotrace::analysis::metrics::{CollectCensus, Metrics};
use gotrace::analysis::mmu::{Flags, Utilization};
use gotrace::analysis::procs::CollectProcs;
use gotrace::analysis::profile::{ProfileKind, Profiles};
use gotrace::analysis::summary::Summarize;
use gotrace::analysis::{Analysis, Compat};
use gotrace::diagnose::{Diagnosis, Observe, Thresholds};
use gotrace::{Options, Trace, TraceFile};

/// All of them.
type Questions =
    ((Count, Summarize), (Summarizer, Latencies, CollectProcs, CollectCensus), (CollectGc, Utilization), Profiles);

fn questions() -> Questions {
    let mut flags = Flags::default();
    (flags.stw, flags.background, flags.assist) = (true, true, true);
    (
        (Count::default(), Summarize::default()),
        (Summarizer::default(), Latencies::new(10), CollectProcs::default(), CollectCensus::default()),
        (CollectGc::default(), Utilization::new(flags, Compat::Right)),
        Profiles::of(ProfileKind::ALL),
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
        let (answers, observed) = trace.analyze((questions(), Observe::default()))?.output;
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
    // Metrics are figures of the others under other names, and a few more.
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
