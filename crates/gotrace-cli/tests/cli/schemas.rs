//! The JSON of all commands fits its schema: `docs/schemas` has a JSON Schema for each form,
//! made from the types in `gotrace::report`.
//!
//! After an intended change, `BLESS=1 cargo test --test cli schemas` writes the schemas
//! anew; look at the difference.

use super::{ROOT, Scratch, command, gotrace, trace};
use gotrace::analysis::{Analysis, Follower, Pass};
use gotrace::export::EventWriter;
use gotrace::export::json::{JsonStacks, JsonWriter};
use gotrace::{EventKind, GoState, StateTransition};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A schema, the commands whose output it describes, and their inputs.
struct Form {
    schema: &'static str,
    commands: &'static [&'static str],
    inputs: Inputs,
}

#[derive(Clone, Copy)]
enum Inputs {
    Traces,
    Logs,
    Both,
}

const fn traces(schema: &'static str, commands: &'static [&'static str]) -> Form {
    Form { schema, commands, inputs: Inputs::Traces }
}

const fn logs(schema: &'static str, commands: &'static [&'static str]) -> Form {
    Form { schema, commands, inputs: Inputs::Logs }
}

const FORMS: &[Form] = &[
    traces("check", &["check"]),
    traces("count", &["count", "count --raw"]),
    Form { schema: "diagnose", commands: &["diagnose"], inputs: Inputs::Both },
    traces("events", &["events", "events --stacks inline", "events --stacks none"]),
    traces("footprint", &["dump --mode footprint"]),
    traces("gc", &["gc"]),
    logs("gctrace", &["gctrace"]),
    traces("goroutines", &["goroutines", "goroutines --by state", "goroutines --by creator"]),
    traces("goroutines-each", &["goroutines --by goroutine"]),
    traces("goroutines-leaks", &["goroutines --leaks"]),
    traces("goroutines-over-time", &["goroutines --over-time"]),
    traces("latency", &["latency"]),
    traces("metrics", &["metrics"]),
    traces("mmu", &["mmu", "mmu --window 10ms"]),
    traces("path", &["path", "path --segments", "path --task request --what-if"]),
    traces("pprof", &["pprof wall", "pprof cpu"]),
    traces("procs", &["procs"]),
    traces("regions", &["regions"]),
    traces("regions-each", &["regions --each"]),
    logs("schedtrace", &["schedtrace"]),
    logs("schedtrace-rows", &["schedtrace --rows 5"]),
    traces("stw", &["stw"]),
    traces("summary", &["summary"]),
    traces("tasks", &["tasks"]),
    traces("tasks-each", &["tasks --each"]),
];

const TRACES: [&str; 9] = [
    "traces/go1.27/mixed.trace",
    "traces/go1.27/annotations.trace",
    "traces/go1.27/alloc.trace",
    "traces/go1.21/mixed.trace",
    "tasks/go1.27.trace",
    "patterns/go1.24/leak.trace",
    "patterns/go1.24/gc.trace",
    "patterns/go1.24/stuck.trace",
    "bad/cut-batch.trace",
];

/// Returns all committed logs with lines of the runtime.
fn all_logs() -> Vec<PathBuf> {
    fn below(dir: &Path, all: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below(&path, all);
            } else if path.extension().is_some_and(|extension| extension == "log") {
                all.push(path);
            }
        }
    }
    let mut all = Vec::new();
    below(&Path::new(ROOT).join("testdata/godebug"), &mut all);
    all.sort();
    all
}

/// The schemas, with the properties that some output has had.
struct Schemas {
    all: BTreeMap<&'static str, Value>,
    met: BTreeSet<(&'static str, String)>,
}

impl Schemas {
    fn new() -> Schemas {
        let all = gotrace::report::schemas().into_iter().map(|(name, schema)| (name, schema.to_value()));
        Schemas { all: all.collect(), met: BTreeSet::new() }
    }

    /// Checks a value against a schema; returns what is wrong with it.
    fn check(&mut self, name: &'static str, value: &Value) -> Vec<String> {
        let root = self.all.get(name).unwrap_or_else(|| panic!("no schema {name}"));
        let mut check = Check::new(root);
        check.value(root, value, "");
        let Check { wrong, met, .. } = check;
        self.met.extend(met.into_iter().map(|property| (name, property)));
        wrong
    }
}

/// A check of one value against a schema. It knows the keywords that the schemas use, and is
/// stricter: an object may have no property that is not listed.
struct Check<'a> {
    root: &'a Value,
    wrong: Vec<String>,
    met: BTreeSet<String>,
    /// Types whose properties are being listed.
    inside: RefCell<BTreeSet<&'a str>>,
}

