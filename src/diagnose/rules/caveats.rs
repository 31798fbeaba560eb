//! What limits a diagnosis.

use super::nanos;
use crate::diagnose::observation::{Observation, Source};

/// A longer trace averages out what matters.
const LONG: i64 = 20_000_000_000;
/// A shorter one may miss it.
const SHORT: i64 = 50_000_000;
/// Fewer lines show no trend.
const FEW: u64 = 5;

/// What whoever reads the findings should know.
pub(in crate::diagnose) fn of(o: &Observation) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |text: String| notes.push(text);
    match o.source {
        Source::Log { detailed } => {
            if o.lines < FEW {
                note(format!(
                    "{} in the log: a snapshot is no trend; let the program run for longer, or use a smaller schedtrace",
                    match o.lines {
                        0 => "no SCHED line".to_string(),
                        1 => "one SCHED line".to_string(),
                        n => format!("{n} SCHED lines"),
                    }
                ));
            }
            let unseen: Vec<&str> = o.unseen.iter().map(|pattern| pattern.name()).collect();
            if !unseen.is_empty() {
                let more = if detailed { "" } else { "; scheddetail=1 shows more" };
                note(format!("such a log cannot show {}{more}", unseen.join(", ")));
            }
            if o.gc_cycles == 0 {
                note(
                    "no gctrace lines: no collection ended, or gctrace=1 was not set; the collector is judged by the SCHED lines"
                        .into(),
                );
            }
        }
        Source::Trace => {
            if o.span > LONG {
                note(format!(
                    "{} is long: what happens in a second is lost in the average; 5 s usually show it better",
                    nanos(o.span as f64)
                ));
            }
            if o.span < SHORT {
                note(format!("{} is short: what comes and goes may be missing", nanos(o.span as f64)));
            }
            if o.cpu_samples > 0 {
                note(format!(
                    "{} CPU samples in it: profiling ran at the same time, which interrupts and slows the program",
                    o.cpu_samples
                ));
            }
            if o.cut {
                note("it breaks off: was trace.Stop called? What the end would have shown is missing".into());
            }
        }
    }
    if !o.samples.is_empty() && o.samples.iter().all(|sample| sample.procs == 0.0) {
        note("GOMAXPROCS is not known: run queues mean nothing without it".into());
    }
    notes
}
