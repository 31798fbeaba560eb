//! Names that outlive the trace they were read from.

use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Key of a name in its [`Names`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct NameId(u32);

impl NameId {
    /// The empty name, which all [`Names`] have.
    pub const EMPTY: NameId = NameId(0);

    /// Returns the key of the name at an index; for an index too large for any, a key that
    /// is in no [`Names`].
    pub(crate) fn at(index: u64) -> NameId {
        NameId(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// Returns the index of the name in its [`Names`], from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Names, each kept once. Memory grows with the different names.
#[derive(Clone, Debug)]
pub struct Names {
    list: Vec<Arc<[u8]>>,
    ids: FxHashMap<Arc<[u8]>, NameId>,
    /// IDs by the place of the name in memory: the same place likely holds the same name.
    recent: [NameId; RECENT],
}

const RECENT: usize = 32;

impl Default for Names {
    fn default() -> Names {
        let empty: Arc<[u8]> = Arc::from(&b""[..]);
        let ids = FxHashMap::from_iter([(Arc::clone(&empty), NameId::EMPTY)]);
        Names { list: vec![empty], ids, recent: [NameId::EMPTY; RECENT] }
    }
}

impl Names {
    /// Returns the ID of a name, which is kept; equal names have equal IDs.
    pub fn intern(&mut self, name: &[u8]) -> NameId {
        let place = (name.as_ptr().addr() ^ name.len()) % RECENT;
        if let Some(&id) = self.recent.get(place)
            && self.get(id) == name
        {
            return id;
        }
        let id = self.look_up(name);
        if let Some(recent) = self.recent.get_mut(place) {
            *recent = id;
        }
        id
    }

    fn look_up(&mut self, name: &[u8]) -> NameId {
        if let Some(&id) = self.ids.get(name) {
            return id;
        }
        // Saturation is never reached: a file that can be mapped has fewer names.
        let id = NameId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        let name: Arc<[u8]> = Arc::from(name);
        self.list.push(Arc::clone(&name));
        self.ids.insert(name, id);
        id
    }

    /// Returns the ID of a name that has been interned.
    pub fn find(&self, name: &[u8]) -> Option<NameId> {
        self.ids.get(name).copied()
    }

    /// Returns the name, not necessarily UTF-8; empty for an ID of other [`Names`].
    pub fn get(&self, id: NameId) -> &[u8] {
        self.list.get(id.0 as usize).map_or(b"", |name| name)
    }

    /// Returns all names, in the order of their IDs.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.list.iter().map(|name| &**name)
    }

    /// Returns the IDs of all names, in order.
    pub fn ids(&self) -> impl Iterator<Item = NameId> + use<> {
        // IDs stop there: see `look_up`.
        (0..u32::try_from(self.list.len()).unwrap_or(u32::MAX)).map(NameId)
    }

    /// Returns the name, shared; empty for an ID of other [`Names`].
    pub fn shared(&self, id: NameId) -> Arc<[u8]> {
        self.list.get(id.0 as usize).cloned().unwrap_or_else(|| Arc::from(&b""[..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_are_one() {
        let mut names = Names::default();
        let (a, b) = (names.intern(b"a"), names.intern(b"b\xff"));
        assert_eq!((names.intern(b"a"), names.intern(b"b\xff")), (a, b));
        assert_eq!((names.get(a), names.get(b)), (&b"a"[..], &b"b\xff"[..]));
        assert_eq!((names.intern(b""), names.find(b"c")), (NameId::EMPTY, None));
    }
}
