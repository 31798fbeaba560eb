//! Stacks that outlive the generation they were read from.

use crate::analysis::names::{NameId, Names};
use crate::event::stack::Stack;
use rustc_hash::FxHashMap;

/// How many frames of a stack count: Go's tools tell stacks apart by as many.
pub const MAX_FRAMES: usize = 128;

/// A stack in its [`Stacks`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct StackKey(u32);

impl StackKey {
    /// The stack without a frame, which all [`Stacks`] have: of what has none.
    pub const EMPTY: StackKey = StackKey(0);

    /// Its place among the [`Stacks`], from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    pub(crate) fn of_index(index: usize) -> StackKey {
        StackKey(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// One call of a stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeptFrame {
    /// The program counter.
    pub pc: u64,
    /// The function's name.
    pub func: NameId,
    /// The source file.
    pub file: NameId,
    /// The line in that file.
    pub line: u64,
}

/// Stacks, each kept once. Generations number their stacks anew, so stacks are
/// told apart by their program counters, as Go's tools do. Memory grows with the
/// different stacks.
#[derive(Clone, Debug)]
pub struct Stacks {
    /// The names in the frames.
    pub names: Names,
    /// The frames of stack `i` end at `ends[i]`.
    frames: Vec<KeptFrame>,
    ends: Vec<usize>,
    by_pcs: FxHashMap<Box<[u64]>, StackKey>,
    /// The generation that `known` is about.
    generation: Option<usize>,
    known: FxHashMap<u64, StackKey>,
    /// The last one asked for: the likeliest to come again.
    last: (u64, StackKey),
    pcs: Vec<u64>,
}

impl Default for Stacks {
    fn default() -> Stacks {
        Stacks {
            names: Names::default(),
            frames: Vec::new(),
            ends: vec![0],
            by_pcs: FxHashMap::from_iter([(Box::default(), StackKey::EMPTY)]),
            generation: None,
            known: FxHashMap::default(),
            last: (0, StackKey::EMPTY),
            pcs: Vec::new(),
        }
    }
}

impl Stacks {
    /// The key of a stack; the same for stacks with the same program counters.
    #[inline]
    pub fn intern(&mut self, stack: Option<Stack<'_>>) -> StackKey {
        let Some(stack) = stack else { return StackKey::EMPTY };
        if self.generation == Some(stack.generation_index()) && self.last.0 == stack.id().0 {
            return self.last.1;
        }
        self.look_up(&stack)
    }

    fn look_up(&mut self, stack: &Stack<'_>) -> StackKey {
        if self.generation != Some(stack.generation_index()) {
            self.generation = Some(stack.generation_index());
            self.known.clear();
        }
        let id = stack.id().0;
        let key = match self.known.get(&id) {
            Some(&key) => key,
            None => {
                let key = self.keep(stack);
                self.known.insert(id, key);
                key
            }
        };
        self.last = (id, key);
        key
    }

    fn keep(&mut self, stack: &Stack<'_>) -> StackKey {
        self.pcs.clear();
        self.pcs.extend(stack.frames().take(MAX_FRAMES).map(|frame| frame.pc));
        if let Some(&key) = self.by_pcs.get(&*self.pcs) {
            return key;
        }
        // More stacks than that do not fit in any file that can be mapped.
        let key = StackKey(u32::try_from(self.ends.len()).unwrap_or(u32::MAX));
        for frame in stack.frames().take(MAX_FRAMES) {
            let (func, file) = (self.names.intern(frame.func), self.names.intern(frame.file));
            self.frames.push(KeptFrame { pc: frame.pc, func, file, line: frame.line });
        }
        self.ends.push(self.frames.len());
        self.by_pcs.insert(self.pcs.as_slice().into(), key);
        key
    }

    /// How many stacks there are, the empty one included.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// The frames of a stack, innermost first. None for a key of other
    /// [`Stacks`].
    pub fn frames(&self, key: StackKey) -> &[KeptFrame] {
        let at = key.0 as usize;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(at).copied().unwrap_or(start);
        self.frames.get(start..end).unwrap_or_default()
    }

    /// The name of the function that the stack begins with: its outermost one.
    pub fn root(&self, key: StackKey) -> Option<&[u8]> {
        self.frames(key).last().map(|frame| self.names.get(frame.func))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Trace;

    /// A key leads to the very frames, whatever generation they came from, and
    /// two keys to different program counters.
    #[test]
    fn keys_stand_for_frames() {
        let bytes = include_bytes!("../../testdata/traces/go1.27/mixed.trace");
        let trace = Trace::parse(bytes).unwrap();
        let (mut stacks, mut seen) = (Stacks::default(), 0);
        for event in trace.events() {
            let stack = event.unwrap().stack();
            let key = stacks.intern(stack);
            let want: Vec<_> = stack
                .iter()
                .flat_map(|stack| stack.frames())
                .take(MAX_FRAMES)
                .map(|f| (f.pc, f.func, f.line))
                .collect();
            let names = &stacks.names;
            let got: Vec<_> = stacks.frames(key).iter().map(|f| (f.pc, names.get(f.func), f.line)).collect();
            assert_eq!(got, want);
            seen += usize::from(!want.is_empty());
        }
        assert!(trace.generations().len() > 1 && seen > stacks.count() * 5, "stacks come again");
        let mut all: Vec<Vec<u64>> =
            (0..stacks.count()).map(|i| stacks.frames(StackKey(i as u32)).iter().map(|f| f.pc).collect()).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), stacks.count());
    }
}
