//! Parts of a trace: a stretch of time, some goroutines, tasks and regions, Ps and Ms.
//!
//! ```text
//! Selection ──questions()──> a pass over the trace ──> answers
//!     └────────────────────resolve(answers)──────────> Selected: which goroutines, when
//! ```
//!
//! A selection names what is wanted; what that is in a trace, the trace has to tell: which
//! goroutines began with a function, which of them worked for a task and when. One pass
//! finds out all of it. What a selection names has to be true together: `--goroutine 7
//! --task request` is the time in which goroutine 7 worked for such a task.

#[cfg(test)]
mod tests;

use crate::analysis::Compat;
use crate::analysis::annotations::{Annotations, Chosen, CollectAnnotations, NoSuch, TaskSet};
use crate::analysis::profile::Filter;
use crate::analysis::profile::functions::CollectGoroutinesOf;
use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::event::transition::StateTransition;
use crate::event::{Event, EventKind};
use crate::spec::state::GoState;
use crate::window::Window;
use rustc_hash::FxHashSet;
use std::fmt;

/// A test of a name.
type NameTest = Box<dyn Fn(&[u8]) -> bool + Send + Sync>;

/// The parts of a trace that are wanted: by default all.
///
/// ```
/// # let bytes = include_bytes!("../testdata/traces/go1.27/annotations.trace");
/// use gotrace::analysis::profile::{ProfileKind, CollectProfile};
/// use gotrace::{Selection, Trace};
///
/// let trace = Trace::parse(bytes)?;
/// let selection = Selection::default().task("parent", true);
/// let answers = trace.analyze(selection.questions())?.output;
/// let selected = selection.resolve(answers).expect("there are such tasks");
/// let filter = selected.filter().expect("goroutines worked for them");
/// let wall = trace.analyze(CollectProfile::new(ProfileKind::Wall).filter(filter))?.output;
/// assert!(wall.total().1 > 0);
/// # Ok::<(), gotrace::Error>(())
/// ```
#[derive(Default)]
pub struct Selection {
    window: Window,
    goroutines: FxHashSet<GoId>,
    function: Option<NameTest>,
    task: Option<(Vec<u8>, bool)>,
    region: Option<Vec<u8>>,
    procs: FxHashSet<ProcId>,
    threads: FxHashSet<ThreadId>,
    states: Vec<GoState>,
    reason: Option<NameTest>,
    compat: Compat,
}

/// The questions that a [`Selection`] asks a trace, as an analysis.
pub type Questions<'s> = (Option<CollectGoroutinesOf<&'s NameTest>>, Option<CollectAnnotations>);

/// The answers to [`Questions`]: the goroutines of the function that is wanted, and the
/// tasks and regions; each if it was asked for.
pub type Answers = (Option<FxHashSet<GoId>>, Option<Annotations>);

impl Selection {
    /// Returns the selection of no other time than a window's.
    #[must_use]
    pub fn window(self, window: Window) -> Selection {
        Selection { window, ..self }
    }

    /// Returns the selection of those goroutines alone; of all if there are none.
    #[must_use]
    pub fn goroutines(self, goroutines: impl IntoIterator<Item = GoId>) -> Selection {
        Selection { goroutines: goroutines.into_iter().collect(), ..self }
    }

    /// Returns the selection of goroutines alone that began with a function whose name
    /// passes the test.
    #[must_use]
    pub fn function(self, passes: impl Fn(&[u8]) -> bool + Send + Sync + 'static) -> Selection {
        Selection { function: Some(Box::new(passes)), ..self }
    }

    /// Returns the selection of time for a task alone: for the task of that number, or all
    /// tasks of that type (`type:` in front of a type that is a number); and, with
    /// `children`, for the tasks that are parts of it.
    #[must_use]
    pub fn task(self, task: impl Into<Vec<u8>>, children: bool) -> Selection {
        Selection { task: Some((task.into(), children)), ..self }
    }

    /// Returns the selection of time in a region of that type alone: of a region of the
    /// task's, if a task is wanted too.
    #[must_use]
    pub fn region(self, kind: impl Into<Vec<u8>>) -> Selection {
        Selection { region: Some(kind.into()), ..self }
    }

    /// Returns the selection of events of those Ps alone; of all if there are none.
    #[must_use]
    pub fn procs(self, procs: impl IntoIterator<Item = ProcId>) -> Selection {
        Selection { procs: procs.into_iter().collect(), ..self }
    }

    /// Returns the selection of events of those Ms alone; of all if there are none.
    #[must_use]
    pub fn threads(self, threads: impl IntoIterator<Item = ThreadId>) -> Selection {
        Selection { threads: threads.into_iter().collect(), ..self }
    }

    /// Returns the selection of events alone that bring a goroutine into one of those
    /// states; of all events if there are none.
    #[must_use]
    pub fn states(self, states: impl IntoIterator<Item = GoState>) -> Selection {
        Selection { states: states.into_iter().collect(), ..self }
    }

    /// Returns the selection of events alone with which a goroutine blocks or stops for a
    /// reason that passes the test.
    #[must_use]
    pub fn reason(self, passes: impl Fn(&[u8]) -> bool + Send + Sync + 'static) -> Selection {
        Selection { reason: Some(Box::new(passes)), ..self }
    }

