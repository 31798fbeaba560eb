//! Reports: what the command prints as JSON, for the page.

use crate::answer::Failure;
use crate::query::Query;
use bytes::Bytes;
use std::sync::Arc;

/// Makes the reports of the command on the trace that is shown.
pub trait Reports: Send + Sync {
    /// Runs a command with these options, such as `--top=3`, on the trace; returns what it
    /// would print.
    ///
    /// # Errors
    /// If the options are wrong, or as the command ends; if it is not wanted any more, as soon
    /// as that is noticed.
    fn report(&self, command: &[String], wanted: StillWanted) -> Result<Vec<u8>, ReportError>;
}

/// Tells whether somebody still waits for a report.
pub type StillWanted = Arc<dyn Fn() -> bool + Send + Sync>;

/// Reason why there is no report.
#[derive(Clone, Debug)]
pub struct ReportError {
    /// True if the request asks for something that cannot be.
    pub is_usage: bool,
    /// Reason, for people.
    pub message: String,
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Failure {
        Failure::new(if error.is_usage { 400 } else { 422 }, error.message)
    }
}

/// The commands whose JSON of a log can be asked for.
const LOG_NAMES: [&str; 3] = ["diagnose", "gctrace", "schedtrace"];
/// The commands whose JSON of a trace can be asked for.
const NAMES: [&str; 13] = [
    "summary",
    "goroutines",
    "tasks",
    "regions",
    "procs",
    "path",
    "gc",
    "stw",
    "mmu",
    "latency",
    "diagnose",
    "metrics",
    "count",
];
/// The profiles.
const KINDS: [&str; 6] = ["net", "sync", "syscall", "sched", "wall", "cpu"];
/// Their options with a value.
const VALUES: [&str; 17] = [
    "by",
    "function",
    "goroutine",
    "log",
    "max",
    "min",
    "of",
    "program",
    "region",
    "rows",
    "slowest",
    "sort",
    "task",
    "top",
    "type",
    "window",
    "worst",
];
/// Their options without.
const SWITCHES: [&str; 8] =
    ["complete", "each", "leaks", "no-children", "over-time", "per-proc", "segments", "unfinished"];

/// Returns the command that makes a report as JSON, of a log or of a trace.
pub(crate) fn report(name: &str, query: &Query, is_log: bool) -> Result<Vec<String>, Failure> {
    let known: &[&str] = if is_log { &LOG_NAMES } else { &NAMES };
    let name = known.iter().find(|known| **known == name);
    let name = name.ok_or_else(|| Failure::new(404, "there is no such report"))?;
    let mut command = vec![name.to_string(), "--json".into()];
    options(&mut command, query)?;
    Ok(command)
}

/// Returns the command that makes a profile, as JSON or as a file.
pub(crate) fn profile(kind: &str, query: &Query, json: bool) -> Result<Vec<String>, Failure> {
    let mut command = vec!["pprof".into(), known_kind(kind)?.into()];
    command.extend(json.then(|| "--json".into()));
    options(&mut command, query)?;
    Ok(command)
}

/// Returns the kind of profiles of that name.
pub(crate) fn known_kind(kind: &str) -> Result<&'static str, Failure> {
    let known = KINDS.iter().find(|known| **known == kind);
    known.copied().ok_or_else(|| Failure::new(404, "there is no such profile"))
}

/// Adds the options that a request asks for.
pub(crate) fn options(command: &mut Vec<String>, query: &Query) -> Result<(), Failure> {
    for (name, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
        match name {
            "kind" => {}
            "from" | "to" => {
                let nanos = query.nanos(name)?.unwrap_or_default();
                command.push(format!("--{name}={}ns", nanos.max(0)));
            }
            name if VALUES.contains(&name) => command.push(format!("--{name}={value}")),
            name if SWITCHES.contains(&name) && value == "1" => command.push(format!("--{name}")),
            name if SWITCHES.contains(&name) => {}
            other => return Err(Failure::parameter(format!("there is no parameter {other}"))),
        }
    }
    Ok(())
}

