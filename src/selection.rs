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

mod changes;
mod scope;
#[cfg(test)]
mod tests;
mod time;

pub use scope::Scope;
pub use time::CollectTime;

use crate::analysis::Compat;
use crate::analysis::annotations::{Annotations, Chosen, CollectAnnotations, NoSuch, TaskSet};
use crate::analysis::profile::functions::CollectGoroutinesOf;
use crate::analysis::profile::{Filter, WorkIntervals};
use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::event::Event;
use crate::spec::state::GoState;
use crate::window::Window;
use changes::Changes;
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
/// let answers = trace.analyze(selection.questions())?.output.unwrap_or_default();
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
    changes: Changes,
    compat: Compat,
}

/// The questions that a [`Selection`] asks a trace, as an analysis.
pub type Questions<'s> =
    (Option<CollectGoroutinesOf<&'s NameTest>>, Option<CollectAnnotations>, Option<CollectTime<'s>>);

/// The answers to [`Questions`]: the goroutines of the function that is wanted, the
/// tasks and regions, and the time in the states that are wanted; each if it was asked for.
pub type Answers = (Option<FxHashSet<GoId>>, Option<Annotations>, Option<WorkIntervals>);

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

    /// Returns the selection of events of those Ps alone, and of the states of goroutines
    /// that they begin; of all if there are none.
    #[must_use]
    pub fn procs(mut self, procs: impl IntoIterator<Item = ProcId>) -> Selection {
        self.changes.procs = procs.into_iter().collect();
        self
    }

    /// Returns the selection of events of those Ms alone, and of the states of goroutines
    /// that they begin; of all if there are none.
    #[must_use]
    pub fn threads(mut self, threads: impl IntoIterator<Item = ThreadId>) -> Selection {
        self.changes.threads = threads.into_iter().collect();
        self
    }

    /// Returns the selection of those states of goroutines alone, and of the events that
    /// begin them; of all if there are none.
    #[must_use]
    pub fn states(mut self, states: impl IntoIterator<Item = GoState>) -> Selection {
        self.changes.states = states.into_iter().collect();
        self
    }

    /// Returns the selection of states alone for which a goroutine blocks or stops for a
    /// reason that passes the test, and of the events that begin them.
    #[must_use]
    pub fn reason(mut self, passes: impl Fn(&[u8]) -> bool + Send + Sync + 'static) -> Selection {
        self.changes.reason = Some(Box::new(passes));
        self
    }

    /// Returns the selection as this release's tools see tasks and regions.
    #[must_use]
    pub fn compat(self, compat: Compat) -> Selection {
        Selection { compat, ..self }
    }

    /// Returns the questions to be asked of all of the trace, not of its window alone:
    /// what a task is, its beginning tells, and that may be before. Returns none if it
    /// takes no pass over the trace to find out what is meant.
    pub fn questions(&self) -> Option<Questions<'_>> {
        let time = (!self.changes.is_all()).then(|| CollectTime::new(&self.changes));
        let (of_function, annotations, _) = self.event_questions().unwrap_or_default();
        (of_function.is_some() || annotations.is_some() || time.is_some()).then_some((of_function, annotations, time))
    }

    /// Returns the questions whose answers tell which events are selected. The time of
    /// goroutines they do not tell: [`Selected::work`] knows of tasks and regions alone
    /// then. Returns none if no pass is needed.
    pub fn event_questions(&self) -> Option<Questions<'_>> {
        let annotated = self.task.is_some() || self.region.is_some();
        let of_function = self.function.as_ref().map(CollectGoroutinesOf::new);
        let annotations = annotated.then(|| CollectAnnotations::new(self.compat));
        (of_function.is_some() || annotated).then_some((of_function, annotations, None))
    }

    /// Returns what is selected of the trace that gave those answers.
    ///
    /// # Errors
    /// If there is no such function, task or region in it.
    ///
    /// [`Answers`] are none at all if there were no questions.
    pub fn resolve(self, (of_function, annotations, time): Answers) -> Result<Selected, NoSuch> {
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
        let work = match (&chosen, time) {
            (Some(chosen), Some(time)) => Some(chosen.intervals().and(&time)),
            (Some(chosen), None) => Some(chosen.intervals().clone()),
            (None, time) => time,
        };
        let Selection { window, changes, .. } = self;
        Ok(Selected { window, goroutines, chosen, work, changes })
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
            .field("changes", &self.changes)
            .finish_non_exhaustive()
    }
}

/// The parts of one trace that a [`Selection`] selects.
pub struct Selected {
    window: Window,
    goroutines: Option<FxHashSet<GoId>>,
    chosen: Option<Chosen>,
    /// Time of goroutines that tasks, regions and states select, if some are wanted.
    work: Option<WorkIntervals>,
    changes: Changes,
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

    /// Returns whether a P is selected.
    pub fn has_proc(&self, id: ProcId) -> bool {
        self.changes.procs.is_empty() || self.changes.procs.contains(&id)
    }

    /// Returns whether an M is selected.
    pub fn has_thread(&self, id: ThreadId) -> bool {
        self.changes.threads.is_empty() || self.changes.threads.contains(&id)
    }

    /// Returns the tasks, if some are wanted.
    pub fn tasks(&self) -> Option<&TaskSet> {
        self.chosen.as_ref()?.tasks()
    }

    /// Returns the time of goroutines that tasks, regions, states, Ps and Ms select, if
    /// some are wanted.
    ///
    /// # Errors
    /// If no goroutine can be seen to work for the tasks, or none was in such a state.
    pub fn work(&self) -> Result<Option<&WorkIntervals>, NoSuch> {
        if self.chosen.as_ref().is_some_and(|chosen| chosen.intervals().is_empty()) {
            return Err(NoSuch::Work);
        }
        match &self.work {
            Some(work) if work.is_empty() => Err(NoSuch::State),
            work => Ok(work.as_ref()),
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
            intervals: self.work()?.cloned(),
        })
    }

    /// Returns whether an event is selected: one that happened to a goroutine or P or
    /// while it ran, on an M, and for a task as [`Chosen::contains`] says.
    pub fn contains(&self, event: &Event<'_>) -> bool {
        self.window.contains(event.time())
            && self.goroutines.as_ref().is_none_or(|wanted| event.involves_any_goroutine(wanted))
            && self.changes.include(event)
            && self.chosen.as_ref().is_none_or(|chosen| chosen.contains(event))
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
