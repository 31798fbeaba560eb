//! The index of a generation's tables: from IDs to offsets in the file.

use crate::base::ids::{StackId, StringId};
use crate::error::{Error, ErrorKind};
use crate::wire::v2::batch::{Batch, BatchKind};
use crate::wire::v2::stacks::{self, RawFrame, RawFrames};
use crate::wire::v2::strings;
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

/// The offsets in the file of a generation's strings and stacks.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    strings: Index,
    stacks: Index,
    /// The first frame of each PC that the table has several different frames of: Go's reader
    /// shows the first one for all. The runtime writes no such PCs, so it is usually
    /// empty. Built when frames are first asked for.
    first_frames: OnceLock<FxHashMap<u64, RawFrame>>,
    defect: Option<Error>,
    /// The parts that only v1 traces have.
    v1: Option<V1>,
}

/// The parts of the tables that only v1 traces have.
#[derive(Debug)]
struct V1 {
    /// The ID of the first of the [`BUILTIN`] strings.
    builtin: u64,
    /// True if a frame is a program counter alone.
    pcs_only: bool,
}

/// Strings that v1 traces express by the type of an event or by a number: the reason why a
/// goroutine waits and, from [`STW`] on, why the world is stopped.
/// They get IDs behind the largest one of the file, as with Go.
pub(crate) const BUILTIN: [&[u8]; 29] = [
    b"forever",
    b"preempted",
    b"runtime.Gosched",
    b"sleep",
    b"chan send",
    b"chan receive",
    b"network",
    b"sync",
    b"sync.(*Cond).Wait",
    b"select",
    b"",
    b"GC mark assist wait for work",
    b"",
    b"GC mark termination",
    b"GC sweep termination",
    b"write heap dump",
    b"goroutine profile",
    b"goroutine profile cleanup",
    b"all goroutine stack trace",
    b"read mem stats",
    b"AllThreadsSyscall",
    b"GOMAXPROCS",
    b"start trace",
    b"stop trace",
    b"CountPagesInUse (test)",
    b"ReadMetricsSlow (test)",
    b"ReadMemStatsSlow (test)",
    b"PageCachePagesLeaked (test)",
    b"ResetDebugLog (test)",
];

/// The bit of a stack ID that marks a stack of one frame, whose PC is the rest of the ID. In
/// Go 1.5 the creation of a goroutine states such a PC instead of a stack.
pub(crate) const ONE_PC: u64 = 1 << 63;

/// The index in [`BUILTIN`] of the reasons of stop-the-world, of which the first is "unknown".
pub(crate) const STW: u64 = 12;

impl Tables {
    /// Builds the index from the batches of a generation; the first defect is kept as
    /// [`defect`](Self::defect).
    pub(crate) fn index<'a, I: Iterator<Item = Batch<'a>>>(
        batches_of: impl Fn(BatchKind) -> I,
        generation: u64,
    ) -> Tables {
        let (mut strings, mut stacks) = (Index::default(), Index::default());
        let mut defect = None;
        for batch in batches_of(BatchKind::Strings) {
            let read = strings::read(&batch, |id, at, _| {
                if strings.insert(id.0, at).is_err() {
                    defect.get_or_insert(Error::at(at, ErrorKind::DuplicateString { id }));
                }
            });
            defect = defect.or(read.err());
        }
        strings.close();
        let mut nameless = None;
        for batch in batches_of(BatchKind::Stacks) {
            let read = stacks::read(&batch, |id, at, found| {
                if stacks.insert(id.0, at).is_err() {
                    defect.get_or_insert(Error::at(at, ErrorKind::DuplicateStack { id }));
                }
                for frame in found {
                    if let Some(string) = unnamed(&frame, &strings) {
                        nameless.get_or_insert(Error::at(at, ErrorKind::FrameString { stack: id, string }));
                    }
                }
            });
            defect = defect.or(read.err());
        }
        stacks.close();
        // Go's reader only uses the first frame of a program counter, so only a nameless first is one.
        let defect = defect.or(nameless.filter(|_| {
            firsts(batches_of(BatchKind::Stacks)).seen.values().any(|frame| unnamed(frame, &strings).is_some())
        }));
        let first_frames = OnceLock::new();
        let defect = defect.map(|e| e.in_generation(generation));
        Tables { strings, stacks, first_frames, defect, v1: None }
    }

    /// Returns the first defect of the tables.
    pub(crate) fn defect(&self) -> Option<&Error> {
        self.defect.as_ref()
    }

