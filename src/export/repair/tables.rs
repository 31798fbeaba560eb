//! Strings and stacks of all generations in one table each, with new IDs.

use crate::base::bytes::put_uvarint;
use crate::base::ids::{StackId, StringId};
use crate::base::limits::{MAX_FRAMES_PER_STACK, MAX_STRING_SIZE};
use crate::generation::Generation;
use crate::generation::stack::Stack;
use crate::spec::v2::EventType;
use rustc_hash::FxHashMap;
use std::collections::HashMap;

/// Number of bytes from which on a table's batch is written: less than
/// [`MAX_BATCH_SIZE`](crate::base::limits::MAX_BATCH_SIZE) by more than an entry takes.
const FULL: usize = 48 << 10;

/// Batches of a table, of which some may be full.
#[derive(Debug)]
pub(crate) struct TableBatches {
    kind: EventType,
    data: Vec<u8>,
    full: Vec<Vec<u8>>,
}

impl TableBatches {
    pub(crate) fn new(kind: EventType) -> TableBatches {
        TableBatches { kind, data: Vec::new(), full: Vec::new() }
    }

    /// Begins an entry.
    pub(crate) fn entry(&mut self, event: EventType, numbers: &[u64]) -> &mut Vec<u8> {
        if self.data.len() >= FULL {
            self.full.push(std::mem::take(&mut self.data));
        }
        if self.data.is_empty() {
            self.data.push(self.kind as u8);
        }
        self.data.push(event as u8);
        numbers.iter().for_each(|&number| put_uvarint(&mut self.data, number));
        &mut self.data
    }

    /// Returns the full batches, and forgets them.
    pub(crate) fn take_full(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.full)
    }

    /// Returns the full batches and the last one, if there is one.
    pub(crate) fn take_all(&mut self) -> Vec<Vec<u8>> {
        let last = std::mem::take(&mut self.data);
        self.full.extend(Some(last).filter(|data| !data.is_empty()));
        self.take_full()
    }
}

/// Tables of strings and stacks.
#[derive(Debug)]
pub(crate) struct Tables<'t> {
    /// Index of the generation that `string_ids` and `stack_ids` belong to.
    generation: usize,
    string_ids: FxHashMap<u64, u64>,
    stack_ids: FxHashMap<u64, u64>,
    // Keys come from the file, which could be made to have colliding ones.
    strings: HashMap<&'t [u8], u64>,
    stacks: HashMap<Box<[u64]>, u64>,
    /// Names by PC: a reader takes the first frame of a PC for all.
    frames: HashMap<u64, [u64; 3]>,
    pub(crate) string_batches: TableBatches,
    pub(crate) stack_batches: TableBatches,
}

impl<'t> Tables<'t> {
    pub(crate) fn new() -> Tables<'t> {
        Tables {
            generation: usize::MAX,
            string_ids: FxHashMap::default(),
            stack_ids: FxHashMap::default(),
            strings: HashMap::new(),
            stacks: HashMap::new(),
            frames: HashMap::new(),
            string_batches: TableBatches::new(EventType::Strings),
            stack_batches: TableBatches::new(EventType::Stacks),
        }
    }

    fn enter(&mut self, generation: &Generation<'_>) {
        if self.generation != generation.index() {
            self.generation = generation.index();
            self.string_ids.clear();
            self.stack_ids.clear();
        }
    }

    /// Returns the new ID of a string in a generation's table; 0, that of the empty string,
    /// if it is missing.
    pub(crate) fn string_of(&mut self, generation: &Generation<'t>, id: u64) -> u64 {
        self.enter(generation);
        if let Some(&known) = self.string_ids.get(&id) {
            return known;
        }
        let new = self.string(generation.string(StringId(id)).unwrap_or_default());
        self.string_ids.insert(id, new);
        new
    }

    /// Returns the new ID of a string. Traces of Go 1.21 and older have longer ones, which
    /// are cut, as the runtime does now.
    pub(crate) fn string(&mut self, text: &'t [u8]) -> u64 {
        let text = text.get(..MAX_STRING_SIZE as usize).unwrap_or(text);
        if text.is_empty() {
            return 0;
        }
        let next = self.strings.len() as u64 + 1;
        let id = *self.strings.entry(text).or_insert(next);
        if id == next {
            let data = self.string_batches.entry(EventType::String, &[id, text.len() as u64]);
            data.extend_from_slice(text);
        }
        id
    }

    /// Returns the new ID of a stack in a generation's table; 0, for none, if it is
    /// missing.
    pub(crate) fn stack_of(&mut self, generation: &'t Generation<'t>, id: u64) -> u64 {
        self.enter(generation);
        if let Some(&known) = self.stack_ids.get(&id) {
            return known;
        }
        let there = generation.tables().frames(generation.file, StackId(id)).is_some();
        let new = match Stack::new(generation, id).filter(|_| there) {
            Some(stack) => self.stack(stack),
            None => 0,
        };
        self.stack_ids.insert(id, new);
        new
    }

    fn stack(&mut self, stack: Stack<'t>) -> u64 {
        let mut numbers = Vec::new();
        // Up to Go 1.21 a stack may be deeper; the outermost frames are dropped then.
        for frame in stack.frames().take(MAX_FRAMES_PER_STACK as usize) {
            let names = [self.string(frame.func), self.string(frame.file), frame.line];
            let pc = self.pc(frame.pc, names);
            numbers.extend([pc, names[0], names[1], names[2]]);
        }
        let next = self.stacks.len() as u64 + 1;
        if let Some(&known) = self.stacks.get(&numbers[..]) {
            return known;
        }
        let data = self.stack_batches.entry(EventType::Stack, &[next, numbers.len() as u64 / 4]);
        numbers.iter().for_each(|&number| put_uvarint(data, number));
        self.stacks.insert(numbers.into(), next);
        next
    }

    /// Returns the PC of a frame: another one, far off, if it has stood for another place
    /// in the program, as in a file with traces of two programs.
    fn pc(&mut self, pc: u64, names: [u64; 3]) -> u64 {
        const FAR_PC: u64 = 1 << 48;
        let mut new = pc;
        // With more programs than this in one file, names of the first stand in.
        for _ in 0..16 {
            if *self.frames.entry(new).or_insert(names) == names {
                return new;
            }
            new = new.wrapping_add(FAR_PC);
        }
        pc
    }
}

// The assertion allows for frames of four numbers of at most ten bytes each.
const _: () = assert!(FULL + 2 * 10 + 1 + 128 * 4 * 10 < crate::base::limits::MAX_BATCH_SIZE as usize);
