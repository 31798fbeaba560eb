//! A map for IDs that stand close together, as those of goroutines do.

use rustc_hash::FxHashMap;

const PAGE_BITS: u32 = 6;
const PAGE_LEN: usize = 1 << PAGE_BITS;
const RECENT: usize = 256;

/// The position of a page that does not exist. Adding a page length to it does not overflow
/// 32 bits, so no lookup has to treat it apart: it finds no slot.
const NONE: u32 = u32::MAX - (PAGE_LEN as u32 - 1);

/// A value of a [`Paged`] map, one of which marks an empty slot.
pub(crate) trait Vacant: Copy + PartialEq {
    /// The value of an empty slot.
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
    /// The number of IDs in each page.
    live: Vec<u32>,
    /// Positions in `slots` of unused pages.
    free: Vec<u32>,
    /// Positions in `slots` of the pages, by page number.
    by_number: FxHashMap<u64, u32>,
    /// A cache of page numbers (plus one; 0 is empty) with the positions of their pages.
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
    /// Returns the value of `id`, or [`Vacant::VACANT`]; remembers its page in the cache.
    #[inline(always)]
    pub(crate) fn get(&mut self, id: u64) -> T {
        let number = id >> PAGE_BITS;
        let page = self.page(number);
        self.slots.get(place(page, id)).copied().unwrap_or(T::VACANT)
    }

    /// Sets the value of an ID to `value`, which must not be vacant; returns the former one, or
    /// [`Vacant::VACANT`].
    #[inline(always)]
    pub(crate) fn replace(&mut self, id: u64, value: T) -> T {
        let page = self.page(id >> PAGE_BITS);
        if let Some(place) = self.slots.get_mut(place(page, id)).filter(|place| **place != T::VACANT) {
            return std::mem::replace(place, value);
        }
        self.insert(id, value);
        T::VACANT
    }

    /// Returns the value of `id` as [`get`](Self::get) does, but leaves the cache as it is.
    #[inline(always)]
    pub(crate) fn peek(&self, id: u64) -> T {
        let number = id >> PAGE_BITS;
        match self.recent[number as usize % RECENT] {
            (tag, page) if tag == number + 1 => self.slots.get(place(page, id)).copied().unwrap_or(T::VACANT),
            _ => self.get_cold(id).unwrap_or(T::VACANT),
        }
    }

    /// Returns the value of `id` without a look at the cache.
    #[inline(never)]
    pub(crate) fn get_cold(&self, id: u64) -> Option<T> {
        let &page = self.by_number.get(&(id >> PAGE_BITS))?;
        self.slots.get(place(page, id)).copied().filter(|&slot| slot != T::VACANT)
    }

    /// Returns the position of the page of that number, or [`NONE`].
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
        // 4 Gi of slots are taken, so there was no room for another page.
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
        let at = match (self.free.pop(), u32::try_from(self.slots.len())) {
            (Some(at), _) => at,
            (None, Ok(at)) if at < NONE => {
                self.slots.resize(self.slots.len() + PAGE_LEN, T::VACANT);
                self.live.push(0);
                at
            }
            _ => return NONE,
        };
        self.by_number.insert(number, at);
        at
    }

    /// Removes an ID; frees its page if that was the last one of it.
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

/// Returns the position in `slots` of an ID whose page begins at `page`.
#[inline(always)]
fn place(page: u32, id: u64) -> usize {
    page as usize + id as usize % PAGE_LEN
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    #[test]
    fn an_id_that_is_not_there_has_no_place() {
        let mut index = Paged::<u32>::default();
        index.insert(0, 7);
        for id in [1, 63, 127, u64::MAX - 1, 1 << 32, (1 << 32) + 63] {
            assert_eq!((index.get(id), index.peek(id), index.get_cold(id)), (u32::VACANT, u32::VACANT, None), "{id}");
        }
    }

    proptest! {
        /// Compares with a plain map, on IDs that share pages and IDs that don't.
        #[test]
        fn behaves_like_a_map(steps in proptest::collection::vec((0u64..3000, any::<bool>(), 0u32..4), 1..400)) {
            let mut index = Paged::default();
            let mut model = HashMap::new();
            for (at, (id, add, stretch)) in steps.into_iter().enumerate() {
                let id = id.wrapping_mul([1, 511, 1 << 40, u64::MAX / 3000][stretch as usize]);
                if add && !model.contains_key(&id) {
                    assert_eq!(index.replace(id, at as u32), u32::VACANT);
                    model.insert(id, at as u32);
                } else {
                    index.remove(id);
                    model.remove(&id);
                }
                for (&id, &slot) in &model {
                    prop_assert_eq!((index.peek(id), index.get(id)), (slot, slot));
                }
                prop_assert_eq!(index.live.iter().sum::<u32>() as usize, model.len());
                prop_assert_eq!(index.get(id), model.get(&id).copied().unwrap_or(u32::VACANT));
            }
            for id in model.into_keys().collect::<Vec<_>>() {
                index.remove(id);
            }
            prop_assert!(index.by_number.is_empty() && index.free.len() == index.live.len());
        }
    }
}