/// Makes a flame graph of a profile in JSON: the calls from the outermost in, with the time
/// of each and of what it called.
pub(crate) fn flame(profile: &[u8], unit: &str) -> Result<Bytes, Failure> {
    let bad = |e: serde_json::Error| Failure::new(500, e.to_string());
    let profile: Profile = serde_json::from_slice(profile).map_err(bad)?;
    let mut tree = vec![Call::default()];
    for sample in &profile.samples {
        let mut at = 0;
        add(&mut tree, at, sample.nanos);
        for frame in sample.stack.iter().rev() {
            at = callee(&mut tree, at, frame.func.as_deref().unwrap_or("?"));
            add(&mut tree, at, sample.nanos);
        }
    }
    let mut out = format!("{{\"unit\":\"{unit}\",\"root\":").into_bytes();
    write(&tree, &mut out).map_err(bad)?;
    out.push(b'}');
    Ok(Bytes::from(out))
}

#[derive(serde::Deserialize)]
struct Profile {
    samples: Vec<Sample>,
}

#[derive(serde::Deserialize)]
struct Sample {
    nanos: i64,
    stack: Vec<Frame>,
}

#[derive(serde::Deserialize)]
struct Frame {
    func: Option<String>,
}

/// A call in the tree, with the places of those that it calls.
#[derive(Default)]
struct Call {
    name: String,
    nanos: i64,
    calls: std::collections::BTreeMap<String, usize>,
}

fn add(tree: &mut [Call], at: usize, nanos: i64) {
    if let Some(call) = tree.get_mut(at) {
        call.nanos = call.nanos.saturating_add(nanos);
    }
}

fn callee(tree: &mut Vec<Call>, at: usize, name: &str) -> usize {
    let next = tree.len();
    let Some(call) = tree.get_mut(at) else { return 0 };
    if let Some(&known) = call.calls.get(name) {
        return known;
    }
    call.calls.insert(name.to_string(), next);
    tree.push(Call { name: name.to_string(), ..Call::default() });
    next
}

/// Writes the tree, without recursion: stacks may be deep.
fn write(tree: &[Call], out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    let open = |at: usize, out: &mut Vec<u8>| {
        let Some(call) = tree.get(at) else { return Ok(Vec::new()) };
        out.extend_from_slice(b"{\"name\":");
        serde_json::to_writer(&mut *out, &call.name)?;
        out.extend_from_slice(format!(",\"value\":{},\"children\":[", call.nanos).as_bytes());
        let mut below: Vec<usize> = call.calls.values().copied().collect();
        // The largest is written first, and so is last here.
        below.sort_by_key(|at| tree.get(*at).map_or(0, |call| call.nanos));
        Ok::<_, serde_json::Error>(below)
    };
    let mut path = vec![(open(0, out)?, true)];
    while let Some((below, first)) = path.last_mut() {
        match below.pop() {
            Some(at) => {
                if !std::mem::take(first) {
                    out.push(b',');
                }
                let below = open(at, out)?;
                path.push((below, true));
            }
            None => {
                out.extend_from_slice(b"]}");
                path.pop();
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_options_are_passed_on() {
        let query = |text: &str| Query::parse(text).unwrap();
        let command = report("mmu", &query("top=3&per-proc=1&each=0&from=1.5e3&window=10ms"), false).unwrap();
        assert_eq!(command, ["mmu", "--json", "--top=3", "--per-proc", "--from=1500ns", "--window=10ms"]);
        let command = profile("sched", &query("function=-o"), false).unwrap();
        assert_eq!(command, ["pprof", "sched", "--function=-o"]);
        for (name, text) in [("run", ""), ("../mmu", ""), ("mmu", "output=x"), ("mmu", "binary=x"), ("mmu", "from=nan")]
        {
            assert!(report(name, &query(text), false).is_err(), "{name} {text}");
        }
        assert_eq!(report("schedtrace", &query("rows=9"), true).unwrap(), ["schedtrace", "--json", "--rows=9"]);
        assert!(report("schedtrace", &query(""), false).is_err() && report("summary", &query(""), true).is_err());
        assert!(profile("heap", &query(""), true).is_err());
    }

    #[test]
    fn a_flame_graph_adds_up() {
        let profile = br#"{"samples":[{"nanos":5,"stack":[{"func":"a"},{"func":"m"}]},
            {"nanos":7,"stack":[{"func":"b"},{"func":"m"}]},{"nanos":1,"stack":[]}]}"#;
        let tree: serde_json::Value = serde_json::from_slice(&flame(profile, "ns").unwrap()).unwrap();
        let want = serde_json::json!({"unit": "ns", "root": {"name": "", "value": 13, "children": [
            {"name": "m", "value": 12, "children": [
                {"name": "b", "value": 7, "children": []}, {"name": "a", "value": 5, "children": []}]}]}});
        assert_eq!(tree, want);
    }
}
