//! Values computed once for each stack, or name.

use super::names::NameId;
use super::stacks::StackKey;
use std::marker::PhantomData;

/// Values for the stacks, or names, that were asked for. Memory grows with the highest
/// index asked for.
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

/// A key that is an index among all of its kind.
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
    /// Returns the value for a key, computed by `make` the first time.
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
