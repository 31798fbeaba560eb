//! When the collector marked, and when the world was stopped.

use crate::answer::Failure;
use crate::jobs::Interest;
use crate::opened::Opened;
use gotrace::analysis::{Analysis, Follower, SharedEvent};
use gotrace::spec::v2::EventType;
use gotrace::{EventKind, RangeName, Window};

/// Stretches that do not overlap, in order: nanoseconds since the trace's first event.
#[derive(Clone, Default, Debug)]
pub(crate) struct Stretches {
    done: Vec<(i64, i64)>,
    open: Option<i64>,
}

impl Stretches {
    fn begin(&mut self, time: i64) {
        self.open.get_or_insert(time);
    }

    /// Ends the open one, or one that is only known to have been open since `else_from`.
    fn end(&mut self, else_from: i64, time: i64) {
        let from = self.open.take().unwrap_or(else_from);
        let from = self.done.last().map_or(from, |(_, last)| from.max(*last));
        self.done.push((from, time.max(from)));
    }

    /// Returns whether one of them overlaps a stretch, or touches a moment.
    pub(crate) fn overlap(&self, from: i64, to: i64) -> bool {
        let next = self.done.partition_point(|(_, end)| *end <= from);
        self.done.get(next).is_some_and(|(begin, _)| *begin < to || *begin <= from)
    }
}

/// When the collector was at work.
#[derive(Default, Debug)]
pub(crate) struct During {
    /// When it marked.
    pub(crate) marking: Stretches,
    /// When the world was stopped, for whatever reason.
    pub(crate) stopped: Stretches,
}

impl During {
    /// Reads when.
    pub(crate) fn of(opened: &Opened, interest: &Interest) -> Result<During, Failure> {
        let collect = Collect { during: During::default(), start: opened.start.0 };
        let analyzed = Window::default().analyze_while(opened.source.trace, collect, |_| interest.is_there())?;
        Ok(analyzed.ok_or_else(Failure::given_up)?.output)
    }
}

struct Collect {
    during: During,
    start: i64,
}

impl Collect {
    fn of(&mut self, name: RangeName<'_>) -> Option<&mut Stretches> {
        match name {
            RangeName::GcMark => Some(&mut self.during.marking),
            RangeName::StopTheWorld(_) => Some(&mut self.during.stopped),
            _ => None,
        }
    }
}

impl Analysis for Collect {
    type Output = During;

    fn wants(&self, event: EventType) -> bool {
        use EventType::*;
        matches!(event, GCBegin | GCEnd | GCActive | STWBegin | STWEnd | Sync)
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        let (time, synced) = (event.time().0 - self.start, follower.synced().0 - self.start);
        match *event.kind() {
            EventKind::RangeBegin(range) => {
                if let Some(all) = self.of(range.name) {
                    all.begin(time);
                }
            }
            EventKind::RangeActive(range) => {
                if let Some(all) = self.of(range.name) {
                    all.begin(synced);
                }
            }
            EventKind::RangeEnd(range, _) => {
                if let Some(all) = self.of(range.name) {
                    all.end(synced, time);
                }
            }
            _ => {}
        }
    }

    fn finish(mut self, follower: &Follower) -> During {
        let last = follower.last().0 - self.start;
        for all in [&mut self.during.marking, &mut self.during.stopped] {
            if all.open.is_some() {
                all.end(last, last);
            }
        }
        self.during
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_is_found() {
        let mut all = Stretches::default();
        all.begin(10);
        all.begin(12);
        all.end(0, 20);
        all.end(25, 30);
        for (from, to, want) in [
            (0, 10, false),
            (0, 11, true),
            (19, 20, true),
            (20, 25, false),
            (15, 15, true),
            (22, 40, true),
            (30, 40, false),
        ] {
            assert_eq!(all.overlap(from, to), want, "{from} {to}");
        }
        assert!(!Stretches::default().overlap(0, i64::MAX));
    }
}
