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

/// Rows of a strip: their truths and nulls are one word each.
pub(crate) const STRIP_ROWS: usize = u64::BITS as usize;

/// Values of a column in the rows that are being filled. All kinds of columns have the same
/// strips, so that a value is stored without asking for its column's kind.
pub(crate) struct Strip {
    /// Numbers, or keys of names.
    numbers: [i64; STRIP_ROWS],
    /// Truths, the first row's in the lowest bit.
    truths: u64,
    /// Set for each value that is not null.
    valid: u64,
}

impl Default for Strip {
    fn default() -> Strip {
        Strip { numbers: [0; STRIP_ROWS], truths: 0, valid: 0 }
    }
}

impl Strip {
    /// Sets the number of a row, which has none yet.
    #[inline(always)]
    pub(crate) fn set_number(&mut self, row: usize, value: Option<i64>) {
        self.numbers[row % STRIP_ROWS] = value.unwrap_or_default();
        self.valid |= u64::from(value.is_some()) << (row % STRIP_ROWS);
    }

    /// Sets the truth of a row, which has none yet.
    #[inline(always)]
    pub(crate) fn set_truth(&mut self, row: usize, value: Option<bool>) {
        self.truths |= u64::from(value == Some(true)) << (row % STRIP_ROWS);
        self.valid |= u64::from(value.is_some()) << (row % STRIP_ROWS);
    }
}

/// Numbers, some of which may be null.
pub(crate) struct Values<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    valid: Bits,
    rows: BatchRows,
    /// The memory of the last array, which may be free again by the time of the next one.
    last: Option<ScalarBuffer<T::Native>>,
}

impl<T: ArrowPrimitiveType> Values<T> {
    /// Returns no numbers yet, of a column whose batches have so many rows.
    pub(crate) fn new(rows: BatchRows) -> Values<T> {
        Values { values: Vec::new(), valid: Bits::default(), rows, last: None }
    }

    /// Adds the first `rows` numbers of a strip, and empties it. All strips of a batch but the
    /// last are full.
    pub(crate) fn add(&mut self, strip: &mut Strip, rows: usize, number: impl Fn(i64) -> T::Native) {
        if self.values.capacity() == 0 {
            self.values = self.last.take().and_then(memory).unwrap_or_default();
            // All at once: growing would copy what is there.
            self.values.reserve_exact(self.rows.0);
        }
        self.values.extend(strip.numbers.iter().take(rows).map(|&value| number(value)));
        self.valid.add(std::mem::take(&mut strip.valid), rows);
    }

    /// Returns the numbers as an array, and goes on with none.
    pub(crate) fn take(&mut self) -> PrimitiveArray<T> {
        let values = ScalarBuffer::from(std::mem::take(&mut self.values));
        self.last = Some(values.clone());
        PrimitiveArray::new(values, self.valid.take_nulls())
    }
}

/// Returns the memory of an array that nobody uses any more.
fn memory<N: arrow_buffer::ArrowNativeType>(values: ScalarBuffer<N>) -> Option<Vec<N>> {
    let mut memory = values.into_inner().into_vec().ok()?;
    memory.clear();
    Some(memory)
}

/// Truths, some of which may be null.
#[derive(Default)]
pub(crate) struct Flags {
    values: Bits,
    valid: Bits,
}

impl Flags {
    /// Adds the first `rows` truths of a strip, and empties it. All strips of a batch but the
    /// last are full.
    pub(crate) fn add(&mut self, strip: &mut Strip, rows: usize) {
        self.values.add(std::mem::take(&mut strip.truths), rows);
        self.valid.add(std::mem::take(&mut strip.valid), rows);
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
    len: usize,
    set: usize,
}

impl Bits {
    /// Adds the lowest `count` bits of a word; the others are not set.
    fn add(&mut self, word: u64, count: usize) {
        self.words.push(word);
        self.len += count;
        self.set += word.count_ones() as usize;
    }

    /// Returns the bits, and goes on with none.
    fn take(&mut self) -> BooleanBuffer {
        let Bits { words, len, .. } = std::mem::take(self);
        // Arrow's bits are those of little-endian words.
        let words: Vec<u64> = words.into_iter().map(u64::to_le).collect();
        BooleanBuffer::new(Buffer::from_vec(words), 0, len)
    }

    /// Returns which values are not null; nothing if none is.
    fn take_nulls(&mut self) -> Option<NullBuffer> {
        let any = self.set < self.len;
        let bits = self.take();
        any.then(|| NullBuffer::new(bits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Array;
    use arrow_array::types::Int64Type;

    /// Adds rows as a table does: strips that are full, and the rest.
    fn add(len: usize, set: impl Fn(&mut Strip, usize, usize), mut take: impl FnMut(&mut Strip, usize)) {
        let mut strip = Strip::default();
        for begin in (0..len).step_by(STRIP_ROWS) {
            let rows = STRIP_ROWS.min(len - begin);
            (0..rows).for_each(|row| set(&mut strip, row, begin + row));
            take(&mut strip, rows);
        }
    }

    #[test]
    fn values_come_out_as_they_went_in() {
        for len in [0, 1, 63, 64, 65, 1000, BATCH_ROWS] {
            let (mut values, mut flags) = (Values::<Int64Type>::new(BatchRows::default()), Flags::default());
            let value = |i: usize| (!i.is_multiple_of(3)).then_some(i as i64 - 7);
            let flag = |i: usize| (!i.is_multiple_of(5)).then_some(i.is_multiple_of(2));
            for round in 0..2 {
                add(
                    len,
                    |strip, row, i| strip.set_number(row, value(i + round)),
                    |strip, n| values.add(strip, n, |v| v),
                );
                add(len, |strip, row, i| strip.set_truth(row, flag(i + round)), |strip, n| flags.add(strip, n));
                let (values, flags) = (values.take(), flags.take());
                assert!(values.iter().eq((0..len).map(|i| value(i + round))), "{len}");
                assert!(flags.iter().eq((0..len).map(|i| flag(i + round))), "{len}");
            }
            add(len, |strip, row, i| strip.set_number(row, Some(i as i64)), |strip, n| values.add(strip, n, |v| v));
            assert!(values.take().nulls().is_none(), "nothing is kept where nothing is null");
        }
    }

    #[test]
    fn an_array_that_is_kept_stays_as_it_is() {
        let mut values = Values::<Int64Type>::new(BatchRows(64));
        let mut next = |first: i64| {
            let set = |strip: &mut Strip, row, i| strip.set_number(row, Some(first + i as i64));
            add(64, set, |strip, n| values.add(strip, n, |v| v));
            values.take()
        };
        let kept = next(0);
        let (second, third) = (next(100), next(200));
        for (array, first) in [(kept, 0), (second, 100), (third, 200)] {
            assert!(array.values().iter().copied().eq(first..first + 64));
        }
    }
}