    pub(crate) fn string<'a>(&self, file: &'a [u8], id: StringId) -> Option<&'a [u8]> {
        if id.0 == 0 {
            return Some(b"");
        }
        if let Some(at) = self.strings.get(id.0) {
            return Some(strings::at(file, at));
        }
        let builtin = id.0.checked_sub(self.v1.as_ref()?.builtin)?;
        BUILTIN.get(usize::try_from(builtin).ok()?).copied()
    }

    pub(crate) fn frames<'a>(&self, file: &'a [u8], id: StackId) -> Option<RawFrames<'a>> {
        let pcs_only = self.v1.as_ref().is_some_and(|v1| v1.pcs_only);
        if pcs_only && id.0 & ONE_PC != 0 {
            return Some(RawFrames::one(id.0 & !ONE_PC));
        }
        Some(RawFrames::at(file, self.stacks.get(id.0)?, pcs_only))
    }

    /// Returns the frame that Go's reader shows in place of a frame of the table. `stacks` are the
    /// generation's batches of stacks.
    pub(crate) fn canonical<'a, I: Iterator<Item = Batch<'a>>>(
        &self,
        file: &[u8],
        stacks: impl FnOnce() -> I,
        frame: RawFrame,
    ) -> RawFrame {
        let firsts = self.first_frames.get_or_init(|| match &self.v1 {
            None => firsts(stacks()).ambiguous,
            Some(v1) if v1.pcs_only => FxHashMap::default(),
            Some(_) => self.first_v1_frames(file),
        });
        if firsts.is_empty() {
            return frame;
        }
        firsts.get(&frame.pc).copied().unwrap_or(frame)
    }

    fn first_v1_frames(&self, file: &[u8]) -> FxHashMap<u64, RawFrame> {
        let mut places: Vec<usize> = self.stacks.ids().filter_map(|id| self.stacks.get(id)).collect();
        places.sort_unstable();
        let mut firsts = Firsts::default();
        for frame in places.into_iter().flat_map(|at| RawFrames::at(file, at, false)) {
            firsts.add(frame);
        }
        firsts.ambiguous
    }

    pub(crate) fn string_ids(&self) -> impl Iterator<Item = StringId> + '_ {
        self.strings.ids().map(StringId)
    }

    pub(crate) fn stack_ids(&self) -> impl Iterator<Item = StackId> + '_ {
        self.stacks.ids().map(StackId)
    }

    /// Returns the largest string ID and stack ID up to which all IDs are there.
    pub(crate) fn prefixes(&self) -> (u64, u64) {
        (self.strings.prefix, self.stacks.prefix)
    }

    /// Returns whether a string is there; false for an ID too large for the bit set.
    #[inline(always)]
    pub(crate) fn surely_has_string(&self, id: u64) -> bool {
        self.strings.is_present(id)
    }

    /// Returns whether a stack is there; false for an ID too large for the bit set.
    #[inline(always)]
    pub(crate) fn surely_has_stack(&self, id: u64) -> bool {
        self.stacks.is_present(id)
    }

    pub(crate) fn has_string(&self, id: u64) -> bool {
        self.strings.contains(id)
    }

    pub(crate) fn has_stack(&self, id: u64) -> bool {
        self.stacks.contains(id)
    }
}

/// Collects the first frame of each program counter in batches of stacks.
fn firsts<'a>(batches: impl Iterator<Item = Batch<'a>>) -> Firsts {
    let mut firsts = Firsts::default();
    for batch in batches {
        // Defects of the batch have been reported by indexing it.
        let _ = stacks::read(&batch, |_, _, frames| frames.for_each(|frame| firsts.add(frame)));
    }
    firsts
}

/// Returns the string that a frame names and the table lacks, if there is one.
fn unnamed(frame: &RawFrame, strings: &Index) -> Option<StringId> {
    [frame.func, frame.file].into_iter().find(|string| !strings.contains(string.0))
}

/// The first frame of each PC.
#[derive(Default)]
struct Firsts {
    seen: FxHashMap<u64, RawFrame>,
    /// The first frames of PCs that have other frames too.
    ambiguous: FxHashMap<u64, RawFrame>,
}

impl Firsts {
    fn add(&mut self, frame: RawFrame) {
        let first = *self.seen.entry(frame.pc).or_insert(frame);
        if first != frame {
            self.ambiguous.insert(frame.pc, first);
        }
    }
}

/// A builder of the tables of a v1 trace, entry by entry.
#[derive(Debug, Default)]
pub(crate) struct TablesBuilder {
    strings: Index,
    stacks: Index,
}

impl TablesBuilder {
    /// Adds a string whose length stands at offset `at`; returns false if the ID is taken.
    pub(crate) fn string(&mut self, id: u64, at: usize) -> bool {
        self.strings.insert(id, at).is_ok()
    }

