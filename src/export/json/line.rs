//! The lines of events.

use super::JsonStacks;
use super::fields::{key, null, number, quote, string, word};
use super::known::{Facts, Numbered};
use crate::event::range::{Range, RangeScope};
use crate::event::transition::StateTransition;
use crate::event::{Event, EventKind, SyncPoint};
use crate::export::parsed::{Stacks, go_state, proc_state, rfc3339_nano, signed};
use crate::generation::stack::Stack;
use crate::wire::text::number as unsigned;

/// The maker of lines from events and what is known of them.
#[derive(Debug, Default)]
pub(super) struct Lines {
    form: JsonStacks,
    /// Texts of stacks that occurred.
    texts: Stacks,
}

impl Lines {
    /// Returns a maker of lines with stacks in that form.
    pub(super) fn new(form: JsonStacks) -> Lines {
        Lines { form, texts: Stacks::default() }
    }

    /// Appends the line of an event, behind those that tell the stacks which no event has had;
    /// `functions` are the names of those in the facts.
    pub(super) fn append(
        &mut self,
        out: &mut Vec<u8>,
        event: &Event<'_>,
        facts: &Facts,
        [function, id_function]: [Option<&[u8]>; 2],
    ) {
        let kind = event.kind();
        if let EventKind::StateTransition(StateTransition::Goroutine { stack, .. }) = &kind {
            tell(out, *stack, facts.own_stack);
        }
        tell(out, event.stack(), facts.stack);
        out.extend_from_slice(b"{\"time\":");
        signed(out, event.time().0);
        number(out, "thread", event.thread().map(|m| m.0));
        number(out, "proc", event.proc().map(|p| p.0));
        number(out, "goroutine", event.goroutine().map(|g| g.0));
        name(out, "function", function);
        word(out, "kind", kind.name());
        match &kind {
            EventKind::StateTransition(transition) => self.transition(out, transition, id_function, facts.own_stack),
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
        self.stack(out, "stack", event.stack(), facts.stack);
        out.extend_from_slice(b"}\n");
    }

    fn transition(
        &mut self,
        out: &mut Vec<u8>,
        transition: &StateTransition<'_>,
        function: Option<&[u8]>,
        stack: Option<Numbered>,
    ) {
        let (resource, id, from, to, reason, own) = match *transition {
            StateTransition::Goroutine { id, from, to, reason, stack } => {
                ("goroutine", id.0, go_state(from), go_state(to), reason, stack)
            }
            StateTransition::Proc { id, from, to } => ("proc", id.0, proc_state(from), proc_state(to), &b""[..], None),
        };
        word(out, "resource", resource);
        number(out, "id", Some(id));
        name(out, "id_function", function);
        word(out, "from", from);
        word(out, "to", to);
        if reason.is_empty() {
            null(out, "reason")
        } else {
            string(out, "reason", reason)
        }
        self.stack(out, "transition_stack", own, stack);
    }

    fn stack(&mut self, out: &mut Vec<u8>, name: &str, stack: Option<Stack<'_>>, numbered: Option<Numbered>) {
        match (self.form, stack) {
            (JsonStacks::None, _) => {}
            (_, None) => null(out, name),
            (JsonStacks::Inline, Some(stack)) => {
                key(out, name);
                self.texts.append(out, stack, frames);
            }
            (JsonStacks::Ids, Some(_)) => number(out, name, numbered.map(|numbered| numbered.number)),
        }
    }
}

/// Appends a line that tells what a stack is, if none has yet.
fn tell(out: &mut Vec<u8>, stack: Option<Stack<'_>>, numbered: Option<Numbered>) {
    if let (Some(stack), Some(Numbered { number, is_new: true })) = (stack, numbered) {
        out.extend_from_slice(b"{\"kind\":\"Stack\",\"stack\":");
        unsigned(out, number);
        key(out, "frames");
        frames(out, stack);
        out.extend_from_slice(b"}\n");
    }
}

/// Appends the name of a function; null if it is not known.
fn name(out: &mut Vec<u8>, field: &str, function: Option<&[u8]>) {
    match function {
        None => null(out, field),
        Some(known) => string(out, field, known),
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
