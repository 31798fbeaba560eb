//! Rows of goroutines.

use super::{Collect, Context};
use crate::out::Out;
use crate::table::Table;
use gotrace::analysis::Follower;
use gotrace::analysis::goroutines::Goroutine;
use gotrace::analysis::goroutines::stats::ByName;
use gotrace::timeline::names::{NameId, Names};
use gotrace::timeline::{GoActivity, Span};
use gotrace::{GoId, GoState};
use rustc_hash::FxHashMap;

/// Figures of goroutines that their summaries lack.
#[derive(Default)]
pub(super) struct Lives(FxHashMap<GoId, Life>);

#[derive(Clone, Copy, Default)]
struct Life {
    waits: i64,
    /// The longest wait for a P, in nanoseconds.
    max_runnable: i64,
}

impl Lives {
    /// Takes note of a state of a goroutine that has ended.
    pub(super) fn note(&mut self, id: GoId, span: &Span<GoActivity>) {
        let life = self.0.entry(id).or_default();
        match span.state {
            GoActivity::Waiting { .. } => life.waits += 1,
            GoActivity::Runnable => life.max_runnable = life.max_runnable.max(span.nanos()),
            GoActivity::Running { .. } | GoActivity::Syscall { .. } => {}
        }
    }
}

impl Collect<'_> {
    /// Makes the rows of the goroutines that have ended.
    pub(super) fn take_goroutines(&mut self, follower: &Follower) {
        let (Some(summaries), Some(lives)) = (&mut self.summaries, &mut self.lives) else { return };
        summaries.take_ended(|goroutine| row(&mut self.out, &mut self.context, &goroutine, lives, follower));
    }
}

/// Makes the row of a goroutine.
pub(super) fn row(out: &mut Out<'_>, context: &mut Context<'_>, g: &Goroutine, lives: &mut Lives, follower: &Follower) {
    let life = lives.0.remove(&g.id).unwrap_or_default();
    if !context.makes(Table::Goroutines) || !context.scope.has(g.id) {
        return;
    }
    let (creation_stack, stack) = (context.stack(g.creation_stack, follower), context.stack(g.stack, follower));
    let Some(row) = out.row(Table::Goroutines) else { return };
    let names = &follower.stacks().names;
    let stats = &g.stats;
    let row = row
        .id(Some(g.id.0))
        .name(g.name, names)
        .int(context.time(g.created))
        .int(g.started().map(|time| context.time(time)))
        .int(g.ended().map(|time| context.time(time)))
        .id(g.creator().map(|g| g.0))
        .int(creation_stack)
        .int(stats.exec)
        .int(stats.sched_wait)
        .int(stats.syscall.saturating_add(stats.syscall_block))
        .int(stats.syscall_block)
        .int(stats.block.total());
    let row = by_kind(&stats.block, names).into_iter().fold(row, |row, nanos| row.int(nanos));
    let is_there = g.state != GoState::NotExist;
    row.int(stats.total)
        .int(life.waits)
        .int(life.max_runnable)
        .word(place(g.state))
        .int(is_there.then(|| context.time(g.since)))
        .name(if is_there { g.reason } else { NameId::EMPTY }, names)
        .int(stack)
        .flag(g.creation_seen)
        .end();
}

/// Number of kinds of waits.
const KINDS: usize = 7;

/// Returns the times of waits by their kind, in the order of the columns.
fn by_kind(block: &ByName, names: &Names) -> [i64; KINDS] {
    let mut sums = [0i64; KINDS];
    for (reason, nanos) in block.iter() {
        if let Some(sum) = sums.get_mut(kind(names.get(reason))) {
            *sum = sum.saturating_add(nanos);
        }
    }
    sums
}

/// Returns the place of the kind of a wait, by the reason in the runtime's words.
fn kind(reason: &[u8]) -> usize {
    let has = |part: &[u8]| reason.windows(part.len()).any(|window| window == part);
    match reason {
        _ if has(b"GC") => 5,
        _ if has(b"chan") => 0,
        b"select" => 1,
        _ if reason.starts_with(b"sync") => 2,
        b"network" => 3,
        b"sleep" => 4,
        _ => 6,
    }
}

/// Returns the place of a state in the words of its column.
fn place(state: GoState) -> i32 {
    match state {
        GoState::Runnable => 0,
        GoState::Running => 1,
        GoState::Syscall => 2,
        GoState::Waiting => 3,
        GoState::NotExist => 4,
        GoState::Undetermined => 5,
    }
}
