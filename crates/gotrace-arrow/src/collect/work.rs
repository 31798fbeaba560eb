//! Rows of tasks and regions, which the pass has only at its end.

use super::{Collect, Context, goroutines};
use crate::out::Out;
use crate::table::Table;
use gotrace::analysis::Follower;
use gotrace::analysis::goroutines::{RegionSummary, Summaries, TaskSummary};
use gotrace::{TaskId, Time};

impl Collect<'_> {
    /// Makes the rows of all goroutines, regions and tasks that are left.
    pub(super) fn end_summaries(&mut self, summaries: Summaries, follower: &Follower) {
        let mut lives = self.lives.take().unwrap_or_default();
        for goroutine in summaries.goroutines.iter() {
            goroutines::row(&mut self.out, &mut self.context, &goroutine, &mut lives, follower);
        }
        let ends = (summaries.start, summaries.end);
        for region in summaries.regions.iter().filter(|region| !region.inherited) {
            region_row(&mut self.out, &mut self.context, region, ends, follower);
        }
        for (id, task) in summaries.tasks.iter().filter(|(id, _)| **id != TaskId::BACKGROUND) {
            task_row(&mut self.out, &self.context, (*id, task), &summaries, follower);
        }
    }
}

fn region_row(
    out: &mut Out<'_>,
    context: &mut Context<'_>,
    region: &RegionSummary,
    (first, last): (Time, Time),
    follower: &Follower,
) {
    if !context.makes(Table::Regions) || !context.scope.has(region.goroutine) || !context.scope.has_task(region.task) {
        return;
    }
    let stack = context.stack(region.stack, follower);
    let Some(row) = out.row(Table::Regions) else { return };
    let (start, end) = region.interval(first, last);
    let stats = &region.stats;
    row.id(Some(region.task.0).filter(|id| *id != TaskId::BACKGROUND.0))
        .text(Some(follower.stacks().names.get(region.name)))
        .id(Some(region.goroutine.0))
        .int(context.time(start))
        .int(context.time(end))
        .int(end.since(start))
        .int(stack)
        .flag(region.start.is_some())
        .flag(region.end.is_some())
        .int(stats.exec)
        .int(stats.sched_wait)
        .int(stats.syscall.saturating_add(stats.syscall_block))
        .int(stats.block.total())
        .end();
}

fn task_row(
    out: &mut Out<'_>,
    context: &Context<'_>,
    (id, task): (TaskId, &TaskSummary),
    summaries: &Summaries,
    follower: &Follower,
) {
    if !context.scope.has_task(id) {
        return;
    }
    let Some(row) = out.row(Table::Tasks) else { return };
    let start = task.start.map_or(summaries.start, |(time, _)| time);
    let end = task.end.map_or(summaries.end, |(time, _)| time);
    let regions = task.regions.iter().filter(|at| summaries.regions.get(**at).is_some_and(|region| !region.inherited));
    row.id(Some(id.0))
        .id(task.parent.map(|parent| parent.0).filter(|id| *id != TaskId::BACKGROUND.0))
        .text(task.start.map(|_| follower.stacks().names.get(task.name)))
        .id(task.start.and_then(|(_, goroutine)| goroutine).map(|g| g.0))
        .int(context.time(start))
        .int(context.time(end))
        .int(end.since(start))
        .flag(task.start.is_some())
        .flag(task.end.is_some())
        .int(task.goroutines.len() as i64)
        .int(regions.count() as i64)
        .int(task.logs.len() as i64)
        .end();
}
