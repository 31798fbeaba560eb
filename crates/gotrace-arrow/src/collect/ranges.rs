//! Rows of ranges: phases of the garbage collector, and stops of the world.

use super::Context;
use crate::out::Out;
use crate::table::Table;
use gotrace::analysis::{Follower, SharedEvent};
use gotrace::event::EventKind;
use gotrace::timeline::names::NameId;
use gotrace::timeline::stacks::StackKey;
use gotrace::{GoId, ProcId, Range, RangeName, RangeScope, Swept, Time};
use rustc_hash::FxHashMap;

/// Ranges that go on.
#[derive(Default)]
pub(super) struct OpenRanges(FxHashMap<(i32, RangeScope), Open>);

/// A range that goes on.
#[derive(Clone, Copy)]
struct Open {
    start: Time,
    /// True if the trace has its beginning.
    begun: bool,
    goroutine: Option<GoId>,
    proc: Option<ProcId>,
    reason: NameId,
    stack: StackKey,
}

impl OpenRanges {
    /// Takes note of the beginning or end of a range, or that one goes on.
    pub(super) fn note(
        &mut self,
        out: &mut Out<'_>,
        context: &mut Context<'_>,
        event: &SharedEvent<'_, '_>,
        follower: &mut Follower,
    ) {
        match *event.kind() {
            EventKind::RangeBegin(range) => {
                let open = self.begin(event, &range, follower);
                self.0.insert(key(&range), open);
            }
            // Each generation states anew what goes on.
            EventKind::RangeActive(range) if !self.0.contains_key(&key(&range)) => {
                let open = Open { begun: false, start: follower.synced(), ..self.begin(event, &range, follower) };
                self.0.insert(key(&range), open);
            }
            EventKind::RangeEnd(range, swept) => {
                let open = self.0.remove(&key(&range)).unwrap_or_else(|| Open {
                    begun: false,
                    start: follower.synced(),
                    ..self.begin(event, &range, follower)
                });
                row(out, context, (key(&range), open), (event.time(), true), swept, follower);
            }
            _ => {}
        }
    }

    /// Returns the range that an event begins.
    fn begin(&self, event: &SharedEvent<'_, '_>, range: &Range<'_>, follower: &mut Follower) -> Open {
        let reason = match range.name {
            RangeName::StopTheWorld(reason) => follower.stacks_mut().names.intern(reason),
            _ => NameId::EMPTY,
        };
        let (goroutine, proc) = match range.scope {
            RangeScope::Goroutine(goroutine) => (goroutine, event.proc()),
            RangeScope::Proc(proc) => (event.goroutine(), proc),
            RangeScope::Global => (event.goroutine(), event.proc()),
        };
        let stack = follower.intern(event.stack());
        Open { start: event.time(), begun: !event.is_restated(), goroutine, proc, reason, stack }
    }

    /// Makes the rows of the ranges that go on when the trace ends.
    pub(super) fn end(self, out: &mut Out<'_>, context: &mut Context<'_>, follower: &Follower) {
        let mut open: Vec<_> = self.0.into_iter().collect();
        open.sort_unstable_by_key(|((kind, _), open)| (open.start, *kind, open.goroutine, open.proc));
        for range in open {
            row(out, context, range, (follower.last(), false), None, follower);
        }
    }
}

/// Returns the kind of a range as the place of its word, and the scope: a range ends where
/// one of the same kind and scope does.
fn key(range: &Range<'_>) -> (i32, RangeScope) {
    let kind = match range.name {
        RangeName::StopTheWorld(_) => 0,
        RangeName::GcMark => 1,
        RangeName::GcSweep => 2,
        RangeName::GcMarkAssist => 3,
        _ => -1,
    };
    (kind, range.scope)
}

fn row(
    out: &mut Out<'_>,
    context: &mut Context<'_>,
    ((kind, scope), open): ((i32, RangeScope), Open),
    (end, ended): (Time, bool),
    swept: Option<Swept>,
    follower: &Follower,
) {
    let of_goroutine = matches!(scope, RangeScope::Goroutine(_));
    if of_goroutine && !context.scope.has_moment(open.goroutine, open.start) {
        return;
    }
    let stack = context.stack(open.stack, follower);
    let Some(row) = out.row(Table::Ranges) else { return };
    let start = open.start.min(end);
    let scope = match scope {
        RangeScope::Global => 0,
        RangeScope::Goroutine(_) => 1,
        RangeScope::Proc(_) => 2,
    };
    row.word((kind >= 0).then_some(kind))
        .int(context.time(start))
        .int(context.time(end))
        .int(end.since(start))
        .word(scope)
        .id(open.goroutine.map(|g| g.0))
        .id(open.proc.map(|p| p.0))
        .name(open.reason, &follower.stacks().names)
        .id(swept.map(|swept| swept.swept))
        .id(swept.map(|swept| swept.reclaimed))
        .int(stack)
        .flag(open.begun)
        .flag(ended)
        .end();
}
