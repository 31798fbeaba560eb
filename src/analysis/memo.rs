//! What an analysis makes of stacks and names, made once for each.

use super::names::NameId;
use super::stacks::StackKey;
use std::marker::PhantomData;

/// Something of each stack, or name, that was asked about. Memory grows with those.
#[derive(Clone, Debug)]
pub(crate) struct Memo<K, T> {
    known: Vec<Option<T>>,
    keys: PhantomData<K>,
}

impl<K, T> Default for Memo<K, T> {
    fn default() -> Memo<K, T> {
        Memo { known: Vec::new(), keys: PhantomData }
    }
}

/// What has a place among all of its kind.
pub(crate) trait Place {
    fn place(self) -> usize;
}

impl Place for StackKey {
    #[inline(always)]
    fn place(self) -> usize {
        self.index()
    }
}

impl Place for NameId {
    #[inline(always)]
    fn place(self) -> usize {
        self.index()
    }
}

impl<K: Place, T: Copy> Memo<K, T> {
    /// What `make` makes of it, or made of it before.
    #[inline(always)]
    pub(crate) fn get(&mut self, key: K, make: impl FnOnce() -> T) -> T {
        let at = key.place();
        match self.known.get(at) {
            Some(&Some(known)) => known,
            _ => self.keep(at, make()),
        }
    }

    #[inline(never)]
    fn keep(&mut self, at: usize, made: T) -> T {
        if self.known.len() <= at {
            self.known.resize(at + 1, None);
        }
        if let Some(place) = self.known.get_mut(at) {
            *place = Some(made);
        }
        made
    }
}
