"""Traces as tables in Spark 4: ``spark.read.format("gotrace")``.

::

    from gotrace.spark import GotraceDataSource

    spark.dataSource.register(GotraceDataSource)
    states = spark.read.format("gotrace").option("table", "states").load("traces/*.trace")

Options, besides the path (a file, a folder, a pattern; every worker has to reach it under that
name, and has this package and pyarrow):

- ``table``: one of ``gotrace.TABLES``; ``states`` if nothing is said
- ``columns``: names, separated by commas
- ``start``, ``end``, ``goroutine``, ``function``, ``task``, ``region``: as in ``gotrace.Trace``
- ``ignoreCorruptFiles``: true to leave out files that are no traces, which else fail the job
- ``splitBytes``: a larger file is read in several partitions, 256 MiB if nothing is said; only
  tables that can be cut in time are. Such files are mapped, and must not be written to.

A partition of a split file has the states from one generation of the trace to another: a state
that goes on is a row in each, and durations add up to those of the whole. Why a goroutine waits
is not known (null) in parts that lie more than a generation after it began to. An event has the
state before (``from``) even where the whole trace says ``undetermined``.
"""

from __future__ import annotations

import glob
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

import gotrace
from gotrace._native import table_columns

if TYPE_CHECKING:
    import pyarrow

SPLIT_TABLES = frozenset(["states", "proc_states", "events", "logs", "samples", "metrics"])
"""Tables whose rows are about a stretch or a moment: of windows, they add up to the whole."""

SPLIT_BYTES = 256 << 20

_TYPES = {"int": "bigint", "bool": "boolean", "str": "string"}
_PART = ["start", "end", "goroutine", "function", "task", "region"]


class GotraceDataSource(DataSource):
    """The data source ``gotrace``."""

    @classmethod
    def name(cls) -> str:
        return "gotrace"

    def schema(self) -> str:
        wanted = _columns(self.options)
        known = table_columns(_table(self.options))
        for name in wanted or []:
            if name not in dict(known):
                raise ValueError(f"table {_table(self.options)} has no column {name}")
        return ", ".join(f"`{name}` {_TYPES[kind]}" for name, kind in known if wanted is None or name in wanted)

    def reader(self, schema: Any) -> DataSourceReader:
        return GotraceReader(dict(self.options))


@dataclass
class Part(InputPartition):
    """A file, or the part of it between two moments, in nanoseconds since the trace's start."""

    path: str
    start: int | None = None
    end: int | None = None


class GotraceReader(DataSourceReader):
    """The reader of a table of many traces."""

    def __init__(self, options: dict[str, str]) -> None:
        self.options = {name.lower(): value for name, value in options.items()}

    def partitions(self) -> list[Part]:
        return [part for path in _paths(self.options) for part in self._parts(path)]

    def read(self, partition: Any) -> Iterator[pyarrow.RecordBatch]:
        try:
            trace = gotrace.open(partition.path, mmap=partition.start is not None or partition.end is not None)
        except (gotrace.Error, OSError) as e:
            if self.options.get("ignorecorruptfiles", "").lower() != "true":
                raise
            print(f"gotrace: left out: {e}", file=sys.stderr)
            return
        part: dict[str, Any] = {name: self.options[name] for name in _PART if name in self.options}
        part.update((name, at) for name in ("start", "end") if (at := getattr(partition, name)) is not None)
        table = trace.table(_table(self.options), _columns(self.options), **part)
        yield from batches(table)

    def _parts(self, path: str) -> list[Part]:
        most = int(self.options.get("splitbytes", SPLIT_BYTES))
        size = os.path.getsize(path)
        is_whole = not any(name in self.options for name in ("start", "end"))
        if size <= most or not is_whole or _table(self.options) not in SPLIT_TABLES:
            return [Part(path)]
        try:
            starts = sorted(set(gotrace.open(path, mmap=True).generations[1:]))
        except (gotrace.Error, OSError):
            return [Part(path)]  # Whoever reads it says what is wrong.
        stride = max(1, (len(starts) + 1) * most // size)
        cuts = [start for start in starts[stride - 1 :: stride] if start > 0]
        return [Part(path, *ends) for ends in zip([None, *cuts], [*cuts, None])]


def batches(table: gotrace.Table) -> Iterator[pyarrow.RecordBatch]:
    """Returns the batches of a table as Spark takes them: without dictionaries."""
    import pyarrow

    for batch in pyarrow.RecordBatchReader.from_stream(table):
        plain = [c.dictionary_decode() if isinstance(c, pyarrow.DictionaryArray) else c for c in batch.columns]
        yield pyarrow.RecordBatch.from_arrays(plain, batch.schema.names)


def _table(options: Any) -> str:
    return str(options.get("table", "states"))


def _columns(options: Any) -> list[str] | None:
    columns = options.get("columns")
    return None if columns is None else [name.strip() for name in columns.split(",")]


def _paths(options: dict[str, str]) -> list[str]:
    """Returns the files that the path, or the paths, of ``load`` stand for."""
    given = json.loads(options["paths"]) if "paths" in options else [options["path"]] if "path" in options else []
    found: list[str] = []
    for path in given:
        local = unquote(urlsplit(path).path) if path.startswith("file:") else path
        pattern = os.path.join(glob.escape(local), "*") if os.path.isdir(local) else local
        files = sorted(name for name in glob.glob(pattern) if os.path.isfile(name))
        if not files:
            raise FileNotFoundError(f"no file at {path}")
        found += files
    if not given:
        raise ValueError("expected a path: .load('traces/*.trace')")
    return found
