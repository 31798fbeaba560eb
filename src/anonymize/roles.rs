//! Roles of the strings of a table, and their new texts.

use super::function;
use super::pseudonyms::{Kind, Pseudonyms};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// Strings of one table by their IDs, and what they name.
#[derive(Debug, Default)]
pub(super) struct Roles<'t> {
    strings: BTreeMap<u64, &'t [u8]>,
    functions: FxHashSet<u64>,
    /// Files, with a function in each.
    files: FxHashMap<u64, u64>,
    /// Reasons, which are the runtime's own words.
    reasons: FxHashSet<u64>,
    others: FxHashMap<u64, Kind>,
}

impl<'t> Roles<'t> {
    pub(super) fn string(&mut self, id: u64, text: &'t [u8]) {
        self.strings.insert(id, text);
    }

    pub(super) fn frame(&mut self, function: u64, file: u64) {
        self.functions.insert(function);
        self.files.entry(file).or_insert(function);
    }

    pub(super) fn reason(&mut self, id: u64) {
        self.reasons.insert(id);
    }

    pub(super) fn other(&mut self, id: u64, kind: Kind) {
        self.others.entry(id).or_insert(kind);
    }

    /// Returns the new text of each string. Names of functions come first, so that those of the
    /// standard library stay.
    pub(super) fn rename(&self, names: &mut Pseudonyms) -> FxHashMap<u64, Vec<u8>> {
        let mut new = FxHashMap::default();
        let mut all: Vec<_> = self.strings.iter().map(|(&id, &text)| (self.kind(id), id, text)).collect();
        all.sort_unstable_by_key(|&(kind, id, _)| (kind != Some(Kind::Function), kind, id));
        for (kind, id, text) in all {
            let text = match kind {
                None => {
                    names.leave(text);
                    text.to_vec()
                }
                Some(kind) => {
                    let function = self.files.get(&id).and_then(|function| self.strings.get(function));
                    names.of(kind, text, function.map(|name| function::split(name).0))
                }
            };
            new.insert(id, text);
        }
        new
    }

    /// Returns what a string names; none for a reason.
    fn kind(&self, id: u64) -> Option<Kind> {
        if self.reasons.contains(&id) {
            None
        } else if self.functions.contains(&id) {
            Some(Kind::Function)
        } else if self.files.contains_key(&id) {
            Some(Kind::File)
        } else {
            Some(self.others.get(&id).copied().unwrap_or(Kind::Text))
        }
    }
}
