//! Reading varints (unsigned LEB128) from a byte slice.

use crate::base::limits::MAX_VARINT_BYTES;

/// The reason why a varint could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum VarintError {
    /// The bytes end before the varint does.
    Truncated,
    /// The value needs more than 64 bits.
    Overflow,
}

/// Reads the varint at `*pos` and moves `*pos` behind it.
///
/// The common lengths, up to three bytes, are decoded inline; longer varints in a function
/// of their own, which keeps the inlined code small. On an error `*pos` does not move.
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

/// Length of a [`Window`] in bytes: more than any event of the hot path has, so that one
/// bounds check does for the whole event.
pub(crate) const WINDOW: usize = 64;

/// The next [`WINDOW`] bytes of the data, from some position on. Bytes past the end of the
/// data read as [`BEYOND`].
pub(crate) type Window = [u8; WINDOW];

/// Filler for bytes past the end of the data. Its top bit says that the varint goes on, so a
/// varint that is cut short is not taken for a whole one.
pub(crate) const BEYOND: u8 = 0x80;

/// Returns the window at the start of `rest`, which is copied to `tail` if `rest` is shorter.
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

/// Reads the varint at `*pos` of a window and moves `*pos` behind it; returns `None` for a
/// varint of more than three bytes. Where the compiler knows the bounds of `pos`, it drops the
/// checks. [`uvarint`] does not call this: ordering would take 2.5% longer.
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

/// Reads a varint of any length; returns its value and its length in bytes.
#[inline(never)]
fn uvarint_long(data: &[u8]) -> Result<(u64, usize), VarintError> {
    if let Some((&bytes, _)) = data.split_first_chunk() {
        let word = u64::from_le_bytes(bytes);
        let ends = !word & TOP_BITS;
        if ends != 0 {
            // The bits up to the last byte of the varint.
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

/// The top bit of every byte, which says that the varint goes on.
const TOP_BITS: u64 = 0x8080_8080_8080_8080;

/// Joins eight groups of seven bits, one to a byte, into one number of 56 bits.
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

/// Returns the length in bytes of the shortest varint of `value`.
pub(crate) fn uvarint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// Returns a signed number as an unsigned one that is small if the number is near 0.
#[inline(always)]
pub(crate) fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

/// Returns the number of which [`zigzag`] made another.
#[inline(always)]
pub(crate) fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn any_number_comes_back_from_its_zigzag() {
        for number in [0, 1, -1, i64::MAX, i64::MIN] {
            assert_eq!(unzigzag(zigzag(number)), number);
        }
    }

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
