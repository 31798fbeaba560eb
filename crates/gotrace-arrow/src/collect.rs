//! The analysis that makes the rows of all tables in one pass.

mod events;
mod goroutines;
mod moments;
mod ranges;
mod stacks;
mod states;
mod work;

use crate::about::About;
use crate::out::Out;
use crate::stack_ids::StackIds;
use crate::table::Table;
use events::Events;
use goroutines::Lives;
use gotrace::analysis::goroutines::CollectGoroutines;
use gotrace::analysis::intervals::CollectIntervals;
use gotrace::analysis::{Analysis, Follower, SharedEvent, Transition};
use gotrace::event::EventKind;
use gotrace::selection::Scope;
use gotrace::spec::v2::EventType;
use gotrace::timeline::Interval;
use gotrace::timeline::stacks::StackKey;
use gotrace::{GoState, Time};
use ranges::OpenRanges;
use states::Waits;

/// Makes the rows of the tables that are asked for.
pub(crate) struct Collect<'s> {
    out: Out<'s>,
    context: Context<'s>,
    /// Intervals, if rows are made of them.
    intervals: Option<CollectIntervals>,
    /// Summaries, if rows are made of them.
    summaries: Option<CollectGoroutines>,
    waits: Waits,
    lives: Option<Lives>,
    ranges: Option<OpenRanges>,
    events: Option<Events>,
    /// True if messages, samples or figures are asked for.
    moments: bool,
    /// True if rows are made of any event, or all are counted.
    all_events: bool,
    seen: Seen,
}

/// The facts that every row is made with.
pub(crate) struct Context<'s> {
    origin: Time,
    /// True for each table whose rows are made, or would be but for their stacks.
    makes: [bool; Table::ALL.len()],
    scope: Scope<'s>,
    stack_ids: StackIds,
}

impl Context<'_> {
    /// Returns whether rows of a table are made, or would be but for their stacks.
    #[inline]
    fn makes(&self, table: Table) -> bool {
        self.makes.get(table as usize).is_some_and(|makes| *makes)
    }

    /// Returns a time as nanoseconds since the trace's start.
    #[inline]
    fn time(&self, time: Time) -> i64 {
        time.since(self.origin)
    }

    /// Returns the ID of a stack, which a row refers to.
    #[inline]
    fn stack(&mut self, key: StackKey, follower: &Follower) -> Option<i64> {
        if key == StackKey::EMPTY { None } else { self.stack_ids.refer(key, follower.stacks()) }
    }
}

/// Facts about the events that were seen, for the table `trace`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// Number of events of the trace itself, without those that a window restates.
    pub(crate) events: u64,
    /// GOMAXPROCS as it was stated first.
    pub(crate) gomaxprocs: Option<u64>,
    /// Times of the first and the last event.
    pub(crate) start: Time,
    pub(crate) end: Time,
}

impl<'s> Collect<'s> {
    /// Returns a maker of the tables that are asked for. Where only stacks are, those of all
    /// other tables but the events are meant.
    pub(crate) fn new(out: Out<'s>, about: &About, scope: Scope<'s>) -> Collect<'s> {
        use Table::*;
        let only_stacks =
            Table::ALL.into_iter().all(|table| !out.has(table) || matches!(table, Stacks | Frames | Trace))
                && (out.has(Stacks) || out.has(Frames));
        let makes = Table::ALL.map(|table| out.has(table) || (only_stacks && table != Events));
        let any = |tables: &[Table]| tables.iter().any(|table| makes[*table as usize]);
        let summaries = any(&[Goroutines, Tasks, Regions]);
        Collect {
            intervals: match any(&[ProcStates, ThreadStates]) {
                true => Some(CollectIntervals::default()),
                false => any(&[States, Goroutines, Wakeups]).then(CollectIntervals::of_goroutines),
            },
            summaries: summaries.then(CollectGoroutines::default),
            waits: Waits::default(),
            lives: summaries.then(Lives::default),
            ranges: any(&[Ranges]).then(OpenRanges::default),
            events: out.has(Events).then(events::Events::default),
            moments: any(&[Logs, Metrics, Samples]),
            all_events: any(&[Trace, Events, Ranges, Logs, Metrics, Samples]),
            seen: Seen::default(),
            context: Context { origin: about.origin, makes, scope, stack_ids: StackIds::default() },
            out,
        }
    }

    /// Makes rows of the intervals that have ended.
    #[inline]
    fn take_intervals(&mut self, follower: &Follower) {
        let Collect { intervals: Some(intervals), out, context, waits, lives, .. } = self else { return };
        intervals.take_ended(|interval| rows_of(interval, out, context, (waits, lives.as_mut()), follower));
    }

    fn count(&mut self, event: &SharedEvent<'_, '_>) {
        self.seen.events += u64::from(!event.is_restated() && event.wire_type() != EventType::Sync);
    }
}

