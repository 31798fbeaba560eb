//! Times that goroutines worked for tasks of the program, or were in regions: the basis of
//! `--task` and `--region` of all commands.
//!
//! A trace does not say for which task a goroutine works; a context is passed from function
//! to function. But it gives signs:
//!
//! - A goroutine works for a task while it is in a region of it.
//! - So it does from the task's beginning to its end, if both happened on that goroutine;
//!   from its own creation, if it was created after the task began and ended it; and from
//!   the trace's beginning, if goroutine and task were there before and it ended that. A
//!   task without an end counts on the goroutine that began it, unless another took part.
//!   But in a region of another task it works for that one.
//! - What it creates meanwhile works for the task all its life, if that is not one of
//!   the runtime's own goroutines, and but for regions of other tasks.
//!
//! A task's children, and theirs, are parts of it: time for them is time for it, also
//! after its own end.

mod collect;
mod select;
mod spans;
mod stays;
mod stretches;
mod tasks;
#[cfg(test)]
mod tests;

pub use collect::CollectAnnotations;
pub use select::{NoSuch, TaskSet};
pub use spans::Chosen;
pub use stretches::Stretch;
pub use tasks::CollectStretches;

use crate::analysis::Compat;
use crate::analysis::names::{NameId, Names};
use crate::base::ids::{GoId, TaskId};
use crate::base::time::Time;
use std::collections::BTreeMap;

/// The tasks and regions of a trace, and the goroutines that took part in them; made by
/// [`CollectAnnotations`].
///
/// ```
/// # let bytes = include_bytes!("../../testdata/traces/go1.27/annotations.trace");
/// use gotrace::analysis::annotations::CollectAnnotations;
/// use gotrace::analysis::profile::{Filter, ProfileKind, CollectProfile};
///
/// let trace = gotrace::Trace::parse(bytes)?;
/// let annotations = trace.analyze(CollectAnnotations::default())?.output;
/// let tasks = annotations.tasks(b"parent", true).expect("there are such tasks");
/// let chosen = annotations.choose(Some(tasks), None).expect("goroutines worked for them");
/// let mut filter = Filter::default();
/// filter.intervals = Some(chosen.intervals().clone());
/// let wall = trace.analyze(CollectProfile::new(ProfileKind::Wall).filter(filter))?.output;
/// assert!(wall.total().1 > 0);
/// # Ok::<(), gotrace::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Annotations {
    compat: Compat,
    start: Time,
    end: Time,
    names: Names,
    tasks: BTreeMap<TaskId, Task>,
    regions: Vec<Region>,
    creations: Vec<Creation>,
}

/// A task that the trace mentions.
#[derive(Clone, Debug, Default)]
struct Task {
    /// Type of the task, if its beginning is in the trace.
    kind: Option<NameId>,
    /// True if a task is known that it is part of.
    has_parent: bool,
    children: Vec<TaskId>,
    /// Time and goroutine of its beginning.
    begun: Option<Place>,
    /// Time and goroutine of its first end.
    ended: Option<Place>,
    /// Time at which the goroutine that began it ended, if that was before the task ended.
    left: Option<Time>,
    /// True if a goroutine took part that did not begin it.
    shared: bool,
}

/// Time and goroutine of an event.
#[derive(Clone, Copy, Debug)]
struct Place {
    time: Time,
    goroutine: GoId,
    /// True if the trace has the goroutine's creation.
    created: bool,
}

/// A region of a goroutine.
#[derive(Clone, Copy, Debug)]
struct Region {
    goroutine: GoId,
    task: TaskId,
    name: NameId,
    /// Time at which it began; none if before the trace.
    from: Option<Time>,
    /// Time at which it ended; none if it did not in the trace.
    to: Option<Time>,
}

/// Creation of a goroutine by one that might have worked for a task.
#[derive(Clone, Copy, Debug)]
struct Creation {
    time: Time,
    creator: GoId,
    goroutine: GoId,
    /// Time at which the created goroutine ended.
    ended: Option<Time>,
}
