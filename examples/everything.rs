//! Every analysis there is in one pass over a trace, and a line of what each found:
//! `everything TRACE [THREADS]`. `benches/compare.py` times it beside `gotrace count`.

use gotrace::analysis::Compat;
use gotrace::analysis::count::Count;
use gotrace::analysis::gc::CollectGc;
use gotrace::analysis::goroutines::Summarizer;
use gotrace::analysis::latency::Latencies;
use gotrace::analysis::metrics::{CollectCensus, Metrics};
use gotrace::analysis::mmu::{Flags, Utilization};
use gotrace::analysis::procs::CollectProcs;
use gotrace::analysis::profile::{ProfileKind, Profiles};
use gotrace::analysis::summary::Summarize;
use gotrace::diagnose::{Diagnosis, Observe, Thresholds};
use gotrace::{Options, Trace, TraceFile};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("usage: everything TRACE [THREADS]")?;
    let threads = args.next().map_or(Ok(1), |threads| threads.parse())?;
    let file = TraceFile::open(path)?;
    let trace = Trace::with_options(file.bytes(), Options::default().threads(threads))?;

    let mut flags = Flags::default();
    (flags.stw, flags.background, flags.assist) = (true, true, true);
    let questions = (
        (Count::default(), Summarize::default(), Observe::default()),
        (Summarizer::default(), Latencies::new(10), CollectProcs::default(), CollectCensus::default()),
        (CollectGc::default(), Utilization::new(flags, Compat::Right)),
        Profiles::of(ProfileKind::ALL),
    );
    let ((count, summary, observed), (people, latency, procs, census), (gc, mmu), profiles) =
        trace.analyze(questions)?.output;
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
    for finding in Diagnosis::of(&observed, &Thresholds::default()).findings {
        println!("{}: {}", finding.pattern, finding.headline);
    }
    Ok(())
}
