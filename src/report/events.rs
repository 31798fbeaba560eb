//! `gotrace events --json`: an object a line.
//!
//! [`export::json`](crate::export::json) writes the lines, not these types: it makes the text
//! of a stack once, and allocates nothing for an event. What it writes is what these types
//! serialize to, which is tested; but for a backspace or a form feed in a name it writes
//! `\u0008` and `\u000c`, not the short escapes.

use super::text::{name, text};
use crate::analysis::Follower;
use crate::base::ids::GoId;
use crate::event::range::{Range, RangeScope};
use crate::event::transition::StateTransition;
use crate::event::{Event, EventKind, SyncPoint};
use crate::export::parsed::{go_state, proc_state, rfc3339_nano};
use crate::generation::stack::Stack;
use crate::spec::state::GoState;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
#[cfg(feature = "schema")]
use std::collections::BTreeMap;

/// A line: an event, or a stack of later events.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(untagged)]
#[non_exhaustive]
pub enum EventsLine<'a> {
    /// An event.
    Event(Box<EventLine<'a>>),
    /// A stack, in front of the first event that has it.
    Stack(StackLine<'a>),
}

/// A stack of the events that follow, where stacks are numbers (`--stacks ids`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct StackLine<'a> {
    /// `Stack`, which no event has.
    pub kind: &'static str,
    /// Number by which events refer to it, from 1.
    pub stack: u64,
    /// Calls, the innermost first.
    pub frames: Vec<EventFrame<'a>>,
}

/// An event. Each kind has its fields, which are always there; null stands for a value that
/// the event does not have. Fields of other kinds are left out.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct EventLine<'a> {
    /// Time of the event, in nanoseconds on the trace's clock.
    pub time: i64,
    /// Thread that it happened on.
    pub thread: Option<u64>,
    /// P that it happened on.
    pub proc: Option<u64>,
    /// Goroutine that was running when it happened.
    pub goroutine: Option<u64>,
    /// Function that this goroutine began with; null until the trace has named it.
    pub function: Option<Cow<'a, str>>,
    /// Kind of event, by Go's name: `StateTransition`, `RangeBegin` and so on.
    pub kind: &'static str,
    /// Kind of resource of a `StateTransition`: `goroutine` or `proc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<&'static str>,
    /// Goroutine or P of a `StateTransition`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// Function that the goroutine of a `StateTransition` began with; null for a P, and until
    /// the trace has named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_function: Option<Option<Cow<'a, str>>>,
    /// State before a `StateTransition`, by Go's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<&'static str>,
    /// State after a `StateTransition`, by Go's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<&'static str>,
    /// Reason for which a goroutine blocked or stopped in a `StateTransition`, in the
    /// runtime's words; null if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Option<Cow<'a, str>>>,
    /// Stack of the goroutine of a `StateTransition`; null if the trace has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transition_stack: Option<Option<EventStack<'a>>>,
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
    /// Goroutine or P of a range; null for a global one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope_id: Option<Option<u64>>,
    /// Memory that was swept, in bytes, in a `RangeEnd`; null if that is no sweep's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swept: Option<Option<u64>>,
    /// Memory that was freed, in bytes, in a `RangeEnd`; null if that is no sweep's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reclaimed: Option<Option<u64>>,
    /// Number of the task, of a task, region or log message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<u64>,
    /// Number of the task that a task is part of; null if it is part of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Option<u64>>,
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
    /// Time on the trace's clock, in nanoseconds, of a `Sync`; null before Go 1.25.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Option<i64>>,
    /// Time on the system's monotonic clock, in nanoseconds, of a `Sync`; null before Go 1.25.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mono: Option<Option<u64>>,
    /// Time of day, in UTC, in the form of RFC 3339, of a `Sync`; null before Go 1.25.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall: Option<Option<String>>,
    /// Stack of the event; null if it has none. Left out with `--stacks none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<Option<EventStack<'a>>>,
}

