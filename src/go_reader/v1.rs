//! Prediction for traces of Go 1.11 to 1.21, which Go's reader reads whole before the first
//! event. It never checks the names of entries that are missing in the tables, and panics
//! at them.

use super::{GoEnd, GoReading};
use crate::base::ids::{GoId, StackId, StringId};
use crate::error::{Error, ErrorKind, V1Error};
use crate::event::Event;
use crate::generation::Generation;
use crate::generation::tables::BUILTIN;
use crate::order::note;
use crate::spec::v1::EventType as V1EventType;
use crate::spec::v2::{ArgRole, EventType};
use crate::trace::Trace;
use crate::wire::v1::event::RawEvents;
use rustc_hash::{FxHashMap, FxHashSet};

/// Predicts the result of Go's reader on a trace of Go 1.11 to 1.21.
pub(super) fn read(trace: &Trace<'_>) -> GoReading {
    if let Some(defect) = trace.defect() {
        return GoReading::refusing(0, defect.clone());
    }
    let mut names = Names::default();
    let (mut events, mut panic) = (0, None);
    for event in trace.events() {
        let event = match event {
            Ok(event) => event,
            Err(e) => return GoReading::refusing(0, e),
        };
        if let Some(e) = callback(&event) {
            return GoReading::refusing(0, e);
        }
        if panic.is_none() {
            panic = names.missing(&event);
            events += u64::from(panic.is_none());
        }
    }
    if let Some(e) = futile(trace) {
        // Go refuses the wakeup when it comes, if it gets that far.
        return GoReading { events: None, end: GoEnd::Refuses(e) };
    }
    let end = panic.map_or(GoEnd::Accepts, GoEnd::Panics);
    GoReading { events: Some(events), end }
}

/// Returns the defect that Go's reader sees where a thread that C made calls back into Go
/// for the first time: Go 1.21 does not write that the goroutine left its system call.
fn callback(event: &Event<'_>) -> Option<Error> {
    let (record, _) = event.wire();
    let made_up = record.event == EventType::GoSyscallEndBlocked && record.note & note::SYNTHETIC != 0;
    let goroutine = GoId(record.go);
    made_up.then(|| Error::at(record.offset, ErrorKind::V1(V1Error::UnannouncedCallback { goroutine })))
}

/// Returns the first wakeup in vain, an event that Go's reader does not expect.
fn futile(trace: &Trace<'_>) -> Option<Error> {
    let generation = trace.generations().first().filter(|g| g.v1.as_ref().is_some_and(|index| index.futile))?;
    let mut events = RawEvents::new(generation.file, trace.version()).map_while(Result::ok);
    let found = events.find(|event| event.event == V1EventType::FutileWakeup)?;
    Some(Error::at(found.offset, ErrorKind::V1(V1Error::FutileWakeup)))
}

/// Names that have been looked for.
#[derive(Default)]
struct Names {
    /// String that is missing in the frames of a stack, if any, by stack.
    stacks: FxHashMap<u64, Option<StringId>>,
    /// Number of strings that stand in events.
    inline: Option<u64>,
}

impl Names {
    /// Returns the first name in an event that is missing, and that Go looks for when it
    /// prints the event.
    fn missing(&mut self, event: &Event<'_>) -> Option<Error> {
        let (record, args) = event.wire();
        let generation = event.generation()?;
        let at = |kind| Error::at(record.offset, kind);
        if record.note & note::SYNTHETIC != 0 {
            return None;
        }
        let name = match record.event {
            EventType::GoLabel => Some(args[1]),
            EventType::UserTaskBegin => Some(args[3]),
            EventType::UserRegionBegin | EventType::UserRegionEnd | EventType::UserLog => Some(args[2]),
            _ => None,
        };
        if let Some(id) = name.filter(|&id| !self.has(generation, id)) {
            return Some(at(ErrorKind::UnknownString { event: record.event, id: StringId(id) }));
        }
        for (arg, spec) in args.into_iter().zip(record.event.spec().args) {
            if !matches!(spec.role, ArgRole::Stack | ArgRole::OtherStack) || arg == 0 {
                continue;
            }
            if !generation.tables().has_stack(arg) {
                // Go drops the event's own stack if that is missing.
                if spec.role == ArgRole::OtherStack {
                    return Some(at(ErrorKind::UnknownStack { event: record.event, id: StackId(arg) }));
                }
                continue;
            }
            if let Some(string) = self.missing_in(generation, arg) {
                return Some(at(ErrorKind::FrameString { stack: StackId(arg), string }));
            }
        }
        None
    }

    /// Returns the string that is missing in a stack's frames, if there is one.
    fn missing_in(&mut self, generation: &Generation<'_>, stack: u64) -> Option<StringId> {
        if let Some(&known) = self.stacks.get(&stack) {
            return known;
        }
        let tables = generation.tables();
        let frames = tables.frames(generation.file, StackId(stack)).into_iter().flatten();
        let strings =
            frames.map(|frame| generation.canonical(&tables, frame)).flat_map(|frame| [frame.func, frame.file]);
        let found = strings.into_iter().find(|string| !self.has(generation, string.0));
        self.stacks.insert(stack, found);
        found
    }

    /// Returns whether Go's reader has a string of an ID: those of the file, and behind
    /// them those in events, and its own.
    fn has(&mut self, generation: &Generation<'_>, id: u64) -> bool {
        let tables = generation.tables();
        if id == 0 || tables.has_string(id) {
            return true;
        }
        let builtin = generation.v1.as_ref().map_or(u64::MAX, |index| index.builtin);
        let Some(behind) = id.checked_sub(builtin) else { return false };
        let inline = *self.inline.get_or_insert_with(|| inline_strings(generation));
        behind < inline + BUILTIN.len() as u64
    }
}

/// Returns the number of different messages of logs.
fn inline_strings(generation: &Generation<'_>) -> u64 {
    let events = RawEvents::new(generation.file, generation.version).map_while(Result::ok);
    let logs = events.filter(|event| event.event == V1EventType::UserLog);
    logs.map(|event| event.data).collect::<FxHashSet<_>>().len() as u64
}