impl<'a> Check<'a> {
    fn new(root: &'a Value) -> Check<'a> {
        Check { root, wrong: Vec::new(), met: BTreeSet::new(), inside: RefCell::default() }
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            None => schema,
            Some(path) => self.root.pointer(path.strip_prefix('#').unwrap()).unwrap(),
        }
    }

    fn value(&mut self, schema: &'a Value, value: &Value, path: &str) {
        let schema = self.resolve(schema);
        let Some(keywords) = schema.as_object() else { return assert_eq!(*schema, Value::Bool(true)) };
        for (keyword, rule) in keywords {
            let fits = match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" | "format" | "properties" | "additionalProperties" => {
                    true
                }
                "type" => match rule {
                    Value::Array(types) => types.iter().any(|name| is_of_type(name, value)),
                    name => is_of_type(name, value),
                },
                "enum" => rule.as_array().unwrap().contains(value),
                "const" => rule == value,
                "minimum" => value.as_f64().is_none_or(|value| value >= rule.as_f64().unwrap()),
                "maximum" => value.as_f64().is_none_or(|value| value <= rule.as_f64().unwrap()),
                "anyOf" | "oneOf" => self.any_of(rule.as_array().unwrap(), value, path),
                "required" => value.as_object().is_none_or(|object| {
                    rule.as_array().unwrap().iter().all(|name| object.contains_key(name.as_str().unwrap()))
                }),
                "items" => {
                    for item in value.as_array().into_iter().flatten() {
                        self.value(rule, item, &format!("{path}[]"));
                    }
                    true
                }
                other => panic!("a keyword that this check does not know: {other}"),
            };
            if !fits {
                self.wrong.push(format!("{path}: {value} is not {keyword} {rule}"));
            }
        }
        if let Some(object) = value.as_object() {
            self.object(keywords, object, path);
        }
    }

    fn object(&mut self, keywords: &'a Map<String, Value>, object: &Map<String, Value>, path: &str) {
        let listed = keywords.get("properties").and_then(Value::as_object);
        let others = keywords.get("additionalProperties");
        for (name, value) in object {
            match (listed.and_then(|listed| listed.get(name)), others) {
                (Some(schema), _) => {
                    let path = format!("{path}.{name}");
                    self.value(schema, value, &path);
                    self.met.insert(path);
                }
                (None, Some(schema)) => self.value(schema, value, &format!("{path}.*")),
                (None, None) if listed.is_none() => {}
                (None, None) => self.wrong.push(format!("{path}.{name} is not listed")),
            }
        }
    }

    /// Checks a value against alternatives; returns whether one of them fits.
    fn any_of(&mut self, alternatives: &'a [Value], value: &Value, path: &str) -> bool {
        for alternative in alternatives {
            let mut check = Check::new(self.root);
            check.value(alternative, value, path);
            if check.wrong.is_empty() {
                self.met.extend(check.met);
                return true;
            }
        }
        false
    }

    /// Adds the paths of all properties that a schema lists. A type that has itself in it, like
    /// a tree, is listed once.
    fn properties(&self, schema: &'a Value, path: &str, all: &mut BTreeMap<String, bool>) {
        if let Some(name) = schema["$ref"].as_str()
            && !self.inside.borrow_mut().insert(name)
        {
            return;
        }
        self.properties_of(self.resolve(schema), path, all);
        if let Some(name) = schema["$ref"].as_str() {
            self.inside.borrow_mut().remove(name);
        }
    }

    fn properties_of(&self, schema: &'a Value, path: &str, all: &mut BTreeMap<String, bool>) {
        let alternatives = ["anyOf", "oneOf"].into_iter().filter_map(|keyword| schema[keyword].as_array()).flatten();
        alternatives.for_each(|alternative| self.properties(alternative, path, all));
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            let documented =
                property.get("description").is_some() || self.resolve(property).get("description").is_some();
            all.insert(path.clone(), documented);
            self.properties(property, &path, all);
        }
        if let Some(items) = schema.get("items") {
            self.properties(items, &format!("{path}[]"), all);
        }
        if let Some(others) = schema.get("additionalProperties") {
            self.properties(others, &format!("{path}.*"), all);
        }
    }
}

