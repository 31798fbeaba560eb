//! Facts of an event's line that earlier events tell: functions of goroutines, numbers of stacks.

use super::JsonStacks;
use crate::analysis::names::NameId;
use crate::analysis::{Analysis, Follower, Pass};
use crate::base::ids::GoId;
use crate::event::Event;
use crate::event::go::changes_go;
use crate::generation::stack::Stack;
use crate::spec::state::GoState;
use crate::spec::v2::EventType;

/// Knowledge from the events so far, which have to come in order.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Goroutines, with the functions that they began with.
    pass: Pass,
    /// Number of each stack, by its key; 0 before it is told.
    numbers: Vec<u64>,
    /// Number of stacks that were told.
    last: u64,
}

/// Facts about an event that earlier ones tell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// Functions of the context's goroutine, and of the one whose state changes; the empty name
    /// if it is not known.
    pub(super) functions: [NameId; 2],
    /// Number of the stack of the goroutine whose state changes.
    pub(super) own_stack: Option<Numbered>,
    /// Number of the context's stack.
    pub(super) stack: Option<Numbered>,
}

/// Number of a stack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbered {
    pub(super) number: u64,
    /// True if no line has told what it is.
    pub(super) is_new: bool,
}

/// The analysis for which goroutines are followed, and no more.
struct Follow;

impl Analysis for Follow {
    type Output = ();

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        changes_go(event)
    }

    fn finish(self, _: &Follower) {}
}

impl Known {
    /// Takes note of an event that has no line.
    pub(super) fn pass_over(&mut self, event: &Event<'_>) {
        self.pass.show(event, &mut Follow);
    }

    /// Takes note of an event; returns the facts of its line, with stacks in that form.
    pub(super) fn facts(&mut self, event: &Event<'_>, form: JsonStacks) -> Facts {
        let change = event.go_change();
        let changed = change.map(|change| change.id);
        // A goroutine that ends is forgotten, others are known when the event was followed.
        let ends = change.filter(|change| change.to == GoState::NotExist);
        let ended = ends.map(|change| (change.id, self.function_of(change.id)));
        self.pass.show(event, &mut Follow);
        let function = |id: Option<GoId>| match (id, ended) {
            (None, _) => NameId::EMPTY,
            (Some(id), Some((ended, function))) if id == ended => function,
            (Some(id), _) => self.function_of(id),
        };
        let functions = [event.goroutine(), changed].map(function);
        let (mut own_stack, mut stack) = (None, None);
        if form == JsonStacks::Ids {
            let own = change.and_then(|change| event.stack_numbered(change.own_stack));
            own_stack = own.and_then(|own| self.number(own));
            stack = event.stack().and_then(|stack| self.number(stack));
        }
        Facts { functions, own_stack, stack }
    }

    /// Returns a name by its ID; none if it is not known.
    pub(super) fn name(&self, id: NameId) -> Option<&[u8]> {
        (id != NameId::EMPTY).then(|| self.pass.follower().stacks().names.get(id))
    }

    /// Returns the function that a goroutine began with.
    fn function_of(&self, id: GoId) -> NameId {
        self.pass.follower().goroutine(id).map_or(NameId::EMPTY, |state| state.function())
    }

    /// Returns the number of a stack, the next one if no event has had it.
    fn number(&mut self, stack: Stack<'_>) -> Option<Numbered> {
        let place = self.pass.follower_mut().intern(Some(stack)).index();
        if self.numbers.len() <= place {
            self.numbers.resize(place + 1, 0);
        }
        let number = self.numbers.get_mut(place)?;
        let is_new = *number == 0;
        if is_new {
            self.last += 1;
            *number = self.last;
        }
        Some(Numbered { number: *number, is_new })
    }
}
