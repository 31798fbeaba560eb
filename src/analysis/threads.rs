//! Which threads did something.

use crate::ids::{ThreadId, WIRE_NONE};
use rustc_hash::FxHashSet;

/// So many threads that did something lately are known without a look at all; a
/// power of two.
const RECENT: usize = 64;

/// What is no thread, and is never asked about.
const NOBODY: ThreadId = ThreadId(WIRE_NONE);

/// The threads that did something. Events of one thread rarely follow each other,
/// but there are few threads.
#[derive(Clone, Debug)]
pub(crate) struct ThreadSet {
    all: FxHashSet<ThreadId>,
    /// By the last bits of the number.
    recent: [ThreadId; RECENT],
}

impl Default for ThreadSet {
    fn default() -> ThreadSet {
        ThreadSet { all: FxHashSet::default(), recent: [NOBODY; RECENT] }
    }
}

impl ThreadSet {
    /// A thread does something; whether it is the first time.
    #[inline(always)]
    pub(crate) fn note(&mut self, thread: Option<ThreadId>) -> bool {
        let id = thread.unwrap_or(NOBODY);
        self.recent[id.0 as usize % RECENT] != id && self.look_up(id)
    }

    #[inline(never)]
    fn look_up(&mut self, id: ThreadId) -> bool {
        self.recent[id.0 as usize % RECENT] = id;
        id != NOBODY && self.all.insert(id)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }
}
