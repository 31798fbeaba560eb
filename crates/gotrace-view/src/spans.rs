//! Finds spans: the longest stays of goroutines in a state.

use crate::answer::Failure;
use crate::functions::{some_text, text};
use crate::jobs::Interest;
use crate::opened::Opened;
use crate::query::Query;
use gotrace::analysis::names::NameId;
use gotrace::analysis::{Analysis, Follower, Transition};
use gotrace::spec::v2::EventType;
use gotrace::{GoState, Window};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Condition on spans.
pub(crate) struct Wanted<'f> {
    state: Option<GoState>,
    /// A part of the function that the goroutine began with, in lower case; or its number.
    function: String,
    number: Option<u64>,
    /// A part of the reason, in lower case.
    reason: String,
    /// Predicate on the beginning and the end of a span.
    lasts: &'f dyn Fn(i64, i64) -> bool,
    /// Number of the longest that are kept.
    limit: usize,
}

impl<'f> Wanted<'f> {
    /// Reads which; `of` is part of the function's name, or a goroutine's number.
    pub(crate) fn parse(
        query: &Query,
        of: &str,
        limit: usize,
        lasts: &'f dyn Fn(i64, i64) -> bool,
    ) -> Result<Wanted<'f>, Failure> {
        let state = match query.get("state") {
            None => None,
            Some("running") => Some(GoState::Running),
            Some("runnable") => Some(GoState::Runnable),
            Some("waiting") => Some(GoState::Waiting),
            Some("syscall") => Some(GoState::Syscall),
            Some(other) => return Err(Failure::parameter(format!("there is no state {other}"))),
        };
        let reason = query.get("reason").unwrap_or("").to_lowercase();
        let number = of.trim_start_matches('g').parse().ok();
        Ok(Wanted { state, function: of.to_string(), number, reason, lasts, limit })
    }

    /// Wants those for a reason, of whatever goroutine.
    pub(crate) fn for_reason(self, reason: &str) -> Wanted<'f> {
        Wanted { function: String::new(), number: None, reason: reason.to_string(), ..self }
    }
}

/// A span that was found: since its first event, in nanoseconds.
pub(crate) struct Span {
    pub(crate) goroutine: u64,
    pub(crate) function: Option<String>,
    pub(crate) state: &'static str,
    pub(crate) reason: Option<String>,
    pub(crate) start: i64,
    pub(crate) end: i64,
}

/// Finds the longest spans, the longest first, and whether there are more.
pub(crate) fn longest(opened: &Opened, wanted: Wanted<'_>, interest: &Interest) -> Result<(Vec<Span>, bool), Failure> {
    let (start, names) = (opened.start.0, FxHashMap::default());
    let find = Find { wanted, start, names, kept: BinaryHeap::new(), more: false };
    let analyzed = Window::default().analyze_while(opened.source.trace, find, |_| interest.is_there())?;
    Ok(analyzed.ok_or_else(Failure::given_up)?.output)
}

/// A span as it is kept, the longest being the greatest: its length, its start from the last
/// to the first, its goroutine, its state, its reason and the goroutine's function.
type Kept = (i64, Reverse<i64>, u64, &'static str, NameId, NameId);

struct Find<'f> {
    wanted: Wanted<'f>,
    start: i64,
    /// Returns whether a function's name, or a reason, is wanted.
    names: FxHashMap<(bool, NameId), bool>,
    kept: BinaryHeap<Reverse<Kept>>,
    more: bool,
}

impl Find<'_> {
    fn is_wanted(&mut self, is_function: bool, name: NameId, follower: &Follower) -> bool {
        let part = if is_function { &self.wanted.function } else { &self.wanted.reason };
        if part.is_empty() {
            return true;
        }
        let is_in = || text(follower.stacks().names.get(name)).to_lowercase().contains(part);
        *self.names.entry((is_function, name)).or_insert_with(is_in)
    }

    fn look(&mut self, span: &gotrace::timeline::GoroutineState, end: i64, follower: &Follower) {
        let state = match span.state() {
            GoState::Running => "running",
            GoState::Runnable => "runnable",
            GoState::Waiting => "waiting",
            GoState::Syscall => "syscall",
            _ => return,
        };
        let begin = span.since().unwrap_or(follower.start()).0 - self.start;
        let (nanos, end) = (end - self.start - begin, end - self.start);
        let full = self.kept.len() >= self.wanted.limit;
        if self.wanted.state.is_some_and(|wanted| wanted != span.state())
            || nanos <= 0
            || !(self.wanted.lasts)(begin, end)
            || (full && self.more && self.kept.peek().is_some_and(|Reverse(least)| nanos < least.0))
        {
            return;
        }
        let is_its = self.wanted.number == Some(span.id().0) || self.is_wanted(true, span.function(), follower);
        if !is_its || !self.is_wanted(false, span.reason(), follower) {
            return;
        }
        self.kept.push(Reverse((nanos, Reverse(begin), span.id().0, state, span.reason(), span.function())));
        if full {
            self.kept.pop();
            self.more = true;
        }
    }
}

impl Analysis for Find<'_> {
    type Output = (Vec<Span>, bool);

    fn wants(&self, event: EventType) -> bool {
        event == EventType::GoStart
    }

    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        if let Some(left) = transition.before() {
            self.look(left, transition.time().0, follower);
        }
    }

    fn finish(mut self, follower: &Follower) -> Self::Output {
        let last = follower.last().0;
        follower.goroutines().for_each(|left| self.look(left, last, follower));
        let name = |id| some_text(follower.stacks().names.get(id));
        let spans = self.kept.into_sorted_vec().into_iter().map(|Reverse(span)| {
            let (nanos, Reverse(start), goroutine, state, reason, function) = span;
            Span { goroutine, function: name(function), state, reason: name(reason), start, end: start + nanos }
        });
        (spans.collect(), self.more)
    }
}
