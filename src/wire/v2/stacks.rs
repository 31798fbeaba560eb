//! Batches of the stack table.

use crate::base::bytes::uvarint;
use crate::base::ids::{StackId, StringId};
use crate::base::limits::MAX_FRAMES_PER_STACK;
use crate::error::{Error, ErrorKind, Result};
use crate::spec::v2::EventType;
use crate::wire::v2::batch::Batch;
use crate::wire::v2::event::bad_varint;

/// The name of the part cut off where such a batch ends before an ID or a number of frames.
pub(crate) const ENTRY: &str = "a stack table's entry";

/// A frame as the wire has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RawFrame {
    /// The program counter.
    pub pc: u64,
    /// The function's name.
    pub func: StringId,
    /// The file's name.
    pub file: StringId,
    /// The line in that file.
    pub line: u64,
}

/// Calls `entry` with the ID of each stack of a batch, the offset of its frame
/// count in the file, and its frames.
pub(crate) fn read<'a>(batch: &Batch<'a>, mut entry: impl FnMut(StackId, usize, RawFrames<'a>)) -> Result<()> {
    let (data, base) = (batch.data, batch.data_offset);
    let mut pos = 1; // The byte that says `Stacks`.
    while let Some(&found) = data.get(pos) {
        if found != EventType::Stack as u8 {
            return Err(Error::at(base + pos, ErrorKind::ExpectedEntry { expected: "a stack", found }));
        }
        pos += 1;
        let id = StackId(number(batch, &mut pos, ENTRY)?);
        let start = pos;
        let count = number(batch, &mut pos, ENTRY)?;
        if count > MAX_FRAMES_PER_STACK {
            return Err(Error::at(base + start, ErrorKind::TooManyFrames { frames: count }));
        }
        let frames = pos;
        for _ in 0..count * NUMBERS_PER_FRAME {
            number(batch, &mut pos, "a stack's frame")?;
        }
        entry(id, base + start, RawFrames { file: data, pos: frames, left: count, pcs_only: false, one: 0 });
    }
    Ok(())
}

/// The number of varints in a frame.
const NUMBERS_PER_FRAME: u64 = 4;

#[inline]
fn number(batch: &Batch<'_>, pos: &mut usize, inside: &'static str) -> Result<u64> {
    uvarint(batch.data, pos).map_err(|e| bad_varint(batch.data_offset, *pos, batch.data.len(), e, inside))
}

/// The frames of one stack, innermost first, as a slice of the file.
#[derive(Clone, Debug)]
pub struct RawFrames<'a> {
    file: &'a [u8],
    pos: usize,
    left: u64,
    pcs_only: bool,
    /// The PC of the only frame, or 0 if the frames are in `file`.
    one: u64,
}

impl<'a> RawFrames<'a> {
    /// Creates the frames of a stack of one frame, which is a PC alone.
    pub(crate) fn one(pc: u64) -> RawFrames<'a> {
        RawFrames { file: &[], pos: 0, left: 1, pcs_only: true, one: pc }
    }

    /// Reads the stack whose frame count stands at offset `at`, which [`read`] has reported. With
    /// `pcs_only`, as in Go 1.5, each frame is a PC alone.
    pub(crate) fn at(file: &'a [u8], at: usize, pcs_only: bool) -> RawFrames<'a> {
        let mut pos = at;
        let left = uvarint(file, &mut pos).unwrap_or_default();
        RawFrames { file, pos, left, pcs_only, one: 0 }
    }
}

impl Iterator for RawFrames<'_> {
    type Item = RawFrame;

    fn next(&mut self) -> Option<RawFrame> {
        self.left = self.left.checked_sub(1)?;
        let mut number = || uvarint(self.file, &mut self.pos).ok();
        if self.pcs_only {
            if self.one != 0 {
                return Some(RawFrame { pc: self.one, func: StringId(0), file: StringId(0), line: 0 });
            }
            return Some(RawFrame { pc: number()?, func: StringId(0), file: StringId(0), line: 0 });
        }
        Some(RawFrame { pc: number()?, func: StringId(number()?), file: StringId(number()?), line: number()? })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.left.min(MAX_FRAMES_PER_STACK) as usize;
        (0, Some(left))
    }
}
