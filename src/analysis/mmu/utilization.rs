//! The pass that finds the changes of the utilization.

use super::go::GoSeries;
use super::taken::Taken;
use super::{Curve, Flags};
use crate::analysis::{Analysis, Compat, Follower, SharedEvent, Transition};
use crate::spec::v2::EventType;
use crate::timeline::collector::Collected;

/// Share of the processors that the program has from a time on.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Point {
    /// Time in nanoseconds.
    pub time: i64,
    /// Share of the processors, 0 to 1.
    pub utilization: f64,
}

/// Makes a [`Curve`]. Memory grows with the changes of the utilization.
#[derive(Clone, Debug)]
pub struct CollectUtilization(Figures);

#[derive(Clone, Debug)]
enum Figures {
    Right(Box<Taken>),
    GoSeries(Box<GoSeries>),
}

impl CollectUtilization {
    /// Returns a pass that counts by the flags, with the chosen figures.
    pub fn new(flags: Flags, compat: Compat) -> CollectUtilization {
        CollectUtilization(match compat {
            Compat::Right => Figures::Right(Box::new(Taken::new(flags))),
            Compat::Go127 => Figures::GoSeries(Box::new(GoSeries::new(flags))),
        })
    }
}

impl Analysis for CollectUtilization {
    type Output = Curve;

    const FOLLOWS_COLLECTOR: bool = true;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        match &self.0 {
            Figures::Right(taken) => taken.wants(event),
            Figures::GoSeries(_) => GoSeries::wants(event),
        }
    }

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, _: &Follower) {
        if let Figures::GoSeries(go) = &mut self.0 {
            go.goroutine(transition);
        }
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        match &mut self.0 {
            Figures::Right(taken) => taken.event(event, follower),
            Figures::GoSeries(go) => go.event(event, follower),
        }
    }

    fn collected(&mut self, collected: &Collected) {
        if let Figures::Right(taken) = &mut self.0 {
            taken.collected(collected);
        }
    }

    fn finish(self, follower: &Follower) -> Curve {
        match self.0 {
            Figures::Right(taken) => Curve::of(taken.finish(follower), Compat::Right),
            Figures::GoSeries(go) => Curve::of(go.finish(follower.last().0), Compat::Go127),
        }
    }
}

/// Adds a point, if it changes anything; of several at one time the least counts.
pub(super) fn add(series: Option<&mut Vec<Point>>, point: Point) {
    let Some(series) = series else { return };
    match series.last_mut() {
        Some(last) if last.utilization == point.utilization => {}
        Some(last) if last.time == point.time => {
            if point.utilization < last.utilization {
                *last = point;
            }
        }
        _ => series.push(point),
    }
}
