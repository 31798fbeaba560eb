//! Stretches of time in order, in a few bytes each: what is kept of a whole trace.

use crate::base::bytes::{put_uvarint, unzigzag, uvarint, zigzag};
use crate::base::time::Time;
use std::marker::PhantomData;

/// Number of stretches from one place at which reading can begin to the next.
const BLOCK: usize = 64;

/// A stretch of time, with what was so for as long.
pub(super) trait Stretch: Sized {
    /// Returns its start and end.
    fn times(&self) -> (Time, Time);

    /// Writes what was so.
    fn put(&self, out: &mut Vec<u8>);

    /// Reads what [`put`](Self::put) has written of a stretch with a start and an end.
    fn get(times: (Time, Time), from: &mut Numbers<'_>) -> Self;
}

/// Stretches of time in order, none of which begins or ends before the one in front.
#[derive(Clone, Debug)]
pub(super) struct Packed<T> {
    /// The stretches: of each the time from the end of the one in front to its start, its length,
    /// and what was so.
    bytes: Vec<u8>,
    /// End of the stretch in front of the first; zero if there was none.
    base: Time,
    /// Beginnings of the blocks but the first.
    blocks: Vec<Block>,
    /// Number of stretches in the last block.
    in_last: usize,
    /// End of the last stretch.
    end: Time,
    of: PhantomData<T>,
}

/// Beginning of a block.
#[derive(Clone, Copy, Debug)]
struct Block {
    /// Place in the bytes.
    at: usize,
    /// End of the stretch in front.
    before: Time,
}

/// The length of [`Packed`] at some time, to go back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Length {
    bytes: usize,
    blocks: usize,
    in_last: usize,
    end: Time,
}

impl<T> Default for Packed<T> {
    fn default() -> Packed<T> {
        let (bytes, blocks, of) = (Vec::new(), Vec::new(), PhantomData);
        Packed { bytes, base: Time(0), blocks, in_last: 0, end: Time(0), of }
    }
}

impl<T: Stretch> Packed<T> {
    /// Adds a stretch.
    pub(super) fn push(&mut self, stretch: &T) {
        let (start, end) = stretch.times();
        if self.in_last == BLOCK {
            self.blocks.push(Block { at: self.bytes.len(), before: self.end });
            self.in_last = 0;
        }
        for nanos in [start.0.wrapping_sub(self.end.0), end.0.wrapping_sub(start.0)] {
            put_uvarint(&mut self.bytes, zigzag(nanos));
        }
        stretch.put(&mut self.bytes);
        (self.in_last, self.end) = (self.in_last + 1, end);
    }

    /// Returns the number of stretches.
    pub(super) fn len(&self) -> usize {
        self.blocks.len() * BLOCK + self.in_last
    }

    /// Returns the end of the last stretch; zero if there never was one.
    pub(super) fn end(&self) -> Time {
        self.end
    }

    /// Returns the stretches, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = T> {
        self.from(Block { at: 0, before: self.base })
    }

    /// Returns those that end after a moment, in order.
    pub(super) fn after(&self, time: Time) -> impl Iterator<Item = T> {
        let block = self.blocks.partition_point(|block| block.before <= time);
        let block = block.checked_sub(1).and_then(|block| self.blocks.get(block)).copied();
        let rest = self.from(block.unwrap_or(Block { at: 0, before: self.base }));
        rest.skip_while(move |stretch| stretch.times().1 <= time)
    }

    fn from(&self, block: Block) -> impl Iterator<Item = T> {
        let (mut numbers, mut end) = (Numbers { bytes: &self.bytes, at: block.at }, block.before);
        std::iter::from_fn(move || {
            if numbers.is_over() {
                return None;
            }
            let start = later(end, unzigzag(numbers.next()));
            end = later(start, unzigzag(numbers.next()));
            Some(T::get((start, end), &mut numbers))
        })
    }

    /// Returns how long it is now.
    pub(super) fn length(&self) -> Length {
        let Packed { bytes, blocks, in_last, end, .. } = self;
        Length { bytes: bytes.len(), blocks: blocks.len(), in_last: *in_last, end: *end }
    }

    /// Takes away what was added since it was that long.
    pub(super) fn cut(&mut self, to: Length) {
        self.bytes.truncate(to.bytes);
        self.blocks.truncate(to.blocks);
        (self.in_last, self.end) = (to.in_last, to.end);
    }

    /// Forgets blocks of stretches that ended before a moment; returns whether any are left.
    pub(super) fn forget(&mut self, before: Time) -> bool {
        if self.end <= before {
            *self = Packed { base: self.end, end: self.end, ..Packed::default() };
            return false;
        }
        let over = self.blocks.partition_point(|block| block.before <= before);
        if let Some(first) = over.checked_sub(1).and_then(|last| self.blocks.get(last)).copied() {
            self.bytes.drain(..first.at);
            self.blocks.drain(..over);
            self.blocks.iter_mut().for_each(|block| block.at -= first.at);
            self.base = first.before;
        }
        true
    }
}

/// Numbers that were written one behind the other.
pub(super) struct Numbers<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Numbers<'_> {
    /// Returns the next number; zero behind the last.
    pub(super) fn next(&mut self) -> u64 {
        let next = uvarint(self.bytes, &mut self.at);
        next.unwrap_or_else(|_| {
            self.at = self.bytes.len();
            0
        })
    }

    fn is_over(&self) -> bool {
        self.at >= self.bytes.len()
    }
}

fn later(time: Time, nanos: i64) -> Time {
    Time(time.0.wrapping_add(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    struct Numbered(Time, Time, u64);

    impl Stretch for Numbered {
        fn times(&self) -> (Time, Time) {
            (self.0, self.1)
        }

        fn put(&self, out: &mut Vec<u8>) {
            put_uvarint(out, self.2);
        }

        fn get((start, end): (Time, Time), from: &mut Numbers<'_>) -> Numbered {
            Numbered(start, end, from.next())
        }
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_again(
            stretches in prop::collection::vec((0..3i64, 1..1_000i64, any::<u64>()), 0..400),
            first in 0..i64::MAX / 2,
            at in 0..450_000i64,
            more in 0..150usize,
        ) {
            let (mut packed, mut all, mut end) = (Packed::default(), Vec::new(), first);
            for (gap, nanos, number) in stretches {
                let (from, to) = (Time(end + gap), Time(end + gap + nanos));
                all.push(Numbered(from, to, number));
                end = to.0;
                packed.push(all.last().unwrap());
            }
            let at = Time(first + at);
            let after: Vec<_> = all.iter().copied().filter(|stretch| stretch.1 > at).collect();
            prop_assert_eq!(packed.len(), all.len());
            prop_assert_eq!(packed.iter().collect::<Vec<_>>(), all.clone());
            prop_assert_eq!(packed.after(at).collect::<Vec<_>>(), after.clone());

            let length = packed.length();
            (0..more).for_each(|n| packed.push(&Numbered(Time(end), Time(end), n as u64)));
            packed.cut(length);
            prop_assert_eq!(packed.iter().collect::<Vec<_>>(), all.clone());

            let left = packed.forget(at);
            prop_assert_eq!(left, !after.is_empty());
            let kept: Vec<_> = packed.iter().collect();
            prop_assert!(kept.len() == packed.len() && kept.len() < after.len() + BLOCK && all.ends_with(&kept));
            prop_assert_eq!(packed.after(at).collect::<Vec<_>>(), after);
        }
    }
}
