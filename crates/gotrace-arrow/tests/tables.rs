//! The tables say what the analyses and the events say, of every recorded trace, good and
//! damaged.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gotrace::analysis::goroutines::CollectGoroutines;
use gotrace::{GoId, Mode, Options, Repair, Selection, SharedTrace, Time, Trace, TraceFile, Window};
use gotrace_arrow::arrow_array::cast::AsArray;
use gotrace_arrow::arrow_array::types::{Int32Type, Int64Type};
use gotrace_arrow::arrow_array::{Array, RecordBatch, RecordBatchReader};
use gotrace_arrow::arrow_schema::DataType;
use gotrace_arrow::{Batches, Error, NoSuchTable, Table, TableReader, Tables, Written};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A value of a row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Value {
    Null,
    Int(i64),
    Flag(bool),
    Text(String),
}

impl Value {
    fn int(&self) -> i64 {
        match self {
            Value::Int(value) => *value,
            other => panic!("{other:?} is no number"),
        }
    }
}

type Row = BTreeMap<String, Value>;

/// Returns the rows of batches.
fn rows(batches: &[RecordBatch]) -> Vec<Row> {
    let mut rows = Vec::new();
    for batch in batches {
        let schema = batch.schema();
        for at in 0..batch.num_rows() {
            let cells = schema.fields().iter().zip(batch.columns());
            rows.push(cells.map(|(field, column)| (field.name().clone(), value(column, at))).collect());
        }
    }
    rows
}

fn value(column: &dyn Array, at: usize) -> Value {
    if column.is_null(at) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Int64 => Value::Int(column.as_primitive::<Int64Type>().value(at)),
        DataType::Boolean => Value::Flag(column.as_boolean().value(at)),
        DataType::Utf8 => Value::Text(column.as_string::<i32>().value(at).to_owned()),
        DataType::Dictionary(..) => {
            let dictionary = column.as_dictionary::<Int32Type>();
            let key = dictionary.keys().value(at) as usize;
            Value::Text(dictionary.values().as_string::<i32>().value(key).to_owned())
        }
        other => panic!("no table has a column of type {other}"),
    }
}

/// Returns every recorded trace and every damaged one, with its name.
fn traces() -> Vec<(String, Vec<u8>)> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata"));
    let versions = std::fs::read_dir(root.join("traces")).unwrap().map(|entry| entry.unwrap().path());
    let folders = versions.filter(|path| path.is_dir()).chain([root.join("bad")]);
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "trace"))
        .map(|path| (path.display().to_string(), std::fs::read(path).unwrap()))
        .collect();
    found.sort();
    assert!(found.len() > 50);
    found
}

fn recorded(name: &str) -> SharedTrace {
    let path = format!("{}/../../testdata/traces/{name}.trace", env!("CARGO_MANIFEST_DIR"));
    SharedTrace::new(TraceFile::open(path).unwrap(), Options::default()).unwrap()
}

fn lenient(bytes: &[u8]) -> Option<Trace<'_>> {
    Trace::with_options(bytes, Options::default().mode(Mode::Lenient)).ok()
}

/// Makes tables; returns their rows.
fn make(tables: &Tables, trace: &Trace<'_>) -> Result<(BTreeMap<Table, Vec<Row>>, Written), Error> {
    let mut batches: BTreeMap<Table, Vec<RecordBatch>> = tables.iter().map(|table| (table, Vec::new())).collect();
    let written = tables.write(trace, |table, batch| {
        assert_eq!(batch.schema(), tables.schema(table, trace));
        batches.get_mut(&table).unwrap().push(batch);
        Ok::<(), Error>(())
    })?;
    let all: BTreeMap<Table, Vec<Row>> = batches.iter().map(|(table, batches)| (*table, rows(batches))).collect();
    for (table, rows) in &all {
        assert_eq!(rows.len() as u64, written.rows(*table), "{table}");
    }
    Ok((all, written))
}

/// Sums of time by goroutine, state and, for waits, the reason.
type Sums = BTreeMap<(i64, String, String), i64>;