fn is_of_type(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("no such type: {other}"),
    }
}

/// Returns the values that a command printed.
fn values(output: &[u8]) -> Vec<Value> {
    serde_json::Deserializer::from_slice(output).into_iter().map(Result::unwrap).collect()
}

/// Returns the output of forms that need more than an input, each with its schema.
fn others() -> Vec<(&'static str, Vec<u8>)> {
    let scratch = Scratch::new("schemas");
    let repaired = gotrace(&["repair", "--json", &trace("go1.27/mixed"), "-o", &scratch.path("repaired.trace")]);
    let [idle, busy] = ["idle", "busy"].map(|name| format!("{ROOT}/testdata/patterns/go1.24/{name}.log"));
    let compared = gotrace(&["schedtrace", "--json", "--baseline", &idle, &busy]);
    let report = scratch.path("run.json");
    let stuck = format!("{ROOT}/testdata/patterns/go1.24/stuck.log");
    let cat = ["run", "--json", "-o", &report, "--", "sh", "-c", r#"cat "$LOG" >&2"#];
    assert!(command(&cat).env("LOG", stuck).output().unwrap().status.success());
    let ran = std::fs::read(&report).unwrap();
    // Some log viewers put the newest line first.
    let log = std::fs::read_to_string(&busy).unwrap();
    let reversed = scratch.path("reversed.log");
    std::fs::write(&reversed, log.lines().rev().flat_map(|line| [line, "\n"]).collect::<String>()).unwrap();
    let mixed = gotrace(&["schedtrace", "--json", &reversed]);
    let diff = {
        let of = |workload: &str| ["go1.24", "go1.25", "go1.26", "go1.27"].map(|v| trace(&format!("{v}/{workload}")));
        let (a, b, missing) = (of("mixed"), of("annotations"), scratch.path("missing.trace"));
        let files = a
            .iter()
            .map(String::as_str)
            .chain([missing.as_str(), "--vs", &missing])
            .chain(b.iter().map(String::as_str));
        let options = ["--json", "--fail-on", "gc>+10%"];
        gotrace(&["diff"].into_iter().chain(files).chain(options).collect::<Vec<_>>())
    };
    vec![
        ("diff", diff.stdout),
        ("repair", repaired.stdout),
        ("schedtrace-baseline", compared.stdout),
        ("run", ran),
        ("schedtrace", mixed.stdout),
    ]
}

#[test]
fn what_is_printed_keeps_to_its_schema() {
    let mut schemas = Schemas::new();
    let traces: Vec<_> = TRACES.iter().map(|name| Path::new(ROOT).join("testdata").join(name)).collect();
    let logs = all_logs();
    let mut wrong = Vec::new();
    for form in FORMS {
        let (traces, logs) = match form.inputs {
            Inputs::Traces => (&traces[..], &[][..]),
            Inputs::Logs => (&[][..], &logs[..]),
            Inputs::Both => (&traces[..], &logs[..]),
        };
        let mut printed = 0;
        for (command, input) in form.commands.iter().flat_map(|c| traces.iter().chain(logs).map(move |i| (c, i))) {
            let mut args: Vec<_> = command.split(' ').collect();
            args.extend(["--json", input.to_str().unwrap()]);
            // If a form has nothing to print for an input, it says why, and prints no JSON.
            for value in values(&gotrace(&args).stdout) {
                printed += 1;
                wrong.extend(schemas.check(form.schema, &value).into_iter().map(|what| format!("{args:?}{what}")));
            }
        }
        assert!(printed > 0, "{} prints nothing", form.schema);
    }
    for (name, output) in others() {
        for value in values(&output) {
            wrong.extend(schemas.check(name, &value).into_iter().map(|what| format!("{name}{what}")));
        }
    }
    assert!(wrong.is_empty(), "{:#?}", &wrong[..wrong.len().min(20)]);

    let mut not_met = Vec::new();
    for (&name, root) in &schemas.all {
        let mut all = BTreeMap::new();
        Check::new(root).properties(root, "", &mut all);
        for (property, documented) in all {
            assert!(documented, "{name}: {property} has no description");
            if !schemas.met.contains(&(name, property.clone())) {
                not_met.push((name, property));
            }
        }
    }
    assert!(not_met.is_empty(), "no input has these properties: {not_met:#?}");
}

#[test]
fn the_check_finds_what_is_wrong() {
    let good = gotrace(&["count", "--json", &trace("go1.27/hello")]).json();
    let mut schemas = Schemas::new();
    assert_eq!(schemas.check("count", &good), [""; 0]);
    for (pointer, value) in [
        ("/events", Value::from("7")),
        ("/events", Value::from(-7)),
        ("/events", Value::Null),
        ("/kinds", Value::from(7)),
        ("/kinds/Sync", Value::from(0.5)),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        assert!(!schemas.check("count", &bad).is_empty(), "{bad}");
    }
    let mut more = good.clone();
    more["more"] = Value::Null;
    assert_eq!(schemas.check("count", &more), [".more is not listed"]);
    let mut less = good;
    less.as_object_mut().unwrap().remove("events");
    assert_eq!(schemas.check("count", &less).len(), 1);
}

#[test]
fn committed_schemas_are_those_of_the_types() {
    let dir = Path::new(ROOT).join("docs/schemas");
    let made: BTreeMap<String, String> = gotrace::report::schemas()
        .into_iter()
        .map(|(name, schema)| (format!("{name}.json"), format!("{:#}\n", schema.to_value())))
        .collect();
    if std::env::var_os("BLESS").is_some() {
        made.iter().for_each(|(name, text)| std::fs::write(dir.join(name), text).unwrap());
    }
    let committed: BTreeMap<String, String> = std::fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().into(), std::fs::read_to_string(path).unwrap()))
        .collect();
    assert!(made.keys().eq(committed.keys()), "{:?} and {:?}", made.keys(), committed.keys());
    for (name, text) in &made {
        assert_eq!(*text, committed[name], "docs/schemas/{name}; BLESS=1 writes it anew");
    }
}

