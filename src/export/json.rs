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
mod known;
mod line;
mod side_by_side;

pub use side_by_side::write;
pub(crate) use side_by_side::write_blocks;

use crate::event::Event;
use crate::export::EventWriter;
use known::Known;
use line::Lines;
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
    stacks: JsonStacks,
    known: Known,
    lines: Lines,
    line: Vec<u8>,
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
        let (known, lines) = (Known::default(), Lines::default());
        JsonWriter { out, stacks: JsonStacks::default(), known, lines, line: Vec::new() }
    }

    /// Returns the writer with another form of stacks.
    #[must_use]
    pub fn stacks(self, form: JsonStacks) -> JsonWriter<W> {
        JsonWriter { stacks: form, lines: Lines::new(form), ..self }
    }
}

impl<'t, W: Write> EventWriter<'t> for JsonWriter<W> {
    type Output = W;

    fn event(&mut self, event: &Event<'t>) -> io::Result<()> {
        let facts = self.known.facts(event, self.stacks);
        self.line.clear();
        self.lines.append(&mut self.line, event, &facts, facts.functions.map(|id| self.known.name(id)));
        self.out.write_all(&self.line)
    }

    fn pass_over(&mut self, event: &Event<'t>) {
        self.known.pass_over(event);
    }

    fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}
