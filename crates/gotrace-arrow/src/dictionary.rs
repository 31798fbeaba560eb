//! Dictionaries: the different names of a column.

use arrow_array::{ArrayRef, StringArray};
use gotrace::timeline::names::NameId;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The different names of a column so far. Keys stay the same from batch to batch, so a
/// reader that knows the dictionary of one batch knows the beginning of the next one's.
#[derive(Default)]
pub(crate) struct Dictionary {
    names: Vec<Box<str>>,
    keys: FxHashMap<Box<[u8]>, i32>,
    /// Keys by the index of the names that the pass keeps; -1 for none.
    by_id: Vec<i32>,
    /// The names as an array, as long as none was added.
    values: Option<ArrayRef>,
}

impl Dictionary {
    /// Returns the key of a name that the pass keeps, whose text is `text`.
    #[inline]
    pub(crate) fn key<'n>(&mut self, id: NameId, text: impl FnOnce() -> &'n [u8]) -> i32 {
        match self.by_id.get(id.index()) {
            Some(&key) if key >= 0 => key,
            _ => self.add(id, text()),
        }
    }

    #[inline(never)]
    fn add(&mut self, id: NameId, text: &[u8]) -> i32 {
        let key = self.key_of(text);
        if self.by_id.len() <= id.index() {
            self.by_id.resize(id.index() + 1, -1);
        }
        if let Some(place) = self.by_id.get_mut(id.index()) {
            *place = key;
        }
        key
    }

    /// Returns the key of a text.
    pub(crate) fn key_of(&mut self, text: &[u8]) -> i32 {
        if let Some(&key) = self.keys.get(text) {
            return key;
        }
        // Saturation is never reached: a file that can be mapped has fewer names.
        let key = i32::try_from(self.names.len()).unwrap_or(i32::MAX);
        self.names.push(String::from_utf8_lossy(text).into());
        self.keys.insert(text.into(), key);
        self.values = None;
        key
    }

    /// Returns the names by their keys.
    pub(crate) fn values(&mut self) -> ArrayRef {
        let values = self.values.get_or_insert_with(|| Arc::new(StringArray::from_iter_values(&self.names)));
        Arc::clone(values)
    }
}
