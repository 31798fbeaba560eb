//! The functions that goroutines begin with, and the waits that have to do with
//! them.

use crate::analysis::durations::Durations;
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use rustc_hash::FxHashMap;

/// A place in [`Functions`].
pub(super) type FunctionId = u32;

/// The functions that goroutines begin with. The first is that which is not
/// known, the second the scheduler.
#[derive(Clone, Debug)]
pub(super) struct Functions {
    pub(super) list: Vec<Function>,
    ids: FxHashMap<NameId, FunctionId>,
    /// By the index of a stack, the function it begins with.
    of_stacks: Vec<Option<FunctionId>>,
}

pub(super) const UNKNOWN: FunctionId = 0;
pub(super) const SCHEDULER: FunctionId = 1;

#[derive(Clone, Debug, Default)]
pub(super) struct Function {
    pub(super) name: Option<NameId>,
    pub(super) waits: Durations,
    /// The waits of goroutines that its goroutines woke.
    pub(super) woken: Durations,
}

impl Default for Functions {
    fn default() -> Functions {
        Functions {
            list: vec![Function::default(), Function::default()],
            ids: FxHashMap::default(),
            of_stacks: vec![Some(UNKNOWN)],
        }
    }
}

impl Functions {
    /// The function that a stack begins with.
    #[inline]
    pub(super) fn of(&mut self, stack: StackKey, stacks: &Stacks) -> FunctionId {
        match self.of_stacks.get(stack.index()) {
            Some(&Some(known)) => known,
            _ => self.look_up(stack, stacks),
        }
    }

    fn look_up(&mut self, stack: StackKey, stacks: &Stacks) -> FunctionId {
        let id = match stacks.frames(stack).last().map(|frame| frame.func) {
            None | Some(NameId::EMPTY) => UNKNOWN,
            Some(name) => *self.ids.entry(name).or_insert_with(|| {
                self.list.push(Function { name: Some(name), ..Function::default() });
                // There are fewer names than 4 Gi, and than functions two more.
                FunctionId::try_from(self.list.len() - 1).unwrap_or(UNKNOWN)
            }),
        };
        if self.of_stacks.len() <= stack.index() {
            self.of_stacks.resize(stack.index() + 1, None);
        }
        if let Some(place) = self.of_stacks.get_mut(stack.index()) {
            *place = Some(id);
        }
        id
    }
}
