//! Stacks that outlive the generation they were read from.

use crate::base::lookup::Lookup;
use crate::generation::stack::Stack;
use crate::timeline::names::{NameId, Names};
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// Most frames of a stack that count: Go's tools tell stacks apart by as many.
pub const MAX_FRAMES: usize = 128;

/// Key of a stack in its [`Stacks`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct StackKey(u32);

impl StackKey {
    /// Stack without a frame, which all [`Stacks`] have; stands for no stack.
    pub const EMPTY: StackKey = StackKey(0);

    /// Returns the key of the stack at an index; for an index too large for any, a key that
    /// is in no [`Stacks`].
    pub(crate) fn at(index: u64) -> StackKey {
        StackKey(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// Returns the index of the stack in its [`Stacks`], from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A call in a stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct KeptFrame {
    /// Program counter.
    pub pc: u64,
    /// Name of the function.
    pub func: NameId,
    /// Name of the source file.
    pub file: NameId,
    /// Line in that file.
    pub line: u64,
}

/// Stacks, each kept once. Generations number their stacks anew, so stacks are told apart
/// by their program counters, as Go's tools do. Memory grows with the different stacks.
#[derive(Clone, Debug)]
pub struct Stacks {
    /// Names in the frames.
    pub names: Names,
    /// End of the frames of each stack: those of stack `i` end at `ends[i]`.
    frames: Vec<KeptFrame>,
    ends: Vec<usize>,
    by_pcs: Lookup,
    /// Program counters of the stack that is looked up, kept to save allocations.
    pcs: Vec<u64>,
}

impl Default for Stacks {
    fn default() -> Stacks {
        let (frames, ends, by_pcs, pcs) = (Vec::new(), Vec::new(), Lookup::default(), Vec::new());
        let mut stacks = Stacks { names: Names::default(), frames, ends, by_pcs, pcs };
        stacks.end_stack();
        stacks
    }
}

fn hash(pcs: impl Iterator<Item = u64>) -> u64 {
    let mut hasher = FxHasher::default();
    pcs.for_each(|pc| hasher.write_u64(pc));
    hasher.finish()
}

impl Stacks {
    /// Returns the key of a stack, which is kept; stacks with equal program counters have
    /// equal keys.
    pub fn intern(&mut self, stack: &Stack<'_>) -> StackKey {
        self.pcs.clear();
        self.pcs.extend(stack.frames().take(MAX_FRAMES).map(|frame| frame.pc));
        if let Some(key) = self.find() {
            return key;
        }
        for frame in stack.frames().take(MAX_FRAMES) {
            let (func, file) = (self.names.intern(frame.func), self.names.intern(frame.file));
            self.frames.push(KeptFrame { pc: frame.pc, func, file, line: frame.line });
        }
        self.end_stack()
    }

    /// Returns the key of the stack whose program counters are in `pcs`.
    fn find(&self) -> Option<StackKey> {
        let is = |key| self.frames(StackKey(key)).iter().map(|frame| frame.pc).eq(self.pcs.iter().copied());
        self.by_pcs.find(hash(self.pcs.iter().copied()), is).map(StackKey)
    }

    /// Ends the stack whose frames were added, and whose program counters are in `pcs`; returns
    /// its key.
    fn end_stack(&mut self) -> StackKey {
        let key = self.next_key();
        self.ends.push(self.frames.len());
        let Stacks { frames, ends, by_pcs, pcs, .. } = self;
        let hash_of = |key| hash(frames_at(frames, ends, key).iter().map(|frame| frame.pc));
        by_pcs.insert(hash(pcs.iter().copied()), key.0, hash_of);
        key
    }

    /// Returns the key of the next stack to be kept. Saturation is never reached: a file
    /// that can be mapped has fewer stacks.
    fn next_key(&self) -> StackKey {
        // The last key stays free: it is that of stacks in no table.
        StackKey(u32::try_from(self.ends.len()).unwrap_or(u32::MAX - 1))
    }

    /// Returns the number of bytes they take, about, names aside.
    pub(crate) fn size(&self) -> usize {
        self.frames.len() * size_of::<KeptFrame>() + self.ends.len() * size_of::<usize>() + self.by_pcs.size()
    }

    /// Keeps all stacks of another [`Stacks`]. Returns their keys here, by their
    /// [index](StackKey::index) there.
    pub fn absorb(&mut self, other: &Stacks) -> Vec<StackKey> {
        let names: Vec<NameId> = other.names.iter().map(|name| self.names.intern(name)).collect();
        let name = |id: NameId| names.get(id.index()).copied().unwrap_or(NameId::EMPTY);
        let keys = (0..other.ends.len()).map(|at| {
            let frames = other.frames(StackKey(at as u32));
            self.pcs.clear();
            self.pcs.extend(frames.iter().map(|frame| frame.pc));
            if let Some(key) = self.find() {
                return key;
            }
            self.frames.extend(frames.iter().map(|frame| KeptFrame {
                func: name(frame.func),
                file: name(frame.file),
                ..*frame
            }));
            self.end_stack()
        });
        keys.collect()
    }

    /// Returns the number of stacks, the empty one included.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// Returns the keys of all stacks, in the order of their [index](StackKey::index).
    pub fn keys(&self) -> impl Iterator<Item = StackKey> + use<> {
        (0..self.next_key().0).map(StackKey)
    }

    /// Returns the frames of a stack, innermost first; no frames for a key of other
    /// [`Stacks`].
    pub fn frames(&self, key: StackKey) -> &[KeptFrame] {
        frames_at(&self.frames, &self.ends, key.0)
    }

    /// Compares two stacks by their program counters, so that the order does not depend on
    /// when they were kept.
    pub(crate) fn order(&self, a: StackKey, b: StackKey) -> std::cmp::Ordering {
        let pcs = |key| self.frames(key).iter().map(|frame| frame.pc);
        pcs(a).cmp(pcs(b))
    }

    /// Returns the name of the stack's outermost function, which its goroutine began with.
    pub fn root(&self, key: StackKey) -> Option<&[u8]> {
        self.frames(key).last().map(|frame| self.names.get(frame.func))
    }

    /// Returns the key of the outermost function's name in [`names`](Self::names); the
    /// empty name for a stack without frames.
    #[inline]
    pub(crate) fn root_name(&self, key: StackKey) -> NameId {
        self.frames(key).last().map_or(NameId::EMPTY, |frame| frame.func)
    }
}

fn frames_at<'s>(frames: &'s [KeptFrame], ends: &[usize], key: u32) -> &'s [KeptFrame] {
    let at = key as usize;
    let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    let end = ends.get(at).copied().unwrap_or(start);
    frames.get(start..end).unwrap_or_default()
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
            let key = stack.map_or(StackKey::EMPTY, |stack| stacks.intern(&stack));
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
