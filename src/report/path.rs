//! `gotrace path --json`.

use super::Distribution;
use super::text::{name, text};
use crate::analysis::annotations::Stretch;
use crate::analysis::durations::Durations;
use crate::analysis::names::{NameId, Names};
use crate::analysis::path::{Cause, Doing, History, Node, Path, Segment, Step, Tree};
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

/// Critical paths of tasks, regions or goroutines: their time by what it went to, across the
/// goroutines that they waited for.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct PathsReport {
    /// The typical tasks or regions beside the slowest; null if fewer than two are complete.
    pub comparison: Option<PathComparison>,
    /// Lengths of the complete tasks or regions; null if the path is that of a goroutine.
    pub durations: Option<Distribution>,
    /// Paths of the slowest, the slowest first.
    pub paths: Vec<PathReport>,
}

/// Time of typical tasks or regions, and of the slowest, by what it went to.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct PathComparison {
    /// The slowest hundredth, one at least.
    pub slow: PathTree,
    /// Tasks or regions from the 40th to the 60th percentile of length.
    pub typical: PathTree,
}

/// The time of several paths by what it went to.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct PathTree {
    /// Causes of the time; null if they were not asked for.
    pub causes: Option<Vec<PathCause>>,
    /// Number of paths.
    pub count: u64,
    /// Time of all of them, in nanoseconds.
    pub nanos: i64,
    /// Parts of the time, the longest first.
    pub parts: Vec<PathPart>,
}

/// One path.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct PathReport {
    /// Causes of the time; null if they were not asked for.
    pub causes: Option<Vec<PathCause>>,
    /// Time at which it ends, in nanoseconds on the trace's clock.
    pub end: i64,
    /// Function that the goroutine began with; null if it is not known.
    pub function: Option<String>,
    /// Goroutine whose time it is: the one that ended the task, or that the region is of.
    pub goroutine: u64,
    /// True if the task or region began and ended in the trace; null if the path is that of
    /// a goroutine.
    pub is_complete: Option<bool>,
    /// Length in nanoseconds.
    pub nanos: i64,
    /// Parts of the time, the longest first.
    pub parts: Vec<PathPart>,
    /// Segments in order of time, whose lengths add up to that of the path; null if they were
    /// not asked for.
    pub segments: Option<Vec<PathSegment>>,
    /// Time at which it begins, in nanoseconds on the trace's clock.
    pub start: i64,
    /// Task that it is of, or that the region belongs to; null if there is none.
    pub task: Option<u64>,
}

/// Kind of thing that some time went to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PathStep {
    /// A goroutine ran.
    Running,
    /// A goroutine helped the garbage collector to mark.
    MarkAssist,
    /// A goroutine was ready, and waited for a P.
    Runnable,
    /// A goroutine was ready while the world was stopped.
    StopTheWorld,
    /// A goroutine was in a system call.
    Syscall,
    /// A goroutine waited for what no goroutine did, such as the network or a timer.
    Waiting,
    /// A goroutine waited until another woke it, whose time the parts tell of.
    Woken,
    /// A goroutine was yet to be created by another, whose time the parts tell of.
    Created,
    /// Nothing is known.
    Unknown,
}

/// A part of the time of paths.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct PathPart {
    /// Number of segments in it.
    pub count: u64,
    /// Function that the goroutine began with which did it; for `woken` and `created`, the
    /// one that woke or created. Null if it is not known, or no goroutine did it.
    pub function: Option<String>,
    /// True if another goroutine could have ended the wait as well; null if none ended it.
    pub is_guess: Option<bool>,
    /// Time in nanoseconds.
    pub nanos: i64,
    /// Parts of it, the longest first.
    pub parts: Vec<PathPart>,
    /// Innermost function of the program on the stack with which it waited, called the
    /// system, or stopped running; null if there is no stack.
    pub place: Option<String>,
    /// Reason for the wait or the stop of the world, in the runtime's words; null if there is
    /// none.
    pub reason: Option<String>,
    /// Kind of thing that the time went to.
    pub step: PathStep,
}

/// A cause of the time of paths, wherever in the tree it stands, and the bound on that time
/// without it.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct PathCause {
    /// Time in nanoseconds that the paths would take at least if this had taken none, and each
    /// goroutine had waited for the same ones.
    pub at_least: i64,
    /// Number of segments.
    pub count: u64,
    /// Function that the goroutine began with which did it; null if it is not known, or no
    /// goroutine did it.
    pub function: Option<String>,
    /// Time in nanoseconds.
    pub nanos: i64,
    /// Innermost function of the program on the stack; null if there is no stack.
    pub place: Option<String>,
    /// Reason for the wait or the stop of the world; null if there is none.
    pub reason: Option<String>,
    /// Kind of thing that the time went to: never `woken` or `created`.
    pub step: PathStep,
}

/// A stretch of time that belongs to what one goroutine did.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct PathSegment {
    /// For `runnable`: the goroutine that ran for most of the time on the P that this one got
    /// at last; null if that is not known.
    pub behind: Option<u64>,
    /// Number of wakings between the goroutine and that of the path.
    pub depth: usize,
    /// Function that the goroutine began with; null if it is not known.
    pub function: Option<String>,
    /// Goroutine that did it.
    pub goroutine: u64,
    /// Length in nanoseconds.
    pub nanos: i64,
    /// Innermost function of the program on the stack; null if there is no stack.
    pub place: Option<String>,
    /// For `runnable`: the P that it ran on at last; null if that is not known.
    pub proc: Option<u64>,
    /// Reason for the wait or the stop of the world; null if there is none.
    pub reason: Option<String>,
    /// Time at which it begins, in nanoseconds on the trace's clock.
    pub start: i64,
    /// Kind of thing that the time went to: never `woken` or `created`.
    pub step: PathStep,
}

