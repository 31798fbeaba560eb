//! The directory of goroutines, and regions, as lists.

use crate::answer::{Failure, to_json};
use crate::directory::{By, Directory, Group, Times};
use crate::functions::{some_text, text};
use crate::jobs::Interest;
use crate::query::Query;
use crate::view::View;
use bytes::Bytes;
use gotrace::analysis::goroutines::Goroutine;
use serde::Serialize;
use std::cmp::Reverse;
use std::sync::Arc;

/// No more rows are sent at a time.
const MOST: usize = 1000;

#[derive(Serialize)]
struct Rows<T> {
    total: usize,
    rows: Vec<T>,
}

#[derive(Serialize)]
struct GroupRow<'a> {
    key: &'a str,
    name: &'a str,
    goroutines: usize,
    running: i64,
    runnable: i64,
    waiting: i64,
    syscall: i64,
    first: i64,
    last: i64,
    lanes: u32,
}

#[derive(Serialize)]
struct GoroutineRow {
    id: u64,
    function: Option<String>,
    state: String,
    creator: Option<u64>,
    created: Option<i64>,
    ended: Option<i64>,
    running: i64,
    runnable: i64,
    waiting: i64,
    syscall: i64,
}

/// `/api/rows`.
pub(crate) fn rows(view: &View, query: &Query, interest: &Interest) -> Result<Bytes, Failure> {
    let by = match query.get("by").unwrap_or("function") {
        "function" => By::Function,
        "creator" => By::Creator,
        "state" => By::State,
        "task" => By::Task,
        "goroutine" => return goroutines(view, query, interest),
        other => return Err(Failure::parameter(format!("there is no grouping by {other}"))),
    };
    let start = view.opened()?.start.0;
    let directory = view.directory(interest)?;
    let groups = directory.groups(by, &view.functions);
    let wanted = query.get("q").unwrap_or("").to_lowercase();
    let mut groups: Vec<&Arc<Group>> =
        groups.iter().filter(|group| group.name.to_lowercase().contains(&wanted)).collect();
    let (key, up) = order(query, "running");
    let of = |group: &Group| figure(key, &group.times, group.first, group.last, group.members.len());
    match key {
        "name" => groups.sort_by(|a, b| a.name.cmp(&b.name)),
        _ => groups.sort_by(|a, b| of(b).cmp(&of(a)).then_with(|| a.name.cmp(&b.name))),
    }
    if up {
        groups.reverse();
    }
    let (total, shown) = page(query, &groups)?;
    let rows = shown.iter().map(|group| {
        let Times { running, runnable, waiting, syscall } = group.times;
        GroupRow {
            key: &group.key,
            name: &group.name,
            goroutines: group.members.len(),
            running,
            runnable,
            waiting,
            syscall,
            first: group.first - start,
            last: group.last - start,
            lanes: directory.lanes(group),
        }
    });
    to_json(&Rows { total, rows: rows.collect() })
}

fn goroutines(view: &View, query: &Query, interest: &Interest) -> Result<Bytes, Failure> {
    let start = view.opened()?.start.0;
    let directory = view.directory(interest)?;
    let group = query.get("group").map(|key| directory.group(key, &view.functions)).transpose()?;
    let all = &directory.summaries.goroutines;
    let places: Vec<u32> = match &group {
        Some(group) => group.members.clone(),
        None => (0..u32::try_from(all.len()).unwrap_or(u32::MAX)).collect(),
    };
    let (key, up) = order(query, "running");
    let wanted = query.get("q").unwrap_or("").to_lowercase();
    let number = wanted.trim_start_matches('g').parse().ok();
    let chosen = places.into_iter().filter_map(|place| {
        let goroutine = all.get(place as usize)?;
        let name = directory.summaries.name(&goroutine);
        let is_wanted =
            wanted.is_empty() || number == Some(goroutine.id.0) || text(name).to_lowercase().contains(&wanted);
        let (first, last) = directory.life(&goroutine);
        let figure = figure(key, &Times::of(&goroutine.stats), first, last, 1);
        is_wanted.then_some((Reverse(if key == "id" { -(goroutine.id.0 as i64) } else { figure }), place))
    });
    let mut chosen: Vec<_> = chosen.collect();
    chosen.sort_unstable();
    if up {
        chosen.reverse();
    }
    let (total, shown) = page(query, &chosen)?;
    let shown = shown.iter().filter_map(|(_, place)| all.get(*place as usize));
    to_json(&Rows { total, rows: shown.map(|goroutine| row(&directory, &goroutine, start)).collect() })
}

