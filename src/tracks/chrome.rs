//! Tracks in the JSON of Chrome's Trace Event Format, as an object. Groups of tracks are its
//! processes, tracks its threads. Times are microseconds with three decimals.

use super::track::{Described, Group, Kind, Track};
use super::writer::{Flow, Happening, Name, Times, TrackWriter, Value};
use crate::analysis::names::NameId;
use crate::export::folded::function;
use crate::export::json::fields::quote;
use crate::timeline::stacks::{StackKey, Stacks};
use crate::wire::text::number;
use rustc_hash::{FxHashMap, FxHashSet};
use std::io::{self, Write};

/// Writes tracks as JSON.
pub(super) struct Chrome<O> {
    out: O,
    /// An event that is being written.
    line: Vec<u8>,
    begun: bool,
    /// Groups whose names are written.
    groups: FxHashSet<Group>,
    /// Names of functions and counters by their tracks, for what is on or below these.
    names: FxHashMap<Track, String>,
    frames: Frames,
}

/// Frames of stacks as a tree: a stack is its innermost frame.
#[derive(Default)]
struct Frames {
    ids: FxHashMap<Node, u64>,
    /// Frames in the order of their numbers, from 1.
    nodes: Vec<Node>,
    by_stack: FxHashMap<StackKey, u64>,
}

/// A frame below another one, or below none (0).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Node {
    parent: u64,
    func: NameId,
    file: NameId,
    line: u64,
    pc: u64,
}

impl Frames {
    /// Returns the number of a stack; none if it has no frames.
    fn stack(&mut self, key: StackKey, known: &Stacks) -> Option<u64> {
        if key == StackKey::EMPTY {
            return None;
        }
        if let Some(&id) = self.by_stack.get(&key) {
            return Some(id);
        }
        let mut id = 0;
        for frame in known.frames(key).iter().rev() {
            let pc = if frame.func == NameId::EMPTY { frame.pc } else { 0 };
            let node = Node { parent: id, func: frame.func, file: frame.file, line: frame.line, pc };
            let next = self.nodes.len() as u64 + 1;
            id = *self.ids.entry(node).or_insert(next);
            if id == next {
                self.nodes.push(node);
            }
        }
        if id == 0 {
            return None;
        }
        self.by_stack.insert(key, id);
        Some(id)
    }
}

impl<O: Write> Chrome<O> {
    pub(super) fn new(out: O) -> Chrome<O> {
        let (line, begun, groups, names, frames) = Default::default();
        Chrome { out, line, begun, groups, names, frames }
    }

    /// Begins an event of a phase on a track.
    fn open(&mut self, track: Track, phase: u8) {
        self.open_of(track.group(), phase);
        self.line.extend_from_slice(b",\"tid\":");
        number(&mut self.line, thread(track));
    }

    /// Begins an event of a phase in a group.
    fn open_of(&mut self, group: Group, phase: u8) {
        self.line.clear();
        self.line.extend_from_slice(if self.begun {
            b",\n"
        } else {
            b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"
        });
        self.begun = true;
        self.line.extend_from_slice(b"{\"ph\":\"");
        self.line.push(phase);
        self.line.extend_from_slice(b"\",\"pid\":");
        number(&mut self.line, group as u64);
    }

    /// Ends the event.
    fn close(&mut self) -> io::Result<()> {
        self.line.push(b'}');
        self.out.write_all(&self.line)
    }

    /// Appends a field with a time.
    fn time(&mut self, name: &[u8], nanos: i64) {
        let nanos = nanos.unsigned_abs();
        self.line.extend_from_slice(name);
        number(&mut self.line, nanos / 1000);
        self.line.push(b'.');
        let rest = nanos % 1000;
        self.line.extend([rest / 100, rest / 10 % 10, rest % 10].map(|digit| b'0' + digit as u8));
    }

    /// Appends the name, the arguments and the stack of what happens.
    fn what(&mut self, what: &Happening<'_>, known: &Stacks) {
        self.line.extend_from_slice(b",\"name\":");
        match what.name {
            Name::Label(label) => quote(&mut self.line, label.text(&known.names).as_bytes()),
            Name::Text(text) => quote(&mut self.line, text),
        }
        self.args(what.args);
        self.stack(b",\"sf\":", what.stack, known);
    }

    fn args(&mut self, args: &[(&'static str, Value<'_>)]) {
        let Some(((name, value), rest)) = args.split_first() else { return };
        self.line.extend_from_slice(b",\"args\":{");
        self.arg(name, *value);
        for (name, value) in rest {
            self.line.push(b',');
            self.arg(name, *value);
        }
        self.line.push(b'}');
    }

    fn arg(&mut self, name: &str, value: Value<'_>) {
        quote(&mut self.line, name.as_bytes());
        self.line.push(b':');
        match value {
            Value::Number(value) => number(&mut self.line, value),
            Value::Text(text) => quote(&mut self.line, text),
        }
    }

    fn stack(&mut self, name: &[u8], key: StackKey, known: &Stacks) {
        if let Some(id) = self.frames.stack(key, known) {
            self.line.extend_from_slice(name);
            number(&mut self.line, id);
        }
    }

    /// Writes a name, and the place among others, of a group or a track.
    fn metadata(&mut self, track: Option<Track>, group: Group, name: &str, rank: u64) -> io::Result<()> {
        let facts: [(&[u8], &[u8]); 2] = match track {
            Some(_) => [(b"thread_name", b"name"), (b"thread_sort_index", b"sort_index")],
            None => [(b"process_name", b"name"), (b"process_sort_index", b"sort_index")],
        };
        for (kind, field) in facts {
            match track {
                Some(track) => self.open(track, b'M'),
                None => self.open_of(group, b'M'),
            }
            for part in [&b",\"name\":\""[..], kind, b"\",\"args\":{\"", field, b"\":"] {
                self.line.extend_from_slice(part);
            }
            match field {
                b"name" => quote(&mut self.line, name.as_bytes()),
                _ => number(&mut self.line, rank),
            }
            self.line.push(b'}');
            self.close()?;
        }
        Ok(())
    }

