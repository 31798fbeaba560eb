//! What an event is, with what belongs to that.

use crate::event::Sync;
use crate::event::experimental::Experimental;
use crate::event::metric::Metric;
use crate::event::range::{Range, Swept};
use crate::event::task::{Label, Log, Region, Task};
use crate::event::transition::StateTransition;

/// What an event is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum EventKind<'t> {
    /// A point up to which every G, P and M that existed has been mentioned: a
    /// generation begins, or the trace ends.
    Sync(Sync<'t>),
    /// A figure was sampled.
    Metric(Metric),
    /// A goroutine was labelled.
    Label(Label<'t>),
    /// A CPU profile sample; [`Event::stack`](crate::Event::stack) is what was running.
    StackSample,
    /// A range begins.
    RangeBegin(Range<'t>),
    /// A range has been open since before the trace or generation began. Its
    /// scope need not be in the event's context.
    RangeActive(Range<'t>),
    /// A range ends; a sweep tells what it did.
    RangeEnd(Range<'t>, Option<Swept>),
    /// A task begins.
    TaskBegin(Task<'t>),
    /// A task ends.
    TaskEnd(Task<'t>),
    /// A region begins.
    RegionBegin(Region<'t>),
    /// A region ends.
    RegionEnd(Region<'t>),
    /// The program logged something.
    Log(Log<'t>),
    /// A goroutine or P changed its state.
    StateTransition(StateTransition<'t>),
    /// An event of an experiment.
    Experimental(Experimental),
}

impl EventKind<'_> {
    /// The name that Go gives the kind.
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
