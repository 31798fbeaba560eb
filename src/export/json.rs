//! Events as JSON, one object a line.
//!
//! `report::EventsLine` is the same as types that serialize. They do not write the lines:
//! this writer makes the text of a stack once, and allocates nothing for an event.
//!
//! The names are stable; new ones may be added. Each kind of event has its fields, all of
//! which are always there: null stands for a value that the event does not have. Names
//! that are not UTF-8 have U+FFFD in place of the bytes that are not.
//!
//! | field | of | what |
//! |---|---|---|
//! | `time` | every event | nanoseconds on the trace clock |
//! | `thread`, `proc`, `goroutine` | every event | its context: M, P and G |
//! | `function` | every event | the function that this goroutine began with, as soon as the trace names it |
//! | `kind` | every event | Go's name: `StateTransition`, `RangeBegin`, .. |
//! | `resource`, `id` | `StateTransition` | `goroutine` or `proc`, and which |
//! | `id_function` | `StateTransition` | the function that this goroutine began with |
//! | `from`, `to` | `StateTransition` | Go's names of the states |
//! | `reason` | `StateTransition` | why a goroutine blocked or stopped |
//! | `transition_stack` | `StateTransition` | the stack of that goroutine |
//! | `name` | `Range*`, `Metric`, `Experimental` | Go's name of it |
//! | `scope`, `scope_id` | `Range*` | `global`, `goroutine` or `proc`, and which |
//! | `swept`, `reclaimed` | `RangeEnd` | bytes, of a sweep |
//! | `value` | `Metric` | the figure |
//! | `label` | `Label` | the label of the goroutine |
//! | `task` | `Task*`, `Region*`, `Log` | the task's number |
//! | `parent` | `Task*` | the number of the task it is part of |
//! | `type` | `Task*`, `Region*` | what the program called it |
//! | `category`, `message` | `Log` | what the program logged |
//! | `args` | `Experimental` | an object of numbers |
//! | `n`, `trace`, `mono`, `wall` | `Sync` | its number and clock snapshot |
//! | `stack` | every event | the stack of the context |
//!
//! A stack is a number, from 1. In front of the first event that has it stands a line of its
//! own, which says what it is: `{"kind":"Stack","stack":1,"frames":[...]}`. Frames are
//! objects with `func`, `file`, `line` and `pc`, the innermost first. Other
//! [forms](JsonStacks) of stacks can be asked for. `wall` is in RFC 3339 form, in UTC.

pub(crate) mod fields;

use super::parsed::{Stacks, go_state, proc_state, rfc3339_nano, signed};
use crate::analysis::names::NameId;
use crate::analysis::{Analysis, Follower, Pass};
use crate::base::ids::GoId;
use crate::event::go::changes_go;
use crate::event::range::{Range, RangeScope};
use crate::event::transition::StateTransition;
use crate::event::{Event, EventKind, SyncPoint};
use crate::export::EventWriter;
use crate::generation::stack::Stack;
use crate::spec::state::GoState;
use crate::spec::v2::EventType;
use crate::wire::text::number as unsigned;
use fields::{key, null, number, quote, string, word};
use std::io::{self, Write};

/// Writes the events of one trace as JSON.
///
/// ```
/// # let bytes = include_bytes!("../../testdata/traces/go1.27/hello.trace");
/// use gotrace::export::EventWriter;
/// use gotrace::export::json::JsonWriter;
///
/// let trace = gotrace::Trace::parse(bytes)?;
/// let mut writer = JsonWriter::new(Vec::new());
/// for event in trace.events() {
///     writer.event(&event?)?;
/// }
/// let out = writer.finish()?;
/// assert!(out.starts_with(b"{\"time\":") && out.ends_with(b"}\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct JsonWriter<W> {
    out: W,
    line: Vec<u8>,
    lines: Lines,
}

/// Form of the stacks of events in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum JsonStacks {
    /// A number, and once for each stack a line that says what it is.
    #[default]
    Ids,
    /// All frames, in each event.
    Inline,
    /// No field at all.
    None,
}

impl<W: Write> JsonWriter<W> {
    /// Returns a writer to `out`, which is handed a line at a time, or two.
    pub fn new(out: W) -> JsonWriter<W> {
        JsonWriter { out, line: Vec::new(), lines: Lines::default() }
    }

