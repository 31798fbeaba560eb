//! Why goroutines wait, and how long they wait for each reason.

use super::{ByCause, Cause};
use crate::analysis::ByString;
use crate::analysis::durations::Durations;
use crate::analysis::names::{NameId, Names};
use crate::event::Event;
use crate::ids::StringId;

/// A place in [`Causes`].
pub(super) type CauseId = u32;

pub(super) const CREATED: CauseId = 0;
pub(super) const SYSCALL_ENDED: CauseId = 1;
pub(super) const AT_START: CauseId = 2;
/// From something that is not known.
pub(super) const UNBLOCKED: CauseId = 3;

/// A cause, with its reason among the names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Key {
    Created,
    SyscallEnded,
    AtStart,
    Unblocked(NameId),
    Stopped(NameId),
}

/// The causes that come of one reason of the runtime's.
#[derive(Clone, Copy, Debug)]
pub(super) struct OfReason {
    /// Of having been unblocked, where it is what was waited for.
    pub(super) unblocked: CauseId,
    /// Of having been stopped for it.
    pub(super) stopped: CauseId,
}

/// All causes so far, with the waits of each.
#[derive(Clone, Debug)]
pub(super) struct Causes {
    list: Vec<(Key, Durations)>,
    reasons: ByString<OfReason>,
}

impl Default for Causes {
    fn default() -> Causes {
        // In the order of the constants above.
        let first = [Key::Created, Key::SyscallEnded, Key::AtStart, Key::Unblocked(NameId::EMPTY)];
        Causes { list: first.map(|key| (key, Durations::default())).into(), reasons: ByString::default() }
    }
}

impl Causes {
    /// The causes of a reason, by its string in the event's generation.
    #[inline(always)]
    pub(super) fn of_reason(&mut self, event: &Event<'_>, reason: StringId, names: &mut Names) -> OfReason {
        let list = &mut self.list;
        self.reasons.get(event, reason, |reason| {
            let reason = names.intern(reason);
            let mut find = |key| {
                let found = list.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
                    list.push((key, Durations::default()));
                    list.len() - 1
                });
                // There are fewer strings than 4 Gi.
                CauseId::try_from(found).unwrap_or(UNBLOCKED)
            };
            OfReason { unblocked: find(Key::Unblocked(reason)), stopped: find(Key::Stopped(reason)) }
        })
    }

    #[inline(always)]
    pub(super) fn add(&mut self, cause: CauseId, nanos: i64) {
        if let Some((_, waits)) = self.list.get_mut(cause as usize) {
            waits.add(nanos);
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
