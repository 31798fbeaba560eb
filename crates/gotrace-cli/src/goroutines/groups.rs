//! Goroutines by function, state or creator.

use super::{By, Options, Sort, row};
use crate::human::{duration, number};
use crate::output::Output;
use crate::{json, table};
use gotrace::GoState;
use gotrace::analysis::goroutines::{Common, Group, Groups, Stats};
use gotrace::analysis::names::{NameId, Names};
use gotrace::report::GoroutineGroupsReport;
use gotrace::report::goroutines::{GoroutineGroup, GroupedBy};
use std::borrow::Borrow;
use std::io::{self, Write};

/// Returns the name of the function that goroutines began with.
pub(super) fn function(name: NameId, names: &Names) -> String {
    let name = String::from_utf8_lossy(names.get(name)).into_owned();
    if name.is_empty() { "(unknown: no stack in the trace)".into() } else { name }
}

/// Returns what the goroutines of a group have in common, in words.
fn words(common: Common, names: &Names) -> String {
    match common {
        Common::Function(name) => function(name, names),
        Common::State(GoState::NotExist, _) => "ended".into(),
        Common::State(GoState::Waiting, reason) => match names.get(reason) {
            b"" => "waiting".into(),
            reason => format!("waiting for {}", String::from_utf8_lossy(reason)),
        },
        Common::State(GoState::Syscall, _) => "in a system call".into(),
        Common::State(state, _) => state.to_string().to_lowercase(),
        Common::CreatedBy(name) => String::from_utf8_lossy(names.get(name)).into_owned(),
        Common::CreatedByRuntime => "(the runtime)".into(),
        _ => "(there when the trace began)".into(),
    }
}

/// Prints groups of goroutines.
pub(super) fn print(out: &mut Output, options: &Options, of: &Groups) -> io::Result<()> {
    let mut groups: Vec<(String, &Group)> =
        of.groups.iter().map(|group| (words(group.common, of.names()), group)).collect();
    let key = |sort: Sort, group: &Group| sort.key(group.count, &group.stats);
    groups.sort_by(|(a, group), (b, other)| {
        key(options.sort, other).cmp(&key(options.sort, group)).then_with(|| a.cmp(b))
    });
    let all = of.together();
    if json::asked(options.json) {
        let shown = groups.iter().take(options.most());
        let shown = shown.map(|(name, group)| GoroutineGroup::new(name, group.count, &group.stats, of.names()));
        let by = match options.by {
            By::Function | By::Goroutine => GroupedBy::Function,
            By::State => GroupedBy::State,
            By::Creator => GroupedBy::Creator,
        };
        return json::write(out, &GoroutineGroupsReport::new(by, all.count, shown.collect()));
    }
    if groups.is_empty() {
        return writeln!(out, "no goroutines match");
    }
    let what = match options.by {
        By::Function | By::Goroutine => "goroutines that began with",
        By::State => "at the end",
        By::Creator => "created by",
    };
    heading(out, all.count, all.ended, &all.stats)?;
    let shown = groups.iter().take(options.most());
    let mut rows: Vec<_> = shown.map(|(name, group)| row(number(group.count), &group.stats, name)).collect();
    let others = groups.iter().skip(options.most());
    rest(&mut rows, others.map(|(_, group)| (group.count, &group.stats)), "");
    let styles = out.styles;
    table::print(out, styles, &["count", "running", "runnable", "waiting", "syscall", "total", what], rows)
}

/// Adds a line with the sum of the rows that are not listed, if there are any.
pub(super) fn rest<S: Borrow<Stats>>(rows: &mut Vec<Vec<String>>, all: impl Iterator<Item = (u64, S)>, count: &str) {
    let (mut more, mut goroutines, mut sum) = (0, 0, Stats::default());
    for (count, stats) in all {
        more += 1;
        goroutines += count;
        sum.add(stats.borrow());
    }
    if more > 0 {
        let count = if count.is_empty() { number(goroutines) } else { count.into() };
        rows.push(row(count, &sum, &format!("({} more; --top 0 lists all)", number(more))));
    }
}

/// Prints the number of goroutines and their times, all together.
pub(super) fn heading(out: &mut Output, count: u64, ended: u64, all: &Stats) -> io::Result<()> {
    let heading = out.styles.heading;
    let parts = [
        ("running", all.exec),
        ("runnable", all.sched_wait),
        ("waiting", all.block.total()),
        ("syscall", all.syscall.saturating_add(all.syscall_block)),
    ];
    let parts: Vec<_> = parts.iter().map(|&(what, time)| format!("{what} {}", duration(time))).collect();
    let count = number(count);
    writeln!(out, "{heading}{count} goroutines{heading:#}, {} of them ended; {}", number(ended), parts.join(", "))
}
