//! Reading varints (unsigned LEB128) from a byte slice.

use crate::limits::MAX_VARINT_BYTES;

/// Why a varint could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum VarintError {
    /// The bytes end before the varint does.
    Truncated,
    /// The value needs more than 64 bits.
    Overflow,
}

/// Reads the varint at `*pos` and moves `*pos` behind it.
///
/// One byte in the straight line (three quarters of all), two and three behind
/// it, the rest outlined. On an error `*pos` stays.
#[inline(always)]
pub(crate) fn uvarint(data: &[u8], pos: &mut usize) -> Result<u64, VarintError> {
    let at = *pos;
    let Some(&b0) = data.get(at) else { return Err(VarintError::Truncated) };
    if b0 < 0x80 {
        *pos = at + 1;
        return Ok(u64::from(b0));
    }
    let Some(&b1) = data.get(at + 1) else { return Err(VarintError::Truncated) };
    if b1 < 0x80 {
        *pos = at + 2;
        return Ok(u64::from(b0 & 0x7f) | u64::from(b1) << 7);
    }
    let Some(&b2) = data.get(at + 2) else { return Err(VarintError::Truncated) };
    if b2 < 0x80 {
        *pos = at + 3;
        return Ok(u64::from(b0 & 0x7f) | u64::from(b1 & 0x7f) << 7 | u64::from(b2) << 14);
    }
    let (value, len) = uvarint_long(data.get(at..).unwrap_or_default())?;
    *pos = at + len;
    Ok(value)
}

/// How many bytes are looked at together, from an event's first one on: more
/// than the events of the hot path have, so that where they end is asked once.
pub(crate) const WINDOW: usize = 64;

/// The bytes from a point on. What lies behind the end of the data reads as
/// [`BEYOND`].
pub(crate) type Window = [u8; WINDOW];

/// A byte that ends no varint: those cut short come to the careful reader.
pub(crate) const BEYOND: u8 = 0x80;

/// The window with which `rest` begins. Near its end it is put together in `tail`.
#[inline(always)]
pub(crate) fn window<'w>(rest: &'w [u8], tail: &'w mut Window) -> &'w Window {
    match rest.first_chunk() {
        Some(window) => window,
        None => last_window(rest, tail),
    }
}

#[cold]
#[inline(never)]
fn last_window<'w>(rest: &[u8], tail: &'w mut Window) -> &'w Window {
    *tail = [BEYOND; WINDOW];
    tail.iter_mut().zip(rest).for_each(|(place, &byte)| *place = byte);
    tail
}

/// Reads the varint at `*pos` of a window, if it has no more than three bytes,
/// and moves `*pos` behind it. With a `pos` of known bounds nothing is checked.
/// That [`uvarint`] begins with this would cost ordering a fortieth.
#[inline(always)]
pub(crate) fn short_uvarint(window: &Window, pos: &mut usize) -> Option<u64> {
    let at = *pos;
    let b0 = *window.get(at)?;
    if b0 < 0x80 {
        *pos = at + 1;
        return Some(u64::from(b0));
    }
    let b1 = *window.get(at + 1)?;
    if b1 < 0x80 {
        *pos = at + 2;
        return Some(u64::from(b0 & 0x7f) | u64::from(b1) << 7);
    }
    let b2 = *window.get(at + 2)?;
    if b2 < 0x80 {
        *pos = at + 3;
        return Some(u64::from(b0 & 0x7f) | u64::from(b1 & 0x7f) << 7 | u64::from(b2) << 14);
    }
    None
}

/// The general case: the value and its length in bytes.
#[inline(never)]
fn uvarint_long(data: &[u8]) -> Result<(u64, usize), VarintError> {
    if let Some((&bytes, _)) = data.split_first_chunk() {
        let word = u64::from_le_bytes(bytes);
        let ends = !word & TOP_BITS;
        if ends != 0 {
            let up_to_end = ends ^ ends.wrapping_sub(1);
            return Ok((squeeze(word & up_to_end & !TOP_BITS), ends.trailing_zeros() as usize / 8 + 1));
        }
    }
    let mut value = 0u64;
    for (i, &byte) in data.iter().take(MAX_VARINT_BYTES).enumerate() {
        // The tenth byte holds the 64th bit only.
        if i == MAX_VARINT_BYTES - 1 && byte > 1 {
            return Err(VarintError::Overflow);
        }
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return Ok((value, i + 1));
        }
    }
    Err(if data.len() < MAX_VARINT_BYTES { VarintError::Truncated } else { VarintError::Overflow })
}

/// The bit of every byte that says that the varint goes on.
const TOP_BITS: u64 = 0x8080_8080_8080_8080;

/// Closes the gaps of one bit between eight groups of seven.
#[inline(always)]
fn squeeze(groups: u64) -> u64 {
    let pairs = groups & 0x007f_007f_007f_007f | (groups & 0x7f00_7f00_7f00_7f00) >> 1;
    let fours = pairs & 0x0000_3fff_0000_3fff | (pairs & 0x3fff_0000_3fff_0000) >> 2;
    fours & 0x0000_0000_0fff_ffff | (fours & 0x0fff_ffff_0000_0000) >> 4
}

/// Appends `value` as the shortest varint.
pub(crate) fn put_uvarint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends `value` as a varint padded to `width` bytes, as the runtime writes
/// lengths that it does not know yet. A `width` too small is ignored.
pub(crate) fn put_uvarint_padded(out: &mut Vec<u8>, value: u64, width: usize) {
    let start = out.len();
    put_uvarint(out, value);
    while out.len() - start < width {
        if let Some(last) = out.last_mut() {
            *last |= 0x80;
        }
        out.push(0);
    }
}

/// The bytes of the shortest varint of `value`.
pub(crate) fn uvarint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bad_varints() {
        let overlong = [0xffu8; 10];
        let too_big = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
        for (data, want) in [
            (&[][..], VarintError::Truncated),
            (&[0x80], VarintError::Truncated),
            (&[0x80, 0x80], VarintError::Truncated),
            (&[0x80; 9], VarintError::Truncated),
            (&overlong, VarintError::Overflow),
            (&too_big, VarintError::Overflow),
        ] {
            let mut pos = 0;
            assert_eq!(uvarint(data, &mut pos), Err(want), "{data:x?}");
            assert_eq!(pos, 0, "a failed read does not move");
        }
    }

    proptest! {
        #[test]
        fn round_trip(value: u64, shift in 0u32..64, width in 0usize..=10, rest: [u8; 9], behind in 0usize..=9) {
            let value = value >> shift;
            let mut out = Vec::new();
            put_uvarint_padded(&mut out, value, width);
            let len = out.len();
            prop_assert_eq!(len, width.max(uvarint_len(value)));
            out.extend(&rest[..behind]);
            let mut pos = 0;
            prop_assert_eq!(uvarint(&out, &mut pos), Ok(value));
            prop_assert_eq!(pos, len);
        }
    }
}
