//! Events as JSON, one object a line.
//!
//! `report::EventLine` is the same as a type that serializes. It does not write the lines:
//! this writer makes the text of a stack once, copies it for every event that has it, and
//! allocates nothing for an event.
//!
//! The names are stable; new ones may be added. A field that does not apply is absent.
//! Names that are not UTF-8 have U+FFFD in place of the bytes that are not.
//!
//! | field | of | what |
//! |---|---|---|
//! | `time` | every event | nanoseconds on the trace clock |
//! | `thread`, `proc`, `goroutine` | every event | its context: M, P and G |
//! | `kind` | every event | Go's name: `StateTransition`, `RangeBegin`, .. |
//! | `resource`, `id` | `StateTransition` | `goroutine` or `proc`, and which |
//! | `from`, `to` | `StateTransition` | Go's names of the states |
//! | `reason` | `StateTransition` | why a goroutine blocked or stopped |
//! | `transition_stack` | `StateTransition` | the stack of that goroutine |
//! | `name` | `Range*`, `Metric`, `Experimental` | Go's name of it |
//! | `scope`, `scope_id` | `Range*` | `global`, `goroutine` or `proc`, and which |
//! | `swept`, `reclaimed` | `RangeEnd` of a sweep | bytes |
//! | `value` | `Metric` | the figure |
//! | `label` | `Label` | the label of the goroutine |
//! | `task` | `Task*`, `Region*`, `Log` | the task's number |
//! | `parent` | `Task*` | the number of the task it is part of |
//! | `type` | `Task*`, `Region*` | what the program called it |
//! | `category`, `message` | `Log` | what the program logged |
//! | `args` | `Experimental` | an object of numbers |
//! | `n`, `trace`, `mono`, `wall` | `Sync` | its number and clock snapshot |
//! | `stack` | any event | the stack of the context |
//!
//! A stack is an array, innermost frame first, of objects with `func`, `file`,
//! `line` and `pc`. `wall` is in RFC 3339 form, in UTC.

use super::parsed::{Stacks, go_state, proc_state, rfc3339_nano, signed};
use crate::event::range::{Range, RangeScope};
use crate::event::transition::StateTransition;
use crate::event::{Event, EventKind, SyncPoint};
use crate::export::EventWriter;
use crate::generation::stack::Stack;
use crate::wire::text::number as unsigned;
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

impl<W: Write> JsonWriter<W> {
    /// Returns a writer to `out`, which is handed a line at a time.
    pub fn new(out: W) -> JsonWriter<W> {
        JsonWriter { out, line: Vec::new(), lines: Lines::default() }
    }
}

impl<'t, W: Write> EventWriter<'t> for JsonWriter<W> {
    type Output = W;

    fn event(&mut self, event: &Event<'t>) -> io::Result<()> {
        self.line.clear();
        self.lines.append(&mut self.line, event);
        self.out.write_all(&self.line)
    }

    fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// The lines of events, with the text of stacks that occurred.
#[derive(Debug, Default)]
struct Lines {
    stacks: Stacks,
}

impl Lines {
    /// Appends an event to `out` as one line.
    fn append(&mut self, out: &mut Vec<u8>, event: &Event<'_>) {
        let kind = event.kind();
        out.extend_from_slice(b"{\"time\":");
        signed(out, event.time().0);
        number(out, "thread", event.thread().map(|m| m.0));
        number(out, "proc", event.proc().map(|p| p.0));
        number(out, "goroutine", event.goroutine().map(|g| g.0));
        word(out, "kind", kind.name());
        match &kind {
            EventKind::StateTransition(transition) => self.transition(out, transition),
            EventKind::Metric(metric) => {
                word(out, "name", metric.name.name());
                // A heap goal is null where there is none, and so has a field.
                match metric.figure() {
                    Some(value) => number(out, "value", Some(value)),
                    None => {
                        key(out, "value");
                        out.extend_from_slice(b"null");
                    }
                }
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

    fn transition(&mut self, out: &mut Vec<u8>, transition: &StateTransition<'_>) {
        match transition {
            StateTransition::Goroutine { id, from, to, reason, stack: own } => {
                word(out, "resource", "goroutine");
                number(out, "id", Some(id.0));
                word(out, "from", go_state(*from));
                word(out, "to", go_state(*to));
                if !reason.is_empty() {
                    string(out, "reason", reason);
                }
                self.stack(out, "transition_stack", *own);
            }
            StateTransition::Proc { id, from, to } => {
                word(out, "resource", "proc");
                number(out, "id", Some(id.0));
                word(out, "from", proc_state(*from));
                word(out, "to", proc_state(*to));
            }
        }
    }

    fn stack(&mut self, out: &mut Vec<u8>, name: &str, stack: Option<Stack<'_>>) {
        if let Some(stack) = stack {
            key(out, name);
            self.stacks.append(out, stack, frames);
        }
    }
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
    if let Some(clock) = sync.clock_snapshot() {
        key(out, "trace");
        signed(out, clock.time.0);
        number(out, "mono", Some(clock.mono));
        out.extend_from_slice(b",\"wall\":\"");
        rfc3339_nano(out, clock.wall, 0);
        out.push(b'"');
    }
}

fn key(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn number(out: &mut Vec<u8>, name: &str, value: Option<u64>) {
    if let Some(value) = value {
        key(out, name);
        unsigned(out, value);
    }
}

fn string(out: &mut Vec<u8>, name: &str, text: &[u8]) {
    key(out, name);
    quote(out, text);
}

/// Appends a string of this crate, which needs no escaping.
fn word(out: &mut Vec<u8>, name: &str, text: &str) {
    key(out, name);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Appends a JSON string.
fn quote(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        let mut rest = chunk.valid().as_bytes();
        while let Some(at) = rest.iter().position(|&b| b < 0x20 || b == b'"' || b == b'\\') {
            let (plain, special) = rest.split_at(at);
            out.extend_from_slice(plain);
            let Some((&byte, after)) = special.split_first() else { break };
            escape(out, byte);
            rest = after;
        }
        out.extend_from_slice(rest);
        // Each invalid sequence becomes one replacement character.
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    out.push(b'"');
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\t' => out.extend_from_slice(b"\\t"),
        b'\r' => out.extend_from_slice(b"\\r"),
        _ => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
    }
}
