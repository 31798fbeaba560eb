//! IDs of stacks that are the same in every trace.

use gotrace::timeline::names::Names;
use gotrace::timeline::stacks::{KeptFrame, StackKey, Stacks};

/// The hash that IDs are made with: FNV-1a of 64 bits, whose highest bit is left out, so that
/// it is a number in languages that have no unsigned ones.
pub(crate) struct Fnv(u64);

impl Fnv {
    pub(crate) const NEW: Fnv = Fnv(0xcbf2_9ce4_8422_2325);

    /// Returns the hash with more bytes.
    pub(crate) fn with(self, bytes: &[u8]) -> Fnv {
        Fnv(bytes.iter().fold(self.0, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    /// Returns the ID, from 0 on.
    pub(crate) fn id(self) -> i64 {
        (self.0 & (u64::MAX >> 1)).cast_signed()
    }
}

/// IDs of the stacks that rows have referred to.
#[derive(Default)]
pub(crate) struct StackIds {
    /// IDs by the index of the stack; none for stacks that no row refers to.
    ids: Vec<Option<i64>>,
}

impl StackIds {
    /// Returns the ID of a stack, which a row refers to from now on; none for the empty one.
    #[inline]
    pub(crate) fn refer(&mut self, key: StackKey, stacks: &Stacks) -> Option<i64> {
        match self.ids.get(key.index()) {
            Some(Some(id)) => Some(*id),
            _ => self.add(key, stacks),
        }
    }

    #[inline(never)]
    fn add(&mut self, key: StackKey, stacks: &Stacks) -> Option<i64> {
        let frames = stacks.frames(key);
        if frames.is_empty() {
            return None;
        }
        let id = id_of(frames, &stacks.names);
        if self.ids.len() <= key.index() {
            self.ids.resize(key.index() + 1, None);
        }
        if let Some(place) = self.ids.get_mut(key.index()) {
            *place = Some(id);
        }
        Some(id)
    }

    /// Returns the stacks that rows refer to, with their IDs. Two may have one ID: they have
    /// the same functions, files and lines.
    pub(crate) fn referred(&self, stacks: &Stacks) -> impl Iterator<Item = (StackKey, i64)> {
        stacks.keys().zip(&self.ids).filter_map(|(key, id)| Some((key, (*id)?)))
    }
}

/// Returns the ID of a stack: the hash of, for each frame from the innermost on, the
/// function's name, a zero byte, the file's name, a zero byte, and the line as eight bytes,
/// the lowest first. Frames without a function have their program counter in place of the
/// line.
pub(crate) fn id_of(frames: &[KeptFrame], names: &Names) -> i64 {
    let hash = frames.iter().fold(Fnv::NEW, |hash, frame| {
        let function = names.get(frame.func);
        let line = if function.is_empty() { frame.pc } else { frame.line };
        hash.with(function).with(&[0]).with(names.get(frame.file)).with(&[0]).with(&line.to_le_bytes())
    });
    hash.id()
}
