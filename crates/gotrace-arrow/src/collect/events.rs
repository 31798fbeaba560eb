//! Rows of events.

use super::Context;
use crate::out::Out;
use crate::rows::Row;
use crate::stack_ids::StackIds;
use crate::table::Table;
use gotrace::analysis::SharedEvent;
use gotrace::event::EventKind;
use gotrace::spec::v2::EventType;
use gotrace::timeline::stacks::{StackKey, Stacks};
use gotrace::{GoState, ProcState, Range, RangeScope, Stack, StackId, StateTransition, TaskId};
use rustc_hash::FxHashMap;

/// The stacks of events, which the pass does not keep.
#[derive(Default)]
pub(super) struct Events {
    stacks: Stacks,
    ids: StackIds,
    /// IDs of the stacks of a generation, by the numbers that they have in it.
    known: FxHashMap<StackId, Option<i64>>,
    generation: usize,
}

impl Events {
    /// Makes the row of an event.
    pub(super) fn row(&mut self, out: &mut Out<'_>, context: &Context<'_>, event: &SharedEvent<'_, '_>) {
        let selected = context.scope.contains(event);
        if event.is_restated() || event.wire_type() == EventType::Sync || !selected {
            return;
        }
        let stack = self.stack(event.stack());
        let transition_stack = match event.kind() {
            EventKind::StateTransition(StateTransition::Goroutine { stack, .. }) => self.stack(*stack),
            _ => None,
        };
        let Some(row) = out.row(Table::Events) else { return };
        let row = row
            .int(context.time(event.time()))
            .id(event.generation().map(|generation| generation.number()))
            .id(event.thread().map(|m| m.0))
            .id(event.proc().map(|p| p.0))
            .id(event.goroutine().map(|g| g.0))
            .text(Some(event.kind().name().as_bytes()))
            .int(stack);
        arguments(row, event, transition_stack);
    }

    fn stack(&mut self, stack: Option<Stack<'_>>) -> Option<i64> {
        let stack = stack?;
        if self.generation != stack.generation_index() {
            self.generation = stack.generation_index();
            self.known.clear();
        }
        *self.known.entry(stack.id()).or_insert_with(|| {
            let key: StackKey = self.stacks.intern(&stack);
            self.ids.refer(key, &self.stacks)
        })
    }

    /// Returns the IDs and frames of the stacks that rows refer to.
    pub(super) fn stacks(&self) -> (&StackIds, &Stacks) {
        (&self.ids, &self.stacks)
    }
}

/// Ends a row with the arguments of an event.
fn arguments(row: Row<'_>, event: &SharedEvent<'_, '_>, transition_stack: Option<i64>) {
    // A row goes on with: resource, id, from, to, reason, transition_stack, name, value,
    // scope, scope_id, swept, reclaimed, task, parent, type, category, message.
    match *event.kind() {
        EventKind::StateTransition(StateTransition::Goroutine { id, from, to, reason, .. }) => row
            .word(0)
            .id(Some(id.0))
            .text(Some(go_state(from)))
            .text(Some(go_state(to)))
            .text(given(reason))
            .int(transition_stack)
            .nulls(11),
        EventKind::StateTransition(StateTransition::Proc { id, from, to }) => {
            row.word(1).id(Some(id.0)).text(Some(proc_state(from))).text(Some(proc_state(to))).nulls(13)
        }
        EventKind::Metric(metric) => {
            row.nulls(6).text(Some(metric.name.name().as_bytes())).id(metric.figure()).nulls(9)
        }
        EventKind::Label(label) => row.nulls(6).text(Some(label.label)).nulls(10),
        EventKind::RangeBegin(range) | EventKind::RangeActive(range) => range_of(row, &range).nulls(7),
        EventKind::RangeEnd(range, swept) => {
            let row = range_of(row, &range);
            row.id(swept.map(|swept| swept.swept)).id(swept.map(|swept| swept.reclaimed)).nulls(5)
        }
        EventKind::TaskBegin(task) | EventKind::TaskEnd(task) => row
            .nulls(12)
            .id(Some(task.id.0))
            .id(task.parent.filter(|parent| *parent != TaskId::BACKGROUND).map(|parent| parent.0))
            .text(given(task.kind))
            .nulls(2),
        EventKind::RegionBegin(region) | EventKind::RegionEnd(region) => {
            row.nulls(12).id(task(region.task)).nulls(1).text(Some(region.kind)).nulls(2)
        }
        EventKind::Log(log) => {
            row.nulls(12).id(task(log.task)).nulls(2).text(given(log.category)).text(Some(log.message))
        }
        EventKind::Experimental(experimental) => {
            row.nulls(6).text(Some(experimental.event.name().as_bytes())).nulls(10)
        }
        _ => row.nulls(17),
    }
    .end();
}

/// Adds the name, no value, and the scope of a range.
fn range_of<'r>(row: Row<'r>, range: &Range<'_>) -> Row<'r> {
    let (scope, id) = match range.scope {
        RangeScope::Global => (0, None),
        RangeScope::Goroutine(id) => (1, id.map(|id| id.0)),
        RangeScope::Proc(id) => (2, id.map(|id| id.0)),
    };
    row.nulls(6).text(Some(&range.name.name())).nulls(1).word(scope).id(id)
}

fn given(text: &[u8]) -> Option<&[u8]> {
    Some(text).filter(|text| !text.is_empty())
}

fn task(id: TaskId) -> Option<u64> {
    (id != TaskId::BACKGROUND).then_some(id.0)
}

fn go_state(state: GoState) -> &'static [u8] {
    match state {
        GoState::Undetermined => b"undetermined",
        GoState::NotExist => b"notexist",
        GoState::Runnable => b"runnable",
        GoState::Running => b"running",
        GoState::Waiting => b"waiting",
        GoState::Syscall => b"syscall",
    }
}

fn proc_state(state: ProcState) -> &'static [u8] {
    match state {
        ProcState::Undetermined => b"undetermined",
        ProcState::NotExist => b"notexist",
        ProcState::Running => b"running",
        ProcState::Idle => b"idle",
    }
}
