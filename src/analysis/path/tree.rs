//! Paths summed up as a tree: what they waited for, and what that did.

use super::{Doing, History, LinkCause, Path, Segment};
use crate::analysis::names::NameId;
use crate::analysis::stacks::StackKey;
use crate::base::ids::GoId;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;

/// The time of paths by what it went to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Tree {
    /// Number of paths.
    pub paths: u64,
    /// Time of all of them, in nanoseconds.
    pub nanos: i64,
    parts: Parts,
}

/// Parts of some time, by what they went to.
type Parts = FxHashMap<Step, Part>;

/// A part of the time of a tree.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Part {
    nanos: i64,
    count: u64,
    below: Parts,
}

/// A part of the time of a [`Tree`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Node {
    /// Kind of thing that the time went to.
    pub step: Step,
    /// Time in nanoseconds; that of the nodes below, if there are any.
    pub nanos: i64,
    /// Number of segments.
    pub count: u64,
    /// Parts of it, the longest first; none if the step is no wait for another goroutine.
    pub nodes: Vec<Node>,
}

/// A cause of the time of a [`Tree`], wherever in it the cause stands.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Cause {
    /// Kind of thing that the time went to: never a wait for another goroutine.
    pub step: Step,
    /// Time in nanoseconds.
    pub nanos: i64,
    /// Number of segments.
    pub count: u64,
}

/// Kind of thing that time went to. Functions of goroutines are those that they began with; the empty name
/// stands for one that is not known. A place is the innermost function of a stack that is not
/// of the runtime or of package `sync`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Step {
    /// A goroutine ran, until it stopped at a place.
    Running {
        /// Function of the goroutine.
        function: NameId,
        /// Place at which it stopped running; in a tree, only if it is the path's own
        /// goroutine.
        until: NameId,
    },
    /// A goroutine assisted the garbage collector.
    Assisting {
        /// Function of the goroutine.
        function: NameId,
    },
    /// A goroutine was ready, and waited for a P.
    Runnable {
        /// Function of the goroutine.
        function: NameId,
    },
    /// A goroutine was ready while the world was stopped.
    Stopped {
        /// Reason for the stop.
        reason: NameId,
    },
    /// A goroutine was in a system call.
    Syscall {
        /// Place of the call.
        place: NameId,
    },
    /// A goroutine waited for what no goroutine did.
    Waiting {
        /// Reason in the runtime's words.
        reason: NameId,
        /// Place of the wait.
        place: NameId,
    },
    /// A goroutine waited until another woke it. The nodes below tell what that did.
    Woken {
        /// Reason in the runtime's words.
        reason: NameId,
        /// Place of the wait.
        place: NameId,
        /// Function of the goroutine that woke it.
        by: NameId,
        /// True if another could have woken it as well.
        is_guess: bool,
    },
    /// A goroutine was yet to be created. The nodes below tell what its creator did.
    Created {
        /// Function of the creator.
        by: NameId,
    },
    /// Nothing is known.
    Unknown,
}

impl Tree {
    /// Adds a path that was made of a history. Histories whose paths are in one tree have to
    /// share their names: those of one pass do.
    pub fn add(&mut self, path: &Path, history: &History) {
        self.paths += 1;
        self.nanos = self.nanos.saturating_add(path.nanos());
        for segment in &path.segments {
            let links = path.links_to(segment);
            let steps = links.iter().map(|link| match link.cause {
                LinkCause::Woken { reason, stack, is_guess } => {
                    Step::Woken { reason, place: history.place(stack), by: history.function(link.by), is_guess }
                }
                LinkCause::Created => Step::Created { by: history.function(link.by) },
            });
            // Where each of many waits for the next, as for a lock, one step stands for all.
            let mut steps: Vec<Step> = steps.collect();
            steps.dedup();
            let mut parts = &mut self.parts;
            // Of the path's own runs it matters which part of the code they were.
            let last = match history.step(segment) {
                Step::Running { function, .. } if segment.link.is_some() => {
                    Step::Running { function, until: NameId::EMPTY }
                }
                step => step,
            };
            for step in steps.into_iter().chain([last]) {
                let part = parts.entry(step).or_default();
                part.nanos = part.nanos.saturating_add(segment.nanos());
                part.count += 1;
                parts = &mut part.below;
            }
        }
    }

    /// Adds the paths of another tree, whose names are renamed.
    pub fn merge(&mut self, other: &Tree, rename: &mut impl FnMut(NameId) -> NameId) {
        self.paths += other.paths;
        self.nanos = self.nanos.saturating_add(other.nanos);
        merge(&mut self.parts, &other.parts, rename);
    }

