//! Consecutive lines that show a stop of the world under way.

use crate::diagnose::finding::Stretch;
use crate::diagnose::observation::Stop;

/// Number of the longest stops that are kept.
const STOPS: usize = 5;

/// Follows `gcwaiting` from line to line.
#[derive(Clone, Debug, Default)]
pub(super) struct Stops {
    now: Option<Stop>,
    /// True if any line has `gcwaiting`.
    can_tell: bool,
    longest: Vec<Stop>,
}

impl Stops {
    /// Adds the next line: the number of Ps that a stop waits for, if there is one.
    pub(super) fn push(&mut self, time: i64, line: u64, stopwait: Option<i64>) {
        self.can_tell = true;
        let Some(stopwait) = stopwait else { return self.over() };
        let begins = Stop { when: Stretch { start: time, end: time }, lines: 0, line, stopwait };
        let stop = self.now.get_or_insert(begins);
        stop.lines += 1;
        stop.when.end = time;
        stop.stopwait = stop.stopwait.max(stopwait);
    }

    /// Ends the stop, if there was one: a line shows that, or a collection has ended, whose
    /// own line has the lengths of its stops.
    pub(super) fn over(&mut self) {
        let Some(stop) = self.now.take().filter(|stop| stop.lines > 1) else { return };
        self.longest.push(stop);
        super::longest(&mut self.longest, STOPS, |stop| stop.when.length());
    }

    /// Returns whether any line has `gcwaiting`: those of `scheddetail` do.
    pub(super) fn can_tell(&self) -> bool {
        self.can_tell
    }

    pub(super) fn finish(mut self) -> Vec<Stop> {
        self.over();
        self.longest
    }
}
