//! What an analysis makes of the strings of a generation, made once for each.

use crate::event::Event;
use crate::ids::StringId;

/// Answers about so many strings are kept; reasons to block come first.
const LISTED: usize = 1 << 16;

/// Something of each string of the current generation that was asked about.
#[derive(Clone, Debug)]
pub(crate) struct ByString<T> {
    generation: Option<usize>,
    known: Vec<Option<T>>,
}

impl<T> Default for ByString<T> {
    fn default() -> ByString<T> {
        ByString { generation: None, known: Vec::new() }
    }
}

impl<T: Copy> ByString<T> {
    /// What `make` makes of a string of the event's generation, or made of it
    /// before.
    #[inline(always)]
    pub(crate) fn get(&mut self, event: &Event<'_>, id: StringId, make: impl FnOnce(&[u8]) -> T) -> T {
        let known = usize::try_from(id.0).ok().and_then(|at| self.known.get(at).copied().flatten());
        match known {
            Some(known) if self.generation == event.generation().map(|generation| generation.index()) => known,
            _ => self.look_up(event, id, make),
        }
    }

    #[inline(never)]
    fn look_up(&mut self, event: &Event<'_>, id: StringId, make: impl FnOnce(&[u8]) -> T) -> T {
        let Some(generation) = event.generation() else { return make(b"") };
        if self.generation != Some(generation.index()) {
            self.generation = Some(generation.index());
            self.known.clear();
        }
        let made = make(generation.name(id));
        if let Some(at) = usize::try_from(id.0).ok().filter(|at| *at < LISTED) {
            if self.known.len() <= at {
                self.known.resize(at + 1, None);
            }
            if let Some(known) = self.known.get_mut(at) {
                *known = Some(made);
            }
        }
        made
    }
}
