//! A cache, without a lock, of the strings looked up last.
//!
//! Reasons and names are few, and looked up with each event; the index of the
//! tables is behind a lock, for it can be dropped. Each slot is one word, so that
//! threads that write at the same time leave it consistent:
//!
//! ```text
//! 63        48 47      36 35                    0
//! | ID         | length   | offset in the file   |
//! ```

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const SLOTS: usize = 64;
const OFFSET_BITS: u32 = 36;
const LENGTH_BITS: u32 = 12;

/// The strings looked up last, by their IDs. ID 0 is never among them, so an empty
/// slot is 0.
#[derive(Debug)]
pub(super) struct Recent([AtomicU64; SLOTS]);

impl Default for Recent {
    fn default() -> Recent {
        Recent(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl Recent {
    fn slot(&self, id: u64) -> Option<&AtomicU64> {
        self.0.get(id as usize % SLOTS)
    }

    /// Returns the string with that ID, if the cache has it.
    #[inline]
    pub(super) fn get<'a>(&self, file: &'a [u8], id: u64) -> Option<&'a [u8]> {
        let word = self.slot(id)?.load(Relaxed);
        if word >> (OFFSET_BITS + LENGTH_BITS) != id || id == 0 {
            return None;
        }
        let start = (word & ((1 << OFFSET_BITS) - 1)) as usize;
        let length = (word >> OFFSET_BITS) as usize & ((1 << LENGTH_BITS) - 1);
        file.get(start..start.checked_add(length)?)
    }

    /// Adds a string to the cache, if it is a part of the file and its numbers fit the word.
    pub(super) fn put(&self, file: &[u8], id: u64, string: &[u8]) {
        let start = (string.as_ptr().addr()).checked_sub(file.as_ptr().addr());
        let Some(start) = start.filter(|start| start.saturating_add(string.len()) <= file.len()) else { return };
        let fits = |value: usize, bits: u32| value as u64 >> bits == 0;
        if id >> (u64::BITS - OFFSET_BITS - LENGTH_BITS) != 0
            || !fits(start, OFFSET_BITS)
            || !fits(string.len(), LENGTH_BITS)
        {
            return;
        }
        if let Some(slot) = self.slot(id) {
            let word = id << (OFFSET_BITS + LENGTH_BITS) | (string.len() as u64) << OFFSET_BITS | start as u64;
            slot.store(word, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_got() {
        let (file, recent) = (vec![7u8; 10_000], Recent::default());
        recent.put(&file, 3, &file[100..110]);
        assert_eq!(recent.get(&file, 3), Some(&file[100..110]));
        // Another string of the same slot takes its place.
        assert_eq!(recent.get(&file, 3 + SLOTS as u64), None);
        recent.put(&file, 3 + SLOTS as u64, &file[..1]);
        assert_eq!((recent.get(&file, 3), recent.get(&file, 67)), (None, Some(&file[..1])));
        // Strings from elsewhere, too long, or of an absurd ID are not kept.
        let elsewhere = [1u8; 4];
        recent.put(&file, 5, &elsewhere);
        recent.put(&file, 6, &file[..5000]);
        recent.put(&file, 1 << 20, &file[..1]);
        assert_eq!([5, 6, 1 << 20, 0].map(|id| recent.get(&file, id)), [None; 4]);
    }
}
