//! Goroutines that were created and only wait.

use super::Report;
use crate::human::{duration, name, number};
use crate::json::stack;
use crate::output::{Output, Styles};
use gotrace::GoState;
use gotrace::analysis::names::NameId;
use gotrace::analysis::stacks::StackKey;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{self, Write};

/// Suspects with one creation and one wait.
struct Suspects {
    created: StackKey,
    stack: StackKey,
    reason: NameId,
    count: u64,
    /// How long the one that waits longest has, in nanoseconds.
    longest: i64,
    example: u64,
}

/// Prints the suspects: the most numerous first.
pub(super) fn print(out: &mut Output, report: &Report<'_>) -> io::Result<()> {
    let summaries = report.summaries;
    let mut known: HashMap<(StackKey, StackKey, NameId), Suspects> = HashMap::new();
    for (_, g) in report.chosen().filter(|(_, g)| g.creation_seen && g.state == GoState::Waiting) {
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
    if report.options.json {
        let stack = |key| stack(&summaries.stacks, key);
        let suspects = all.iter().take(report.top()).map(|s| {
            json!({
                "count": s.count,
                "reason": String::from_utf8_lossy(names.get(s.reason)),
                "longest_wait": s.longest,
                "example": s.example,
                "created_by": stack(s.created),
                "waits_at": stack(s.stack),
            })
        });
        return writeln!(out, "{:#}", json!({ "suspects": suspects.collect::<Value>() }));
    }
    if all.is_empty() {
        return writeln!(out, "no goroutine that was created in this trace is waiting at its end");
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