/// The follower of the goroutines, and nothing else.
struct Follow;

impl Analysis for Follow {
    type Output = ();

    fn finish(self, _: &Follower) {}
}

#[test]
fn lines_of_events_are_what_their_type_serializes_to() {
    for name in TRACES {
        let file = gotrace::TraceFile::open(Path::new(ROOT).join("testdata").join(name)).unwrap();
        let trace = gotrace::Trace::parse(file.bytes()).unwrap();
        let mut writer = JsonWriter::new(Vec::new()).stacks(JsonStacks::Inline);
        let (mut pass, mut want, mut named) = (Pass::default(), String::new(), 0);
        for event in trace.events().map_while(Result::ok) {
            writer.event(&event).unwrap();
            // A goroutine that ends is known by its function before.
            let ended = match event.kind() {
                EventKind::StateTransition(StateTransition::Goroutine { id, to: GoState::NotExist, .. }) => {
                    let follower = pass.follower();
                    let function = follower.goroutine(id).map(|g| follower.stacks().names.get(g.function()));
                    function.filter(|name| !name.is_empty()).map(|name| String::from_utf8_lossy(name).into_owned())
                }
                _ => None,
            };
            pass.show(&event, &mut Follow);
            let line = gotrace::report::EventLine::new(&event, pass.follower(), ended.as_deref());
            named += usize::from(line.function.is_some());
            want += &serde_json::to_string(&line).unwrap();
            want += "\n";
        }
        let written = String::from_utf8(writer.finish().unwrap()).unwrap();
        for (written, want) in written.lines().zip(want.lines()) {
            assert_eq!(written, want, "{name}");
        }
        assert_eq!(written.lines().count(), want.lines().count(), "{name}");
        assert!(named > 0 || name.starts_with("bad/"), "{name}");
    }
}

