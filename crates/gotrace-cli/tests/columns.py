#!/usr/bin/env python3
"""Checks the tables that gotrace exports with the programs that read them: DuckDB, pyarrow,
polars and pandas.

    python3 crates/gotrace-cli/tests/columns.py GOTRACE

It makes a virtual environment in target/columns, with the newest release of each, and runs
itself in it.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from in_venv import REPO, enter

PACKAGES = ["duckdb", "duckdb-cli", "pandas", "polars", "pyarrow"]
LOG_TABLES = "sched gc".split()
TABLES = "trace states goroutines proc_states thread_states wakeups stacks frames ranges tasks regions logs metrics samples events".split()


def main():
    enter("columns", PACKAGES)
    gotrace = str(Path(sys.argv[1]).resolve())
    traces = sorted((REPO / "testdata" / "traces").glob("*/*.trace"))
    bad = sorted((REPO / "testdata" / "bad").glob("*.trace"))
    with tempfile.TemporaryDirectory() as folder:
        exported = export(gotrace, traces + bad, Path(folder) / "tables")
        export_logs(gotrace, Path(folder) / "tables")
        every_reader_reads_the_same(Path(folder) / "tables")
        sums_are_those_of_goroutines(gotrace, exported, Path(folder) / "tables")
        windows_add_up(gotrace, traces, Path(folder))
        queries_of_the_documentation_run(gotrace, Path(folder) / "tables")
        streams_are_the_files(gotrace, Path(folder) / "tables")


def export(gotrace, traces, folder):
    """Exports all traces at once, the bad ones too; returns those that could be."""
    done = subprocess.run(
        [gotrace, "export", "parquet", *map(str, traces), "-o", folder, "--tables", "all"], capture_output=True, text=True
    )
    assert done.returncode in (0, 1), done.stderr
    assert "panicked" not in done.stderr, done.stderr
    paths = [path for path, in duckdb_of(folder).sql("select path from trace").fetchall()]
    left_out = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert len(paths) + len(left_out) == len(traces), (len(paths), left_out)
    note(f"{len(paths)} traces exported, {len(left_out)} left out: {done.stdout.strip()}")
    return paths


def export_logs(gotrace, folder):
    """Exports all logs beside the traces; their rows are those of `schedtrace` and `gctrace`."""
    logs = sorted((REPO / "testdata").glob("*/go*/*.log"))
    done = subprocess.run([gotrace, "export", "parquet", *map(str, logs), "-o", folder], capture_output=True, text=True)
    assert done.returncode in (0, 1) and "panicked" not in done.stderr, done.stderr
    db, checked = duckdb_of(folder), 0
    for path, sched, cycles in db.sql(
        """select path, (select count(*) from sched s where s.trace_id = t.trace_id),
                  (select count(*) from gc g where g.trace_id = t.trace_id)
           from trace t where format = 'godebug'"""
    ).fetchall():
        lines = subprocess.run([gotrace, "schedtrace", "--json", path], capture_output=True, text=True).stdout.splitlines()
        moments = [json.loads(line) for line in lines]
        want = sum("gomaxprocs" in moment for moment in moments)
        assert sched == want, (path, sched, want)
        checked += sched + cycles
    assert checked > 1000, checked
    note(f"{len(logs)} logs exported, {checked} lines")


def duckdb_of(folder):
    """Returns DuckDB with a view of each table."""
    import duckdb

    db = duckdb.connect()
    for table in [table for table in TABLES + LOG_TABLES if (folder / table).is_dir()]:
        db.sql(f"create view {table} as from read_parquet('{folder}/{table}/*/part.parquet', hive_partitioning = true)")
    return db


def every_reader_reads_the_same(folder):
    """Compares counts and sums of every table in four readers; and Hive's layout in each."""
    import pandas
    import polars
    import pyarrow.dataset

    db = duckdb_of(folder)
    for table in TABLES + LOG_TABLES:
        numbers = [name for name, kind in db.sql(f"select column_name, column_type from (describe {table})").fetchall() if kind == "BIGINT"]
        want = dict(zip(["count", *numbers], one(db, f"select count(*), {', '.join(f'sum(({n} % 1000003))' for n in quoted(numbers))} from {table}")))
        arrow = pyarrow.dataset.dataset(folder / table, partitioning="hive").to_table()
        traces = {trace for trace, in db.sql(f"select distinct trace_id from {table}").fetchall()}
        frames = {
            "pyarrow": arrow.to_pandas(),
            "pandas": pandas.read_parquet(folder / table),
            "polars": polars.scan_parquet(f"{folder}/{table}/**/*.parquet", hive_partitioning=True).collect(),
        }
        for reader, frame in frames.items():
            assert len(frame) == want["count"], (table, reader, len(frame), want)
            assert set(frame["trace_id"]) == traces, (table, reader)
            for name in numbers:
                values = [int(value) for value in frame[name].drop_nulls()] if reader == "polars" else map(int, frame[name].dropna())
                got = sum(value % 1000003 if value >= 0 else -(-value % 1000003) for value in values)
                # pandas reads a column with nulls as floats, which hold 53 bits.
                exact = reader == "polars" or not frame[name].isna().any()
                assert not exact or got == (want[name] or 0), (table, reader, name, got, want[name])
    # Each file has its own names, which pyarrow does not group by if they are dictionaries.
    groups = pyarrow.dataset.dataset(folder / "states", partitioning="hive").to_table().group_by("state").aggregate([("duration", "sum")])
    sums = {group["state"]: group["duration_sum"] for group in groups.to_pylist()}
    assert sums == dict(db.sql("select state, sum(duration) from states group by all").fetchall()), sums
    note("duckdb, pyarrow, pandas and polars read the same")


