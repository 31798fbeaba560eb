"""Tables are those of the command, to every program that reads Arrow's streams."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.ipc
import pytest
from conftest import BAD, MIXED, PATTERNS, TRACES, command

import gotrace

ALL = [MIXED, *(TRACES / version / "mixed.trace" for version in ("go1.21", "go1.22")), BAD / "cut-batch.trace"]


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_tables_are_the_commands(path: Path) -> None:
    t = gotrace.open(path)
    for name in gotrace.TABLES:
        want = pyarrow.ipc.open_stream(command("export", "arrow", path, "--table", name)).read_all()
        got = pyarrow.table(t.table(name))
        assert got.schema.equals(want.schema, check_metadata=True), name
        assert got.to_pylist() == want.to_pylist(), name
        assert t.table(name).columns == want.schema.names


LOG = PATTERNS / "gc.log"


def test_tables_of_a_log_are_the_commands() -> None:
    compressed = gzip.compress(LOG.read_bytes())
    for name in gotrace.LOG_TABLES:
        want = pyarrow.ipc.open_stream(command("export", "arrow", LOG, "--table", name)).read_all()
        assert want.num_rows > 0, name
        for source in [LOG, str(LOG), LOG.read_bytes(), LOG.open("rb"), LOG.open(), compressed]:
            table = gotrace.open_log(source).table(name)
            got = pyarrow.table(table)
            mine, theirs = (all.drop_columns(["path"] if name == "trace" else []) for all in (got, want))
            assert mine.to_pylist() == theirs.to_pylist(), name
            assert table.columns == want.schema.names
            assert [list(row) for row in table] == [list(row.values()) for row in got.to_pylist()]


def test_a_log_answers_questions_in_sql() -> None:
    log = gotrace.open_log(LOG)
    (counted,) = log.sql("select (select count(*) from sched), (select count(*) from gc), (select events from trace)").fetchall()
    rows = [sum(1 for _ in table) for table in (log.sched(), log.gc(["time", "paused"]))]
    assert list(counted[:2]) == rows
    assert counted[2] >= sum(rows)
    assert log.sched().to_pandas().queues.map(len).eq(log.sched().to_pandas().gomaxprocs).all()


def test_flaws_of_a_log_are_told() -> None:
    assert gotrace.open_log(LOG).warnings == []
    (warning,) = gotrace.open_log(b"SCHED 0ms: gomaxprocs=2 idleprocs=many\n").warnings
    assert "line 1" in warning
    assert list(gotrace.open_log(b"").sched()) == []
    with pytest.raises(FileNotFoundError, match=r"nowhere\.log"):
        gotrace.open_log("nowhere.log").sched()
    with pytest.raises(ValueError, match="no table queues"):
        gotrace.open_log(LOG).table("queues")
    with pytest.raises(ValueError, match="no column idle"):
        gotrace.open_log(LOG).sched(["idle"])


def test_there_is_a_method_for_each_table() -> None:
    t = gotrace.open(MIXED)
    for name in gotrace.TABLES:
        assert getattr(t, name)().name == name
    log = gotrace.open_log(LOG)
    for name in gotrace.LOG_TABLES:
        assert getattr(log, name)().name == name


def test_every_reader_reads_the_same() -> None:
    t = gotrace.open(MIXED)
    for name in gotrace.TABLES:
        table = table_ = t.table(name)
        want = pyarrow.table(table).to_pylist()
        assert polars.DataFrame(table).to_dicts() == want, name
        assert table.to_polars().to_dicts() == want, name
        assert pandas.DataFrame.from_arrow(table).shape == (len(want), len(table.columns)), name
        frame = table.to_pandas().astype(object)
        assert frame.where(frame.notna(), None).to_dict("records") == want, name
        columns = [list(row) for row in zip(*(list(row.values()) for row in want))]
        assert [list(column) for column in zip(*duckdb.sql("select * from table_").fetchall())] == columns, name
        assert [list(column) for column in zip(*table)] == columns, name


def test_each_reading_begins_afresh() -> None:
    states = gotrace.open(MIXED).states(["goroutine", "duration"])
    assert pyarrow.table(states) == pyarrow.table(states)
    first = iter(states)
    row = next(first)
    assert (row.goroutine, row.duration) == tuple(next(iter(states)))
    assert len(list(first)) == len(list(states)) - 1


def test_sums_are_those_of_the_report() -> None:
    t = gotrace.open(MIXED)
    sums = dict(t.states().sql("select goroutine, sum(duration) from states where state = 'running' group by all").fetchall())
    want = {g.id: g.stats.running for g in t.goroutines().each(top=0).goroutines}
    assert {goroutine: nanos for goroutine, nanos in sums.items() if nanos} == {g: nanos for g, nanos in want.items() if nanos}


def test_queries_join_tables() -> None:
    (row,) = gotrace.open(MIXED).sql("""
        select g.function, count(*) as n from states s join goroutines g using (trace_id, goroutine)
        where s.state = 'running' group by all order by n desc limit 1""").fetchall()
    assert row[1] > 10
    with pytest.raises(duckdb.Error):
        gotrace.open(MIXED).sql("from nowhere")


def test_a_part_of_a_trace() -> None:
    t = gotrace.open(MIXED)
    states = t.states(["goroutine", "start", "end", "duration"], goroutine=[1, 7], start=10**6, end="0.02")
    assert {row.goroutine for row in states} <= {1, 7}
    assert all(10**6 <= row.start <= row.end <= 20 * 10**6 for row in states)
    cut = 10**7
    whole, before, after = (
        sum(row.duration for row in t.states(["duration"], **part)) for part in ({}, {"end": cut}, {"start": cut})
    )
    assert whole == before + after
    names = {row.function for row in t.goroutines(["function"], function="^main")}
    assert names and all(name.startswith("main") for name in names)


def test_a_word_of_python_has_an_underscore() -> None:
    event = next(event for event in gotrace.open(MIXED).events() if event.kind == "StateTransition")
    assert (event.resource, event.to) != (None, None) and event.from_


def test_wrong_names_are_told() -> None:
    t = gotrace.open(MIXED)
    for wrong, kind, said in [
        (lambda: t.table("status"), ValueError, "there is no table status"),
        (lambda: t.states(["size"]), ValueError, "no column size"),
        (lambda: t.states("goroutine"), TypeError, "expected a list"),
        (lambda: t.states(goroutines=7), TypeError, "goroutines"),
        (lambda: t.states(start="soon"), ValueError, "soon"),
        (lambda: t.states(start=1.5), TypeError, "float"),
        (lambda: t.states(task="none"), gotrace.Error, "none"),
    ]:
        with pytest.raises(kind, match=said):
            wrong()


def test_no_rows_are_an_empty_table() -> None:
    logs = gotrace.open(TRACES / "go1.27" / "chans.trace").logs()
    assert list(logs) == [] and pyarrow.table(logs).num_rows == 0
    assert logs.to_pandas().empty and polars.DataFrame(logs).columns == logs.columns
    assert duckdb.sql("select count(*) from logs").fetchall() == [(0,)]


def test_notebooks_show_the_first_rows() -> None:
    t = gotrace.open(MIXED)
    page = t.stacks()._repr_html_()
    assert page.count("<tr>") == 11 and "more rows" in page
    assert "<lambda>" not in page and "&lt;" not in t.trace(["format"])._repr_html_()


def test_neither_numpy_nor_pandas_nor_pyarrow_is_needed() -> None:
    code = f"""
import sys
import gotrace
t = gotrace.open({str(MIXED)!r})
assert t.summary().events and len(list(t.states())) > 1000 and t.profile("sched")
assert not {{"numpy", "pandas", "pyarrow", "polars", "duckdb"}} & set(sys.modules), sorted(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=os.path.dirname(__file__))
