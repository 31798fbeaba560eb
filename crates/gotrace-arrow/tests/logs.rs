//! The tables of GODEBUG's logs say what their lines say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gotrace::godebug::{Entry, History, Item, Moment, Scanner};
use gotrace_arrow::arrow_array::cast::AsArray;
use gotrace_arrow::arrow_array::types::Int64Type;
use gotrace_arrow::arrow_array::{Array, RecordBatch};
use gotrace_arrow::{Error, Table, Tables, Written, log_id};
use std::collections::BTreeMap;

/// Returns the entries of a log.
fn entries(log: &[u8]) -> Vec<Entry> {
    let (mut scanner, mut history) = (Scanner::default(), History::default());
    let mut take = |item: Item<'_>| {
        if let Item::Found(found) = item {
            history.push(found);
        }
        Ok::<(), Error>(())
    };
    scanner.feed(log, &mut take).unwrap();
    scanner.finish(&mut take).unwrap();
    history.finish();
    std::iter::from_fn(|| history.pop()).collect()
}

/// Makes the tables of a log.
fn make(tables: &Tables, log: &[u8]) -> (BTreeMap<Table, Vec<RecordBatch>>, Written) {
    let mut made = BTreeMap::<Table, Vec<RecordBatch>>::new();
    let read = |each: &mut dyn FnMut(&Entry) -> Result<(), Error>| entries(log).iter().try_for_each(each);
    let take = |table, batch: RecordBatch| {
        assert_eq!(batch.schema(), tables.log_schema(table, log));
        made.entry(table).or_default().push(batch);
        Ok(())
    };
    let ((), written) = tables.write_log(log, read, take).unwrap();
    (made, written)
}

/// Returns the value of a cell as text.
fn cell(batch: &RecordBatch, column: &str, at: usize) -> String {
    let column = batch.column_by_name(column).unwrap();
    if column.is_null(at) {
        return "null".into();
    }
    let numbers = |column: &dyn Array| column.as_primitive::<Int64Type>().values().to_vec();
    if let Some(list) = column.as_list_opt::<i32>() {
        return format!("{:?}", numbers(&list.value(at)));
    }
    if let Some(flags) = column.as_boolean_opt() {
        return flags.value(at).to_string();
    }
    if let Some(names) = column.as_any_dictionary_opt() {
        return names.values().as_string::<i32>().value(names.normalized_keys()[at]).to_owned();
    }
    numbers(column)[at].to_string()
}

const LOG: &str = "\
pod-a: SCHED 0ms: gomaxprocs=2 idleprocs=1 threads=5 spinningthreads=0 needspinning=0 idlethreads=2 runqueue=3 [1 0]
pod-a: gc 1 @0.010s 2%: 0.020+1.5+0.010 ms clock, 0.040+0.5/1.0/2.0+0.020 ms cpu, 4->5->1 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P
pod-a: SCHED 1000ms: gomaxprocs=2 idleprocs=0 threads=6 spinningthreads=1 needspinning=1 idlethreads=2 runqueue=0 [ 7 2 ] schedticks=[ 10 20 ]
pod-a: gc 2 @1.500s 3%: 0.020+1.5+0.010 ms clock, 0.040+0.5/1.0/2.0+0.020 ms cpu, 9->9->8 MB, 17592186044415 MB goal, 2 P (forced)
";

