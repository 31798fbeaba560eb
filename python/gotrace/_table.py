"""Tables of a trace or a log."""

from __future__ import annotations

import html
import itertools
from collections import namedtuple
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, Literal, Protocol

from gotrace._options import Duration, options
from gotrace.reports import (
    GoroutineCountsReport,
    GoroutineGroupsReport,
    GoroutinesReport,
    LeaksReport,
    MetricsReport,
    RegionsReport,
    RegionTypesReport,
    TasksReport,
    TaskTypesReport,
)

if TYPE_CHECKING:
    import duckdb
    import pandas
    import polars
    import pyarrow

    from gotrace._native import NativeTable


class Source(Protocol):
    """A trace or a log, which a table is of."""

    @property
    def name(self) -> str: ...

    def _report(self, kind: type[Any], command: list[str]) -> Any: ...


# Rows that notebooks show.
_SHOWN = 10


class Table:
    """A table of a trace or a log; ``docs/tables.md`` describes its columns.

    It is no data yet: whoever reads it makes a pass over the file, each time anew, in
    batches and in memory that does not grow with the file. Everything that reads Arrow's
    streams reads it::

        polars.DataFrame(table)            duckdb.sql("from table")
        pandas.DataFrame.from_arrow(table) pyarrow.table(table)

    Iterating over it gives a named tuple for each row (``from`` is ``from_`` there).
    """

    def __init__(self, source: Source, name: str, native: NativeTable, selection: list[str]) -> None:
        self._source = source
        self._native = native
        self._selection = selection
        self.name = name
        """Name of the table."""

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return [name for name, _ in self._native.columns()]

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._native.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self._native.__arrow_c_schema__()

    def __iter__(self) -> Iterator[Any]:
        fields = [f"{name}_" if iskeyword(name) else name for name in self.columns]
        row = namedtuple(self.name, fields)  # type: ignore[misc]
        for columns in self._native.rows():
            yield from map(row._make, zip(*columns))

    def to_pandas(self) -> pandas.DataFrame:
        """Returns a pandas ``DataFrame``; it needs pandas and pyarrow.

        Numbers are of type ``Int64``, which is exact where values are missing; left to itself,
        pandas makes floats of such columns, which do not hold the number of a stack.
        """
        import pandas
        import pyarrow

        kinds = {pyarrow.int64(): pandas.Int64Dtype(), pyarrow.bool_(): pandas.BooleanDtype()}
        return self.to_arrow().to_pandas(types_mapper=kinds.get)

    def to_polars(self) -> polars.DataFrame:
        """Returns a polars ``DataFrame``."""
        import polars

        with self._exceptions():
            return polars.DataFrame(self)

    def to_arrow(self) -> pyarrow.Table:
        """Returns a pyarrow ``Table``."""
        import pyarrow

        with self._exceptions():
            return pyarrow.table(self)

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Asks DuckDB a question about this table, which goes by its name::

            t.states().sql("select state, sum(duration) from states group by state")
        """
        return engine([self]).sql(query)

    def __repr__(self) -> str:
        return f"<gotrace table {self.name} of {self._source.name!r}: {', '.join(self.columns)}>"

    def _repr_html_(self) -> str:
        rows = list(itertools.islice(self, _SHOWN + 1))
        cell = "<td>{}</td>".format
        shown = ["".join(cell("" if value is None else html.escape(str(value))) for value in row) for row in rows]
        more = "<p>… and more rows</p>" if len(rows) > _SHOWN else ""
        head = "".join(f"<th>{html.escape(column)}</th>" for column in self.columns)
        body = "".join(f"<tr>{row}</tr>" for row in shown[:_SHOWN])
        name = f"{self.name} of {self._source.name}"
        return (
            f"<table><caption>{html.escape(name)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table>{more}"
        )

    @contextmanager
    def _exceptions(self) -> Iterator[None]:
        """Raises what ended a stream in place of what another library makes of it."""
        try:
            yield
        except Exception:
            self._native.raise_ending()
            raise

    def _report(self, kind: type[Any], command: str, **given: Any) -> Any:
        return self._source._report(kind, [*command.split(), *self._selection, *options(given)])


def wanted(columns: Iterable[str] | None) -> list[str] | None:
    """Returns the names of the columns that are wanted; ``None`` for all."""
    if isinstance(columns, str):
        raise TypeError(f"columns is a text, {columns!r}; expected a list of names")
    return None if columns is None else list(columns)


def engine(tables: Iterable[Table]) -> duckdb.DuckDBPyConnection:
    """Returns a DuckDB that knows some tables by their names."""
    import duckdb

    connection = duckdb.connect()
    for table in tables:
        connection.register(table.name, table)
    return connection


GoroutineSort = Literal["running", "runnable", "waiting", "syscall", "total", "count"]


class Goroutines(Table):
    """The table ``goroutines``, and the reports of ``gotrace goroutines`` on those in it."""

    def report(
        self,
        by: Literal["function", "state", "creator"] = "function",
        *,
        sort: GoroutineSort = "running",
        top: int = 20,
    ) -> GoroutineGroupsReport:
        """Returns the time of goroutines by state, grouped; ``top=0`` for all groups."""
        report: GoroutineGroupsReport = self._report(GoroutineGroupsReport, "goroutines", by=by, sort=sort, top=top)
        return report

    def each(self, *, sort: GoroutineSort = "running", top: int = 20) -> GoroutinesReport:
        """Returns the time of each goroutine by state; ``top=0`` for all goroutines."""
        report: GoroutinesReport = self._report(GoroutinesReport, "goroutines --by=goroutine", sort=sort, top=top)
        return report

    def leaks(self, *, top: int = 20) -> LeaksReport:
        """Returns the goroutines that were created in the trace and wait at its end, by place."""
        report: LeaksReport = self._report(LeaksReport, "goroutines --leaks", top=top)
        return report

    def over_time(self) -> GoroutineCountsReport:
        """Returns the number of goroutines over time."""
        report: GoroutineCountsReport = self._report(GoroutineCountsReport, "goroutines --over-time")
        return report


class Tasks(Table):
    """The table ``tasks``, and the reports of ``gotrace tasks``.

    ``type`` is a regular expression; ``min`` and ``max`` bound the duration of complete tasks;
    ``log`` is a text in a message that was logged for the task.
    """

    def report(
        self,
        *,
        type: str | None = None,
        min: Duration | None = None,
        max: Duration | None = None,
        complete: bool = False,
        log: str | None = None,
        top: int = 20,
    ) -> TaskTypesReport:
        """Returns how long tasks took, by type."""
        given = {"type": type, "min": min, "max": max, "complete": complete, "log": log, "top": top}
        report: TaskTypesReport = self._report(TaskTypesReport, "tasks", **given)
        return report

    def each(
        self,
        *,
        type: str | None = None,
        min: Duration | None = None,
        max: Duration | None = None,
        complete: bool = False,
        log: str | None = None,
        top: int = 20,
    ) -> TasksReport:
        """Returns each task, the longest first, with its regions, messages and goroutines."""
        given = {"type": type, "min": min, "max": max, "complete": complete, "log": log, "top": top}
        report: TasksReport = self._report(TasksReport, "tasks --each", **given)
        return report


class Regions(Table):
    """The table ``regions``, and the reports of ``gotrace regions``.

    ``type`` is a regular expression; ``min`` and ``max`` bound the duration.
    """

    def report(
        self,
        *,
        type: str | None = None,
        min: Duration | None = None,
        max: Duration | None = None,
        top: int = 20,
    ) -> RegionTypesReport:
        """Returns how long regions took, and how their goroutines spent that time, by type."""
        given = {"type": type, "min": min, "max": max, "top": top}
        report: RegionTypesReport = self._report(RegionTypesReport, "regions", **given)
        return report

    def each(
        self,
        *,
        type: str | None = None,
        min: Duration | None = None,
        max: Duration | None = None,
        top: int = 20,
    ) -> RegionsReport:
        """Returns each region, the longest first."""
        given = {"type": type, "min": min, "max": max, "top": top}
        report: RegionsReport = self._report(RegionsReport, "regions --each", **given)
        return report


class Metrics(Table):
    """The table ``metrics``: figures that the runtime reported; and the report of
    ``gotrace metrics``: figures under the names of ``runtime/metrics``."""

    def report(self) -> MetricsReport:
        """Returns the trace's figures under the names of ``runtime/metrics``."""
        report: MetricsReport = self._report(MetricsReport, "metrics")
        return report
