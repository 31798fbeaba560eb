//! The chain of wakings that led to a moment of a goroutine, and that it led to.

use crate::answer::{Failure, to_json};
use crate::functions::{some_text, text};
use crate::jobs::Interest;
use crate::opened::Opened;
use crate::query::Query;
use crate::view::View;
use bytes::Bytes;
use gotrace::analysis::names::NameId;
use gotrace::analysis::{Analysis, Follower, Transition};
use gotrace::spec::v2::EventType;
use gotrace::{GoId, GoState, Time, Window};
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::cell::RefCell;
use std::rc::Rc;

/// So many wakings back are told.
const BACK: usize = 16;
/// So many forth.
const FORTH: usize = 60;
/// A goroutine is so many wakings away at most.
const DEEP: usize = 8;
/// So many that one goroutine woke are followed.
const WIDE: usize = 6;

#[derive(Serialize)]
struct Chain {
    goroutine: u64,
    function: Option<String>,
    back: Vec<Woken>,
    forth: Vec<Woken>,
    more: bool,
}

/// A waking: of the one that woke the one before it, or of one that was woken.
#[derive(Serialize)]
struct Woken {
    goroutine: Option<u64>,
    function: Option<String>,
    time: i64,
    reason: Option<String>,
    created: bool,
    /// Index of the step that woke it, among those forth.
    parent: Option<usize>,
    /// Time at which it ran after that.
    start: Option<i64>,
    /// Number of goroutines that it woke besides those.
    more: usize,
}

/// `/api/chain`.
pub(crate) fn chain(view: &View, query: &Query, interest: &Interest) -> Result<Bytes, Failure> {
    let opened = view.opened()?;
    let at = query.nanos("at")?.ok_or_else(|| Failure::parameter("when? at"))?;
    let at = opened.start.0.saturating_add(at.max(0));
    let id = query.value("goroutine")?.ok_or_else(|| Failure::parameter("of which goroutine?"))?;
    let name = |id: u64| view.functions.of(id).map(|name| text(&name));
    let back = back(opened, (GoId(id), at), interest)?.into_iter().map(|step| Woken {
        goroutine: step.by.map(|by| by.0),
        function: step.by.and_then(|by| name(by.0)),
        time: step.time - opened.start.0,
        reason: step.reason,
        created: step.created,
        parent: None,
        start: None,
        more: 0,
    });
    let back = back.collect();
    let (mut forth, more) = forth(opened, (GoId(id), at), interest)?;
    for woken in &mut forth {
        woken.function = woken.goroutine.and_then(name);
    }
    to_json(&Chain { goroutine: id, function: name(id), back, forth, more })
}

/// A waking, with the reason for which who was woken had waited.
#[derive(Clone)]
struct Step<R> {
    by: Option<GoId>,
    time: i64,
    reason: R,
    created: bool,
}

/// Looks for the wakings that led to a moment, the last first: further and further back, until
/// one came from nobody or there are enough.
fn back(opened: &Opened, (id, at): (GoId, i64), interest: &Interest) -> Result<Vec<Step<Option<String>>>, Failure> {
    let starts: Vec<i64> = opened.source.trace.generations().iter().map(|generation| generation.start().0).collect();
    let mut place = starts.iter().rposition(|start| *start <= at).unwrap_or(0);
    let mut step = 1;
    loop {
        let from = if place == 0 { None } else { starts.get(place).map(|start| Time(*start)) };
        let window = Window::new(from, Some(Time(at.saturating_add(1))));
        let back = Back { id, chains: FxHashMap::default() };
        let analyzed = window.analyze_while(opened.source.trace, back, |_| interest.is_there())?;
        let found = analyzed.ok_or_else(Failure::given_up)?.output;
        let is_whole = found.len() >= BACK || found.last().is_some_and(|last| last.by.is_none());
        if is_whole || place == 0 {
            return Ok(found);
        }
        place = place.saturating_sub(step);
        step *= 4;
    }
}

/// A waking, and that of the one that woke: goroutines which one woke share what led to it.
struct Link {
    step: Step<NameId>,
    before: Option<Rc<Link>>,
    long: usize,
}

impl Link {
    fn new(step: Step<NameId>, before: Option<Rc<Link>>) -> Rc<Link> {
        let long = before.as_ref().map_or(0, |before| before.long) + 1;
        Rc::new(Link { step, before, long })
    }

    fn steps(&self) -> impl Iterator<Item = &Step<NameId>> {
        std::iter::successors(Some(self), |link| link.before.as_deref()).map(|link| &link.step).take(BACK)
    }

    /// The last wakings of it, as many as are told.
    fn cut(&self) -> Option<Rc<Link>> {
        let steps: Vec<_> = self.steps().cloned().collect();
        steps.into_iter().rev().fold(None, |before, step| Some(Link::new(step, before)))
    }
}

/// Follows who woke whom: of each goroutine the wakings that led to its last one.
struct Back {
    id: GoId,
    chains: FxHashMap<GoId, Rc<Link>>,
}

