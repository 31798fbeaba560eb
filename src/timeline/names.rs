//! Names that outlive the trace they were read from.

use crate::base::lookup::Lookup;
use rustc_hash::FxHasher;
use std::hash::Hasher;
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

/// Names, each kept once. Memory grows with the different names: by their bytes, and some 14
/// for each.
#[derive(Clone, Debug)]
pub struct Names {
    /// All names, one behind the other: name `i` ends at `ends[i]`.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    ids: Lookup,
    /// IDs by the place of the name in memory: the same place likely holds the same name.
    recent: [NameId; RECENT],
}

const RECENT: usize = 32;

impl Default for Names {
    fn default() -> Names {
        let mut names =
            Names { bytes: Vec::new(), ends: Vec::new(), ids: Lookup::default(), recent: [NameId::EMPTY; RECENT] };
        names.look_up(b"");
        names
    }
}

fn hash(name: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(name);
    hasher.finish()
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
        if let Some(id) = self.find(name) {
            return id;
        }
        // Saturation is never reached: a file that can be mapped has fewer names.
        let id = u32::try_from(self.ends.len()).unwrap_or(u32::MAX - 1);
        self.bytes.extend_from_slice(name);
        self.ends.push(self.bytes.len());
        let Names { bytes, ends, ids, .. } = self;
        ids.insert(hash(name), id, |id| hash(name_at(bytes, ends, id)));
        NameId(id)
    }

    /// Returns the ID of a name that has been interned.
    pub fn find(&self, name: &[u8]) -> Option<NameId> {
        self.ids.find(hash(name), |id| self.get(NameId(id)) == name).map(NameId)
    }

    /// Returns the name, not necessarily UTF-8; empty for an ID of other [`Names`].
    #[inline]
    pub fn get(&self, id: NameId) -> &[u8] {
        name_at(&self.bytes, &self.ends, id.0)
    }

    /// Returns all names, in the order of their IDs.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.ids().map(|id| self.get(id))
    }

    /// Returns the IDs of all names, in order.
    pub fn ids(&self) -> impl Iterator<Item = NameId> + use<> {
        // IDs stop there: see `look_up`.
        (0..u32::try_from(self.ends.len()).unwrap_or(u32::MAX)).map(NameId)
    }

    /// Returns a copy of the name, to be shared; empty for an ID of other [`Names`].
    pub fn shared(&self, id: NameId) -> Arc<[u8]> {
        Arc::from(self.get(id))
    }
}

#[inline]
fn name_at<'n>(bytes: &'n [u8], ends: &[usize], id: u32) -> &'n [u8] {
    let at = id as usize;
    let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    let end = ends.get(at).copied().unwrap_or(start);
    bytes.get(start..end).unwrap_or_default()
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
