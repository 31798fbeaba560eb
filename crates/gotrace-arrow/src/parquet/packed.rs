//! Encodings of numbers in few bits.

use arrow_buffer::NullBuffer;

/// Numbers of a block of differences, and of each of its parts, which have a width of their own.
const BLOCK: usize = 128;
const PART: usize = 32;

/// Adds numbers to `out` of which each takes the lowest `width` bits, at most 64.
fn pack(out: &mut Vec<u8>, numbers: impl Iterator<Item = u64>, width: u32) {
    let (mut word, mut filled) = (0u64, 0);
    for number in numbers {
        word |= number << filled;
        filled += width;
        if filled >= u64::BITS {
            out.extend_from_slice(&word.to_le_bytes());
            filled -= u64::BITS;
            word = number.checked_shr(width - filled).unwrap_or(0);
        }
    }
    out.extend(word.to_le_bytes().into_iter().take(filled.div_ceil(8) as usize));
}

/// Adds a number as a varint.
fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Returns a number with a sign as one without, those near zero small.
fn zigzag(number: i64) -> u64 {
    (number.wrapping_shl(1) ^ (number >> 63)).cast_unsigned()
}

/// Returns the number of bits that a number needs.
fn width_of(number: u64) -> u32 {
    u64::BITS - number.leading_zeros()
}

/// Adds numbers as they are (`PLAIN`).
pub(super) fn plain(out: &mut Vec<u8>, numbers: &[i64]) {
    let begin = out.len();
    out.resize(begin + std::mem::size_of_val(numbers), 0);
    for (place, number) in out.get_mut(begin..).unwrap_or_default().chunks_exact_mut(8).zip(numbers) {
        place.copy_from_slice(&number.to_le_bytes());
    }
}

/// Adds numbers as differences from one to the next (`DELTA_BINARY_PACKED`).
pub(super) fn differences(out: &mut Vec<u8>, numbers: &[i64]) {
    for count in [BLOCK, BLOCK / PART, numbers.len()] {
        varint(out, count as u64);
    }
    let (first, rest) = numbers.split_first().map_or((0, numbers), |(first, rest)| (*first, rest));
    varint(out, zigzag(first));
    let mut last = first;
    for numbers in rest.chunks(BLOCK) {
        let mut block = [0u64; BLOCK];
        let mut least = i64::MAX;
        for (place, &number) in block.iter_mut().zip(numbers) {
            let difference = number.wrapping_sub(last);
            least = least.min(difference);
            *place = difference.cast_unsigned();
            last = number;
        }
        varint(out, zigzag(least));
        // What fills up the block stays zero; parts without a number have no bits.
        block.iter_mut().take(numbers.len()).for_each(|place| *place = place.wrapping_sub(least.cast_unsigned()));
        let (parts, _) = block.as_chunks::<PART>();
        let width = |part: &[u64; PART]| width_of(part.iter().fold(0, |bits, number| bits | number));
        out.extend(parts.iter().map(|part| width(part) as u8));
        parts.iter().for_each(|part| pack(out, part.iter().copied(), width(part)));
    }
}

/// Adds keys of a dictionary of `count` values (`RLE_DICTIONARY`), which are filled up to groups
/// of eight.
pub(super) fn keys(out: &mut Vec<u8>, keys: &mut Vec<u32>, count: usize) {
    let width = width_of(count.saturating_sub(1) as u64);
    out.push(width as u8);
    match keys.split_first() {
        None => {}
        Some((first, rest)) if rest.iter().all(|key| key == first) => {
            repeated(out, u64::from(*first), keys.len(), width);
        }
        _ => {
            keys.resize(keys.len().next_multiple_of(8), 0);
            varint(out, (keys.len() as u64 / 8) << 1 | 1);
            pack(out, keys.iter().map(|&key| key.into()), width);
        }
    }
}

/// Adds a number that comes `count` times.
fn repeated(out: &mut Vec<u8>, number: u64, count: usize, width: u32) {
    varint(out, (count as u64) << 1);
    out.extend(number.to_le_bytes().into_iter().take(width.div_ceil(8) as usize));
}

/// Adds which of the values are not null, as levels with their length before them.
pub(super) fn levels(out: &mut Vec<u8>, count: usize, nulls: Option<&NullBuffer>) {
    let begin = out.len();
    out.extend_from_slice(&[0; 4]);
    match nulls {
        Some(nulls) if nulls.null_count() < count => {
            varint(out, (count.div_ceil(8) as u64) << 1 | 1);
            bits(out, nulls.inner());
        }
        _ => repeated(out, u64::from(nulls.is_none()), count, 1),
    }
    let len = out.len() - begin - 4;
    if let Some(place) = out.get_mut(begin..begin + 4) {
        place.copy_from_slice(&(len as u32).to_le_bytes());
    }
}

/// Adds bits, filled up to a byte.
pub(super) fn bits(out: &mut Vec<u8>, bits: &arrow_buffer::BooleanBuffer) {
    let end = out.len() + bits.len().div_ceil(8);
    for word in bits.bit_chunks().iter_padded() {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.truncate(end);
}
