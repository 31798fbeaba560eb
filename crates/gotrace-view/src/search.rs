//! Finds what a text is in.

use crate::answer::{Failure, to_json};
use crate::directory::{By, Directory};
use crate::functions::{some_text, text};
use crate::jobs::Interest;
use crate::query::Query;
use crate::view::View;
use bytes::Bytes;
use gotrace::analysis::{Analysis, Follower, Transition};
use gotrace::spec::v2::EventType;
use gotrace::{GoState, TaskId, Window};
use serde::Serialize;
use std::cell::RefCell;

/// No more hits are sent.
const MOST: usize = 2000;

#[derive(Serialize)]
struct Hits {
    hits: Vec<Hit>,
    more: bool,
}

#[derive(Clone, Serialize)]
struct Hit {
    kind: &'static str,
    text: String,
    key: Option<String>,
    goroutine: Option<u64>,
    task: Option<u64>,
    start: Option<i64>,
    end: Option<i64>,
}

impl Hit {
    fn new(kind: &'static str, text: String) -> Hit {
        Hit { kind, text, key: None, goroutine: None, task: None, start: None, end: None }
    }
}

/// Takes hits until there are enough.
struct Found {
    wanted: String,
    hits: Vec<Hit>,
    limit: usize,
    more: bool,
}

impl Found {
    fn is_in(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.wanted)
    }

    /// Returns whether more may come.
    fn add(&mut self, hit: Hit) -> bool {
        self.more = self.hits.len() >= self.limit;
        if !self.more {
            self.hits.push(hit);
        }
        !self.more
    }
}

/// `/api/search`.
pub(crate) fn search(view: &View, query: &Query, interest: &Interest) -> Result<Bytes, Failure> {
    let wanted = query.get("q").unwrap_or("").trim().to_lowercase();
    if wanted.is_empty() {
        return Err(Failure::parameter("nothing to search for: q"));
    }
    let limit = query.count("limit", 100, MOST)?;
    let mut found = Found { wanted, hits: Vec::new(), limit, more: false };
    let kinds: Vec<&str> = match query.get("kind") {
        None | Some("all") => vec!["function", "goroutine", "task", "region", "log"],
        Some(kind) => vec![kind],
    };
    if kinds == ["reason"] {
        return reasons(view, found, interest);
    }
    let start = view.opened()?.start.0;
    let directory = view.directory(interest)?;
    let names = directory.summaries.names();
    let name = |id| text(names.get(id));
    for kind in kinds {
        match kind {
            "function" => functions(view, &directory, &mut found, start),
            "goroutine" => goroutines(&directory, &mut found, start),
            "task" => {
                let tasks = directory.summaries.tasks.iter().filter(|(id, _)| **id != TaskId::BACKGROUND);
                for (id, task) in tasks {
                    let kind = name(task.name);
                    if !found.is_in(&kind) && found.wanted != id.0.to_string() {
                        continue;
                    }
                    let mut hit = Hit::new("task", format!("{kind} {id}").trim().to_string());
                    hit.task = Some(id.0);
                    hit.goroutine = task.start.and_then(|(_, who)| who).map(|who| who.0);
                    (hit.start, hit.end) = (task.start.map(|(t, _)| t.0 - start), task.end.map(|(t, _)| t.0 - start));
                    if !found.add(hit) {
                        break;
                    }
                }
            }
            "region" => {
                for region in directory.summaries.regions.iter().filter(|region| !region.inherited) {
                    let kind = name(region.name);
                    if !found.is_in(&kind) {
                        continue;
                    }
                    let mut hit = Hit::new("region", kind);
                    (hit.goroutine, hit.task) = (Some(region.goroutine.0), Some(region.task.0));
                    (hit.start, hit.end) = (region.start.map(|t| t.0 - start), region.end.map(|t| t.0 - start));
                    if !found.add(hit) {
                        break;
                    }
                }
            }
            "log" => {
                let logs =
                    directory.summaries.tasks.iter().flat_map(|(id, task)| task.logs.iter().map(move |log| (id, log)));
                for (id, log) in logs {
                    let (category, message) = (name(log.category), name(log.message));
                    let line = if category.is_empty() { message } else { format!("{category}: {message}") };
                    if !found.is_in(&line) {
                        continue;
                    }
                    let mut hit = Hit::new("log", line);
                    (hit.goroutine, hit.task) = (log.goroutine.map(|who| who.0), Some(id.0));
                    (hit.start, hit.end) = (Some(log.time.0 - start), Some(log.time.0 - start));
                    if !found.add(hit) {
                        break;
                    }
                }
            }
            other => return Err(Failure::parameter(format!("there is no kind {other}"))),
        }
    }
    to_json(&Hits { hits: found.hits, more: found.more })
}

fn functions(view: &View, directory: &Directory, found: &mut Found, start: i64) {
    for group in directory.groups(By::Function, &view.functions).iter() {
        if found.is_in(&group.name) {
            let (first, last) = (Some(group.first - start), Some(group.last - start));
            let hit = Hit {
                key: Some(group.key.clone()),
                start: first,
                end: last,
                ..Hit::new("function", group.name.clone())
            };
            if !found.add(hit) {
                break;
            }
        }
    }
}

fn goroutines(directory: &Directory, found: &mut Found, start: i64) {
    let number = found.wanted.trim_start_matches('g').parse::<u64>().ok();
    for goroutine in directory.summaries.goroutines.iter() {
        let name = some_text(directory.summaries.name(&goroutine)).unwrap_or_default();
        if number != Some(goroutine.id.0) && !found.is_in(&name) {
            continue;
        }
        let (first, last) = directory.life(&goroutine);
        let (first, last) = (Some(first - start), Some(last - start));
        let hit = Hit { goroutine: Some(goroutine.id.0), start: first, end: last, ..Hit::new("goroutine", name) };
        if !found.add(hit) {
            break;
        }
    }
}

/// Finds waits and stops for a reason.
struct Reasons<'f> {
    found: &'f RefCell<Found>,
    start: i64,
}

impl Analysis for Reasons<'_> {
    type Output = ();

    fn wants(&self, event: EventType) -> bool {
        event == EventType::GoStart
    }

    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        let Some(before) = transition.before().filter(|before| before.reason().index() != 0) else { return };
        if !matches!(before.state(), GoState::Waiting | GoState::Runnable) {
            return;
        }
        let reason = text(follower.stacks().names.get(before.reason()));
        let mut found = self.found.borrow_mut();
        if !found.more && found.is_in(&reason) {
            let end = transition.time().0 - self.start;
            let mut hit = Hit::new("reason", reason);
            hit.goroutine = Some(transition.id().0);
            (hit.start, hit.end) = (before.since().map(|since| since.0 - self.start), Some(end));
            found.add(hit);
        }
    }

    fn finish(self, _: &Follower) {}
}

fn reasons(view: &View, found: Found, interest: &Interest) -> Result<Bytes, Failure> {
    let opened = view.opened()?;
    let found = RefCell::new(found);
    let reasons = Reasons { found: &found, start: opened.start.0 };
    let go_on = |_: &gotrace::Event<'_>| interest.is_there() && !found.borrow().more;
    Window::default().analyze_while(opened.source.trace, reasons, go_on)?;
    if !interest.is_there() {
        return Err(Failure::given_up());
    }
    let Found { hits, more, .. } = found.into_inner();
    to_json(&Hits { hits, more })
}