impl PathsReport {
    /// Reports paths, with the lengths and the comparison of all tasks or regions if there are
    /// any.
    pub fn new(
        paths: Vec<PathReport>,
        durations: Option<&Durations>,
        comparison: Option<PathComparison>,
    ) -> PathsReport {
        PathsReport { comparison, durations: durations.map(Distribution::from), paths }
    }
}

impl PathComparison {
    /// Reports the typical beside the slow, whose steps have these names; with the parts that
    /// are wanted.
    pub fn new(typical: &Tree, slow: &Tree, names: &Names, with: PathParts) -> PathComparison {
        PathComparison { slow: PathTree::new(slow, names, with), typical: PathTree::new(typical, names, with) }
    }
}

impl PathTree {
    fn new(tree: &Tree, names: &Names, with: PathParts) -> PathTree {
        PathTree {
            causes: with.causes.then(|| causes(tree, names)),
            count: tree.paths,
            nanos: tree.nanos,
            parts: parts(&tree.nodes(), names),
        }
    }
}

/// Choice of the parts of reports on paths that are made only if they are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PathParts {
    /// Causes, with the bounds on the time without them.
    pub causes: bool,
    /// Segments in order of time.
    pub segments: bool,
}

impl PathReport {
    /// Reports a path, of a task or region if one is given; with the parts that are wanted.
    pub fn new(path: &Path, history: &History, stretch: Option<&Stretch>, with: PathParts) -> PathReport {
        let names = &history.stacks.names;
        let mut tree = Tree::default();
        tree.add(path, history);
        let segments = || path.segments.iter().map(|segment| PathSegment::new(segment, path, history)).collect();
        PathReport {
            causes: with.causes.then(|| causes(&tree, names)),
            end: path.end.0,
            function: owned(history.function(path.goroutine), names),
            goroutine: path.goroutine.0,
            is_complete: stretch.map(|stretch| stretch.is_complete),
            nanos: path.nanos(),
            parts: parts(&tree.nodes(), names),
            segments: with.segments.then(segments),
            start: path.start.0,
            task: stretch.and_then(|stretch| stretch.task).map(|task| task.0),
        }
    }
}

fn owned(id: NameId, names: &Names) -> Option<String> {
    name(names.get(id)).map(Into::into)
}

fn parts(nodes: &[Node], names: &Names) -> Vec<PathPart> {
    nodes.iter().map(|node| PathPart::new(node, names)).collect()
}

fn causes(tree: &Tree, names: &Names) -> Vec<PathCause> {
    tree.causes().iter().map(|cause| PathCause::new(cause, tree, names)).collect()
}

impl PathCause {
    fn new(cause: &Cause, tree: &Tree, names: &Names) -> PathCause {
        let (step, function, place, reason, _) = described(cause.step);
        let owned = |id: Option<NameId>| id.and_then(|id| owned(id, names));
        PathCause {
            at_least: tree.nanos.saturating_sub(cause.nanos),
            count: cause.count,
            function: owned(function),
            nanos: cause.nanos,
            place: owned(place),
            reason: owned(reason),
            step,
        }
    }
}

impl PathPart {
    fn new(node: &Node, names: &Names) -> PathPart {
        let (step, function, place, reason, is_guess) = described(node.step);
        let owned = |id: Option<NameId>| id.and_then(|id| owned(id, names));
        PathPart {
            count: node.count,
            function: owned(function),
            is_guess,
            nanos: node.nanos,
            parts: parts(&node.nodes, names),
            place: owned(place),
            reason: owned(reason),
            step,
        }
    }
}

/// A step with its function, place, reason, and whether it is a guess.
type Described = (PathStep, Option<NameId>, Option<NameId>, Option<NameId>, Option<bool>);

fn described(step: Step) -> Described {
    match step {
        Step::Running { function, until } => (PathStep::Running, Some(function), Some(until), None, None),
        Step::Assisting { function } => (PathStep::MarkAssist, Some(function), None, None, None),
        Step::Runnable { function } => (PathStep::Runnable, Some(function), None, None, None),
        Step::Stopped { reason } => (PathStep::StopTheWorld, None, None, Some(reason), None),
        Step::Syscall { place } => (PathStep::Syscall, None, Some(place), None, None),
        Step::Waiting { reason, place } => (PathStep::Waiting, None, Some(place), Some(reason), None),
        Step::Woken { reason, place, by, is_guess } => {
            (PathStep::Woken, Some(by), Some(place), Some(reason), Some(is_guess))
        }
        Step::Created { by } => (PathStep::Created, Some(by), None, None, None),
        Step::Unknown => (PathStep::Unknown, None, None, None, None),
    }
}

impl PathSegment {
    fn new(segment: &Segment, path: &Path, history: &History) -> PathSegment {
        let (step, _, place, reason, _) = described(history.step(segment));
        let names = &history.stacks.names;
        let (proc, behind) = match segment.doing {
            Doing::Runnable { proc, behind } => (proc, behind),
            _ => (None, None),
        };
        PathSegment {
            behind: behind.map(|id| id.0),
            depth: path.links_to(segment).len(),
            function: owned(history.function(segment.goroutine), names),
            goroutine: segment.goroutine.0,
            nanos: segment.nanos(),
            place: place.and_then(|id| owned(id, names)),
            proc: proc.map(|id| id.0),
            reason: reason.map(|id| text(names.get(id)).into_owned()).filter(|reason| !reason.is_empty()),
            start: segment.start.0,
            step,
        }
    }
}
