//! What an analysis makes of the strings and stacks of a generation, made once for
//! each.

use crate::event::Event;
use crate::event::stack::Stack;
use crate::ids::StringId;

/// Answers about so many are kept; the reasons to block come first among strings.
const LISTED: usize = 1 << 16;

/// Something of each string of the current generation that was asked about.
#[derive(Clone, Debug)]
pub(crate) struct ByString<T>(ByNumber<T>);

/// Something of each stack of the current generation that was asked about.
#[derive(Clone, Debug)]
pub(crate) struct ByStack<T>(ByNumber<T>);

/// Something of each thing that has a number in the current generation.
#[derive(Clone, Debug)]
struct ByNumber<T> {
    generation: Option<usize>,
    known: Vec<Option<T>>,
}

impl<T> Default for ByString<T> {
    fn default() -> ByString<T> {
        ByString(ByNumber::default())
    }
}

impl<T> Default for ByStack<T> {
    fn default() -> ByStack<T> {
        ByStack(ByNumber::default())
    }
}

impl<T> Default for ByNumber<T> {
    fn default() -> ByNumber<T> {
        ByNumber { generation: None, known: Vec::new() }
    }
}

impl<T: Copy> ByString<T> {
    /// What `make` makes of a string of the event's generation, or made of it
    /// before.
    #[inline(always)]
    pub(crate) fn get(&mut self, event: &Event<'_>, id: StringId, make: impl FnOnce(&[u8]) -> T) -> T {
        let name = || event.generation().map_or(&b""[..], |generation| generation.name(id));
        self.0.get(event, id.0, || make(name()))
    }
}

impl<T: Copy> ByStack<T> {
    /// What `make` makes of the stack of that number in the event's generation, or
    /// made of it before.
    #[inline(always)]
    pub(crate) fn get(&mut self, event: &Event<'_>, number: u64, make: impl FnOnce(Option<Stack<'_>>) -> T) -> T {
        self.0.get(event, number, || make(event.stack_numbered(number)))
    }
}

impl<T: Copy> ByNumber<T> {
    #[inline(always)]
    fn get(&mut self, event: &Event<'_>, number: u64, make: impl FnOnce() -> T) -> T {
        let known = usize::try_from(number).ok().and_then(|at| self.known.get(at).copied().flatten());
        match known {
            Some(known) if self.generation == event.generation().map(|generation| generation.index()) => known,
            _ => self.look_up(event, number, make),
        }
    }

    #[inline(never)]
    fn look_up(&mut self, event: &Event<'_>, number: u64, make: impl FnOnce() -> T) -> T {
        let made = make();
        let Some(generation) = event.generation() else { return made };
        if self.generation != Some(generation.index()) {
            self.generation = Some(generation.index());
            self.known.clear();
        }
        if let Some(at) = usize::try_from(number).ok().filter(|at| *at < LISTED) {
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