/// Each stack is told once, in front of the first event that has it: put in place of their
/// numbers, they make the lines that have all frames.
#[test]
fn numbered_stacks_are_those_that_stand_in_line() {
    for name in TRACES {
        let path = format!("{ROOT}/testdata/{name}");
        let [ids, inline, none] = ["ids", "inline", "none"].map(|form| {
            let ran = gotrace(&["events", "--json", &path, "--stacks", form]);
            values(&ran.stdout)
        });
        assert_eq!(values(&gotrace(&["events", "--json", &path]).stdout), ids, "{name}: this is the default");
        let (mut stacks, mut events) = (Vec::new(), Vec::new());
        for mut line in ids {
            if line["kind"] == "Stack" {
                assert_eq!(line["stack"], stacks.len() + 1, "{name}");
                let frames = line["frames"].take();
                assert!(!stacks.contains(&frames), "{name}: {frames} twice");
                stacks.push(frames);
                continue;
            }
            for field in ["stack", "transition_stack"] {
                if let Some(number) = line[field].as_u64() {
                    line[field] = stacks[usize::try_from(number).unwrap() - 1].clone();
                }
            }
            events.push(line);
        }
        assert!(events == inline, "{name}");
        assert!(!stacks.is_empty() || name.starts_with("bad/"), "{name}");
        let bare = inline.into_iter().map(|mut line| {
            let fields = line.as_object_mut().unwrap();
            ["stack", "transition_stack"].iter().for_each(|field| _ = fields.remove(*field));
            line
        });
        assert!(bare.eq(none), "{name}");
    }
}

/// All events of a kind have the same fields.
#[test]
fn what_is_absent_is_null() {
    let mut fields = BTreeMap::<String, Vec<String>>::new();
    for name in TRACES {
        for event in values(&gotrace(&["events", "--json", &format!("{ROOT}/testdata/{name}")]).stdout) {
            let names: Vec<String> = event.as_object().unwrap().keys().cloned().collect();
            let kind = event["kind"].as_str().unwrap().to_owned();
            assert_eq!(*fields.entry(kind).or_insert_with(|| names.clone()), names, "{name}: {event}");
        }
    }
    assert!(fields.len() > 12, "{fields:?}");
}

/// The function that a goroutine began with is that of its creation, in all its events.
#[test]
fn events_name_functions() {
    let events = values(&gotrace(&["events", "--json", &trace("go1.27/mixed")]).stdout);
    let summary = gotrace(&["goroutines", "--json", "--by", "goroutine", "--top", "0", &trace("go1.27/mixed")]).json();
    let mut compared = 0;
    for goroutine in summary["goroutines"].as_array().unwrap() {
        let of_it = |event: &&Value| event["resource"] == "goroutine" && event["id"] == goroutine["id"];
        let mut functions: Vec<&Value> = events.iter().filter(of_it).map(|event| &event["id_function"]).collect();
        let running = events.iter().filter(|event| event["goroutine"] == goroutine["id"]);
        functions.extend(running.map(|event| &event["function"]));
        assert!(functions.iter().all(|function| function.is_null() || **function == goroutine["name"]), "{goroutine}");
        compared += functions.iter().filter(|function| !function.is_null()).count();
    }
    assert!(compared > 1000, "{compared}");
    // One that is left out names goroutines all the same. Only the type of a task that began in
    // a generation that is not read is not known at its end.
    let events = |more: &[&str]| {
        let ran = gotrace(&[&["events", "--json", "--stacks", "none", &trace("go1.27/mixed")], more].concat());
        let mut events = values(&ran.stdout);
        events.iter_mut().filter(|event| event["kind"] == "TaskEnd").for_each(|event| event["type"] = Value::Null);
        events
    };
    let late = events(&["--from", "60ms"]);
    assert!(events(&[]).ends_with(&late) && late.len() > 100);
}

#[test]
fn fields_are_in_the_order_of_their_names() {
    for form in FORMS.iter().filter(|form| !matches!(form.schema, "count" | "events" | "footprint" | "schedtrace")) {
        let input = match form.inputs {
            Inputs::Logs => format!("{ROOT}/testdata/godebug/go1.27/summary.log"),
            _ => trace("go1.27/mixed"),
        };
        let mut args: Vec<_> = form.commands[0].split(' ').collect();
        args.extend(["--json", &input]);
        let printed = String::from_utf8(gotrace(&args).stdout).unwrap();
        let sorted = format!("{:#}", serde_json::from_str::<Value>(&printed).unwrap());
        fn names(text: &str) -> Vec<&str> {
            text.lines()
                .filter_map(|line| line.trim_start().strip_prefix('"')?.split_once("\":"))
                .map(|(n, _)| n)
                .collect()
        }
        assert_eq!(names(&printed), names(&sorted), "{}", form.schema);
    }
}
