//! A map from IDs that stand close together, as those of goroutines do.

use rustc_hash::FxHashMap;

const PAGE_BITS: u32 = 6;
const PAGE_LEN: usize = 1 << PAGE_BITS;
const RECENT: usize = 256;

/// The page number of an unused place in the cache, and where a page begins that
/// there is not.
const NONE: u32 = u32::MAX;

/// What a [`Paged`] map may hold: a value that stands for nothing is set aside.
pub(crate) trait Vacant: Copy + PartialEq {
    /// Nothing.
    const VACANT: Self;
}

/// A map from IDs to small values.
///
/// Goroutine IDs are handed out in ascending order, so those alive stand close
/// together: they are kept in pages of 64, found through a hash map with a
/// small direct-mapped cache before it. A page is given back when its last ID
/// goes, so that memory follows what is alive, not what ever was.
#[derive(Clone, Debug)]
pub(crate) struct Paged<T> {
    /// All pages, one after the other.
    slots: Vec<T>,
    /// How many IDs each page holds.
    live: Vec<u32>,
    /// Where in `slots` unused pages begin.
    free: Vec<u32>,
    /// Where in `slots` the page of a number begins.
    by_number: FxHashMap<u64, u32>,
    /// Page numbers (plus one; 0 is empty) and where the page begins.
    recent: Box<[(u64, u32); RECENT]>,
}

impl<T> Default for Paged<T> {
    fn default() -> Self {
        Paged {
            slots: Vec::new(),
            live: Vec::new(),
            free: Vec::new(),
            by_number: FxHashMap::default(),
            recent: Box::new([(0, 0); RECENT]),
        }
    }
}

impl<T: Vacant> Paged<T> {
    /// The value of `id`, or [`Vacant::VACANT`].
    #[inline(always)]
    pub(crate) fn get(&mut self, id: u64) -> T {
        let number = id >> PAGE_BITS;
        let page = self.page(number);
        self.slots.get(place(page, id)).copied().unwrap_or(T::VACANT)
    }

    /// Sets the value of an ID, whether or not it has one, to one that is not
    /// vacant; returns the one before.
    #[inline(always)]
    pub(crate) fn replace(&mut self, id: u64, value: T) -> T {
        let page = self.page(id >> PAGE_BITS);
        if let Some(place) = self.slots.get_mut(place(page, id)).filter(|place| **place != T::VACANT) {
            return std::mem::replace(place, value);
        }
        self.insert(id, value);
        T::VACANT
    }

    /// As [`get`](Self::get), but nothing is remembered for the next time.
    #[inline(always)]
    pub(crate) fn peek(&self, id: u64) -> T {
        let number = id >> PAGE_BITS;
        match self.recent[number as usize % RECENT] {
            (tag, page) if tag == number + 1 => self.slots.get(place(page, id)).copied().unwrap_or(T::VACANT),
            _ => self.get_cold(id).unwrap_or(T::VACANT),
        }
    }

    /// As [`get`](Self::get), past the cache.
    #[inline(never)]
    pub(crate) fn get_cold(&self, id: u64) -> Option<T> {
        let &page = self.by_number.get(&(id >> PAGE_BITS))?;
        self.slots.get(place(page, id)).copied().filter(|&slot| slot != T::VACANT)
    }

    /// Where the page of that number begins, or [`NONE`].
    #[inline(always)]
    fn page(&mut self, number: u64) -> u32 {
        match self.recent[number as usize % RECENT] {
            (tag, page) if tag == number + 1 => page,
            _ => self.find_page(number),
        }
    }

    #[inline(never)]
    fn find_page(&mut self, number: u64) -> u32 {
        let Some(&page) = self.by_number.get(&number) else { return NONE };
        self.recent[number as usize % RECENT] = (number + 1, page);
        page
    }

    /// Sets the value of an ID, unless it has one; returns whether it had none.
    #[inline(always)]
    pub(crate) fn insert(&mut self, id: u64, slot: T) -> bool {
        let mut at = self.page(id >> PAGE_BITS);
        if at == NONE {
            at = self.add_page(id >> PAGE_BITS);
        }
        let live = self.live.get_mut(at as usize / PAGE_LEN);
        let (Some(place), Some(live)) = (self.slots.get_mut(place(at, id)), live) else { return false };
        let vacant = *place == T::VACANT;
        if vacant {
            *place = slot;
            *live += 1;
        }
        vacant
    }

    #[inline(never)]
    fn add_page(&mut self, number: u64) -> u32 {
        let at = self.free.pop().unwrap_or_else(|| {
            let at = self.slots.len() as u32;
            self.slots.resize(self.slots.len() + PAGE_LEN, T::VACANT);
            self.live.push(0);
            at
        });
        self.by_number.insert(number, at);
        at
    }

    /// Takes an ID out.
    pub(crate) fn remove(&mut self, id: u64) {
        let number = id >> PAGE_BITS;
        let at = self.page(number);
        let live = self.live.get_mut(at as usize / PAGE_LEN);
        let (Some(place), Some(live)) = (self.slots.get_mut(place(at, id)), live) else { return };
        if *place == T::VACANT {
            return;
        }
        *place = T::VACANT;
        *live -= 1;
        if *live == 0 {
            self.remove_page(number, at);
        }
    }

    #[inline(never)]
    fn remove_page(&mut self, number: u64, at: u32) {
        self.by_number.remove(&number);
        self.recent[number as usize % RECENT] = (0, 0);
        self.free.push(at);
    }
}

/// Where in `slots` an ID of the page that begins at `page` stands.
#[inline(always)]
fn place(page: u32, id: u64) -> usize {
    page as usize + id as usize % PAGE_LEN
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        /// Against a plain map, with IDs that share pages and IDs that don't.
        #[test]
        fn behaves_like_a_map(steps in proptest::collection::vec((0u64..3000, any::<bool>(), 0u32..4), 1..400)) {
            let mut index = Paged::default();
            let mut model = HashMap::new();
            for (at, (id, add, stretch)) in steps.into_iter().enumerate() {
                let id = id.wrapping_mul([1, 511, 1 << 40, u64::MAX / 3000][stretch as usize]);
                if add && !model.contains_key(&id) {
                    assert_eq!(index.replace(id, at as u32), NONE);
                    model.insert(id, at as u32);
                } else {
                    index.remove(id);
                    model.remove(&id);
                }
                for (&id, &slot) in &model {
                    prop_assert_eq!((index.peek(id), index.get(id)), (slot, slot));
                }
                prop_assert_eq!(index.live.iter().sum::<u32>() as usize, model.len());
                prop_assert_eq!(index.get(id), model.get(&id).copied().unwrap_or(NONE));
            }
            for id in model.into_keys().collect::<Vec<_>>() {
                index.remove(id);
            }
            prop_assert!(index.by_number.is_empty() && index.free.len() == index.live.len());
        }
    }
}