impl Analysis for Back {
    type Output = Vec<Step<Option<String>>>;

    fn wants(&self, event: EventType) -> bool {
        event == EventType::GoStart
    }

    fn goroutine(&mut self, transition: &Transition<'_, '_>, _: &Follower) {
        let Some(step) = waking(transition) else {
            if transition.to() == GoState::NotExist && transition.id() != self.id {
                self.chains.remove(&transition.id());
            }
            return;
        };
        let mut before = step.by.and_then(|by| self.chains.get_mut(&by));
        if let Some(chain) = before.as_deref_mut().filter(|chain| chain.long > 2 * BACK)
            && let Some(cut) = chain.cut()
        {
            *chain = cut;
        }
        let before = before.map(|chain| Rc::clone(chain));
        self.chains.insert(transition.id(), Link::new(step, before));
    }

    fn finish(self, follower: &Follower) -> Self::Output {
        let name = |id| some_text(follower.stacks().names.get(id));
        let steps = self.chains.get(&self.id).into_iter().flat_map(|chain| chain.steps());
        steps
            .map(|step| Step { by: step.by, time: step.time, reason: name(step.reason), created: step.created })
            .collect()
    }
}

/// The waking that a transition is, if it is one.
fn waking(transition: &Transition<'_, '_>) -> Option<Step<NameId>> {
    let is_one = matches!(transition.from(), GoState::Waiting | GoState::NotExist)
        && transition.to() == GoState::Runnable
        && !transition.is_restated();
    is_one.then(|| Step {
        by: transition.goroutine().filter(|by| *by != transition.id()),
        time: transition.time().0,
        reason: transition.before().map(|before| before.reason()).unwrap_or_default(),
        created: transition.from() == GoState::NotExist,
    })
}

/// Looks for the wakings that a goroutine made from a moment until it waits, and those that
/// these made.
fn forth(opened: &Opened, (id, at): (GoId, i64), interest: &Interest) -> Result<(Vec<Woken>, bool), Failure> {
    let found =
        RefCell::new(Found { woken: Vec::new(), of: FxHashMap::from_iter([(id, Root::Asked(0))]), more: false });
    let follow = Forth { found: &found, at, start: opened.start.0 };
    let go_on = |_: &gotrace::Event<'_>| {
        let found = found.borrow();
        interest.is_there() && !found.of.is_empty() && !found.more
    };
    Window::new(Some(Time(at)), None).analyze_while(opened.source.trace, follow, go_on)?;
    if !interest.is_there() {
        return Err(Failure::given_up());
    }
    let Found { woken, more, .. } = found.into_inner();
    Ok((woken, more))
}

/// Place of a goroutine that may wake others.
#[derive(Clone, Copy)]
enum Root {
    /// The goroutine that was asked for, and how many it has woken.
    Asked(usize),
    /// A goroutine that was woken: its step, its depth, and how many it has woken.
    Woken { place: usize, depth: usize, many: usize },
}

/// The wakings that were found, and the goroutines whose wakings belong to these.
struct Found {
    woken: Vec<Woken>,
    of: FxHashMap<GoId, Root>,
    more: bool,
}

struct Forth<'f> {
    found: &'f RefCell<Found>,
    at: i64,
    start: i64,
}

impl Analysis for Forth<'_> {
    type Output = ();

    fn wants(&self, event: EventType) -> bool {
        event == EventType::GoStart
    }

    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        let found = &mut *self.found.borrow_mut();
        if transition.is_restated() || found.more {
            return;
        }
        let (id, time) = (transition.id(), transition.time().0 - self.start);
        if let Some(step) = waking(transition)
            && let Some(root) = step.by.and_then(|by| found.of.get_mut(&by))
        {
            let (parent, depth, many) = match root {
                Root::Asked(many) => (None, 0, many),
                Root::Woken { place, depth, many } => (Some(*place), *depth, many),
            };
            *many += 1;
            if *many > WIDE || depth >= DEEP {
                if let Some(parent) = parent.and_then(|place| found.woken.get_mut(place)) {
                    parent.more += 1;
                }
                return;
            }
            found.more = found.woken.len() >= FORTH;
            if found.more {
                return;
            }
            found.of.insert(id, Root::Woken { place: found.woken.len(), depth: depth + 1, many: 0 });
            found.woken.push(Woken {
                goroutine: Some(id.0),
                function: None,
                time,
                reason: some_text(follower.stacks().names.get(step.reason)),
                created: step.created,
                parent,
                start: None,
                more: 0,
            });
            return;
        }
        let Some(root) = found.of.get(&id) else { return };
        match transition.to() {
            GoState::Running => {
                if let Root::Woken { place, .. } = root
                    && let Some(woken) = found.woken.get_mut(*place)
                {
                    woken.start.get_or_insert(time);
                }
            }
            GoState::Waiting | GoState::NotExist if transition.time().0 > self.at => {
                found.of.remove(&id);
            }
            _ => {}
        }
    }

    fn finish(self, _: &Follower) {}
}
