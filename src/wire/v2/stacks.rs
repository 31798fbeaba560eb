//! The stack table's batches.

use crate::bytes::uvarint;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{StackId, StringId};
use crate::limits::MAX_FRAMES_PER_STACK;
use crate::wire::v2::batch::Batch;
use crate::wire::v2::event::bad_varint;
use crate::wire::v2::spec::EventType;

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

/// Calls `entry` with the ID of each stack of a batch, and with the offset of
/// its frame count in the file; and `frame` with each frame before it.
pub(crate) fn read(
    batch: &Batch<'_>,
    mut frame: impl FnMut(StackId, RawFrame, usize) -> Result<()>,
    mut entry: impl FnMut(StackId, usize) -> Result<()>,
) -> Result<()> {
    let (data, base) = (batch.data, batch.data_offset);
    let mut pos = 1; // The byte that says `Stacks`.
    while let Some(&found) = data.get(pos) {
        if found != EventType::Stack as u8 {
            return Err(Error::at(base + pos, ErrorKind::ExpectedEntry { expected: "a stack", found }));
        }
        pos += 1;
        let id = StackId(number(batch, &mut pos)?);
        let start = pos;
        let count = number(batch, &mut pos)?;
        if count > MAX_FRAMES_PER_STACK {
            return Err(Error::at(base + start, ErrorKind::TooManyFrames { frames: count }));
        }
        for _ in 0..count {
            let at = base + pos;
            let raw = RawFrame {
                pc: number(batch, &mut pos)?,
                func: StringId(number(batch, &mut pos)?),
                file: StringId(number(batch, &mut pos)?),
                line: number(batch, &mut pos)?,
            };
            frame(id, raw, at)?;
        }
        entry(id, base + start)?;
    }
    Ok(())
}

#[inline]
fn number(batch: &Batch<'_>, pos: &mut usize) -> Result<u64> {
    uvarint(batch.data, pos)
        .map_err(|e| bad_varint(batch.data_offset, *pos, batch.data.len(), e, "a stack table's entry"))
}

/// The frames of one stack, innermost first, as a slice of the file.
#[derive(Clone, Debug)]
pub struct RawFrames<'a> {
    file: &'a [u8],
    pos: usize,
    left: u64,
}

impl<'a> RawFrames<'a> {
    /// The frames of the stack whose count stands at `at`, which [`read`] has
    /// reported.
    pub(crate) fn at(file: &'a [u8], at: usize) -> RawFrames<'a> {
        let mut pos = at;
        let left = uvarint(file, &mut pos).unwrap_or_default();
        RawFrames { file, pos, left }
    }
}

impl Iterator for RawFrames<'_> {
    type Item = RawFrame;

    fn next(&mut self) -> Option<RawFrame> {
        self.left = self.left.checked_sub(1)?;
        let mut number = || uvarint(self.file, &mut self.pos).ok();
        Some(RawFrame {
            pc: number()?,
            func: StringId(number()?),
            file: StringId(number()?),
            line: number()?,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.left.min(MAX_FRAMES_PER_STACK) as usize;
        (0, Some(left))
    }
}
