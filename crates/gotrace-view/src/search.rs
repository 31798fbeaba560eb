//! Finds what a text is in, or what lasted long.

use crate::answer::{Failure, to_json};
use crate::directory::{By, Directory};
use crate::during::{During, Stretches};
use crate::functions::{some_text, text};
use crate::jobs::Interest;
use crate::query::Query;
use crate::spans::{Wanted, longest};
use crate::view::View;
use bytes::Bytes;
use gotrace::TaskId;
use serde::Serialize;
use std::sync::Arc;

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
    /// The function that the goroutine of a span began with.
    function: Option<String>,
    goroutine: Option<u64>,
    task: Option<u64>,
    start: Option<i64>,
    end: Option<i64>,
}

impl Hit {
    fn new(kind: &'static str, text: String) -> Hit {
        Hit { kind, text, key: None, function: None, goroutine: None, task: None, start: None, end: None }
    }
}

/// Condition on the time of hits.
#[derive(Default)]
struct Only {
    /// Least length of a hit, in nanoseconds.
    longer: i64,
    /// Stretches, one of which a hit has to overlap.
    during: Option<(Arc<During>, Which)>,
}

/// Chooses stretches of time.
type Which = fn(&During) -> &Stretches;

impl Only {
    fn parse(view: &View, query: &Query, interest: &Interest) -> Result<Only, Failure> {
        let which: Which = match query.get("overlaps") {
            None => return Ok(Only { longer: query.nanos("longer")?.unwrap_or(0), during: None }),
            Some("gc") => |during| &during.marking,
            Some("stw") => |during| &during.stopped,
            Some(other) => return Err(Failure::parameter(format!("nothing overlaps {other}"))),
        };
        let during = Some((view.during(interest)?, which));
        Ok(Only { longer: query.nanos("longer")?.unwrap_or(0), during })
    }

    /// Returns whether it keeps all.
    fn is_none(&self) -> bool {
        self.longer <= 0 && self.during.is_none()
    }

    fn keeps(&self, start: i64, end: i64) -> bool {
        end - start >= self.longer
            && self.during.as_ref().is_none_or(|(during, which)| which(during).overlap(start, end))
    }
}

/// Takes hits until there are enough.
struct Found {
    wanted: String,
    only: Only,
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
        let lasts = hit.start.zip(hit.end.or(hit.start));
        if !self.only.is_none() && !lasts.is_some_and(|(start, end)| self.only.keeps(start, end)) {
            return true;
        }
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
    let only = Only::parse(view, query, interest)?;
    let kinds: Vec<&str> = match query.get("kind") {
        None | Some("all") => vec!["function", "goroutine", "task", "region", "log"],
        Some(kind) => vec![kind],
    };
    if wanted.is_empty() && only.is_none() && kinds != ["span"] {
        return Err(Failure::parameter("nothing to search for: q"));
    }
    let limit = query.count("limit", 100, MOST)?;
    let mut found = Found { wanted, only, hits: Vec::new(), limit, more: false };
    if let ["reason" | "span"] = *kinds {
        let by_reason = kinds == ["reason"];
        return spans(view, query, (found, by_reason), interest);
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

/// Spans of goroutines, as hits: with `by_reason` those whose reason is searched for.
fn spans(view: &View, query: &Query, (found, by_reason): (Found, bool), interest: &Interest) -> Result<Bytes, Failure> {
    let lasts = |start, end| found.only.keeps(start, end);
    let wanted = match by_reason {
        false => Wanted::parse(query, &found.wanted, found.limit, &lasts)?,
        true => Wanted::parse(query, "", found.limit, &lasts)?.for_reason(&found.wanted),
    };
    let (spans, more) = longest(view.opened()?, wanted, interest)?;
    let hits = spans.into_iter().map(|span| {
        let text = span.reason.map_or(span.state.into(), |reason| format!("{}: {reason}", span.state));
        let mut hit = Hit::new(if by_reason { "reason" } else { "span" }, text);
        (hit.goroutine, hit.function) = (Some(span.goroutine), span.function);
        (hit.start, hit.end) = (Some(span.start), Some(span.end));
        hit
    });
    to_json(&Hits { hits: hits.collect(), more })
}
