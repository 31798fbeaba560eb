//! The set of threads that did something.

use crate::base::ids::{ThreadId, WIRE_NONE};
use rustc_hash::FxHashSet;

/// Number of recent threads that are recognized without a look at the set; a power of two.
const RECENT: usize = 64;

/// ID that no thread has, and that is never asked about.
const NO_THREAD: ThreadId = ThreadId(WIRE_NONE);

/// The threads that did something. Consecutive events are rarely of one thread, but there
/// are few threads.
#[derive(Clone, Debug)]
pub(crate) struct ThreadSet {
    all: FxHashSet<ThreadId>,
    /// Recent threads by the last bits of their IDs.
    recent: [ThreadId; RECENT],
}

impl Default for ThreadSet {
    fn default() -> ThreadSet {
        ThreadSet { all: FxHashSet::default(), recent: [NO_THREAD; RECENT] }
    }
}

impl ThreadSet {
    /// Takes note that a thread does something; returns whether for the first time.
    #[inline(always)]
    pub(crate) fn note(&mut self, thread: Option<ThreadId>) -> bool {
        let id = thread.unwrap_or(NO_THREAD);
        self.recent[id.0 as usize % RECENT] != id && self.look_up(id)
    }

    #[inline(never)]
    fn look_up(&mut self, id: ThreadId) -> bool {
        self.recent[id.0 as usize % RECENT] = id;
        id != NO_THREAD && self.all.insert(id)
    }

    /// Returns the number of threads.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }
}
