//! Addresses of the server, each with its answer.

use crate::answer::{Answer, BINARY, Failure, JSON};
use crate::exports::Export;
use crate::functions::text;
use crate::jobs::Interest;
use crate::query::Query;
use crate::tile::Request;
use crate::view::View;
use crate::{chain, flows, reports, rows, search, span};
use bytes::Bytes;
use std::sync::Arc;

/// Answers a request below `/api/`.
pub(crate) async fn route(view: &Arc<View>, path: &str, query: &str) -> Result<Answer, Failure> {
    let asked = format!("{path}?{query}");
    let query = Query::parse(query)?;
    match path {
        "meta" => return Answer::json(&view.meta()),
        "overview" => return Ok(Arc::clone(view).overview()),
        "names" => return names(view, &query),
        _ => {}
    }
    view.reports()?;
    if let Some(report) = path.strip_prefix("report/") {
        let command = reports::report(report, &query, view.is_log())?;
        return reported(view, asked, command, |json| Ok(Bytes::from(json))).await;
    }
    if let Some(kind) = path.strip_prefix("pprof/") {
        view.opened()?;
        let command = reports::profile(kind, &query, false)?;
        let file = Some(format!("{kind}.pb.gz"));
        let answer = reported(view, asked, command, |file| Ok(Bytes::from(file))).await?;
        return Ok(Answer { kind: BINARY, file, ..answer });
    }
    if let Some(what) = path.strip_prefix("export/") {
        view.opened()?;
        let export = Export::parse(what, &query)?;
        export.check(&view.meta(), &query)?;
        let answer = reported(view, asked, export.command, |file| Ok(Bytes::from(file))).await?;
        return Ok(Answer { kind: export.kind, file: Some(export.file), ..answer });
    }
    if path == "flame" {
        view.opened()?;
        let kind = query.get("kind").unwrap_or("wall");
        let command = reports::profile(kind, &query, true)?;
        return reported(view, asked, command, |json| reports::flame(&json, "ns")).await;
    }
    view.opened()?;
    type Work = fn(&View, &Query, &Interest) -> Result<Bytes, Failure>;
    let (kind, work): (_, Work) = match path {
        "tile" => (BINARY, |view, query, interest| Request::parse(query)?.make(view, interest)),
        "rows" => (JSON, rows::rows),
        "regions" => (JSON, rows::regions),
        "span" => (JSON, span::span),
        "flows" => (JSON, flows::flows),
        "chain" => (JSON, chain::chain),
        "search" => (JSON, search::search),
        _ => return Err(Failure::new(404, "there is nothing here")),
    };
    if let Some(answer) = view.cache.get(&asked) {
        return Ok(Answer::of(kind, answer));
    }
    let shared = Arc::clone(view);
    let answer = view.jobs.run(move |interest| work(&shared, &query, interest)).await?;
    view.cache.put(asked, &answer);
    Ok(Answer::of(kind, answer))
}

/// Has the command make a report, one at a time.
async fn reported(
    view: &Arc<View>,
    asked: String,
    command: Vec<String>,
    then: fn(Vec<u8>) -> Result<Bytes, Failure>,
) -> Result<Answer, Failure> {
    if let Some(answer) = view.cache.get(&asked) {
        return Ok(Answer::of(JSON, answer));
    }
    let shared = Arc::clone(view);
    let work = move |interest: &Interest| {
        let interest = interest.clone();
        let wanted = Arc::new(move || interest.is_there());
        then(shared.reports()?.report(&command, wanted)?)
    };
    let answer = view.reporting.run(work).await?;
    view.cache.put(asked, &answer);
    Ok(Answer::of(JSON, answer))
}

/// The functions that some goroutines began with.
fn names(view: &View, query: &Query) -> Result<Answer, Failure> {
    let mut names = serde_json::Map::new();
    for id in query.get("goroutines").unwrap_or("").split(',').filter(|id| !id.is_empty()).take(500) {
        let number = id.parse().map_err(|_| Failure::parameter(format!("{id} is no goroutine")))?;
        names.insert(id.into(), view.functions.of(number).map(|name| text(&name)).into());
    }
    Answer::json(&names)
}
