//! The functions that goroutines begin with, and the waits that have to do with
//! them.

use crate::analysis::Memo;
use crate::analysis::durations::{Durations, Sorted};
use crate::analysis::names::NameId;

/// A place in [`Functions`].
pub(super) type FunctionId = u32;

/// The functions that goroutines begin with. The first is that which is not
/// known, the second the scheduler.
#[derive(Clone, Debug)]
pub(super) struct Functions {
    pub(super) list: Vec<Function>,
    ids: Memo<NameId, FunctionId>,
}

pub(super) const UNKNOWN: FunctionId = 0;
pub(super) const SCHEDULER: FunctionId = 1;
/// Who woke a goroutine that none did.
pub(super) const NOBODY: FunctionId = FunctionId::MAX;

#[derive(Clone, Debug, Default)]
pub(super) struct Function {
    pub(super) name: Option<NameId>,
    pub(super) waits: Durations,
    /// The waits of goroutines that its goroutines woke.
    pub(super) woken: Durations,
}

impl Default for Functions {
    fn default() -> Functions {
        Functions { list: vec![Function::default(), Function::default()], ids: Memo::default() }
    }
}

impl Functions {
    /// The function of that name, which is empty if none is known.
    #[inline(always)]
    pub(super) fn of(&mut self, name: NameId) -> FunctionId {
        let list = &mut self.list;
        self.ids.get(name, || match name {
            NameId::EMPTY => UNKNOWN,
            name => {
                list.push(Function { name: Some(name), ..Function::default() });
                // There are fewer names than 4 Gi, and than functions two more.
                FunctionId::try_from(list.len() - 1).unwrap_or(UNKNOWN)
            }
        })
    }

    /// Adds a wait of a goroutine that began with the function.
    #[inline(always)]
    pub(super) fn waited(&mut self, name: NameId, wait: Sorted) {
        let id = self.of(name);
        if let Some(function) = self.list.get_mut(id as usize) {
            function.waits.add_sorted(wait);
        }
    }

    /// Adds a wait of one that was woken by a goroutine of the function.
    #[inline(always)]
    pub(super) fn woke(&mut self, id: FunctionId, wait: Sorted) {
        if let Some(function) = self.list.get_mut(id as usize) {
            function.woken.add_sorted(wait);
        }
    }
}
