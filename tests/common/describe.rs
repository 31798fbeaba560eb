//! Events as lines, for tests to compare.
//!
//! ```text
//! M1 P0 G1 G2 NotExist->Runnable @main.f
//! └────┴── context   └── what happens
//! ```

use gotrace::{Event, EventKind, GoId, ProcId, Range, RangeScope, Stack, StateTransition, Task, TaskId};
use std::fmt::Display;

fn or_none<T: Display>(letter: char, id: Option<T>) -> String {
    id.map_or(format!("{letter}-"), |id| format!("{letter}{id}"))
}

fn text(bytes: &[u8]) -> String {
    format!("'{}'", bytes.escape_ascii())
}

fn stack(stack: Option<Stack<'_>>) -> String {
    let frames = stack.into_iter().flat_map(|s| s.frames().map(|f| f.func.escape_ascii().to_string()));
    frames.map(|f| format!(" @{f}")).collect()
}

fn range(range: Range<'_>) -> String {
    let scope = match range.scope {
        RangeScope::Global => "all".to_string(),
        RangeScope::Goroutine(id) => or_none('G', id),
        RangeScope::Proc(id) => or_none('P', id),
    };
    format!("{} on {scope}", range.name.name().escape_ascii())
}

fn task(Task { id, parent, kind, .. }: Task<'_>) -> String {
    format!("{id} {} of {}", text(kind), parent.unwrap_or(TaskId::BACKGROUND))
}

/// Describes an event without its context and time.
pub fn kind(event: &Event<'_>) -> String {
    let own = stack(event.stack());
    match event.kind() {
        EventKind::StateTransition(StateTransition::Goroutine {
            id: GoId(id), from, to, reason, stack: of, ..
        }) => {
            let reason = if reason.is_empty() { String::new() } else { format!(" {}", text(reason)) };
            format!("G{id} {from}->{to}{reason}{}", stack(of))
        }
        EventKind::StateTransition(StateTransition::Proc { id: ProcId(id), from, to, .. }) => {
            format!("P{id} {from}->{to}")
        }
        EventKind::Sync(sync) => format!("sync {}", sync.number),
        EventKind::Metric(metric) => format!("{} = {}", metric.name.name(), metric.value),
        EventKind::Label(label) => format!("label {} of {}", text(label.label), or_none('G', label.goroutine)),
        EventKind::StackSample => format!("sample{own}"),
        EventKind::RangeBegin(r) => format!("begin {}{own}", range(r)),
        EventKind::RangeActive(r) => format!("active {}", range(r)),
        EventKind::RangeEnd(r, None) => format!("end {}", range(r)),
        EventKind::RangeEnd(r, Some(did)) => format!("end {}: {} of {}", range(r), did.reclaimed, did.swept),
        EventKind::TaskBegin(t) => format!("task {}{own}", task(t)),
        EventKind::TaskEnd(t) => format!("end task {}{own}", task(t)),
        EventKind::RegionBegin(r) => format!("region {} of task {}{own}", text(r.kind), r.task),
        EventKind::RegionEnd(r) => format!("end region {} of task {}{own}", text(r.kind), r.task),
        EventKind::Log(log) => format!("log {}={} of task {}{own}", text(log.category), text(log.message), log.task),
        EventKind::Experimental(e) => {
            let args: Vec<_> = e.args().map(|(name, value)| format!(" {name}={value}")).collect();
            format!("{}{}", e.event, args.concat())
        }
        _ => unreachable!("a new kind of event"),
    }
}

/// Describes an event with its context, without its time.
pub fn event(event: &Event<'_>) -> String {
    let (m, p, g) = (event.thread(), event.proc(), event.goroutine());
    format!("{} {} {} {}", or_none('M', m), or_none('P', p), or_none('G', g), kind(event))
}