fn row(directory: &Directory, goroutine: &Goroutine, start: i64) -> GoroutineRow {
    let Times { running, runnable, waiting, syscall } = Times::of(&goroutine.stats);
    GoroutineRow {
        id: goroutine.id.0,
        function: some_text(directory.summaries.name(goroutine)),
        state: directory.state(goroutine),
        creator: goroutine.creator().map(|id| id.0),
        created: goroutine.creation_seen.then_some(goroutine.created.0 - start),
        ended: goroutine.ended().map(|ended| ended.0 - start),
        running,
        runnable,
        waiting,
        syscall,
    }
}

/// The figure that rows are sorted by, and whether the least comes first: `running`, or
/// `-running` the other way about.
fn order<'q>(query: &'q Query, usual: &'q str) -> (&'q str, bool) {
    let sort = query.get("sort").unwrap_or(usual);
    sort.strip_prefix('-').map_or((sort, false), |key| (key, true))
}

/// The figure by which a row comes before others with less. First comes what began first.
fn figure(key: &str, times: &Times, first: i64, last: i64, goroutines: usize) -> i64 {
    match key {
        "runnable" => times.runnable,
        "waiting" => times.waiting,
        "syscall" => times.syscall,
        "goroutines" => goroutines as i64,
        "first" | "created" => first.saturating_neg(),
        "last" | "ended" => last,
        "total" => last.saturating_sub(first),
        _ => times.running,
    }
}

/// The rows that a request asks for, and how many there are.
fn page<'r, T>(query: &Query, rows: &'r [T]) -> Result<(usize, &'r [T]), Failure> {
    let (offset, limit) = (query.count("offset", 0, usize::MAX)?, query.count("limit", 100, MOST)?);
    let begin = offset.min(rows.len());
    let end = begin.saturating_add(limit).min(rows.len());
    Ok((rows.len(), rows.get(begin..end).unwrap_or_default()))
}

#[derive(Serialize)]
struct Regions {
    regions: Vec<RegionRow>,
    more: bool,
}

#[derive(Serialize)]
struct RegionRow {
    name: String,
    task: u64,
    start: i64,
    end: i64,
    depth: usize,
    began: bool,
    ended: bool,
}

/// `/api/regions`.
pub(crate) fn regions(view: &View, query: &Query, interest: &Interest) -> Result<Bytes, Failure> {
    let start = view.opened()?.start.0;
    let id = query.value("goroutine")?.ok_or_else(|| Failure::parameter("of which goroutine?"))?;
    let (from, to) = query.stretch()?.unwrap_or((0, i64::MAX / 4));
    let limit = query.count("limit", MOST, 10 * MOST)?;
    let directory = view.directory(interest)?;
    let summaries = &directory.summaries;
    let all = directory.regions_of(id, (start.saturating_add(from), start.saturating_add(to)));
    let rows = all.iter().take(limit).map(|(depth, region)| {
        let (begin, end) = region.interval(summaries.start, summaries.end);
        RegionRow {
            name: text(summaries.names().get(region.name)),
            task: region.task.0,
            start: begin.0 - start,
            end: end.0 - start,
            depth: *depth,
            began: region.start.is_some(),
            ended: region.end.is_some(),
        }
    });
    to_json(&Regions { regions: rows.collect(), more: all.len() > limit })
}
