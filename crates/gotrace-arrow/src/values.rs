//! Values of a column, with nulls, in the memory that becomes an array.

use arrow_array::{ArrowPrimitiveType, BooleanArray, PrimitiveArray};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};

/// Rows of a batch: enough for vectorized engines, and few megabytes.
pub const BATCH_ROWS: usize = 65_536;

/// The number of rows of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchRows(pub(crate) usize);

impl Default for BatchRows {
    fn default() -> BatchRows {
        BatchRows(BATCH_ROWS)
    }
}

/// Numbers, some of which may be null.
pub(crate) struct Values<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    valid: Bits,
    rows: BatchRows,
}

impl<T: ArrowPrimitiveType> Values<T> {
    /// Returns no numbers yet, of a column whose batches have so many rows.
    pub(crate) fn new(rows: BatchRows) -> Values<T> {
        Values { values: Vec::new(), valid: Bits::default(), rows }
    }

    /// Adds a number, or null.
    #[inline(always)]
    pub(crate) fn push(&mut self, value: Option<T::Native>) {
        if self.values.len() == self.values.capacity() {
            // All at once: growing would copy what is there.
            self.values.reserve_exact(self.rows.0);
        }
        self.values.push(value.unwrap_or_default());
        self.valid.push(value.is_some());
    }

    /// Returns the numbers as an array, and goes on with none.
    pub(crate) fn take(&mut self) -> PrimitiveArray<T> {
        let values = std::mem::take(&mut self.values);
        PrimitiveArray::new(ScalarBuffer::from(values), self.valid.take_nulls())
    }
}

/// Truths, some of which may be null.
#[derive(Default)]
pub(crate) struct Flags {
    values: Bits,
    valid: Bits,
}

impl Flags {
    /// Adds a truth, or null.
    #[inline(always)]
    pub(crate) fn push(&mut self, value: Option<bool>) {
        self.values.push(value == Some(true));
        self.valid.push(value.is_some());
    }

    /// Returns the truths as an array, and goes on with none.
    pub(crate) fn take(&mut self) -> BooleanArray {
        BooleanArray::new(self.values.take(), self.valid.take_nulls())
    }
}

/// Bits, packed into words.
#[derive(Default)]
struct Bits {
    words: Vec<u64>,
    /// Word that is being filled.
    word: u64,
    len: usize,
    unset: usize,
}

impl Bits {
    #[inline(always)]
    fn push(&mut self, bit: bool) {
        self.word |= u64::from(bit) << (self.len % 64);
        self.unset += usize::from(!bit);
        self.len += 1;
        if self.len.is_multiple_of(64) {
            self.end_word();
        }
    }

    fn end_word(&mut self) {
        self.words.push(std::mem::take(&mut self.word));
    }

    /// Returns the bits, and goes on with none.
    fn take(&mut self) -> BooleanBuffer {
        if !self.len.is_multiple_of(64) {
            self.end_word();
        }
        let Bits { words, len, .. } = std::mem::take(self);
        // Arrow's bits are those of little-endian words.
        let words: Vec<u64> = words.into_iter().map(u64::to_le).collect();
        BooleanBuffer::new(Buffer::from_vec(words), 0, len)
    }

    /// Returns which values are not null; nothing if none is.
    fn take_nulls(&mut self) -> Option<NullBuffer> {
        let any = self.unset > 0;
        let bits = self.take();
        any.then(|| NullBuffer::new(bits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Array;
    use arrow_array::types::Int64Type;

    #[test]
    fn values_come_out_as_they_went_in() {
        for len in [0, 1, 63, 64, 65, 1000, BATCH_ROWS] {
            let (mut values, mut flags) = (Values::<Int64Type>::new(BatchRows::default()), Flags::default());
            let value = |i: usize| (!i.is_multiple_of(3)).then_some(i as i64 - 7);
            let flag = |i: usize| (!i.is_multiple_of(5)).then_some(i.is_multiple_of(2));
            for round in 0..2 {
                (0..len).for_each(|i| {
                    values.push(value(i + round));
                    flags.push(flag(i + round));
                });
                let (values, flags) = (values.take(), flags.take());
                assert!(values.iter().eq((0..len).map(|i| value(i + round))), "{len}");
                assert!(flags.iter().eq((0..len).map(|i| flag(i + round))), "{len}");
            }
            (0..len).for_each(|i| values.push(Some(i as i64)));
            assert!(values.take().nulls().is_none(), "nothing is kept where nothing is null");
        }
    }
}
