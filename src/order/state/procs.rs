//! The state of Ps.

use super::Slot;
use crate::error::{Error, ErrorKind, Result};
use crate::order::state::seq::Seq;
use crate::order::state::step::Step;
use crate::spec::status::ProcStatus;
use crate::spec::v2::EventType;

/// The state of a P.
#[derive(Clone, Copy, Debug)]
pub(crate) struct P {
    pub(crate) seq: Seq,
    pub(crate) status: ProcStatus,
    pub(crate) sweeping: bool,
    /// True if it has begun to sweep since it was added, which matters to guesses
    /// only.
    pub(crate) swept: bool,
    /// True if there is a P of that number.
    pub(crate) exists: bool,
}

impl P {
    const ABSENT: P = P { seq: Seq::FIRST, status: ProcStatus::Bad, sweeping: false, swept: false, exists: false };

    pub(crate) fn restart(&mut self, generation: u32) {
        self.seq = Seq::first(generation);
    }

    #[inline(always)]
    pub(crate) fn must_be(&self, expected: ProcStatus, step: &Step<'_>) -> Result<()> {
        if self.status == expected { Ok(()) } else { Err(self.is_not(expected, step.event, step.at(), step.cx.p)) }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn is_not(self, expected: ProcStatus, event: EventType, at: usize, id: Slot) -> Error {
        Error::at(at, ErrorKind::ProcStatus { event, proc: u64::from(id).into(), found: self.status, expected })
    }
}

/// All Ps so far, by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Procs {
    slab: Vec<P>,
}

impl Procs {
    /// Returns the P of that number, if there is one.
    #[inline(always)]
    pub(crate) fn find(&mut self, id: u64) -> Option<&mut P> {
        self.slab.get_mut(usize::try_from(id).ok()?).filter(|p| p.exists)
    }

    pub(crate) fn get(&self, id: Slot) -> Option<&P> {
        self.slab.get(id as usize).filter(|p| p.exists)
    }

    /// Returns the P of the step's context.
    #[inline(always)]
    pub(crate) fn current(&mut self, step: &Step<'_>) -> Result<&mut P> {
        match self.slab.get_mut(step.cx.p as usize) {
            Some(p) => Ok(p),
            None => Err(unknown_proc(step.event, step.at(), step.cx.p)),
        }
    }

    /// Adds a P that does not exist; its number is at most `MAX_PROC_ID`.
    pub(crate) fn add(&mut self, id: Slot, status: ProcStatus, generation: u32) -> &mut P {
        let at = id as usize;
        if at >= self.slab.len() {
            self.slab.resize(at + 1, P::ABSENT);
        }
        let place = &mut self.slab[at];
        *place = P { seq: Seq::first(generation), status, sweeping: false, swept: false, exists: true };
        place
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Slot, &P)> {
        self.slab.iter().enumerate().filter(|(_, p)| p.exists).map(|(id, p)| (id as Slot, p))
    }
}

#[cold]
#[inline(never)]
fn unknown_proc(event: EventType, at: usize, proc: Slot) -> Error {
    Error::at(at, ErrorKind::UnknownProc { event, proc: u64::from(proc).into() })
}
