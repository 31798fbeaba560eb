//! Leak suspects: goroutines of the program that were created in the trace and wait at its
//! end.

use super::Report;
use crate::human::{duration, name, number};
use crate::json;
use crate::output::{Output, Styles};
use gotrace::GoState;
use gotrace::analysis::goroutines::{Goroutine, is_of_tooling};
use gotrace::analysis::names::NameId;
use gotrace::analysis::stacks::StackKey;
use gotrace::report::LeaksReport;
use gotrace::report::goroutines::LeakSuspects;
use std::collections::HashMap;
use std::io::{self, Write};

/// Suspects that were created at one place and wait at one place.
struct Suspects {
    created: StackKey,
    stack: StackKey,
    reason: NameId,
    count: u64,
    /// The longest time that one of them has waited, in nanoseconds.
    longest: i64,
    example: u64,
}

/// Prints the suspects, the most numerous first.
pub(super) fn print(out: &mut Output, report: &Report<'_>) -> io::Result<()> {
    let summaries = report.summaries;
    let mut known: HashMap<(StackKey, StackKey, NameId), Suspects> = HashMap::new();
    let is_suspect =
        |g: &Goroutine| g.creation_seen && g.state == GoState::Waiting && !is_of_tooling(summaries.name(g));
    for (_, g) in report.chosen().filter(|(_, g)| is_suspect(g)) {
        let suspects = known.entry((g.creation_stack, g.stack, g.reason)).or_insert(Suspects {
            created: g.creation_stack,
            stack: g.stack,
            reason: g.reason,
            count: 0,
            longest: 0,
            example: g.id.0,
        });
        suspects.count += 1;
        suspects.longest = suspects.longest.max(summaries.end.since(g.since));
    }
    let mut all: Vec<Suspects> = known.into_values().collect();
    all.sort_by_key(|s| (std::cmp::Reverse((s.count, s.longest)), s.example));
    let names = summaries.names();
    let frames = |key| summaries.stacks.frames(key);
    if json::asked(report.options.json) {
        let suspects = all.iter().take(report.top()).map(|s| {
            let mut suspects = LeakSuspects::new(summaries, s.created, s.stack, s.reason);
            (suspects.count, suspects.example, suspects.longest_wait) = (s.count, s.example, s.longest);
            suspects
        });
        return json::write(out, &LeaksReport::new(suspects.collect()));
    }
    if all.is_empty() {
        return writeln!(out, "no goroutine of the program that was created in this trace is waiting at its end");
    }
    let Styles { heading, dim, .. } = out.styles;
    let count: u64 = all.iter().map(|s| s.count).sum();
    writeln!(
        out,
        "{heading}{} goroutines{heading:#} were created in this trace and wait at its end; a long-lived one is no \
         leak, many of a kind may be",
        number(count)
    )?;
    for s in all.iter().take(report.top()) {
        let (reason, longest) = (name(names.get(s.reason)), duration(s.longest));
        let reason = if reason.is_empty() { "something".into() } else { reason };
        writeln!(
            out,
            "\n{heading}{:>6}{heading:#}  wait for {reason}, the longest for {longest}; goroutine {} is one",
            number(s.count),
            s.example
        )?;
        for (label, key) in [("waits at", s.stack), ("created by", s.created)] {
            for (at, frame) in frames(key).iter().enumerate() {
                let label = if at == 0 { label } else { "" };
                let (func, file) = (name(names.get(frame.func)), name(names.get(frame.file)));
                writeln!(out, "        {dim}{label:<10}{dim:#}  {func}  {dim}{file}:{}{dim:#}", frame.line)?;
            }
        }
    }
    if let Some(more) = all.len().checked_sub(report.top()).filter(|more| *more > 0) {
        writeln!(out, "\n({} more kinds; --top 0 prints all)", number(more as u64))?;
    }
    Ok(())
}