/// A stack of an event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(untagged)]
#[non_exhaustive]
pub enum EventStack<'a> {
    /// Number of a line in front of the event that says what it is.
    Number(u64),
    /// Calls, the innermost first (`--stacks inline`).
    Frames(Vec<EventFrame<'a>>),
}

/// A call of a stack.
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

impl<'a> EventLine<'a> {
    /// Reports an event with the frames of its stacks. `follower` has followed it, and knows
    /// the functions of goroutines; `ended` is that of the goroutine that ends with the event, as
    /// far as it was known before.
    pub fn new(event: &Event<'a>, follower: &'a Follower, ended: Option<&'a str>) -> EventLine<'a> {
        let kind = event.kind();
        let ends = match kind {
            EventKind::StateTransition(StateTransition::Goroutine { id, to: GoState::NotExist, .. }) => Some(id),
            _ => None,
        };
        let function = |id: Option<GoId>| match id {
            Some(id) if ends == Some(id) => ended.map(Cow::from),
            Some(id) => follower.goroutine(id).and_then(|state| name(follower.stacks().names.get(state.function()))),
            None => None,
        };
        let mut line = EventLine {
            time: event.time().0,
            thread: event.thread().map(|m| m.0),
            proc: event.proc().map(|p| p.0),
            goroutine: event.goroutine().map(|g| g.0),
            function: function(event.goroutine()),
            kind: kind.name(),
            stack: Some(event.stack().map(frames)),
            ..EventLine::default()
        };
        match kind {
            EventKind::StateTransition(transition) => line.transition(transition, function),
            EventKind::Metric(metric) => {
                line.name = Some(metric.name.name().into());
                line.value = Some(metric.figure());
            }
            EventKind::Label(label) => line.label = Some(text(label.label)),
            EventKind::RangeBegin(range) | EventKind::RangeActive(range) => line.range(&range),
            EventKind::RangeEnd(range, swept) => {
                line.range(&range);
                line.swept = Some(swept.map(|s| s.swept));
                line.reclaimed = Some(swept.map(|s| s.reclaimed));
            }
            EventKind::TaskBegin(task) | EventKind::TaskEnd(task) => {
                line.task = Some(task.id.0);
                line.parent = Some(task.parent.map(|parent| parent.0));
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

    fn transition(&mut self, transition: StateTransition<'a>, function: impl Fn(Option<GoId>) -> Option<Cow<'a, str>>) {
        match transition {
            StateTransition::Goroutine { id, from, to, reason, stack } => {
                (self.resource, self.id) = (Some("goroutine"), Some(id.0));
                self.id_function = Some(function(Some(id)));
                (self.from, self.to) = (Some(go_state(from)), Some(go_state(to)));
                self.reason = Some(name(reason));
                self.transition_stack = Some(stack.map(frames));
            }
            StateTransition::Proc { id, from, to } => {
                (self.resource, self.id) = (Some("proc"), Some(id.0));
                (self.from, self.to) = (Some(proc_state(from)), Some(proc_state(to)));
                (self.id_function, self.reason, self.transition_stack) = (Some(None), Some(None), Some(None));
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
        (self.scope, self.scope_id) = (Some(scope), Some(id));
    }

    fn sync(&mut self, sync: &SyncPoint<'_>) {
        let clock = sync.clock_snapshot();
        let wall = |clock: crate::generation::ClockSnapshot| {
            let mut wall = Vec::new();
            rfc3339_nano(&mut wall, clock.wall, 0);
            text(&wall).into_owned()
        };
        self.n = Some(sync.number);
        (self.trace, self.mono) = (Some(clock.map(|clock| clock.time.0)), Some(clock.map(|clock| clock.mono)));
        self.wall = Some(clock.map(wall));
    }
}

fn frames(stack: Stack<'_>) -> EventStack<'_> {
    let frame = |frame: crate::generation::stack::Frame<'_>| EventFrame {
        func: text(frame.func).into_owned().into(),
        file: text(frame.file).into_owned().into(),
        line: frame.line,
        pc: frame.pc,
    };
    EventStack::Frames(stack.frames().map(frame).collect())
}