fn sums(states: &[Row]) -> Sums {
    let mut sums = Sums::new();
    for row in states {
        let (Value::Text(state), reason) = (&row["state"], &row["reason"]) else { panic!("{row:?}") };
        let reason = if let Value::Text(reason) = reason { reason.clone() } else { String::new() };
        assert_eq!(row["duration"].int(), row["end"].int() - row["start"].int());
        if reason != "forever" {
            *sums.entry((row["goroutine"].int(), state.clone(), reason)).or_default() += row["duration"].int();
        }
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

/// Returns whether one trace follows another: summaries count the time between the two.
fn is_two(trace: &Trace<'_>) -> bool {
    trace.warnings().iter().any(|warning| matches!(warning.repair(), Repair::AnotherTrace))
}

/// Returns the goroutines whose numbers are used again, as by callbacks from C up to Go 1.21:
/// summaries count their later lives from the beginning on.
fn lives(trace: &Trace<'_>) -> BTreeSet<i64> {
    let summaries = trace.analyze(CollectGoroutines::default()).unwrap().output;
    let ids: Vec<i64> = summaries.goroutines.iter().map(|g| g.id.0 as i64).collect();
    ids.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect()
}

fn sums_of_goroutines(trace: &Trace<'_>, window: Window) -> Sums {
    let summaries = window.analyze(trace, CollectGoroutines::default()).unwrap().output;
    let mut sums = Sums::new();
    for g in summaries.goroutines.iter() {
        let mut add = |state: &str, reason: &[u8], nanos: i64| {
            let reason = String::from_utf8_lossy(reason).into_owned();
            if reason != "forever" {
                *sums.entry((g.id.0 as i64, state.to_owned(), reason)).or_default() += nanos;
            }
        };
        add("running", b"", g.stats.exec);
        add("runnable", b"", g.stats.sched_wait);
        add("syscall", b"", g.stats.syscall + g.stats.syscall_block);
        g.stats.block.iter().for_each(|(reason, nanos)| add("waiting", summaries.names().get(reason), nanos));
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

#[test]
fn sums_of_states_are_those_of_goroutines() {
    let (tables, mut checked) = (Tables::new([Table::States]), 0);
    for (name, bytes) in traces() {
        let Some(trace) = lenient(&bytes).filter(|trace| !is_two(trace)) else { continue };
        let (all, _) = make(&tables, &trace).unwrap();
        let (mut got, mut want) = (sums(&all[&Table::States]), sums_of_goroutines(&trace, Window::default()));
        let several = lives(&trace);
        got.retain(|(goroutine, ..), _| !several.contains(goroutine));
        want.retain(|(goroutine, ..), _| !several.contains(goroutine));
        assert_eq!(got, want, "{name}");
        checked += 1;
    }
    assert!(checked > 50, "{checked}");
}

#[test]
fn rows_of_goroutines_add_up_to_their_states() {
    for (name, bytes) in traces() {
        let Some(trace) = lenient(&bytes).filter(|trace| !is_two(trace)) else { continue };
        let (all, _) = make(&Tables::new([Table::States, Table::Goroutines]), &trace).unwrap();
        let mut want: BTreeMap<(i64, &str), i64> = BTreeMap::new();
        for ((goroutine, state, _), nanos) in sums(&all[&Table::States]) {
            let state = ["runnable", "running", "syscall", "waiting"].into_iter().find(|word| *word == state).unwrap();
            *want.entry((goroutine, state)).or_default() += nanos;
        }
        let mut got: BTreeMap<(i64, &str), i64> = BTreeMap::new();
        for row in &all[&Table::Goroutines] {
            for state in ["runnable", "running", "syscall", "waiting"] {
                *got.entry((row["goroutine"].int(), state)).or_default() += row[state].int();
            }
            let kinds =
                ["chan", "select", "sync", "network", "sleep", "gc", "other"].map(|kind| format!("waiting_{kind}"));
            assert_eq!(kinds.iter().map(|kind| row[kind].int()).sum::<i64>(), row["waiting"].int(), "{name}");
        }
        got.retain(|_, nanos| *nanos != 0);
        let several = lives(&trace);
        got.retain(|(goroutine, _), _| !several.contains(goroutine));
        want.retain(|(goroutine, _), _| !several.contains(goroutine));
        assert_eq!(got, want, "{name}");
    }
}

#[test]
fn windows_that_follow_one_another_add_up() {
    for name in ["go1.27/mixed", "go1.27/annotations", "go1.22/blockedms", "go1.25/gc-gens", "go1.21/hello"] {
        let shared = recorded(name);
        let trace = shared.trace();
        let events: Vec<Time> = trace.events().map(|event| event.unwrap().time()).collect();
        let cuts = [1, 2, 3].map(|part| events[events.len() * part / 4]);
        let edges: Vec<_> = [None].into_iter().chain(cuts.map(Some)).chain([None]).collect();
        let wanted = [Table::States, Table::ProcStates, Table::Ranges, Table::Metrics, Table::Logs, Table::Samples];
        let (whole, _) = make(&Tables::new(wanted), trace).unwrap();
        let mut parts: BTreeMap<Table, Vec<Row>> = BTreeMap::new();
        for pair in edges.windows(2) {
            let window = Selection::default().window(Window::new(pair[0], pair[1]));
            let tables = Tables::new(wanted).selected(window.resolve(Default::default()).unwrap());
            let (part, _) = make(&tables, trace).unwrap();
            part.into_iter().for_each(|(table, rows)| parts.entry(table).or_default().extend(rows));
        }
        assert_eq!(
            total(&parts[&Table::States], "goroutine", "state"),
            total(&whole[&Table::States], "goroutine", "state"),
            "{name}"
        );
        assert_eq!(
            total(&parts[&Table::ProcStates], "proc", "state"),
            total(&whole[&Table::ProcStates], "proc", "state")
        );
        assert_eq!(
            total(&parts[&Table::Ranges], "scope", "kind"),
            total(&whole[&Table::Ranges], "scope", "kind"),
            "{name}"
        );
        for table in [Table::Metrics, Table::Logs, Table::Samples] {
            let times = |rows: &[Row]| rows.iter().map(|row| row["time"].int()).collect::<Vec<_>>();
            assert_eq!(times(&parts[&table]), times(&whole[&table]), "{name}: {table}");
        }
    }
}

fn total(rows: &[Row], first: &str, second: &str) -> BTreeMap<(Value, Value), i64> {
    let mut sums = BTreeMap::new();
    for row in rows {
        *sums.entry((row[first].clone(), row[second].clone())).or_insert(0) += row["duration"].int();
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

#[test]
fn a_window_has_the_states_of_its_goroutines() {
    let shared = recorded("go1.27/mixed");
    let trace = shared.trace();
    let start = trace.generations()[0].start();
    let window = Window::new(Some(Time(start.0 + 20_000_000)), Some(Time(start.0 + 60_000_000)));
    let selected = Selection::default().window(window).resolve(Default::default()).unwrap();
    let (all, _) = make(&Tables::new([Table::States]).selected(selected), trace).unwrap();
    assert_eq!(sums(&all[&Table::States]), sums_of_goroutines(trace, window));

    let selected = Selection::default().goroutines([GoId(1)]).resolve(Default::default()).unwrap();
    let (all, _) =
        make(&Tables::new([Table::States, Table::Goroutines, Table::Wakeups]).selected(selected), trace).unwrap();
    assert!(!all[&Table::States].is_empty() && all[&Table::Goroutines].len() == 1);
    assert!(all[&Table::States].iter().all(|row| row["goroutine"].int() == 1));
    assert!(all[&Table::Wakeups].iter().all(|row| row["wakee"].int() == 1));
}

#[test]
fn time_for_a_task_is_that_of_profiles() {
    use gotrace::analysis::profile::{CollectProfile, ProfileKind};
    let shared = recorded("go1.27/annotations");
    let trace = shared.trace();
    let selected = || {
        let selection = Selection::default().task("parent", true);
        let answers = trace.analyze(selection.questions()).unwrap().output;
        selection.resolve(answers.unwrap_or_default()).unwrap()
    };
    let wall = CollectProfile::new(ProfileKind::Wall).filter(selected().filter().unwrap());
    let want = trace.analyze(wall).unwrap().output.total().1;
    let (all, _) = make(&Tables::new([Table::States, Table::Tasks]).selected(selected()), trace).unwrap();
    assert_eq!(all[&Table::States].iter().map(|row| row["duration"].int()).sum::<i64>(), want);
    let types: BTreeSet<_> = all[&Table::Tasks].iter().map(|row| row["type"].clone()).collect();
    assert!(types.contains(&Value::Text("parent".into())) && !types.is_empty(), "{types:?}");
}

/// Each stack that a row refers to has its frames, whose hash is the stack's number.
#[test]
fn stacks_are_hashes_of_their_frames() {
    let some = vec![Table::Goroutines, Table::Regions, Table::Samples, Table::Stacks, Table::Frames];
    for (name, wanted) in [
        ("go1.27/mixed", Table::ALL.to_vec()),
        ("go1.27/annotations", Table::ALL.to_vec()),
        ("go1.27/annotations", some),
        ("go1.21/hello", Table::ALL.to_vec()),
    ] {
        let shared = recorded(name);
        let (all, _) = make(&Tables::new(wanted), shared.trace()).unwrap();
        let mut frames: BTreeMap<i64, Vec<&Row>> = BTreeMap::new();
        all[&Table::Frames].iter().for_each(|row| frames.entry(row["stack"].int()).or_default().push(row));
        'stacks: for (stack, frames) in &frames {
            let mut hash = 0xcbf2_9ce4_8422_2325_u64;
            for (depth, frame) in frames.iter().enumerate() {
                let [function, file] = ["function", "file"].map(|column| match &frame[column] {
                    Value::Text(name) => name.as_str(),
                    // Such as an address outside of all functions: its own number stands for it.
                    Value::Null => "",
                    other => panic!("{other:?}"),
                });
                assert_eq!(frame["depth"].int(), depth as i64);
                let line = match (function, &frame["line"]) {
                    ("", _) => continue 'stacks,
                    (_, line) => line.int().to_le_bytes(),
                };
                for byte in [function.as_bytes(), b"\0", file.as_bytes(), b"\0", &line].concat() {
                    hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
                }
            }
            assert_eq!(*stack, (hash & (u64::MAX >> 1)) as i64);
        }
        let known: BTreeSet<i64> = all[&Table::Stacks].iter().map(|row| row["stack"].int()).collect();
        assert!(known.len() > 5 && known.iter().eq(frames.keys()), "{name}");
        let mut referred = BTreeSet::new();
        for (table, rows) in &all {
            let is_stack = |name: &&str| *name == "stack" || name.ends_with("_stack");
            for column in table.columns().filter(is_stack) {
                for row in rows.iter().filter(|row| row[column] != Value::Null) {
                    referred.insert(row[column].int());
                }
            }
        }
        assert_eq!(referred, known, "{name}");
    }
}

#[test]
fn events_are_all_there_once() {
    for (name, bytes) in traces() {
        let Some(trace) = lenient(&bytes) else { continue };
        let (all, _) = make(&Tables::new([Table::Events, Table::Trace, Table::Samples, Table::Logs]), &trace).unwrap();
        let events = trace.events().filter_map(Result::ok).filter(|event| event.offset().is_some());
        let kinds: Vec<_> = events.map(|event| event.kind().name()).collect();
        let got: Vec<_> = all[&Table::Events].iter().map(|row| row["kind"].clone()).collect();
        assert_eq!(got, kinds.iter().map(|kind| Value::Text((*kind).to_owned())).collect::<Vec<_>>(), "{name}");
        let [about] = &all[&Table::Trace][..] else { panic!("{name}: one row") };
        assert_eq!(about["events"].int(), kinds.len() as i64, "{name}");
        let count = |kind: &str| kinds.iter().filter(|other| **other == kind).count();
        assert_eq!(
            (all[&Table::Samples].len(), all[&Table::Logs].len()),
            (count("StackSample"), count("Log")),
            "{name}"
        );
    }
}

#[test]
fn a_trace_that_is_cut_says_so() {
    let bytes = std::fs::read(recorded_path("go1.27/mixed")).unwrap();
    for (length, cut) in [(bytes.len(), false), (bytes.len() * 2 / 3, true)] {
        let trace = lenient(&bytes[..length]).unwrap();
        let (all, written) = make(&Tables::new([Table::Trace, Table::States]), &trace).unwrap();
        let [about] = &all[&Table::Trace][..] else { panic!("one row") };
        assert_eq!((written.truncated, &about["truncated"]), (cut, &Value::Flag(cut)));
        assert_eq!((written.warnings.is_empty(), about["warnings"].int() == 0), (!cut, !cut));
        assert!(all[&Table::States].len() > 1000);
        let strict = Trace::parse(&bytes[..length]).unwrap();
        assert_eq!(matches!(make(&Tables::new([Table::States]), &strict), Err(Error::Trace(_))), cut);
    }
}

fn recorded_path(name: &str) -> String {
    format!("{}/../../testdata/traces/{name}.trace", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn columns_that_are_chosen_are_those_of_the_whole() {
    let shared = recorded("go1.27/mixed");
    for table in Table::ALL {
        let whole = make(&Tables::new([table]), shared.trace()).unwrap().0.remove(&table).unwrap();
        let chosen: Vec<&str> = table.columns().step_by(2).collect();
        let some = Tables::new([table]).columns(table, chosen.clone()).unwrap();
        let some = make(&some, shared.trace()).unwrap().0.remove(&table).unwrap();
        let want: Vec<Row> = whole
            .into_iter()
            .map(|row| row.into_iter().filter(|(name, _)| chosen.contains(&name.as_str())).collect())
            .collect();
        assert_eq!(some, want, "{table}");
    }
}

#[test]
fn names_of_nothing_are_told() {
    let error = "stets".parse::<Table>().unwrap_err().to_string();
    assert!(error.starts_with("there is no table stets; there are trace, states,"), "{error}");
    let error = Tables::new([Table::Logs]).columns(Table::Logs, ["tim"]).unwrap_err().to_string();
    assert!(error.starts_with("table logs has no column tim; it has trace_id, time,"), "{error}");
    assert!(Table::ALL.into_iter().all(|table| table.name().parse::<Table>().unwrap() == table));
}

#[test]
fn every_column_may_be_null() {
    for table in Table::ALL.into_iter().chain(Table::OF_LOGS) {
        assert_eq!(table.columns().next(), Some("trace_id"));
        let schema = table.schema();
        assert!(schema.fields().iter().all(|field| field.is_nullable()), "{table}");
        assert!(table.columns().eq(schema.fields().iter().map(|field| field.name())));
    }
}

#[test]
fn a_reader_may_stop_half_way_and_two_may_read_one_trace() {
    let shared = recorded("go1.27/mixed");
    let mut batches = Batches::new(Tables::new(Table::ALL), shared.clone());
    assert!(batches.next().unwrap().is_ok());
    assert!(batches.finish().is_none());
    drop(Batches::new(Tables::new([Table::States]), shared.clone()));

    let count = |table: Table, trace: SharedTrace| {
        let reader = TableReader::new(table, Tables::default(), trace);
        assert_eq!(reader.schema().metadata()["gotrace.schema_version"], "1");
        reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>()
    };
    let want = Tables::new([Table::States]).write(shared.trace(), |_, _| Ok::<(), Error>(())).unwrap();
    std::thread::scope(|scope| {
        let read = [shared.clone(), shared.clone()].map(|trace| scope.spawn(move || count(Table::States, trace)));
        read.into_iter().for_each(|read| assert_eq!(read.join().unwrap() as u64, want.rows(Table::States)));
    });
    let failed = Tables::new([Table::Wakeups])
        .write(shared.trace(), |_, _| Err::<(), Error>(NoSuchTable("enough".into()).into()));
    assert!(matches!(failed, Err(Error::Table(_))), "the taker's own error comes back");
}

#[cfg(feature = "parquet")]
#[test]
fn a_table_without_rows_is_a_file_with_its_schema() {
    use gotrace_arrow::parquet::TableWriter;
    let shared = recorded("go1.27/hello");
    let tables = Tables::new([Table::Samples]);
    let schema = tables.schema(Table::Samples, shared.trace());
    let written = tables.write(shared.trace(), |_, _| Ok::<(), Error>(())).unwrap();
    assert_eq!(written.rows(Table::Samples), 0);
    let file = TableWriter::new(Table::Samples, schema, Vec::new()).unwrap().finish().unwrap();
    assert!(file.starts_with(b"PAR1") && file.ends_with(b"PAR1"));
}