    /// Writes the end or the beginning of a flow, at the same place as what it belongs to.
    fn flow(&mut self, track: Track, time: i64, flow: Option<Flow>) -> io::Result<()> {
        let (phase, id) = match flow {
            Some(Flow::Begins(id)) => (b's', id),
            Some(Flow::Ends(id)) => (b'f', id),
            None => return Ok(()),
        };
        self.open(track, phase);
        self.time(b",\"ts\":", time);
        self.line.extend_from_slice(b",\"cat\":\"waking\",\"name\":\"waking\",\"id\":");
        number(&mut self.line, id);
        if phase == b'f' {
            self.line.extend_from_slice(b",\"bp\":\"e\"");
        }
        self.close()
    }
}

/// Returns the number of a track among those of its group.
fn thread(track: Track) -> u64 {
    // A group may have tracks of several kinds.
    match track.kind {
        Kind::Sweeps => 1 << 20 | track.number << 1,
        Kind::Assists => 1 << 20 | track.number << 1 | 1,
        Kind::EarlyRegion => (1 << 52) + track.number,
        _ => track.number,
    }
}

impl<O: Write> TrackWriter for Chrome<O> {
    type Output = O;

    fn describe(&mut self, described: &Described<'_>) -> io::Result<()> {
        let &Described { track, parent, name, rank, .. } = described;
        match track.kind {
            Kind::Group => return Ok(()),
            Kind::Function | Kind::Counter => {
                self.names.insert(track, name.to_owned());
                return Ok(());
            }
            _ => {}
        }
        let group = track.group();
        if self.groups.insert(group) {
            let name = Group::PARTS.iter().find(|(part, _)| *part == group).map_or("", |(_, name)| name);
            self.metadata(None, group, name, group as u64)?;
        }
        let function = parent.filter(|parent| parent.kind == Kind::Function).and_then(|parent| self.names.get(&parent));
        let name = match (track.kind, function) {
            (Kind::Goroutine, Some(function)) => format!("{name} {function}"),
            (Kind::Work, _) => format!("G{}", track.number),
            _ => name.to_owned(),
        };
        self.metadata(Some(track), group, &name, rank)
    }

    fn slice(
        &mut self,
        track: Track,
        times: Times,
        what: &Happening<'_>,
        end: StackKey,
        known: &Stacks,
    ) -> io::Result<()> {
        // One that goes on when the trace ends begins, and has no end.
        self.open(track, if times.ended { b'X' } else { b'B' });
        self.time(b",\"ts\":", times.from);
        if times.ended {
            self.time(b",\"dur\":", times.to.saturating_sub(times.from));
        }
        self.what(what, known);
        self.stack(b",\"esf\":", end, known);
        self.close()?;
        self.flow(track, times.from, what.flow)
    }

    fn state(&mut self, track: Track, times: Times, what: &Happening<'_>, known: &Stacks) -> io::Result<()> {
        self.slice(track, times, what, StackKey::EMPTY, known)
    }

    fn begin(&mut self, track: Track, time: i64, what: &Happening<'_>, known: &Stacks) -> io::Result<()> {
        self.open(track, b'B');
        self.time(b",\"ts\":", time);
        self.what(what, known);
        self.close()
    }

    fn end(&mut self, track: Track, time: i64, args: &[(&'static str, Value<'_>)]) -> io::Result<()> {
        self.open(track, b'E');
        self.time(b",\"ts\":", time);
        self.args(args);
        self.close()
    }

    fn instant(&mut self, track: Track, time: i64, what: &Happening<'_>, known: &Stacks) -> io::Result<()> {
        self.open(track, b'i');
        self.time(b",\"ts\":", time);
        self.line.extend_from_slice(b",\"s\":\"t\"");
        self.what(what, known);
        self.close()?;
        self.flow(track, time, what.flow)
    }

    fn counter(&mut self, track: Track, time: i64, value: u64) -> io::Result<()> {
        if self.groups.insert(Group::Counters) {
            self.metadata(None, Group::Counters, "Counters", Group::Counters as u64)?;
        }
        self.open(track, b'C');
        self.time(b",\"ts\":", time);
        self.line.extend_from_slice(b",\"name\":");
        quote(&mut self.line, self.names.get(&track).map_or(&b""[..], |name| name.as_bytes()));
        self.args(&[("value", Value::Number(value))]);
        self.close()
    }

    fn finish(mut self, known: &Stacks) -> io::Result<O> {
        if !self.begun {
            self.out.write_all(b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")?;
        }
        self.out.write_all(b"\n],\"stackFrames\":{")?;
        for (node, id) in self.frames.nodes.iter().zip(1u64..) {
            self.line.clear();
            self.line.extend_from_slice(if id > 1 { b",\n\"" } else { b"\n\"" });
            number(&mut self.line, id);
            self.line.extend_from_slice(b"\":{\"name\":");
            quote(&mut self.line, &function(node.func, node.pc, &known.names));
            self.line.extend_from_slice(b",\"category\":");
            let file = String::from_utf8_lossy(known.names.get(node.file));
            quote(&mut self.line, format!("{file}:{}", node.line).as_bytes());
            if node.parent != 0 {
                self.line.extend_from_slice(b",\"parent\":");
                number(&mut self.line, node.parent);
            }
            self.line.push(b'}');
            self.out.write_all(&self.line)?;
        }
        self.out.write_all(b"\n}}\n")?;
        self.out.flush()?;
        Ok(self.out)
    }
}
