//! The kinds of events, with the data of each.

use crate::event::SyncPoint;
use crate::event::experimental::Experimental;
use crate::event::metric::Metric;
use crate::event::range::{Range, Swept};
use crate::event::task::{Label, Log, Region, Task};
use crate::event::transition::StateTransition;

/// The kind of an event, with the data of that kind.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum EventKind<'t> {
    /// A point up to which every G, P and M that existed has been mentioned: a
    /// generation begins, or the trace ends.
    Sync(SyncPoint<'t>),
    /// A sampled figure.
    Metric(Metric),
    /// A label put on a goroutine.
    Label(Label<'t>),
    /// A CPU profile sample; [`Event::stack`](crate::Event::stack) is the stack that was running.
    StackSample,
    /// The beginning of a range.
    RangeBegin(Range<'t>),
    /// A range that has been open since before the trace or generation began. Its
    /// scope need not be in the event's context.
    RangeActive(Range<'t>),
    /// The end of a range; for a sweep, with its figures.
    RangeEnd(Range<'t>, Option<Swept>),
    /// The beginning of a task.
    TaskBegin(Task<'t>),
    /// The end of a task.
    TaskEnd(Task<'t>),
    /// The beginning of a region.
    RegionBegin(Region<'t>),
    /// The end of a region.
    RegionEnd(Region<'t>),
    /// A message that the program logged.
    Log(Log<'t>),
    /// A change of the state of a goroutine or P.
    StateTransition(StateTransition<'t>),
    /// An event of an experiment.
    Experimental(Experimental),
}

impl EventKind<'_> {
    /// Returns the name that Go gives the kind.
    pub fn name(&self) -> &'static str {
        match self {
            EventKind::Sync(_) => "Sync",
            EventKind::Metric(_) => "Metric",
            EventKind::Label(_) => "Label",
            EventKind::StackSample => "StackSample",
            EventKind::RangeBegin(_) => "RangeBegin",
            EventKind::RangeActive(_) => "RangeActive",
            EventKind::RangeEnd(..) => "RangeEnd",
            EventKind::TaskBegin(_) => "TaskBegin",
            EventKind::TaskEnd(_) => "TaskEnd",
            EventKind::RegionBegin(_) => "RegionBegin",
            EventKind::RegionEnd(_) => "RegionEnd",
            EventKind::Log(_) => "Log",
            EventKind::StateTransition(_) => "StateTransition",
            EventKind::Experimental(_) => "Experimental",
        }
    }
}
