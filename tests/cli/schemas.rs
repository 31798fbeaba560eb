//! The fields of every JSON form, which scripts rely on: `schemas.txt` lists them
//! with their types, and `docs/json.md` tells what they mean.
//!
//! After a change that is meant, `BLESS=1 cargo test --test cli schemas` writes the
//! list anew; look at the difference.

use super::{ROOT, Scratch, command, gotrace, trace};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// A form's name, the command that prints it, and fields whose names are data.
struct Form {
    name: &'static str,
    command: &'static [&'static str],
    maps: &'static [&'static str],
    inputs: Inputs,
}

#[derive(Clone, Copy)]
enum Inputs {
    Traces,
    Logs,
}

const fn traces(name: &'static str, command: &'static [&'static str], maps: &'static [&'static str]) -> Form {
    Form { name, command, maps, inputs: Inputs::Traces }
}

const fn logs(name: &'static str, command: &'static [&'static str]) -> Form {
    Form { name, command, maps: &[], inputs: Inputs::Logs }
}

const BLOCKED: &[&str] = &["block", "ranges"];

const FORMS: &[Form] = &[
    traces("summary", &["summary"], &[]),
    traces("goroutines", &["goroutines"], BLOCKED),
    traces("goroutines --by goroutine", &["goroutines", "--by", "goroutine"], BLOCKED),
    traces("goroutines --leaks", &["goroutines", "--leaks"], &[]),
    traces("goroutines --over-time", &["goroutines", "--over-time"], &[]),
    traces("regions", &["regions"], BLOCKED),
    traces("regions --each", &["regions", "--each"], BLOCKED),
    traces("tasks", &["tasks"], &[]),
    traces("tasks --each", &["tasks", "--each"], &[]),
    traces("gc", &["gc"], &[]),
    traces("stw", &["stw"], &[]),
    traces("mmu", &["mmu"], &[]),
    traces("mmu --window", &["mmu", "--window", "10ms"], &[]),
    traces("latency", &["latency"], &[]),
    traces("procs", &["procs"], &[]),
    traces("metrics", &["metrics"], &["metrics"]),
    traces("pprof", &["pprof", "wall"], &[]),
    traces("diagnose", &["diagnose"], &[]),
    logs("diagnose of a log", &["diagnose"]),
    traces("events", &["events"], &["args"]),
    traces("count", &["count"], &["kinds", "types"]),
    traces("count --raw", &["count", "--raw"], &["kinds", "types"]),
    traces("check", &["check"], &[]),
    traces("dump --mode footprint", &["dump", "--mode", "footprint"], &[]),
    logs("schedtrace", &["schedtrace"]),
    logs("gctrace", &["gctrace"]),
];

const TRACES: [&str; 8] = [
    "traces/go1.27/mixed.trace",
    "traces/go1.27/annotations.trace",
    "traces/go1.27/alloc.trace",
    "traces/go1.21/mixed.trace",
    "patterns/go1.24/leak.trace",
    "patterns/go1.24/gc.trace",
    "patterns/go1.24/stuck.trace",
    "bad/cut-batch.trace",
];
const LOGS: [&str; 4] =
    ["godebug/go1.27/summary.log", "godebug/go1.27/detail.log", "godebug/go1.27/gc.log", "patterns/go1.24/stuck.log"];

/// The paths of a value's fields, with the types that each has.
type Fields = BTreeMap<String, BTreeSet<&'static str>>;

fn collect(value: &Value, path: &str, maps: &[&str], fields: &mut Fields) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "string",
        Value::Array(items) => {
            items.iter().for_each(|item| collect(item, &format!("{path}[]"), maps, fields));
            "list"
        }
        Value::Object(object) => {
            let is_map = maps.iter().any(|map| path.rsplit(['.', ']']).next() == Some(map));
            for (name, value) in object {
                let name = if is_map { "*" } else { name };
                let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
                collect(value, &path, maps, fields);
            }
            if is_map { "map" } else { "object" }
        }
    };
    fields.entry(path.to_string()).or_default().insert(kind);
}

/// What a form prints for all inputs together.
fn fields(form: &Form) -> Fields {
    let mut fields = Fields::default();
    let inputs: &[&str] = match form.inputs {
        Inputs::Traces => &TRACES,
        Inputs::Logs => &LOGS,
    };
    for input in inputs {
        let path = format!("{ROOT}/testdata/{input}");
        let mut args = form.command.to_vec();
        args.extend(["--json", &path]);
        let ran = gotrace(&args);
        // A form may have nothing to say of some input: then it says why, and no JSON.
        for value in serde_json::Deserializer::from_slice(&ran.stdout).into_iter() {
            collect(&value.unwrap(), "", form.maps, &mut fields);
        }
    }
    fields
}

fn write(name: &str, fields: &Fields, text: &mut String) {
    writeln!(text, "# {name}").unwrap();
    for (path, kinds) in fields.iter().filter(|(path, _)| !path.is_empty()) {
        writeln!(text, "{path}: {}", Vec::from_iter(kinds.iter().copied()).join(" | ")).unwrap();
    }
    text.push('\n');
}

/// The forms that need more than an input.
fn others() -> Vec<(&'static str, Fields)> {
    let scratch = Scratch::new("schemas");
    let mut all = Vec::new();
    let mut add = |name, value: &[u8]| {
        let mut fields = Fields::default();
        collect(&serde_json::from_slice(value).unwrap(), "", &[], &mut fields);
        all.push((name, fields));
    };
    let repaired = gotrace(&["repair", "--json", &trace("go1.27/mixed"), "-o", &scratch.path("repaired.trace")]);
    add("repair", &repaired.stdout);
    let [idle, busy] = ["idle", "busy"].map(|name| format!("{ROOT}/testdata/patterns/go1.24/{name}.log"));
    add("schedtrace --baseline", gotrace(&["schedtrace", "--json", "--baseline", &idle, &busy]).good().as_bytes());
    let report = scratch.path("run.json");
    let cat = ["run", "--json", "-o", &report, "--", "sh", "-c", r#"cat "$LOG" >&2"#];
    assert!(command(&cat).env("LOG", busy).output().unwrap().status.success());
    add("run", &std::fs::read(&report).unwrap());
    all
}

#[test]
fn every_field_is_listed_and_documented() {
    let mut text = String::new();
    let mut names = BTreeSet::new();
    let forms = FORMS.iter().map(|form| (form.name, fields(form))).chain(others());
    for (name, fields) in forms {
        assert!(fields.len() > 3, "{name} prints nothing: {fields:?}");
        write(name, &fields, &mut text);
        names.extend(fields.into_keys().map(|path| (name, path)));
    }
    let path = format!("{ROOT}/tests/cli/schemas.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let listed = std::fs::read_to_string(&path).unwrap();
    let (found, listed) = (BTreeSet::from_iter(text.lines()), BTreeSet::from_iter(listed.lines()));
    let (new, gone) = (Vec::from_iter(found.difference(&listed)), Vec::from_iter(listed.difference(&found)));
    assert!(new.is_empty() && gone.is_empty(), "not in the list: {new:#?}, and in vain: {gone:#?}");

    let docs = ["json", "godebug"].map(|name| std::fs::read_to_string(format!("{ROOT}/docs/{name}.md")).unwrap());
    let words: BTreeSet<&str> =
        docs.iter().flat_map(|text| text.split(|c: char| !(c.is_alphanumeric() || c == '_'))).collect();
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().trim_end_matches("[]").to_string();
    let missing: Vec<_> = names.iter().filter(|(_, path)| !words.contains(&*last(path)) && last(path) != "*").collect();
    assert!(missing.is_empty(), "not in docs/json.md: {missing:#?}");
}
