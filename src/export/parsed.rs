//! The form that `go tool trace -d=parsed` prints: a line per event, in order, with its
//! stacks below it. Byte for byte that of Go 1.27.3 (`internal/trace/event.go`,
//! `Event.String`), with one difference that no real trace shows: the end of a
//! stop-the-world that outlasts a generation is named from the generation of its begin,
//! where Go looks up the same string number in the next generation's table.

mod stacks;
mod wall;

pub(super) use stacks::Stacks;
pub(crate) use wall::rfc3339_nano;

use crate::base::ids::TaskId;
use crate::event::range::{Range, RangeScope, Swept};
use crate::event::transition::StateTransition;
use crate::event::{Event, EventKind, Metric, SyncPoint};
use crate::export::EventWriter;
use crate::generation::stack::Stack;
use crate::spec::state::{GoState, ProcState};
use crate::wire::text::{number, quote};
use std::io::{self, Write};

/// Number of bytes after which output is passed on.
const CHUNK: usize = 64 << 10;

/// Writes the events of one trace as text.
///
/// `utc_offset` returns the seconds by which local time is ahead of UTC at a Unix time, for
/// the clock snapshots, which Go prints in local time.
///
/// ```
/// # let bytes = include_bytes!("../../testdata/traces/go1.27/hello.trace");
/// use gotrace::export::EventWriter;
/// use gotrace::export::parsed::ParsedWriter;
///
/// let trace = gotrace::Trace::parse(bytes)?;
/// let mut writer = ParsedWriter::new(Vec::new(), |_| 0);
/// for event in trace.events() {
///     writer.event(&event?)?;
/// }
/// let text = writer.finish()?;
/// assert!(text.starts_with(b"M=-1 P=-1 G=-1 Sync Time="));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ParsedWriter<W, Z> {
    out: W,
    utc_offset: Z,
    text: Vec<u8>,
    stacks: Stacks,
}

impl<W: Write, Z: Fn(i64) -> i32> ParsedWriter<W, Z> {
    /// Returns a writer to `out`, which needs no buffer of its own.
    pub fn new(out: W, utc_offset: Z) -> ParsedWriter<W, Z> {
        ParsedWriter { out, utc_offset, text: Vec::with_capacity(CHUNK + (CHUNK >> 2)), stacks: Stacks::default() }
    }
}

impl<'t, W: Write, Z: Fn(i64) -> i32> EventWriter<'t> for ParsedWriter<W, Z> {
    type Output = W;