    /// Returns the writer with another form of stacks.
    #[must_use]
    pub fn stacks(mut self, form: JsonStacks) -> JsonWriter<W> {
        self.lines.form = form;
        self
    }
}

impl<'t, W: Write> EventWriter<'t> for JsonWriter<W> {
    type Output = W;

    fn event(&mut self, event: &Event<'t>) -> io::Result<()> {
        self.line.clear();
        self.lines.append(&mut self.line, event);
        // Stacks are known before the event that has them.
        self.out.write_all(&self.lines.told)?;
        self.out.write_all(&self.line)
    }

    fn pass_over(&mut self, event: &Event<'t>) {
        self.lines.pass.show(event, &mut Follow);
    }

    fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// The analysis for which goroutines are followed, and no more.
struct Follow;

impl Analysis for Follow {
    type Output = ();

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        changes_go(event)
    }

    fn finish(self, _: &Follower) {}
}

/// The lines of events, with what is known from those before.
#[derive(Debug, Default)]
struct Lines {
    form: JsonStacks,
    /// Goroutines, with the functions that they began with.
    pass: Pass,
    /// Texts of stacks that occurred.
    texts: Stacks,
    /// Number of each stack, by its key; 0 before it is told.
    numbers: Vec<u64>,
    /// Number of stacks that were told.
    last: u64,
    /// Lines that tell the stacks of the event at hand for the first time.
    told: Vec<u8>,
}

impl Lines {
    /// Appends an event to `out` as one line, and makes those that tell its stacks.
    fn append(&mut self, out: &mut Vec<u8>, event: &Event<'_>) {
        self.told.clear();
        let kind = event.kind();
        let [function, id_function] = self.follow(event, &kind);
        out.extend_from_slice(b"{\"time\":");
        signed(out, event.time().0);
        number(out, "thread", event.thread().map(|m| m.0));
        number(out, "proc", event.proc().map(|p| p.0));
        number(out, "goroutine", event.goroutine().map(|g| g.0));
        self.name(out, "function", function);
        word(out, "kind", kind.name());
        match &kind {
            EventKind::StateTransition(transition) => self.transition(out, transition, id_function),
            EventKind::Metric(metric) => {
                word(out, "name", metric.name.name());
                number(out, "value", metric.figure());
            }
            EventKind::Label(label) => string(out, "label", label.label),
            EventKind::RangeBegin(r) | EventKind::RangeActive(r) => range(out, r),
            EventKind::RangeEnd(r, swept) => {
                range(out, r);
                number(out, "swept", swept.map(|s| s.swept));
                number(out, "reclaimed", swept.map(|s| s.reclaimed));
            }
            EventKind::TaskBegin(task) | EventKind::TaskEnd(task) => {
                number(out, "task", Some(task.id.0));
                number(out, "parent", task.parent.map(|p| p.0));
                string(out, "type", task.kind);
            }
            EventKind::RegionBegin(region) | EventKind::RegionEnd(region) => {
                number(out, "task", Some(region.task.0));
                string(out, "type", region.kind);
            }
            EventKind::Log(log) => {
                number(out, "task", Some(log.task.0));
                string(out, "category", log.category);
                string(out, "message", log.message);
            }
            EventKind::Experimental(experimental) => {
                word(out, "name", experimental.event.name());
                out.extend_from_slice(b",\"args\":{");
                for (i, (name, value)) in experimental.args().enumerate() {
                    if i != 0 {
                        out.push(b',');
                    }
                    quote(out, name.as_bytes());
                    out.push(b':');
                    unsigned(out, value);
                }
                out.push(b'}');
            }
            EventKind::Sync(s) => sync(out, s),
            EventKind::StackSample => {}
        }
        self.stack(out, "stack", event.stack());
        out.extend_from_slice(b"}\n");
    }

    /// Follows an event; returns the functions of its context's goroutine, and of the one whose
    /// state changes.
    fn follow(&mut self, event: &Event<'_>, kind: &EventKind<'_>) -> [NameId; 2] {
        let (changed, ends) = match kind {
            EventKind::StateTransition(StateTransition::Goroutine { id, to, .. }) => {
                (Some(*id), *to == GoState::NotExist)
            }
            _ => (None, false),
        };
        // A goroutine that ends is forgotten, others are known when the event was followed.
        let ended = changed.filter(|_| ends).map(|id| (id, function_of(&self.pass, id)));
        self.pass.show(event, &mut Follow);
        let function = |id: Option<GoId>| match (id, ended) {
            (None, _) => NameId::EMPTY,
            (Some(id), Some((ended, function))) if id == ended => function,
            (Some(id), _) => function_of(&self.pass, id),
        };
        [event.goroutine(), changed].map(function)
    }

