//! Wakings: who woke or created whom.

use crate::answer::{Failure, to_json};
use crate::functions::some_text;
use crate::jobs::Interest;
use crate::query::Query;
use crate::view::View;
use bytes::Bytes;
use gotrace::analysis::{Analysis, Follower, Transition};
use gotrace::spec::v2::EventType;
use gotrace::{GoId, GoState, Time, Window};
use rustc_hash::FxHashMap;
use serde::Serialize;

/// No more wakings are sent.
const FLOWS: usize = 5000;

#[derive(Serialize)]
struct Flows {
    flows: Vec<Flow>,
    more: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Flow {
    time: i64,
    from: Option<u64>,
    from_proc: Option<u64>,
    to: u64,
    to_start: Option<i64>,
    to_proc: Option<u64>,
    reason: Option<String>,
    created: bool,
}

/// `/api/flows`.
pub(crate) fn flows(view: &View, query: &Query, interest: &Interest) -> Result<Bytes, Failure> {
    let opened = view.opened()?;
    let (from, to) = query.stretch()?.ok_or_else(|| Failure::parameter("when? from, to"))?;
    let (from, to) = (opened.start.0.saturating_add(from), opened.start.0.saturating_add(to));
    let of = query.value::<u64>("goroutine")?.map(GoId);
    let limit = query.count("limit", 1000, FLOWS)?;
    let wakings =
        Wakings { of, start: opened.start.0, limit, flows: Vec::new(), more: false, open: FxHashMap::default() };
    let window = Window::new(Some(Time(from)), Some(Time(to)));
    let analyzed = window.analyze_while(opened.source.trace, wakings, |_| interest.is_there())?;
    to_json(&analyzed.ok_or_else(Failure::given_up)?.output)
}

/// Collects wakings.
struct Wakings {
    of: Option<GoId>,
    start: i64,
    limit: usize,
    flows: Vec<Flow>,
    more: bool,
    /// The place of the waking of each goroutine that has not run since.
    open: FxHashMap<GoId, usize>,
}

impl Analysis for Wakings {
    type Output = Flows;

    fn wants(&self, event: EventType) -> bool {
        event == EventType::GoStart
    }

    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        let (id, time) = (transition.id(), transition.time().0 - self.start);
        match (transition.from(), transition.to()) {
            _ if transition.is_restated() => {}
            (from @ (GoState::Waiting | GoState::NotExist), GoState::Runnable) => {
                let waker = transition.goroutine();
                if self.of.is_some_and(|of| of != id && Some(of) != waker) {
                    return;
                }
                if self.flows.len() >= self.limit {
                    self.more = true;
                    return;
                }
                let reason = transition.before().map(|before| before.reason());
                self.open.insert(id, self.flows.len());
                self.flows.push(Flow {
                    time,
                    from: waker.map(|id| id.0),
                    from_proc: transition.proc().map(|id| id.0),
                    to: id.0,
                    to_start: None,
                    to_proc: None,
                    reason: reason.and_then(|reason| some_text(follower.stacks().names.get(reason))),
                    created: from == GoState::NotExist,
                });
            }
            (_, GoState::Running) => {
                if let Some(flow) = self.open.remove(&id).and_then(|place| self.flows.get_mut(place)) {
                    flow.to_start = Some(time);
                    flow.to_proc = transition.after().proc().map(|id| id.0);
                }
            }
            _ => {}
        }
    }

    fn finish(self, _: &Follower) -> Flows {
        Flows { flows: self.flows, more: self.more }
    }
}