    #[inline]
    fn event(&mut self, event: &Event<'t>) -> io::Result<()> {
        self.append(event);
        if self.text.len() >= CHUNK {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }

    fn finish(mut self) -> io::Result<W> {
        self.flush()?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write, Z: Fn(i64) -> i32> ParsedWriter<W, Z> {
    /// Appends an event to the text.
    fn append(&mut self, event: &Event<'_>) {
        let kind = event.kind();
        let out = &mut self.text;
        out.extend_from_slice(b"M=");
        id(out, event.thread().map(|m| m.0));
        out.extend_from_slice(b" P=");
        id(out, event.proc().map(|p| p.0));
        out.extend_from_slice(b" G=");
        id(out, event.goroutine().map(|g| g.0));
        out.push(b' ');
        out.extend_from_slice(kind.name().as_bytes());
        out.extend_from_slice(b" Time=");
        signed(out, event.time().0);
        match &kind {
            EventKind::StateTransition(transition) => self.transition(event, transition),
            EventKind::Metric(Metric { name, value }) => {
                out.extend_from_slice(b" Name=\"");
                out.extend_from_slice(name.name().as_bytes());
                out.extend_from_slice(b"\" Value=");
                typed(out, *value);
            }
            EventKind::Label(label) => {
                out.extend_from_slice(b" Label=");
                quote(out, label.label);
                out.extend_from_slice(b" Resource=Goroutine(");
                id(out, label.goroutine.map(|g| g.0));
                out.push(b')');
            }
            EventKind::RangeBegin(r) | EventKind::RangeActive(r) => range(out, r),
            EventKind::RangeEnd(r, swept) => {
                range(out, r);
                attributes(out, swept.as_ref());
            }
            EventKind::TaskBegin(task) | EventKind::TaskEnd(task) => {
                out.extend_from_slice(b" ID=");
                number(out, task.id.0);
                out.extend_from_slice(b" Parent=");
                // For a task whose beginning it knows, Go prints parent 0 for none at the
                // end of v1 traces' tasks.
                let ends = matches!(kind, EventKind::TaskEnd(_)) && event.is_v1() && event.has_origin();
                let none = if ends { 0 } else { u64::MAX };
                number(out, task.parent.map_or(none, |p| p.0));
                out.extend_from_slice(b" Type=");
                quote(out, task.kind);
            }
            EventKind::RegionBegin(region) | EventKind::RegionEnd(region) => {
                of_task(out, region.task, b" Type=", region.kind)
            }
            EventKind::Log(log) => {
                of_task(out, log.task, b" Category=", log.category);
                out.extend_from_slice(b" Message=");
                quote(out, log.message);
            }
            EventKind::Experimental(experimental) => {
                out.extend_from_slice(b" Name=");
                out.extend_from_slice(experimental.event.name().as_bytes());
                out.extend_from_slice(b" Args=[");
                for (i, (name, value)) in experimental.args().enumerate() {
                    if i != 0 {
                        out.extend_from_slice(b", ");
                    }
                    out.extend_from_slice(name.as_bytes());
                    out.push(b'=');
                    typed(out, value);
                }
                out.push(b']');
            }
            EventKind::Sync(sync) => self.sync(sync),
            EventKind::StackSample => {}
        }
        let stack = event.stack();
        // Go prints a stack for samples even if it is stack 0.
        if stack.is_some() || matches!(kind, EventKind::StackSample) {
            self.text.extend_from_slice(b"\nStack=\n");
            if let Some(stack) = stack {
                self.stacks.append(&mut self.text, stack, frames);
            }
        }
        self.text.push(b'\n');
    }

    fn transition(&mut self, event: &Event<'_>, transition: &StateTransition<'_>) {
        use crate::spec::v2::EventType::{GoCreate, GoCreateBlocked};
        let out = &mut self.text;
        match transition {
            StateTransition::Goroutine { id: g, from, to, reason, stack } => {
                out.extend_from_slice(b" GoID=");
                signed(out, g.0 as i64);
                out.push(b' ');
                out.extend_from_slice(go_state(*from).as_bytes());
                out.extend_from_slice(b"->");
                out.extend_from_slice(go_state(*to).as_bytes());
                out.extend_from_slice(b" Reason=");
                quote(out, reason);
                // As with samples: a new goroutine's stack is printed even if it is 0.
                if stack.is_some() || matches!(event.wire_type(), GoCreate | GoCreateBlocked) {
                    out.extend_from_slice(b"\nTransitionStack=\n");
                    if let Some(stack) = *stack {
                        self.stacks.append(out, stack, frames);
                    }
                }
            }
            StateTransition::Proc { id: p, from, to } => {
                out.extend_from_slice(b" ProcID=");
                signed(out, p.0 as i64);
                out.push(b' ');
                out.extend_from_slice(proc_state(*from).as_bytes());
                out.extend_from_slice(b"->");
                out.extend_from_slice(proc_state(*to).as_bytes());
                out.extend_from_slice(b" Reason=\"\"");
            }
        }
    }

    fn sync(&mut self, sync: &SyncPoint<'_>) {
        let out = &mut self.text;
        out.extend_from_slice(b" N=");
        number(out, sync.number);
        if let Some(clock) = sync.clock_snapshot() {
            out.extend_from_slice(b" Trace=");
            signed(out, clock.time.0);
            out.extend_from_slice(b" Mono=");
            number(out, clock.mono);
            out.extend_from_slice(b" Wall=");
            rfc3339_nano(out, clock.wall, (self.utc_offset)(clock.wall.secs));
        }
    }
}

fn range(out: &mut Vec<u8>, range: &Range<'_>) {
    out.extend_from_slice(b" Name=");
    quote(out, &range.name.name());
    out.extend_from_slice(b" Scope=");
    let (kind, scope) = match range.scope {
        RangeScope::Global => return out.extend_from_slice(b"None"),
        RangeScope::Goroutine(g) => (&b"Goroutine("[..], g.map(|g| g.0)),
        RangeScope::Proc(p) => (&b"Proc("[..], p.map(|p| p.0)),
    };
    out.extend_from_slice(kind);
    id(out, scope);
    out.push(b')');
}

fn attributes(out: &mut Vec<u8>, swept: Option<&Swept>) {
    out.extend_from_slice(b" Attributes=[");
    if let Some(swept) = swept {
        out.extend_from_slice(b"\"bytes swept\"=");
        typed(out, swept.swept);
        out.extend_from_slice(b" \"bytes reclaimed\"=");
        typed(out, swept.reclaimed);
    }
    out.push(b']');
}

fn of_task(out: &mut Vec<u8>, task: TaskId, field: &[u8], value: &[u8]) {
    out.extend_from_slice(b" Task=");
    number(out, task.0);
    out.extend_from_slice(field);
    quote(out, value);
}

pub(crate) fn go_state(state: GoState) -> &'static str {
    match state {
        GoState::Undetermined => "Undetermined",
        GoState::NotExist => "NotExist",
        GoState::Runnable => "Runnable",
        GoState::Running => "Running",
        GoState::Waiting => "Waiting",
        GoState::Syscall => "Syscall",
    }
}

pub(crate) fn proc_state(state: ProcState) -> &'static str {
    match state {
        ProcState::Undetermined => "Undetermined",
        ProcState::NotExist => "NotExist",
        ProcState::Running => "Running",
        ProcState::Idle => "Idle",
    }
}

/// Appends a number as Go prints its dynamically typed values.
fn typed(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(b"Value{Uint64(");
    number(out, value);
    out.extend_from_slice(b")}");
}

/// Appends the ID of an M, P or G: signed in Go, where -1 is none.
fn id(out: &mut Vec<u8>, id: Option<u64>) {
    signed(out, id.map_or(-1, |id| id as i64));
}

pub(super) fn signed(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    number(out, value.unsigned_abs());
}

fn frames(out: &mut Vec<u8>, stack: Stack<'_>) {
    for frame in stack.frames() {
        out.push(b'\t');
        out.extend_from_slice(frame.func);
        out.extend_from_slice(b" @ 0x");
        hex(out, frame.pc);
        out.extend_from_slice(b"\n\t\t");
        out.extend_from_slice(frame.file);
        out.push(b':');
        number(out, frame.line);
        out.push(b'\n');
    }
}

fn hex(out: &mut Vec<u8>, value: u64) {
    let nibbles = (u64::BITS - value.leading_zeros()).div_ceil(4).max(1);
    for i in (0..nibbles).rev() {
        let nibble = (value >> (4 * i) & 15) as u8;
        out.push(if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble });
    }
}
