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
    list: Vec<(Key, Durations)>,
    unblocked: Memo<NameId, CauseId>,
    stopped: Memo<NameId, CauseId>,
}

impl Default for Causes {
    fn default() -> Causes {
        // In the order of the constants above.
        let first = [Key::Created, Key::SyscallEnded, Key::AtStart, Key::Unblocked(NameId::EMPTY)];
        let list = first.map(|key| (key, Durations::default())).into();
        Causes { list, unblocked: Memo::default(), stopped: Memo::default() }
    }
}

impl Causes {
    /// Of having been unblocked, where that is what was waited for.
    #[inline(always)]
    pub(super) fn unblocked(&mut self, reason: NameId) -> CauseId {
        let list = &mut self.list;
        self.unblocked.get(reason, || find(list, Key::Unblocked(reason)))
    }

    /// Of having been stopped for that reason.
    #[inline(always)]
    pub(super) fn stopped(&mut self, reason: NameId) -> CauseId {
        let list = &mut self.list;
        self.stopped.get(reason, || find(list, Key::Stopped(reason)))
    }

    #[inline(always)]
    pub(super) fn add(&mut self, cause: CauseId, wait: Sorted) {
        if let Some((_, waits)) = self.list.get_mut(cause as usize) {
            waits.add_sorted(wait);
        }
    }

    pub(super) fn cause(&self, id: CauseId, names: &Names) -> Cause {
        match self.list.get(id as usize).map_or(Key::Unblocked(NameId::EMPTY), |(key, _)| *key) {
            Key::Created => Cause::Created,
            Key::SyscallEnded => Cause::SyscallEnded,
            Key::AtStart => Cause::AtStart,
            Key::Unblocked(reason) => Cause::Unblocked(names.shared(reason)),
            Key::Stopped(reason) => Cause::Stopped(names.shared(reason)),
        }
    }

    /// Those for which something waited.
    pub(super) fn by_cause(&self, names: &Names) -> Vec<ByCause> {
        let ids = 0..CauseId::try_from(self.list.len()).unwrap_or(CauseId::MAX);
        let all = ids.zip(&self.list).filter(|(_, (_, waits))| waits.count() != 0);
        all.map(|(id, (_, waits))| ByCause { cause: self.cause(id, names), waits: waits.clone() }).collect()
    }
}

fn find(list: &mut Vec<(Key, Durations)>, key: Key) -> CauseId {
    let found = list.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
        list.push((key, Durations::default()));
        list.len() - 1
    });
    // There are fewer names than 4 Gi.
    CauseId::try_from(found).unwrap_or(UNBLOCKED)
}