def one(db, query):
    """Returns the only row of the answer."""
    (row,) = db.sql(query).fetchall()
    return row


def quoted(names):
    return [f'"{name}"' for name in names]


def sums_are_those_of_goroutines(gotrace, paths, folder):
    """Compares sums by state and goroutine with `gotrace goroutines --json`, to the nanosecond."""
    db = duckdb_of(folder)
    rows = db.sql(
        """select path, goroutine, state, reason, sum(duration) from states join trace using (trace_id)
           where coalesce(reason, '') != 'forever' group by all"""
    ).fetchall()
    sums = defaultdict(lambda: defaultdict(int))
    for path, goroutine, state, reason, nanos in rows:
        sums[path][goroutine, state if state != "waiting" else (state, reason or "")] += nanos
    checked = 0
    for path in paths:
        if path.endswith("/twice.trace"):
            continue  # Where one trace follows another, summaries count the time between the two.
        done = subprocess.run([gotrace, "goroutines", path, "--by", "goroutine", "--top", "0", "--json"], capture_output=True, text=True)
        want, lives = defaultdict(int), defaultdict(int)
        for g in json.loads(done.stdout)["goroutines"]:
            stats = g["stats"]
            lives[g["id"]] += 1
            want[g["id"], "running"] += stats["running"]
            want[g["id"], "runnable"] += stats["runnable"]
            want[g["id"], "syscall"] += stats["syscall"] + stats["syscall_without_p"]
            for reason, nanos in stats["waiting"].items():
                if reason != "forever":
                    want[g["id"], ("waiting", reason)] += nanos
        # A number that is used again, as by callbacks from C up to Go 1.21, has other sums.
        want = {key: nanos for key, nanos in want.items() if lives[key[0]] == 1}
        got = {key: nanos for key, nanos in sums[path].items() if nanos and lives[key[0]] == 1}
        want = {key: nanos for key, nanos in want.items() if nanos}
        differ = {key: (got.get(key), want.get(key)) for key in got.keys() | want.keys() if got.get(key) != want.get(key)}
        assert not differ, (path, len(differ), list(differ.items())[:5])
        checked += len(want)
    note(f"{checked} sums are those of `gotrace goroutines`")


