//! The part of a trace that an export is about.

use super::Selected;
use crate::analysis::annotations::NoSuch;
use crate::analysis::profile::WorkIntervals;
use crate::base::ids::{GoId, ProcId, TaskId, ThreadId};
use crate::base::time::Time;
use crate::event::Event;

/// The part of a trace that is selected, by default all of it: what of goroutines, Ps and
/// Ms an export has. What is selected of goroutines clips their states and selects what is
/// about a goroutine; what is about Ps, Ms and the whole program is that of the window.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope<'s> {
    selected: Option<&'s Selected>,
    /// Times that goroutines worked for the tasks, regions and states that are selected.
    work: Option<&'s WorkIntervals>,
}

impl<'s> Scope<'s> {
    /// Returns the part that is selected.
    ///
    /// # Errors
    /// If no goroutine has time in the tasks, regions and states that are selected.
    pub fn new(selected: Option<&'s Selected>) -> Result<Scope<'s>, NoSuch> {
        let work = match selected {
            Some(selected) => selected.work()?,
            None => None,
        };
        Ok(Scope { selected, work })
    }

    /// Returns what is selected; nothing if all is.
    pub fn selected(&self) -> Option<&'s Selected> {
        self.selected
    }

    /// Returns whether an event is selected, as [`Selected::contains`] says.
    pub fn contains(&self, event: &Event<'_>) -> bool {
        self.selected.is_none_or(|selected| selected.contains(event))
    }

    /// Returns whether a task is selected.
    pub fn has_task(&self, id: TaskId) -> bool {
        self.selected.and_then(Selected::tasks).is_none_or(|tasks| tasks.contains(id))
    }

    /// Returns whether a goroutine is selected, at some time.
    #[inline]
    pub fn has(&self, id: GoId) -> bool {
        self.selected.is_none_or(|selected| selected.has_goroutine(id))
            && self.work.is_none_or(|work| !work.of(id).is_empty())
    }

    /// Returns whether what a P and an M did together is selected; where one of them is
    /// not known, it is if the other is.
    pub fn has_place(&self, proc: Option<ProcId>, thread: Option<ThreadId>) -> bool {
        self.selected.is_none_or(|selected| {
            proc.is_none_or(|id| selected.has_proc(id)) && thread.is_none_or(|id| selected.has_thread(id))
        })
    }

    /// Returns whether what happened on a goroutine, or on none, is selected.
    pub fn has_moment(&self, id: Option<GoId>, time: Time) -> bool {
        let Some(selected) = self.selected else { return true };
        let all = !selected.selects_goroutines() && self.work.is_none();
        all || id.is_some_and(|id| {
            let at_work = |work: &WorkIntervals| work.contains(id, time);
            selected.has_goroutine(id) && self.work.is_none_or(at_work)
        })
    }

    /// Gives the parts of a goroutine's span that are selected to `each`.
    #[inline]
    pub fn parts(&self, id: GoId, (start, end): (Time, Time), mut each: impl FnMut(Time, Time)) {
        if self.selected.is_some_and(|selected| !selected.has_goroutine(id)) {
            return;
        }
        match self.work {
            Some(work) => work.parts(id, start, end).for_each(|(from, to)| each(from, to)),
            None => each(start, end),
        }
    }
}