/// Makes the rows of an interval that has ended.
#[inline(always)]
fn rows_of<'s>(
    interval: &Interval,
    out: &mut Out<'s>,
    context: &mut Context<'s>,
    (waits, lives): (&mut Waits, Option<&mut Lives>),
    follower: &Follower,
) {
    match interval {
        Interval::Goroutine(id, span) => {
            if let Some(lives) = lives {
                lives.note(*id, span);
            }
            waits.row(out, context, (*id, span), follower);
        }
        Interval::Proc(id, span) => states::proc_row(out, context, *id, span),
        Interval::Thread(id, span) => states::thread_row(out, context, *id, span),
    }
}

impl<'s> Analysis for Collect<'s> {
    /// The tables, for the last of them, and what was seen.
    type Output = (Out<'s>, Seen);

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        self.all_events
            || self.intervals.as_ref().is_some_and(|intervals| intervals.wants(event))
            || self.summaries.as_ref().is_some_and(|summaries| summaries.wants(event))
    }

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        self.count(transition);
        if let Collect { intervals: Some(intervals), out, context, waits, lives, .. } = self {
            let row = |ended: &Interval| rows_of(ended, out, context, (waits, lives.as_mut()), follower);
            intervals.hand_on(transition, follower, row);
            self.waits.meet(transition);
        }
        if let Some(summaries) = &mut self.summaries {
            summaries.goroutine(transition, follower);
            if matches!(transition.to(), GoState::NotExist) || transition.from() == GoState::Undetermined {
                self.take_goroutines(follower);
            }
        }
        if let Some(events) = &mut self.events {
            events.row(&mut self.out, &self.context, transition);
        }
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        self.count(event);
        if let Some(procs) = event.gomaxprocs() {
            self.seen.gomaxprocs.get_or_insert(procs);
        }
        if let Some(intervals) = &mut self.intervals {
            intervals.event(event, follower);
            self.take_intervals(follower);
        }
        if let Some(summaries) = &mut self.summaries
            && summaries.wants(event.wire_type())
        {
            summaries.event(event, follower);
        }
        if let Some(ranges) = &mut self.ranges
            && let EventKind::RangeBegin(_) | EventKind::RangeActive(_) | EventKind::RangeEnd(..) = event.kind()
        {
            ranges.note(&mut self.out, &mut self.context, event, follower);
        }
        if self.moments {
            moments::row(&mut self.out, &mut self.context, event, follower);
        }
        if let Some(events) = &mut self.events {
            events.row(&mut self.out, &self.context, event);
        }
    }

    fn finish(mut self, follower: &Follower) -> (Out<'s>, Seen) {
        self.take_intervals(follower);
        if let Some(ranges) = self.ranges.take() {
            ranges.end(&mut self.out, &mut self.context, follower);
        }
        if let Some(summaries) = self.summaries.take() {
            self.end_summaries(summaries.finish(follower), follower);
        }
        stacks::rows(&mut self.out, &self.context.stack_ids, follower.stacks(), self.events.as_ref());
        self.seen.start = follower.start();
        self.seen.end = follower.last();
        (self.out, self.seen)
    }
}