#[test]
fn a_row_is_a_line() {
    let tables = Tables::new(Table::OF_LOGS.into_iter().chain([Table::Trace, Table::States])).path("stderr.log");
    let (made, written) = make(&tables, LOG.as_bytes());
    assert_eq!([Table::Sched, Table::Gc, Table::Trace, Table::States].map(|table| written.rows(table)), [2, 2, 1, 0]);
    for (table, column, values) in [
        (Table::Sched, "program", ["pod-a", "pod-a"]),
        (Table::Sched, "line", ["1", "3"]),
        (Table::Sched, "time", ["0", "1000000000"]),
        (Table::Sched, "threads", ["5", "6"]),
        (Table::Sched, "queues", ["[1, 0]", "[7, 2]"]),
        (Table::Sched, "schedticks", ["null", "[10, 20]"]),
        (Table::Sched, "gcwaiting", ["null", "null"]),
        (Table::Sched, "goroutines", ["null", "null"]),
        (Table::Gc, "number", ["1", "2"]),
        (Table::Gc, "start", ["10000000", "1500000000"]),
        (Table::Gc, "cpu_percent", ["2", "3"]),
        (Table::Gc, "sweep_termination", ["20000", "20000"]),
        (Table::Gc, "mark", ["1500000", "1500000"]),
        (Table::Gc, "mark_termination", ["10000", "10000"]),
        (Table::Gc, "paused", ["30000", "30000"]),
        (Table::Gc, "assist", ["500000", "500000"]),
        (Table::Gc, "cpu", ["3560000", "3560000"]),
        (Table::Gc, "heap_live", ["1048576", "8388608"]),
        (Table::Gc, "goal", ["4194304", "null"]),
        (Table::Gc, "stacks", ["0", "null"]),
        (Table::Gc, "forced", ["false", "true"]),
    ] {
        let batch = &made[&table][0];
        assert_eq!([0, 1].map(|at| cell(batch, column, at)), values, "{table}.{column}");
    }
    let of_trace = &made[&Table::Trace][0];
    assert_eq!(of_trace.column_by_name("path").unwrap().as_string::<i32>().value(0), "stderr.log");
    for (column, value) in
        [("format", "godebug"), ("gomaxprocs", "2"), ("events", "4"), ("origin", "null"), ("truncated", "null")]
    {
        assert_eq!(cell(of_trace, column, 0), value, "{column}");
    }
}

/// A log that grows is the same one; another is another.
#[test]
fn the_id_of_a_log_is_that_of_its_beginning() {
    let long = LOG.repeat(1000);
    assert_eq!(log_id(long.as_bytes()), log_id(&long.as_bytes()[..64 << 10]));
    assert_ne!(log_id(long.as_bytes()), log_id(LOG.as_bytes()));
    let schema = Tables::new([Table::Gc]).log_schema(Table::Gc, LOG.as_bytes());
    assert_eq!(
        (&schema.metadata()["gotrace.trace_id"], &*schema.metadata()["gotrace.format"]),
        (&log_id(LOG.as_bytes()), "godebug")
    );
}

#[test]
fn every_recorded_log_has_a_row_for_each_line() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata");
    let (mut logs, mut rows) = (0, 0);
    for folder in ["godebug/go1.21", "godebug/go1.24", "godebug/go1.27", "patterns/go1.24"] {
        for path in std::fs::read_dir(format!("{root}/{folder}")).unwrap().map(|entry| entry.unwrap().path()) {
            if path.extension().is_none_or(|extension| extension != "log") {
                continue;
            }
            let log = std::fs::read(&path).unwrap();
            let entries = entries(&log);
            let (made, written) = make(&Tables::new(Table::OF_LOGS), &log);
            let sched: Vec<&Entry> = entries.iter().filter(|entry| matches!(entry.moment, Moment::Sched(_))).collect();
            let gc = entries.iter().filter(|entry| matches!(entry.moment, Moment::Gc(_))).count();
            assert_eq!((written.rows(Table::Sched), written.rows(Table::Gc)), (sched.len() as u64, gc as u64));
            for (at, entry) in sched.iter().enumerate() {
                let (Moment::Sched(snapshot), batch) = (&entry.moment, &made[&Table::Sched][0]) else { unreachable!() };
                assert_eq!(cell(batch, "queues", at), format!("{:?}", snapshot.queues().collect::<Vec<_>>()));
                assert_eq!(
                    cell(batch, "goroutines", at),
                    snapshot.alive().map_or("null".into(), |alive| alive.to_string())
                );
            }
            (logs, rows) = (logs + 1, rows + written.rows(Table::Sched) + written.rows(Table::Gc));
        }
    }
    assert!(logs > 20 && rows > 500, "{logs} {rows}");
}

/// The receiver's own error comes back, and ends the reading.
#[test]
fn a_receiver_may_have_enough() {
    let tables = Tables::new([Table::Sched]);
    let line = |at: u32| {
        format!(
            "SCHED {at}ms: gomaxprocs=1 idleprocs=0 threads=5 spinningthreads=0 needspinning=0 idlethreads=2 runqueue=3 [1]\n"
        )
    };
    let log: String = (0..70_000).map(line).collect();
    let mut read = 0;
    let ended = tables.write_log(
        log.as_bytes(),
        |each: &mut dyn FnMut(&Entry) -> Result<(), Error>| {
            entries(log.as_bytes()).iter().inspect(|_| read += 1).try_for_each(each)
        },
        |_, _| Err(gotrace_arrow::NoSuchTable("enough".into()).into()),
    );
    assert!(matches!(ended, Err(Error::Table(_))) && (65_536..70_000).contains(&read), "{read}");
}
