//! `gotrace events --json`: an object a line.
//!
//! [`export::json`](crate::export::json) writes the lines, not these types: it makes the text
//! of a stack once, copies it for every event that has it, and allocates nothing for an
//! event. What it writes is what these types serialize to, which is tested; but for a
//! backspace or a form feed in a name it writes `\u0008` and `\u000c`, not the short escapes.

use super::text::text;
use crate::event::range::{Range, RangeScope};
use crate::event::transition::StateTransition;
use crate::event::{Event, EventKind, SyncPoint};
use crate::export::parsed::{go_state, proc_state, rfc3339_nano};
use crate::generation::stack::Stack;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
#[cfg(feature = "schema")]
use std::collections::BTreeMap;

/// An event. Fields that do not apply to it are absent: most apply to few kinds, and there
/// are millions of lines.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct EventLine<'a> {
    /// Time of the event, in nanoseconds on the trace's clock.
    pub time: i64,
    /// Thread that it happened on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<u64>,
    /// P that it happened on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proc: Option<u64>,
    /// Goroutine that was running when it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goroutine: Option<u64>,
    /// Kind of event, by Go's name: `StateTransition`, `RangeBegin` and so on.
    pub kind: &'static str,
    /// Kind of resource of a `StateTransition`: `goroutine` or `proc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<&'static str>,
    /// Goroutine or P of a `StateTransition`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// State before a `StateTransition`, by Go's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<&'static str>,
    /// State after a `StateTransition`, by Go's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<&'static str>,
    /// Reason for which a goroutine blocked or stopped in a `StateTransition`, in the
    /// runtime's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'a, str>>,
    /// Stack of the goroutine of a `StateTransition`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transition_stack: Option<Vec<EventFrame<'a>>>,
    /// Name of a range, metric or experimental event, as Go has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
    /// Value of a `Metric`, in bytes or Ps; null for a heap goal where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Option<u64>>,
    /// Label of the goroutine, in a `Label`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Cow<'a, str>>,
    /// Scope of a range: `global`, `goroutine` or `proc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<&'static str>,
    /// Goroutine or P of a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope_id: Option<u64>,
    /// Memory that was swept, in bytes, at the end of a sweep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swept: Option<u64>,
    /// Memory that was freed, in bytes, at the end of a sweep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reclaimed: Option<u64>,
    /// Number of the task, of a task, region or log message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<u64>,
    /// Number of the task that a task is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<u64>,
    /// Type that the program chose, of a task or region.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub user_type: Option<Cow<'a, str>>,
    /// Category of a log message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Cow<'a, str>>,
    /// Text of a log message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Cow<'a, str>>,
    /// Arguments of an experimental event by name, as on the wire.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_order")]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<&'static str, u64>"))]
    pub args: Option<Vec<(&'static str, u64)>>,
    /// Number of a `Sync`, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// Time on the trace's clock, in nanoseconds, of a `Sync` since Go 1.25.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<i64>,
    /// Time on the system's monotonic clock, in nanoseconds, of a `Sync` since Go 1.25.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mono: Option<u64>,
    /// Time of day, in UTC, in the form of RFC 3339, of a `Sync` since Go 1.25.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall: Option<String>,
    /// Stack of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<Vec<EventFrame<'a>>>,
}

/// A call of a stack. Stacks are lists of these, innermost first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct EventFrame<'a> {
    /// Name of the function; empty in a trace of Go 1.5 or 1.6 without its program.
    pub func: Cow<'a, str>,
    /// Source file; empty in a trace of Go 1.5 or 1.6 without its program.
    pub file: Cow<'a, str>,
    /// Line in that file, from 1; 0 where the file is not known.
    pub line: u64,
    /// Program counter.
    pub pc: u64,
}

