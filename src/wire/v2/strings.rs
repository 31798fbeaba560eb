//! Batches of the string table.

use crate::base::bytes::uvarint;
use crate::base::ids::StringId;
use crate::base::limits::MAX_STRING_SIZE;
use crate::error::{Error, ErrorKind, Result};
use crate::spec::v2::EventType;
use crate::wire::v2::batch::Batch;
use crate::wire::v2::event::bad_varint;

/// The name of the part cut off where such a batch ends before a number.
pub(crate) const ENTRY: &str = "a string table's entry";

/// Calls `entry` with the ID of each string of a batch, the offset of its
/// length in the file, and its bytes.
pub(crate) fn read<'a>(batch: &Batch<'a>, mut entry: impl FnMut(StringId, usize, &'a [u8])) -> Result<()> {
    let (data, base) = (batch.data, batch.data_offset);
    let mut pos = 1; // The byte that says `Strings`.
    while let Some(&found) = data.get(pos) {
        if found != EventType::String as u8 {
            return Err(Error::at(base + pos, ErrorKind::ExpectedEntry { expected: "a string", found }));
        }
        pos += 1;
        let id = number(batch, &mut pos)?;
        let start = pos;
        let size = number(batch, &mut pos)?;
        if size > MAX_STRING_SIZE {
            return Err(Error::at(base + start, ErrorKind::StringTooLong { size }));
        }
        let Some(bytes) = data.get(pos..pos + size as usize) else {
            return Err(Error::at(base + data.len(), ErrorKind::Truncated { inside: "a string" }));
        };
        pos += bytes.len();
        entry(StringId(id), base + start, bytes);
    }
    Ok(())
}

fn number(batch: &Batch<'_>, pos: &mut usize) -> Result<u64> {
    uvarint(batch.data, pos).map_err(|e| bad_varint(batch.data_offset, *pos, batch.data.len(), e, ENTRY))
}

/// Returns the string whose length stands at offset `at`, which [`read`] has reported.
pub(crate) fn at(file: &[u8], at: usize) -> &[u8] {
    let mut pos = at;
    let size = uvarint(file, &mut pos).unwrap_or_default() as usize;
    file.get(pos..pos + size).unwrap_or_default()
}