    fn transition(&mut self, out: &mut Vec<u8>, transition: &StateTransition<'_>, function: NameId) {
        let (resource, id, from, to, reason, own) = match *transition {
            StateTransition::Goroutine { id, from, to, reason, stack } => {
                ("goroutine", id.0, go_state(from), go_state(to), reason, stack)
            }
            StateTransition::Proc { id, from, to } => ("proc", id.0, proc_state(from), proc_state(to), &b""[..], None),
        };
        word(out, "resource", resource);
        number(out, "id", Some(id));
        self.name(out, "id_function", function);
        word(out, "from", from);
        word(out, "to", to);
        if reason.is_empty() {
            null(out, "reason")
        } else {
            string(out, "reason", reason)
        }
        self.stack(out, "transition_stack", own);
    }

    /// Appends the name of a function; null if it is not known.
    fn name(&self, out: &mut Vec<u8>, field: &str, function: NameId) {
        match function {
            NameId::EMPTY => null(out, field),
            known => string(out, field, self.pass.follower().stacks().names.get(known)),
        }
    }

    fn stack(&mut self, out: &mut Vec<u8>, name: &str, stack: Option<Stack<'_>>) {
        match (self.form, stack) {
            (JsonStacks::None, _) => {}
            (_, None) => null(out, name),
            (JsonStacks::Inline, Some(stack)) => {
                key(out, name);
                self.texts.append(out, stack, frames);
            }
            (JsonStacks::Ids, Some(stack)) => {
                let told = self.number(stack);
                number(out, name, Some(told));
            }
        }
    }

    /// Returns the number of a stack; tells what it is, if that is not known yet.
    fn number(&mut self, stack: Stack<'_>) -> u64 {
        let place = self.pass.follower_mut().intern(Some(stack)).index();
        if self.numbers.len() <= place {
            self.numbers.resize(place + 1, 0);
        }
        let Some(known) = self.numbers.get_mut(place) else { return 0 };
        if *known == 0 {
            self.last += 1;
            *known = self.last;
            self.told.extend_from_slice(b"{\"kind\":\"Stack\",\"stack\":");
            unsigned(&mut self.told, *known);
            key(&mut self.told, "frames");
            frames(&mut self.told, stack);
            self.told.extend_from_slice(b"}\n");
        }
        *known
    }
}

/// Returns the function that a goroutine began with; the empty name if it is not known.
fn function_of(pass: &Pass, id: GoId) -> NameId {
    pass.follower().goroutine(id).map_or(NameId::EMPTY, |state| state.function())
}

fn frames(out: &mut Vec<u8>, stack: Stack<'_>) {
    out.push(b'[');
    for (i, frame) in stack.frames().enumerate() {
        out.extend_from_slice(if i == 0 { b"{\"func\":" } else { b",{\"func\":" });
        quote(out, frame.func);
        string(out, "file", frame.file);
        number(out, "line", Some(frame.line));
        number(out, "pc", Some(frame.pc));
        out.push(b'}');
    }
    out.push(b']');
}

fn range(out: &mut Vec<u8>, range: &Range<'_>) {
    string(out, "name", &range.name.name());
    let (scope, id) = match range.scope {
        RangeScope::Global => ("global", None),
        RangeScope::Goroutine(g) => ("goroutine", g.map(|g| g.0)),
        RangeScope::Proc(p) => ("proc", p.map(|p| p.0)),
    };
    word(out, "scope", scope);
    number(out, "scope_id", id);
}

fn sync(out: &mut Vec<u8>, sync: &SyncPoint<'_>) {
    number(out, "n", Some(sync.number));
    let Some(clock) = sync.clock_snapshot() else {
        return ["trace", "mono", "wall"].into_iter().for_each(|name| null(out, name));
    };
    key(out, "trace");
    signed(out, clock.time.0);
    number(out, "mono", Some(clock.mono));
    out.extend_from_slice(b",\"wall\":\"");
    rfc3339_nano(out, clock.wall, 0);
    out.push(b'"');
}
