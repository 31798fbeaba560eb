//! One span, whole.

use crate::answer::{Failure, to_json};
use crate::functions::{some_text, text};
use crate::jobs::Interest;
use crate::opened::Opened;
use crate::query::Query;
use crate::view::View;
use bytes::Bytes;
use gotrace::analysis::stacks::StackKey;
use gotrace::analysis::{Analysis, Follower, Transition};
use gotrace::spec::v2::EventType;
use gotrace::{GoId, GoState, Time, Window};
use serde::Serialize;
use std::cell::RefCell;

/// No more goroutines that were woken are told.
const WOKEN: usize = 200;

#[derive(Clone, Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct SpanAnswer {
    goroutine: u64,
    function: Option<String>,
    state: &'static str,
    reason: Option<String>,
    start: i64,
    end: i64,
    began: bool,
    ended: bool,
    proc: Option<u64>,
    thread: Option<u64>,
    stack: Vec<Frame>,
    end_stack: Vec<Frame>,
    unblocked_by: Option<Waker>,
    unblocked: Vec<Woken>,
    previous: Option<Beside>,
    next: Option<Beside>,
    /// True if the one before it is told whole too.
    #[serde(skip)]
    follows: bool,
}

#[derive(Clone, Serialize)]
struct Frame {
    func: String,
    file: String,
    line: u64,
}

#[derive(Clone, Serialize)]
struct Waker {
    goroutine: Option<u64>,
    function: Option<String>,
    time: i64,
    stack: Vec<Frame>,
}

#[derive(Clone, Serialize)]
struct Woken {
    goroutine: u64,
    function: Option<String>,
    time: i64,
}

#[derive(Clone, Serialize)]
struct Beside {
    start: i64,
    state: &'static str,
}

fn name(state: GoState) -> &'static str {
    match state {
        GoState::Running => "running",
        GoState::Runnable => "runnable",
        GoState::Waiting => "waiting",
        GoState::Syscall => "syscall",
        GoState::NotExist => "ended",
        GoState::Undetermined => "unknown",
    }
}

fn frames(follower: &Follower, key: StackKey) -> Vec<Frame> {
    let names = &follower.stacks().names;
    let frames = follower.stacks().frames(key).iter();
    let name = |id| text(names.get(id));
    frames.map(|frame| Frame { func: name(frame.func), file: name(frame.file), line: frame.line }).collect()
}

fn function(follower: &Follower, id: GoId) -> Option<String> {
    some_text(follower.stacks().names.get(follower.goroutine(id)?.function()))
}

/// `/api/span`.
pub(crate) fn span(view: &View, query: &Query, interest: &Interest) -> Result<Bytes, Failure> {
    let opened = view.opened()?;
    let at = query.nanos("at")?.ok_or_else(|| Failure::parameter("when? at"))?;
    let at = opened.start.0.saturating_add(at.max(0));
    let lane = query.get("lane").unwrap_or("");
    let bad = || Failure::parameter(format!("there is no lane {lane}"));
    let (kind, number) = lane.split_once(':').ok_or_else(bad)?;
    let number: u64 = number.parse().map_err(|_| bad())?;
    let id = match kind {
        "goroutine" => GoId(number),
        "proc" | "thread" => on(opened, (kind == "proc", number), at, interest)?,
        _ => return Err(bad()),
    };
    // What began long before is looked for further and further back.
    let starts: Vec<i64> = opened.source.trace.generations().iter().map(|generation| generation.start().0).collect();
    let mut place = starts.iter().rposition(|start| *start <= at).unwrap_or(0);
    let mut step = 1;
    loop {
        let from = if place == 0 { None } else { starts.get(place).map(|start| Time(*start)) };
        let found = look(opened, (id, at), from, interest)?;
        match found.answer {
            Some(answer) if (answer.began && answer.follows) || place == 0 => return to_json(&answer),
            None if place == 0 => return Err(Failure::new(404, "there is nothing at that time")),
            _ => place = place.saturating_sub(step),
        }
        step *= 4;
    }
}

/// Returns the goroutine that is on a P or an M at a time.
fn on(opened: &Opened, lane: (bool, u64), at: i64, interest: &Interest) -> Result<GoId, Failure> {
    let from = Time(at).max(opened.start);
    let window = Window::new(Some(from), Some(Time(at.saturating_add(1))));
    let analyzed = window.analyze_while(opened.source.trace, On { lane, goroutine: None }, |_| interest.is_there())?;
    let goroutine = analyzed.ok_or_else(Failure::given_up)?.output;
    goroutine.ok_or_else(|| Failure::new(404, "no goroutine is there at that time"))
}

/// Finds who is on a P or an M in the end.
struct On {
    /// True for a P, and its number or that of the M.
    lane: (bool, u64),
    goroutine: Option<GoId>,
}

impl Analysis for On {
    type Output = Option<GoId>;

    fn wants(&self, event: EventType) -> bool {
        event == EventType::GoStart
    }