    /// Returns the selection as this release's tools see tasks and regions.
    #[must_use]
    pub fn compat(self, compat: Compat) -> Selection {
        Selection { compat, ..self }
    }

    /// Returns whether it takes a pass over the trace to find out what is meant.
    pub fn asks(&self) -> bool {
        self.function.is_some() || self.task.is_some() || self.region.is_some()
    }

    /// Returns the questions to be asked of all of the trace, not of its window alone:
    /// what a task is, its beginning tells, and that may be before.
    pub fn questions(&self) -> Questions<'_> {
        let annotated = self.task.is_some() || self.region.is_some();
        (self.function.as_ref().map(CollectGoroutinesOf::new), annotated.then(|| CollectAnnotations::new(self.compat)))
    }

    /// Returns what is selected of the trace that gave those answers.
    ///
    /// # Errors
    /// If there is no such function, task or region in it.
    pub fn resolve(self, (of_function, annotations): Answers) -> Result<Selected, NoSuch> {
        if of_function.as_ref().is_some_and(FxHashSet::is_empty) {
            return Err(NoSuch::Function);
        }
        let named = Some(self.goroutines).filter(|named| !named.is_empty());
        let goroutines = match (named, of_function) {
            (Some(named), Some(of)) => Some(named.intersection(&of).copied().collect()),
            (named, of) => named.or(of),
        };
        let annotations = annotations.as_ref();
        let tasks = match (&self.task, annotations) {
            (Some((text, children)), Some(annotations)) => Some(annotations.tasks(text, *children)?),
            _ => None,
        };
        let chosen = match (tasks, self.region, annotations) {
            (tasks, Some(region), Some(annotations)) => Some(annotations.choose(tasks, Some(&region))?),
            (Some(tasks), None, Some(annotations)) => Some(annotations.choose_tasks(tasks)),
            _ => None,
        };
        let Selection { window, procs, threads, states, reason, .. } = self;
        Ok(Selected { window, goroutines, chosen, procs, threads, states, reason })
    }
}

impl fmt::Debug for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selection")
            .field("window", &self.window)
            .field("goroutines", &self.goroutines)
            .field("function", &self.function.is_some())
            .field("task", &self.task)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// The parts of one trace that a [`Selection`] selects.
pub struct Selected {
    window: Window,
    goroutines: Option<FxHashSet<GoId>>,
    chosen: Option<Chosen>,
    procs: FxHashSet<ProcId>,
    threads: FxHashSet<ThreadId>,
    states: Vec<GoState>,
    reason: Option<NameTest>,
}

impl Selected {
    /// Returns the stretch of time.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Returns whether goroutines are selected by their numbers or functions; if not, all
    /// are.
    pub fn selects_goroutines(&self) -> bool {
        self.goroutines.is_some()
    }

    /// Returns whether a goroutine is selected, by its number or function.
    pub fn has_goroutine(&self, id: GoId) -> bool {
        self.goroutines.as_ref().is_none_or(|wanted| wanted.contains(&id))
    }

    /// Returns the tasks, if some are wanted.
    pub fn tasks(&self) -> Option<&TaskSet> {
        self.chosen.as_ref()?.tasks()
    }

    /// Returns the time of goroutines that tasks and regions select, if some are wanted.
    ///
    /// # Errors
    /// If no goroutine can be seen to work for the tasks.
    pub fn work(&self) -> Result<Option<&Chosen>, NoSuch> {
        match &self.chosen {
            Some(chosen) if chosen.intervals().is_empty() => Err(NoSuch::Work),
            chosen => Ok(chosen.as_ref()),
        }
    }

    /// Returns what profiles and latencies are to count of the goroutines' time.
    ///
    /// # Errors
    /// As [`work`](Self::work).
    pub fn filter(&self) -> Result<Filter, NoSuch> {
        Ok(Filter {
            from: self.window.from(),
            to: self.window.to(),
            goroutines: self.goroutines.clone(),
            intervals: self.work()?.map(|chosen| chosen.intervals().clone()),
        })
    }

    /// Returns whether an event is selected: one that happened to a goroutine or P or
    /// while it ran, on an M, and for a task as [`Chosen::contains`] says.
    pub fn contains(&self, event: &Event<'_>) -> bool {
        self.window.contains(event.time())
            && self.goroutines.as_ref().is_none_or(|wanted| event.involves_any_goroutine(wanted))
            && (self.procs.is_empty() || self.procs.iter().any(|&id| event.involves_proc(id)))
            && (self.threads.is_empty() || event.thread().is_some_and(|id| self.threads.contains(&id)))
            && self.changes(event)
            && self.chosen.as_ref().is_none_or(|chosen| chosen.contains(event))
    }

    /// Returns whether an event brings a goroutine into a state that is wanted, for a
    /// reason that is.
    fn changes(&self, event: &Event<'_>) -> bool {
        if self.states.is_empty() && self.reason.is_none() {
            return true;
        }
        let EventKind::StateTransition(StateTransition::Goroutine { to, reason, .. }) = event.kind() else {
            return false;
        };
        (self.states.is_empty() || self.states.contains(&to))
            && self.reason.as_ref().is_none_or(|passes| !reason.is_empty() && passes(reason))
    }
}

impl fmt::Debug for Selected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selected")
            .field("window", &self.window)
            .field("goroutines", &self.goroutines)
            .field("chosen", &self.chosen)
            .finish_non_exhaustive()
    }
}
