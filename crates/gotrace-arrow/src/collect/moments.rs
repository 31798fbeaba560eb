//! Rows of messages, figures and samples.

use super::Context;
use crate::out::Out;
use crate::table::Table;
use gotrace::TaskId;
use gotrace::analysis::{Follower, SharedEvent};
use gotrace::event::EventKind;

/// Makes the row of an event, if it is a message, a figure or a sample.
pub(super) fn row(out: &mut Out<'_>, context: &mut Context<'_>, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
    let (time, goroutine) = (context.time(event.time()), event.goroutine().map(|g| g.0));
    match *event.kind() {
        EventKind::Log(log) if context.makes(Table::Logs) && is_selected(context, event) => {
            let stack = follower.intern(event.stack());
            let stack = context.stack(stack, follower);
            let Some(row) = out.row(Table::Logs) else { return };
            row.int(time)
                .id(Some(log.task.0).filter(|id| *id != TaskId::BACKGROUND.0))
                .id(goroutine)
                .text(Some(log.category).filter(|category| !category.is_empty()))
                .text(Some(log.message))
                .int(stack)
                .end();
        }
        EventKind::Metric(metric) if !event.is_restated() => {
            let Some(row) = out.row(Table::Metrics) else { return };
            row.int(time).text(Some(metric.name.name().as_bytes())).id(metric.figure()).end();
        }
        EventKind::StackSample if context.makes(Table::Samples) && is_selected(context, event) => {
            let stack = follower.intern(event.stack());
            let stack = context.stack(stack, follower);
            let Some(row) = out.row(Table::Samples) else { return };
            row.int(time).id(goroutine).id(event.proc().map(|p| p.0)).id(event.thread().map(|m| m.0)).int(stack).end();
        }
        _ => {}
    }
}

fn is_selected(context: &Context<'_>, event: &SharedEvent<'_, '_>) -> bool {
    context.scope.contains(event)
}