    fn goroutine(&mut self, transition: &Transition<'_, '_>, _: &Follower) {
        let (is_proc, number) = self.lane;
        let there = match is_proc {
            true => transition.after().proc().is_some_and(|id| id.0 == number),
            false => transition.thread().is_some_and(|id| id.0 == number),
        };
        if there && transition.to().is_executing() {
            self.goroutine = Some(transition.id());
        } else if self.goroutine == Some(transition.id()) {
            self.goroutine = None;
        }
    }

    fn finish(self, _: &Follower) -> Option<GoId> {
        self.goroutine
    }
}

/// The span of a goroutine at a time, as far as it has been followed.
#[derive(Default)]
struct Found {
    answer: Option<SpanAnswer>,
    over: bool,
}

fn look(opened: &Opened, (id, at): (GoId, i64), from: Option<Time>, interest: &Interest) -> Result<Found, Failure> {
    let found = RefCell::new(Found::default());
    let follow = Follow { found: &found, id, at, start: opened.start.0 };
    let go_on = |_: &gotrace::Event<'_>| interest.is_there() && !found.borrow().over;
    Window::new(from, None).analyze_while(opened.source.trace, follow, go_on)?;
    if interest.is_there() { Ok(found.into_inner()) } else { Err(Failure::given_up()) }
}

/// Follows one goroutine to the end of the span that it is in at a time.
struct Follow<'f> {
    found: &'f RefCell<Found>,
    id: GoId,
    at: i64,
    start: i64,
}

impl Follow<'_> {
    /// The goroutine enters a state.
    fn enter(&self, found: &mut Found, transition: &Transition<'_, '_>, follower: &Follower) {
        let (to, after, time) = (transition.to(), transition.after(), transition.time().0 - self.start);
        let follows = found.answer.as_ref().is_none_or(|left| left.began);
        let previous = found.answer.take().map(|left| Beside { start: left.start, state: left.state });
        if to == GoState::NotExist {
            return;
        }
        let executes = to.is_executing();
        let stack = if after.own_stack().index() == 0 { after.stack() } else { after.own_stack() };
        let woken = to == GoState::Runnable && transition.goroutine() != Some(self.id);
        let waker = transition.goroutine().filter(|_| woken);
        found.answer = Some(SpanAnswer {
            goroutine: self.id.0,
            function: function(follower, self.id),
            state: name(to),
            reason: some_text(follower.stacks().names.get(after.reason())),
            start: after.since().map_or(transition.time().0, |since| since.0) - self.start,
            end: time,
            began: after.since().is_some() && !transition.is_restated(),
            proc: after.proc().filter(|_| executes).map(|id| id.0),
            thread: transition.thread().filter(|_| executes).map(|id| id.0),
            stack: frames(follower, stack),
            unblocked_by: (woken && !transition.is_restated() && transition.from() != GoState::Undetermined).then(
                || Waker {
                    goroutine: waker.map(|id| id.0),
                    function: waker.and_then(|id| function(follower, id)),
                    time,
                    stack: frames(follower, after.stack()),
                },
            ),
            previous,
            follows,
            ..SpanAnswer::default()
        });
    }

    /// The goroutine leaves the state that was asked for.
    fn leave(&self, found: &mut Found, transition: &Transition<'_, '_>, follower: &Follower) {
        found.over = true;
        let Some(answer) = &mut found.answer else { return };
        let (to, after, time) = (transition.to(), transition.after(), transition.time().0 - self.start);
        (answer.end, answer.ended) = (time, true);
        answer.next = Some(Beside { start: time, state: name(to) });
        answer.function = answer.function.take().or_else(|| function(follower, self.id));
        let own = transition.goroutine() == Some(self.id);
        if own {
            answer.end_stack = frames(follower, after.stack());
        }
        if answer.state == "waiting" && to == GoState::Runnable {
            let waker = transition.goroutine();
            answer.unblocked_by = Some(Waker {
                goroutine: waker.map(|id| id.0),
                function: waker.and_then(|id| function(follower, id)),
                time,
                stack: frames(follower, after.stack()),
            });
        }
    }
}

impl Analysis for Follow<'_> {
    type Output = ();

    fn wants(&self, event: EventType) -> bool {
        matches!(event, EventType::GoStart | EventType::Sync)
    }

    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        let mut found = self.found.borrow_mut();
        if found.over {
            return;
        }
        let time = transition.time().0;
        if transition.id() == self.id {
            // What it was in when the trace tells of it for the first time, it was in before.
            let first = transition.before().is_none() && transition.from() != GoState::NotExist;
            if time <= self.at || (first && found.answer.is_none()) {
                self.enter(&mut found, transition, follower);
            } else {
                self.leave(&mut found, transition, follower);
            }
        } else if transition.goroutine() == Some(self.id)
            && transition.to() == GoState::Runnable
            && let Some(answer) = &mut found.answer
            && answer.unblocked.len() < WOKEN
        {
            let id = transition.id();
            let time = time - self.start;
            answer.unblocked.push(Woken { goroutine: id.0, function: function(follower, id), time });
        }
    }

    fn finish(self, follower: &Follower) {
        let mut found = self.found.borrow_mut();
        if !found.over
            && let Some(answer) = &mut found.answer
        {
            answer.end = follower.last().0 - self.start;
        }
    }
}