def windows_add_up(gotrace, traces, folder):
    """Compares the sums of windows that follow one another with those of the whole."""
    import pyarrow

    for trace in traces[:: max(1, len(traces) // 12)]:
        states = lambda *window: stream(gotrace, trace, "states", *window)  # noqa: E731
        whole = states()
        span = max(whole["end"].to_pylist(), default=0)
        cuts = [span * part // 5 for part in range(1, 5)]
        windows = [["--to", f"{cuts[0]}ns"]]
        windows += [["--from", f"{a}ns", "--to", f"{b}ns"] for a, b in zip(cuts, cuts[1:])]
        windows += [["--from", f"{cuts[-1]}ns"]]
        parts = pyarrow.concat_tables(states(*window).select(["goroutine", "state", "duration"]).unify_dictionaries() for window in windows)
        by = lambda table: {(r["goroutine"], r["state"]): r["duration_sum"] for r in table.group_by(["goroutine", "state"]).aggregate([("duration", "sum")]).to_pylist() if r["duration_sum"]}  # noqa: E731
        assert by(parts) == by(whole), trace
    note("windows add up")


def stream(gotrace, trace, table, *options):
    import pyarrow.ipc

    done = subprocess.run([gotrace, "export", "arrow", trace, "--table", table, *options], capture_output=True)
    # A trace that was not stopped has defects, and is read with warnings.
    assert done.returncode == 0 or done.stderr.startswith(b"warning"), done.stderr.decode()
    return pyarrow.ipc.open_stream(done.stdout).read_all()


def queries_of_the_documentation_run(gotrace, folder):
    """Runs each query of docs/tables.md, and one by `gotrace sql`."""
    text = (REPO / "docs" / "tables.md").read_text()
    questions = re.findall(r"^\*\*(\d+)\. (.*?)\*\*\n\n```sql\n(.*?)```", text, re.MULTILINE | re.DOTALL)
    assert [int(number) for number, *_ in questions] == list(range(1, 21)), questions
    db = duckdb_of(folder)
    for number, question, query in questions:
        rows = db.sql(query).fetchall()
        assert rows, (number, question)
    environment = {**os.environ, "PATH": f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}"}
    trace = REPO / "testdata" / "traces" / "go1.27" / "mixed.trace"
    done = subprocess.run([gotrace, "sql", trace, "--form", "json", questions[0][2]], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    want = db.sql(f"select state, count(*) from states join trace using (trace_id) where path = '{trace}' group by all").fetchall()
    assert {row["state"]: row["times"] for row in json.loads(done.stdout)} == dict(want), done.stdout
    for query, status in [("from nowhere", 1), ("select 1", 0)]:
        assert subprocess.run([gotrace, "sql", trace, query], capture_output=True, env=environment).returncode == status, query
    note(f"{len(questions)} queries of docs/tables.md run")


def streams_are_the_files(gotrace, folder):
    """Compares the Arrow stream of each table with its file."""
    import pyarrow.parquet

    trace = REPO / "testdata" / "traces" / "go1.27" / "annotations.trace"
    (number,) = one(duckdb_of(folder), f"select trace_id from trace where path = '{trace}'")
    for table in TABLES:
        file = pyarrow.parquet.ParquetFile(folder / table / f"trace_id={number}" / "part.parquet").read()
        got = stream(gotrace, trace, table)
        assert got.num_rows == file.num_rows or table in ("stacks", "frames"), table
        # The ID of the trace is in the name of the folder.
        assert got.schema.names == ["trace_id", *file.schema.names], table
        if table not in ("stacks", "frames"):
            assert got.drop_columns(["trace_id"]).to_pylist() == file.to_pylist(), table
        assert all(field.nullable for field in got.schema), table
    note("streams are the files")


def note(text):
    print(f"columns.py: {text}", file=sys.stderr)


if __name__ == "__main__":
    main()