/// Writes arguments as an object, in their order.
fn in_order<S: Serializer>(args: &Option<Vec<(&'static str, u64)>>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(args.iter().flatten().copied())
}

impl<'a> From<&Event<'a>> for EventLine<'a> {
    fn from(event: &Event<'a>) -> EventLine<'a> {
        let kind = event.kind();
        let mut line = EventLine {
            time: event.time().0,
            thread: event.thread().map(|m| m.0),
            proc: event.proc().map(|p| p.0),
            goroutine: event.goroutine().map(|g| g.0),
            kind: kind.name(),
            stack: event.stack().map(frames),
            ..EventLine::default()
        };
        match kind {
            EventKind::StateTransition(transition) => line.transition(transition),
            EventKind::Metric(metric) => {
                line.name = Some(metric.name.name().into());
                line.value = Some(metric.figure());
            }
            EventKind::Label(label) => line.label = Some(text(label.label)),
            EventKind::RangeBegin(range) | EventKind::RangeActive(range) => line.range(&range),
            EventKind::RangeEnd(range, swept) => {
                line.range(&range);
                line.swept = swept.map(|s| s.swept);
                line.reclaimed = swept.map(|s| s.reclaimed);
            }
            EventKind::TaskBegin(task) | EventKind::TaskEnd(task) => {
                line.task = Some(task.id.0);
                line.parent = task.parent.map(|parent| parent.0);
                line.user_type = Some(text(task.kind));
            }
            EventKind::RegionBegin(region) | EventKind::RegionEnd(region) => {
                line.task = Some(region.task.0);
                line.user_type = Some(text(region.kind));
            }
            EventKind::Log(log) => {
                line.task = Some(log.task.0);
                line.category = Some(text(log.category));
                line.message = Some(text(log.message));
            }
            EventKind::Experimental(experimental) => {
                line.name = Some(experimental.event.name().into());
                line.args = Some(experimental.args().collect());
            }
            EventKind::Sync(sync) => line.sync(&sync),
            EventKind::StackSample => {}
        }
        line
    }
}

impl<'a> EventLine<'a> {
    fn transition(&mut self, transition: StateTransition<'a>) {
        match transition {
            StateTransition::Goroutine { id, from, to, reason, stack } => {
                (self.resource, self.id) = (Some("goroutine"), Some(id.0));
                (self.from, self.to) = (Some(go_state(from)), Some(go_state(to)));
                self.reason = Some(text(reason)).filter(|reason| !reason.is_empty());
                self.transition_stack = stack.map(frames);
            }
            StateTransition::Proc { id, from, to } => {
                (self.resource, self.id) = (Some("proc"), Some(id.0));
                (self.from, self.to) = (Some(proc_state(from)), Some(proc_state(to)));
            }
        }
    }

    fn range(&mut self, range: &Range<'_>) {
        let (scope, id) = match range.scope {
            RangeScope::Global => ("global", None),
            RangeScope::Goroutine(g) => ("goroutine", g.map(|g| g.0)),
            RangeScope::Proc(p) => ("proc", p.map(|p| p.0)),
        };
        self.name = Some(text(&range.name.name()).into_owned().into());
        (self.scope, self.scope_id) = (Some(scope), id);
    }

    fn sync(&mut self, sync: &SyncPoint<'_>) {
        self.n = Some(sync.number);
        if let Some(clock) = sync.clock_snapshot() {
            let mut wall = Vec::new();
            rfc3339_nano(&mut wall, clock.wall, 0);
            (self.trace, self.mono) = (Some(clock.time.0), Some(clock.mono));
            self.wall = Some(text(&wall).into_owned());
        }
    }
}

fn frames(stack: Stack<'_>) -> Vec<EventFrame<'_>> {
    let frame = |frame: crate::generation::stack::Frame<'_>| EventFrame {
        func: text(frame.func).into_owned().into(),
        file: text(frame.file).into_owned().into(),
        line: frame.line,
        pc: frame.pc,
    };
    stack.frames().map(frame).collect()
}
