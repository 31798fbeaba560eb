//! Causes of waits, and the lengths of the waits for each.

use super::{ByCause, WaitCause};
use crate::analysis::Memo;
use crate::analysis::durations::{Durations, Sorted};
use crate::analysis::names::{NameId, Names};

/// Index of a cause in [`Causes`].
pub(super) type CauseId = u32;

pub(super) const CREATED: CauseId = 0;
pub(super) const SYSCALL_ENDED: CauseId = 1;
pub(super) const AT_START: CauseId = 2;
/// Cause of goroutines that were unblocked from an unknown wait.
pub(super) const UNBLOCKED: CauseId = 3;
/// Cause of goroutines that do not wait for a P.
pub(super) const NONE: CauseId = CauseId::MAX;

/// A cause, with its reason as a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Key {
    Created,
    SyscallEnded,
    AtStart,
    Unblocked(NameId),
    Stopped(NameId),
}

/// All causes so far, with their waits.
#[derive(Clone, Debug)]
pub(super) struct Causes {
    keys: Vec<Key>,
    /// Waits for each cause.
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
    /// Returns the cause of having been unblocked from a wait for a reason.
    #[inline(always)]
    pub(super) fn unblocked(&mut self, reason: NameId) -> CauseId {
        let (keys, waits) = (&mut self.keys, &mut self.waits);
        self.unblocked.get(reason, || find(keys, waits, Key::Unblocked(reason)))
    }

    /// Returns the cause of having been stopped for a reason.
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

    pub(super) fn cause(&self, id: CauseId, names: &Names) -> WaitCause {
        match self.keys.get(id as usize).copied().unwrap_or(Key::Unblocked(NameId::EMPTY)) {
            Key::Created => WaitCause::Created,
            Key::SyscallEnded => WaitCause::SyscallEnded,
            Key::AtStart => WaitCause::AtStart,
            Key::Unblocked(reason) => WaitCause::Unblocked(names.shared(reason)),
            Key::Stopped(reason) => WaitCause::Stopped(names.shared(reason)),
        }
    }

    /// Returns the causes for which a goroutine waited, with their waits.
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
    // Saturation is never reached: there are fewer names than 4 Gi.
    CauseId::try_from(found).unwrap_or(UNBLOCKED)
}