    /// Adds a stack whose number of frames stands at offset `at`. The last one of an
    /// ID counts, as with Go.
    pub(crate) fn stack(&mut self, id: u64, at: usize) {
        if self.stacks.insert(id, at).is_err() {
            match usize::try_from(id).ok().and_then(|id| self.stacks.dense.get_mut(id)) {
                Some(entry) => *entry = at,
                None => drop(self.stacks.sparse.insert(id, at)),
            }
        }
    }

    pub(crate) fn finish(self, builtin: u64, pcs_only: bool) -> Tables {
        let TablesBuilder { mut strings, mut stacks } = self;
        strings.close();
        stacks.close();
        Tables { strings, stacks, v1: Some(V1 { builtin, pcs_only }), ..Tables::default() }
    }
}

/// A map from IDs, mostly contiguous from 1, to file offsets.
#[derive(Debug, Default)]
struct Index {
    /// Offsets by ID; 0 for none, as no entry is at the offset of the header.
    dense: Vec<usize>,
    /// IDs too large for `dense`.
    sparse: FxHashMap<u64, usize>,
    /// A bit for each ID of `dense` that is there.
    present: Vec<u64>,
    /// The largest ID up to which all IDs are there.
    prefix: u64,
    count: usize,
}

impl Index {
    fn insert(&mut self, id: u64, at: usize) -> std::result::Result<(), ()> {
        if self.contains(id) {
            return Err(());
        }
        self.count += 1;
        // The vector grows with the number of entries, so that a huge ID cannot make it huge.
        let dense_limit = (self.count as u64).saturating_mul(4) + 1024;
        if id < self.dense.len() as u64 || id < dense_limit {
            // The cast is safe: the ID is below the limit, which follows the number of entries.
            let slot = id as usize;
            if slot >= self.dense.len() {
                self.dense.resize(slot + 1, 0);
            }
            if let Some(entry) = self.dense.get_mut(slot) {
                *entry = at;
            }
        } else {
            self.sparse.insert(id, at);
        }
        Ok(())
    }

    /// Ends the insertions and derives `present` and `prefix`.
    fn close(&mut self) {
        let gap = self.dense.iter().skip(1).position(|&at| at == 0);
        self.prefix = gap.unwrap_or(self.dense.len().saturating_sub(1)) as u64;
        self.present = self
            .dense
            .chunks(64)
            .map(|chunk| chunk.iter().rev().fold(0, |bits, &at| bits << 1 | u64::from(at != 0)))
            .collect();
    }

    fn contains(&self, id: u64) -> bool {
        id <= self.prefix || self.is_present(id) || self.get(id).is_some()
    }

    /// Returns whether an ID is in `dense`; valid after `close`.
    #[inline(always)]
    fn is_present(&self, id: u64) -> bool {
        let at = usize::try_from(id / 64).unwrap_or(usize::MAX);
        self.present.get(at).is_some_and(|bits| bits >> (id % 64) & 1 != 0)
    }

    fn get(&self, id: u64) -> Option<usize> {
        let dense = usize::try_from(id).ok().and_then(|id| self.dense.get(id)).copied().filter(|&at| at != 0);
        dense.or_else(|| self.sparse.get(&id).copied())
    }

    fn ids(&self) -> impl Iterator<Item = u64> + '_ {
        let dense = self.dense.iter().enumerate().filter(|&(_, &at)| at != 0).map(|(id, _)| id as u64);
        dense.chain(self.sparse.keys().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_with_holes_and_absurd_ids() {
        let mut index = Index::default();
        for (id, at) in [(1, 10), (2, 20), (5, 50), (u64::MAX, 99), (3, 30)] {
            index.insert(id, at).unwrap();
        }
        assert!(index.insert(5, 51).is_err() && index.insert(u64::MAX, 1).is_err(), "twice");
        index.close();
        let there: Vec<u64> = (0..8).filter(|&id| index.contains(id)).collect();
        assert_eq!(there, [0, 1, 2, 3, 5], "0 is always there");
        assert_eq!((index.get(5), index.get(u64::MAX), index.get(4)), (Some(50), Some(99), None));
        assert!(index.dense.len() < 10_000, "an absurd ID takes no room");
    }

    #[test]
    fn ids_that_differ_above_32_bits_are_two() {
        let (low, high) = (5, (1 << 32) + 5);
        let mut tables = TablesBuilder::default();
        for (id, at) in [(low, 10), (high, 20), (high, 30)] {
            tables.stack(id, at);
        }
        tables.stacks.close();
        assert_eq!((tables.stacks.get(low), tables.stacks.get(high)), (Some(10), Some(30)));
        assert!(!tables.stacks.is_present(64 * high), "nor is one that shares 32 bits of its place");
    }
}
