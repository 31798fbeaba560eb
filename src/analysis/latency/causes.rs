//! Why goroutines wait, and how long they wait for each reason.

use super::{ByCause, Cause};
use crate::analysis::Memo;
use crate::analysis::durations::{Durations, Sorted};
use crate::analysis::names::{NameId, Names};

/// A place in [`Causes`].
pub(super) type CauseId = u32;

pub(super) const CREATED: CauseId = 0;
pub(super) const SYSCALL_ENDED: CauseId = 1;
pub(super) const AT_START: CauseId = 2;
/// From something that is not known.
pub(super) const UNBLOCKED: CauseId = 3;
/// That of a goroutine that does not wait for a P.
pub(super) const NONE: CauseId = CauseId::MAX;

/// A cause, with its reason among the names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Key {
    Created,
    SyscallEnded,
    AtStart,
    Unblocked(NameId),
    Stopped(NameId),
}

/// All causes so far, with the waits of each.
#[derive(Clone, Debug)]
pub(super) struct Causes {
    keys: Vec<Key>,
    /// The waits of each.
    waits: Vec<Durations>,
    unblocked: Memo<NameId, CauseId>,
    stopped: Memo<NameId, CauseId>,
}

impl Default for Causes {
    fn default() -> Causes {
        // In the order of the constants above.
        let first = [Key::Created, Key::SyscallEnded, Key::AtStart, Key::Unblocked(NameId::EMPTY)];
        let (keys, waits) = (first.into(), first.map(|_| Durations::default()).into());
        Causes { keys, waits, unblocked: Memo::default(), stopped: Memo::default() }
    }
}

impl Causes {
    /// Of having been unblocked, where that is what was waited for.
    #[inline(always)]
    pub(super) fn unblocked(&mut self, reason: NameId) -> CauseId {
        let (keys, waits) = (&mut self.keys, &mut self.waits);
        self.unblocked.get(reason, || find(keys, waits, Key::Unblocked(reason)))
    }

    /// Of having been stopped for that reason.
    #[inline(always)]
    pub(super) fn stopped(&mut self, reason: NameId) -> CauseId {
        let (keys, waits) = (&mut self.keys, &mut self.waits);
        self.stopped.get(reason, || find(keys, waits, Key::Stopped(reason)))
    }

    #[inline(always)]
    pub(super) fn add(&mut self, cause: CauseId, wait: Sorted) {
        if let Some(waits) = self.waits.get_mut(cause as usize) {
            waits.add_sorted(wait);
        }
    }

    pub(super) fn cause(&self, id: CauseId, names: &Names) -> Cause {
        match self.keys.get(id as usize).copied().unwrap_or(Key::Unblocked(NameId::EMPTY)) {
            Key::Created => Cause::Created,
            Key::SyscallEnded => Cause::SyscallEnded,
            Key::AtStart => Cause::AtStart,
            Key::Unblocked(reason) => Cause::Unblocked(names.shared(reason)),
            Key::Stopped(reason) => Cause::Stopped(names.shared(reason)),
        }
    }

    /// Those for which something waited.
    pub(super) fn by_cause(&self, names: &Names) -> Vec<ByCause> {
        let all = (0..).zip(&self.waits).filter(|(_, waits)| !waits.is_empty());
        all.map(|(id, waits)| ByCause { cause: self.cause(id, names), waits: waits.clone() }).collect()
    }
}

fn find(keys: &mut Vec<Key>, waits: &mut Vec<Durations>, key: Key) -> CauseId {
    let found = keys.iter().position(|known| *known == key).unwrap_or_else(|| {
        keys.push(key);
        waits.push(Durations::default());
        keys.len() - 1
    });
    // There are fewer names than 4 Gi.
    CauseId::try_from(found).unwrap_or(UNBLOCKED)
}
