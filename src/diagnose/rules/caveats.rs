//! Limits of a diagnosis.

use super::nanos;
use crate::diagnose::observation::{Observation, Source};

/// Nanoseconds beyond which a trace averages out short trouble.
const LONG: i64 = 20_000_000_000;
/// Nanoseconds below which a trace may miss trouble.
const SHORT: i64 = 50_000_000;
/// Number of lines below which there is no trend.
const TREND_LINES: u64 = 5;

/// Returns why there is too little to call a program healthy; none if there is enough.
pub(in crate::diagnose) fn too_little(o: &Observation) -> Option<String> {
    let lines = |n: u64| if n == 1 { "1 SCHED line".to_string() } else { format!("{n} SCHED lines") };
    match o.source {
        Source::Trace if o.judged() == 0 && o.cut => Some("none of its generations is whole".into()),
        Source::Trace if o.judged() < SHORT && o.judged() < o.span => Some(format!(
            "only {} of it is whole, and {} at least are needed",
            nanos(o.judged() as f64),
            nanos(SHORT as f64)
        )),
        Source::Trace if o.judged() < SHORT => {
            Some(format!("it is {} long, and {} at least are needed", nanos(o.span as f64), nanos(SHORT as f64)))
        }
        Source::Log { .. } if o.lines == 0 && o.gc_cycles < TREND_LINES => {
            Some(format!("no SCHED line, and {} collections; {TREND_LINES} at least are needed", o.gc_cycles))
        }
        Source::Log { .. } if o.lines == 0 => None,
        Source::Log { .. } if o.lines < TREND_LINES => {
            Some(format!("{}, and {TREND_LINES} at least are needed", lines(o.lines)))
        }
        Source::Log { .. } if o.span < SHORT => {
            let text = format!(
                "{} in {}, and {} at least are needed",
                lines(o.lines),
                nanos(o.span as f64),
                nanos(SHORT as f64)
            );
            Some(text)
        }
        _ => None,
    }
}

/// Returns the notes that readers of the findings need.
pub(in crate::diagnose) fn of(o: &Observation) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |text: String| notes.push(text);
    match o.source {
        Source::Log { detailed } => {
            if o.lines < TREND_LINES {
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
            let busy = o.mean(|s| s.procs - s.idle_procs);
            if !detailed && !o.samples.is_empty() && busy < o.mean(|s| s.procs) / 2.0 && o.mean(|s| s.runnable) < 1.0 {
                note(
                    "the Ps are idle most of the time and hardly a goroutine waits to run: if the program is slow, it waits for \
                     something else, such as the network, a lock or a timer; scheddetail=1 tells for what"
                        .into(),
                );
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
                note(format!(
                    "it breaks off, or a part is missing: was trace.Stop called? Nothing is concluded from generations \
                     that are not whole: {} of {} are judged",
                    nanos(o.judged() as f64),
                    nanos(o.span as f64)
                ));
            }
        }
    }
    if !o.samples.is_empty() && o.samples.iter().all(|sample| sample.procs == 0.0) {
        note("GOMAXPROCS is not known: run queues mean nothing without it".into());
    }
    notes
}
