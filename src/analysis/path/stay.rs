//! States of goroutines, and their runs on Ps, as a history keeps them.

use super::packed::{Numbers, Stretch};
use crate::analysis::names::NameId;
use crate::analysis::stacks::StackKey;
use crate::base::bytes::put_uvarint;
use crate::base::ids::{GoId, ProcId};
use crate::base::time::Time;

/// A state of a goroutine, from one time to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    pub(super) start: Time,
    pub(super) end: Time,
    pub(super) state: State,
    pub(super) began: Began,
    /// Stack of the event that began it: the goroutine's own, or that of who woke it.
    pub(super) stack: StackKey,
}

impl Stretch for Stay {
    fn times(&self) -> (Time, Time) {
        (self.start, self.end)
    }

    fn put(&self, out: &mut Vec<u8>) {
        let (state, of_state) = match self.state {
            State::Running(None) => (0, None),
            State::Running(Some(proc)) => (1, Some(proc.0)),
            State::Runnable => (2, None),
            State::Syscall => (3, None),
            State::Waiting(reason) => (4, Some(reason.index() as u64)),
        };
        let (began, by) = match self.began {
            Began::Otherwise => (0, None),
            Began::Created(None) => (1, None),
            Began::Created(by) => (2, by),
            Began::Woken(None) => (3, None),
            Began::Woken(by) => (4, by),
        };
        let numbers = [of_state, by.map(|by| by.0), Some(self.stack.index() as u64)];
        put_uvarint(out, state * BEGINNINGS + began);
        numbers.into_iter().flatten().for_each(|number| put_uvarint(out, number));
    }

    fn get((start, end): (Time, Time), from: &mut Numbers<'_>) -> Stay {
        let both = from.next();
        let state = match both / BEGINNINGS {
            0 => State::Running(None),
            1 => State::Running(Some(ProcId(from.next()))),
            2 => State::Runnable,
            3 => State::Syscall,
            _ => State::Waiting(NameId::at(from.next())),
        };
        let began = match both % BEGINNINGS {
            0 => Began::Otherwise,
            1 => Began::Created(None),
            2 => Began::Created(Some(GoId(from.next()))),
            3 => Began::Woken(None),
            _ => Began::Woken(Some(GoId(from.next()))),
        };
        Stay { start, end, state, began, stack: StackKey::at(from.next()) }
    }
}

/// Number of ways in which a state may have begun, as they are packed.
const BEGINNINGS: u64 = 5;

/// A run of a goroutine on a P.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) start: Time,
    pub(super) end: Time,
    pub(super) goroutine: GoId,
}

impl Stretch for Run {
    fn times(&self) -> (Time, Time) {
        (self.start, self.end)
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_uvarint(out, self.goroutine.0);
    }

    fn get((start, end): (Time, Time), from: &mut Numbers<'_>) -> Run {
        Run { start, end, goroutine: GoId(from.next()) }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Running(Option<ProcId>),
    Runnable,
    Syscall,
    Waiting(NameId),
}

/// Beginning of a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Began {
    /// The goroutine was created, by another if that is known.
    Created(Option<GoId>),
    /// The goroutine was woken, by another or by the scheduler.
    Woken(Option<GoId>),
    /// Anything else.
    Otherwise,
}
