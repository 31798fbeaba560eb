//! Names and stacks, which packets refer to by number once they are told.

use super::proto::{Callstack, EventName, Frame, InternedData, InternedString, Mapping};
use crate::analysis::names::NameId;
use crate::timeline::stacks::{KeptFrame, StackKey, Stacks};
use crate::tracks::label::Label;
use rustc_hash::FxHashMap;

/// Number of the mapping that all frames are in: program counters of a trace are those of one
/// program.
const PROGRAM: u64 = 1;

/// Names and stacks that were told, with their numbers, and those that are yet to be told.
#[derive(Default)]
pub(super) struct Interned {
    labels: FxHashMap<Label, u64>,
    arguments: FxHashMap<&'static str, u64>,
    functions: FxHashMap<NameId, u64>,
    files: FxHashMap<NameId, u64>,
    frames: FxHashMap<(u64, NameId, NameId, u64), u64>,
    /// Numbers of stacks by their index; 0 for those that are not told.
    stacks: Vec<u64>,
    stacks_told: u64,
    news: InternedData,
    /// True if there is anything in `news`.
    has_news: bool,
}

impl Interned {
    /// Returns what all traces have.
    pub(super) fn beginning() -> InternedData {
        let path = InternedString { iid: Some(PROGRAM), str: Some(b"go".to_vec()) };
        let mapping = Mapping { iid: Some(PROGRAM), path_string_ids: vec![PROGRAM] };
        InternedData { mapping_paths: vec![path], mappings: vec![mapping], ..InternedData::default() }
    }

    /// Returns what is to be told before the next packet, if there is anything.
    #[inline]
    pub(super) fn news(&mut self) -> Option<InternedData> {
        std::mem::take(&mut self.has_news).then(|| std::mem::take(&mut self.news))
    }

    /// Returns the number of a name.
    #[inline]
    pub(super) fn label(&mut self, label: Label, known: &Stacks) -> u64 {
        if let Some(&iid) = self.labels.get(&label) {
            return iid;
        }
        let iid = self.labels.len() as u64 + 1;
        self.labels.insert(label, iid);
        self.news.event_names.push(EventName { iid: Some(iid), name: Some(label.text(&known.names).into_owned()) });
        self.has_news = true;
        iid
    }

    /// Returns the number of an argument's name.
    pub(super) fn argument(&mut self, name: &'static str) -> u64 {
        if let Some(&iid) = self.arguments.get(name) {
            return iid;
        }
        let iid = self.arguments.len() as u64 + 1;
        self.arguments.insert(name, iid);
        self.news.debug_annotation_names.push(EventName { iid: Some(iid), name: Some(name.into()) });
        self.has_news = true;
        iid
    }

    /// Returns the number of a stack; none if it has no frames.
    #[inline]
    pub(super) fn stack(&mut self, key: StackKey, known: &Stacks) -> Option<u64> {
        match self.stacks.get(key.index()) {
            _ if key == StackKey::EMPTY => None,
            Some(&iid) if iid != 0 => Some(iid),
            _ => self.new_stack(key, known),
        }
    }

    #[inline(never)]
    fn new_stack(&mut self, key: StackKey, known: &Stacks) -> Option<u64> {
        let frames = known.frames(key);
        if frames.is_empty() {
            return None;
        }
        // The outermost frame comes first.
        let frame_ids = frames.iter().rev().map(|frame| self.frame(frame, known)).collect();
        self.stacks_told += 1;
        let iid = self.stacks_told;
        self.news.callstacks.push(Callstack { iid: Some(iid), frame_ids });
        self.has_news = true;
        if self.stacks.len() <= key.index() {
            self.stacks.resize(key.index() + 1, 0);
        }
        if let Some(place) = self.stacks.get_mut(key.index()) {
            *place = iid;
        }
        Some(iid)
    }

    fn frame(&mut self, frame: &KeptFrame, known: &Stacks) -> u64 {
        let key = (frame.pc, frame.func, frame.file, frame.line);
        if let Some(&iid) = self.frames.get(&key) {
            return iid;
        }
        let iid = self.frames.len() as u64 + 1;
        self.frames.insert(key, iid);
        let function = string(&mut self.functions, &mut self.news.function_names, frame.func, known);
        let file = string(&mut self.files, &mut self.news.source_paths, frame.file, known);
        self.news.frames.push(Frame {
            iid: Some(iid),
            function_name_id: function,
            mapping_id: Some(PROGRAM),
            rel_pc: Some(frame.pc),
            source_path_iid: file,
            line_number: u32::try_from(frame.line).ok().filter(|line| *line != 0),
        });
        iid
    }
}

/// Returns the number of a name in a table of strings; none for the empty one.
fn string(
    ids: &mut FxHashMap<NameId, u64>,
    news: &mut Vec<InternedString>,
    name: NameId,
    known: &Stacks,
) -> Option<u64> {
    if name == NameId::EMPTY {
        return None;
    }
    let next = ids.len() as u64 + 1;
    Some(*ids.entry(name).or_insert_with(|| {
        let text = String::from_utf8_lossy(known.names.get(name)).into_owned().into_bytes();
        news.push(InternedString { iid: Some(next), str: Some(text) });
        next
    }))
}
