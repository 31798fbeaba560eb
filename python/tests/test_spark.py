"""Spark reads traces, in threads of one process and on a cluster of processes."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import BAD, MIXED, ROOT, TRACES

import gotrace

pyspark = pytest.importorskip("pyspark")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java", allow_module_level=True)

from pyspark.sql import DataFrame, SparkSession  # noqa: E402

from gotrace.spark import SPLIT_TABLES, GotraceDataSource, GotraceReader  # noqa: E402

FLEET = sorted(TRACES.glob("go1.2[2-7]/mixed.trace"))
# A trace of several generations.
LONG = TRACES / "go1.27" / "gc-gens.trace"


# A cluster takes long, so one test is run on it.
THREADS = pytest.mark.parametrize("spark", ["local[2]"], indirect=True)
THREADS_AND_PROCESSES = pytest.mark.parametrize("spark", ["local[2]", "local-cluster[2,1,1024]"], indirect=True)


@pytest.fixture(scope="module")
def spark(request: pytest.FixtureRequest) -> Iterator[SparkSession]:
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    settings = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.sql.shuffle.partitions": "2", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
    session = SparkSession.builder.master(request.param).config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    session.dataSource.register(GotraceDataSource)
    yield session
    session.stop()


def read(spark: SparkSession, path: object, **options: object) -> DataFrame:
    return spark.read.format("gotrace").options(**options).load(str(path))


def sums(rows: object) -> dict[tuple[int, str], int]:
    """Returns the time of each goroutine in each state."""
    found: dict[tuple[int, str], int] = {}
    for row in rows:
        found[row.goroutine, row.state] = found.get((row.goroutine, row.state), 0) + row.duration
    return {key: nanos for key, nanos in found.items() if nanos}


@THREADS_AND_PROCESSES
def test_a_fleet_is_one_table(spark: SparkSession, tmp_path: Path) -> None:
    for trace in FLEET:
        shutil.copy(trace, tmp_path / f"{trace.parent.name}.trace")
    for path in [tmp_path, f"file:{tmp_path}/*.trace"]:
        states = read(spark, path)
        assert states.rdd.getNumPartitions() == len(FLEET)
        got = {row.trace_id: (row["count(1)"], row.nanos) for row in states.groupBy("trace_id").agg({"*": "count", "duration": "sum"}).withColumnRenamed("sum(duration)", "nanos").collect()}
        want = {t.trace_id: (len(list(t.states())), sum(row.duration for row in t.states())) for t in map(gotrace.open, FLEET)}
        assert got == want, path


@THREADS
def test_every_table_is_that_of_python(spark: SparkSession) -> None:
    t = gotrace.open(MIXED)
    for name in gotrace.TABLES:
        got = [tuple(row) for row in read(spark, MIXED, table=name).collect()]
        assert sorted(got, key=repr) == sorted(map(tuple, t.table(name)), key=repr), name
    part = read(spark, MIXED, columns="goroutine, duration", start="1ms", end="10ms", goroutine=1)
    assert part.columns == ["goroutine", "duration"]
    assert [tuple(row) for row in part.collect()] == list(map(tuple, t.states(["goroutine", "duration"], start="1ms", end="10ms", goroutine=1)))


@THREADS
def test_parts_of_a_large_file_add_up(spark: SparkSession) -> None:
    t = gotrace.open(LONG)
    assert len(t.generations) > 3
    size = LONG.stat().st_size // 4
    states = read(spark, LONG, splitBytes=size)
    assert 3 <= states.rdd.getNumPartitions() <= len(t.generations)
    assert sums(states.collect()) == sums(t.states())
    assert states.where("begun").count() == sum(row.begun for row in t.states())
    for name in sorted(SPLIT_TABLES - {"states"}):
        parts, whole = read(spark, LONG, table=name, splitBytes=size), t.table(name)
        if "duration" in whole.columns:
            assert parts.agg({"duration": "sum"}).collect()[0][0] == sum(row.duration for row in whole), name
        else:
            # A part knows the state of a goroutine or P that the trace has not mentioned before.
            columns = [column for column in whole.columns if column != "from"]
            want = sorted(repr(tuple(row)) for row in t.table(name, columns))
            assert sorted(repr(tuple(row)) for row in parts.select(columns).collect()) == want, name
    assert read(spark, LONG, table="goroutines", splitBytes=1).rdd.getNumPartitions() == 1


@THREADS
def test_bad_files_fail_the_job_or_are_left_out(spark: SparkSession, tmp_path: Path) -> None:
    for trace in [MIXED, BAD / "page.trace", BAD / "empty.trace"]:
        shutil.copy(trace, tmp_path)
    (tmp_path / "cut.trace").write_bytes(MIXED.read_bytes()[:50_000])
    with pytest.raises(Exception, match="page.trace|empty.trace"):
        read(spark, tmp_path).count()
    rows = read(spark, tmp_path, ignoreCorruptFiles=True)
    assert rows.select("trace_id").distinct().count() == 2, "of a damaged trace, the good part is read"
    for wrong, said in [({"table": "none"}, "none"), ({"columns": "size"}, "size")]:
        with pytest.raises(Exception, match=said):
            read(spark, MIXED, **wrong).count()
    with pytest.raises(Exception, match="no file at"):
        read(spark, tmp_path / "*.none").count()


@THREADS
def test_conversion_to_parquet(spark: SparkSession, tmp_path: Path) -> None:
    import duckdb

    for trace in FLEET:
        shutil.copy(trace, tmp_path / f"{trace.parent.name}.trace")
    tables = tmp_path / "tables"
    for table in ["trace", "states"]:
        read(spark, tmp_path / "*.trace", table=table).write.partitionBy("trace_id").parquet(str(tables / table))
    query = f"""select count(distinct path), sum(duration) from '{tables}/trace/*/*.parquet' t
                join '{tables}/states/*/*.parquet' s using (trace_id)"""
    want = (len(FLEET), sum(row.duration for trace in FLEET for row in gotrace.open(trace).states()))
    assert duckdb.sql(query).fetchall() == [want]
    assert spark.read.parquet(str(tables / "states")).agg({"duration": "sum"}).collect()[0][0] == want[1]


@THREADS
def test_the_recipes_run(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "traces").mkdir()
    for trace in FLEET[-2:]:
        shutil.copy(trace, tmp_path / "traces" / f"{trace.parent.name}.trace")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs" / "fleets.md").read_text(), re.MULTILINE | re.DOTALL)
    blocks = [block for block in blocks if "spark" in block and "pysail" not in block]
    assert len(blocks) == 4
    # Functions that go to workers have to be in one namespace with what they use.
    names: dict[str, object] = {"spark": spark, "__name__": "__main__"}
    for block in blocks:
        # A driver's folder is not that of its workers.
        block = block.replace('load("traces', f'load("{tmp_path}/traces').replace('"tables/', f'"{tmp_path}/tables/').replace('f"tables/', f'f"{tmp_path}/tables/')
        exec(compile(block, "docs/fleets.md", "exec"), names)
    shown = capsys.readouterr().out
    assert shown.count("running") == 2 and "sum(duration)" in shown and "folded" in shown


def test_cuts_lie_between_generations() -> None:
    size = LONG.stat().st_size
    generations = gotrace.open(LONG).generations
    for most, count in [(size, 1), (size // 2 + 1, 2), (1, len(generations))]:
        parts = GotraceReader({"path": str(LONG), "splitBytes": str(most)}).partitions()
        assert abs(len(parts) - count) <= 1, (most, parts)
        assert parts[0].start is None and parts[-1].end is None
        assert [part.end for part in parts[:-1]] == [part.start for part in parts[1:]]
        assert {part.start for part in parts[1:]} <= set(generations)