    /// Returns the parts of the time, the longest first.
    pub fn nodes(&self) -> Vec<Node> {
        nodes(&self.parts)
    }

    /// Returns what the time went to in the end, each cause once, the longest first; their
    /// times add up to all of the time.
    ///
    /// If a cause had taken no time, and each goroutine had waited for the same ones as it did,
    /// the paths would still have taken the time of the other causes: these happened one after
    /// the other.
    pub fn causes(&self) -> Vec<Cause> {
        let mut sums = FxHashMap::default();
        add_causes(&mut sums, &self.parts);
        let mut causes: Vec<Cause> =
            sums.into_iter().map(|(step, (nanos, count))| Cause { step, nanos, count }).collect();
        causes.sort_by_key(|cause| (Reverse(cause.nanos), cause.step));
        causes
    }
}

/// Adds time and number of the segments that end at each step.
fn add_causes(sums: &mut FxHashMap<Step, (i64, u64)>, parts: &Parts) {
    for (step, part) in parts {
        // One step may be both an end and a wait that others explain, but for its part alone.
        let (below, counted) = part.below.values().fold((0, 0), |(nanos, count), part| {
            (i64::saturating_add(nanos, part.nanos), u64::saturating_add(count, part.count))
        });
        let (nanos, count) = (part.nanos.saturating_sub(below), part.count.saturating_sub(counted));
        if count > 0 {
            let sum = sums.entry(*step).or_default();
            *sum = (sum.0.saturating_add(nanos), sum.1 + count);
        }
        add_causes(sums, &part.below);
    }
}

fn merge(parts: &mut Parts, others: &Parts, rename: &mut impl FnMut(NameId) -> NameId) {
    for (step, other) in others {
        let part = parts.entry(step.renamed(rename)).or_default();
        part.nanos = part.nanos.saturating_add(other.nanos);
        part.count += other.count;
        merge(&mut part.below, &other.below, rename);
    }
}

fn nodes(parts: &Parts) -> Vec<Node> {
    let node =
        |(&step, part): (&Step, &Part)| Node { step, nanos: part.nanos, count: part.count, nodes: nodes(&part.below) };
    let mut nodes: Vec<Node> = parts.iter().map(node).collect();
    nodes.sort_by_key(|node| (Reverse(node.nanos), node.step));
    nodes
}

impl Step {
    /// Returns the step with other numbers for its names.
    fn renamed(self, rename: &mut impl FnMut(NameId) -> NameId) -> Step {
        match self {
            Step::Running { function, until } => Step::Running { function: rename(function), until: rename(until) },
            Step::Assisting { function } => Step::Assisting { function: rename(function) },
            Step::Runnable { function } => Step::Runnable { function: rename(function) },
            Step::Stopped { reason } => Step::Stopped { reason: rename(reason) },
            Step::Syscall { place } => Step::Syscall { place: rename(place) },
            Step::Waiting { reason, place } => Step::Waiting { reason: rename(reason), place: rename(place) },
            Step::Woken { reason, place, by, is_guess } => {
                Step::Woken { reason: rename(reason), place: rename(place), by: rename(by), is_guess }
            }
            Step::Created { by } => Step::Created { by: rename(by) },
            Step::Unknown => Step::Unknown,
        }
    }
}

impl History {
    /// Returns what the time of a segment went to.
    pub fn step(&self, segment: &Segment) -> Step {
        let function = |id: GoId| self.function(id);
        match segment.doing {
            Doing::Running { stack } => {
                Step::Running { function: function(segment.goroutine), until: self.place(stack) }
            }
            Doing::Assisting => Step::Assisting { function: function(segment.goroutine) },
            Doing::Runnable { .. } => Step::Runnable { function: function(segment.goroutine) },
            Doing::Stopped { reason } => Step::Stopped { reason },
            Doing::Syscall { stack } => Step::Syscall { place: self.place(stack) },
            Doing::Waiting { reason, stack } => Step::Waiting { reason, place: self.place(stack) },
            Doing::Unknown => Step::Unknown,
        }
    }

    /// Returns the innermost function of a stack that is the program's, and not of the runtime
    /// or of package `sync`; the innermost of all if there is none; the empty name if the
    /// stack is empty.
    pub fn place(&self, stack: StackKey) -> NameId {
        let frames = self.stacks.frames(stack);
        let is_of_program = |name: &[u8]| {
            ![&b"runtime."[..], b"runtime/", b"sync.", b"sync/", b"internal/"].iter().any(|of| name.starts_with(of))
        };
        let own = frames.iter().find(|frame| is_of_program(self.stacks.names.get(frame.func)));
        own.or(frames.first()).map_or(NameId::EMPTY, |frame| frame.func)
    }
}
