"""GODEBUG logs: what a program prints with ``GODEBUG=schedtrace=1000,gctrace=1``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any, TypeVar, Union, overload

from gotrace._build import build
from gotrace._native import NativeLog, log_table_names
from gotrace._options import options
from gotrace._table import Table, engine, wanted
from gotrace.reports import DiagnosisReport, GctraceReport, LogLine, SchedtraceReport

if TYPE_CHECKING:
    import duckdb

R = TypeVar("R")

LogSource = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, IO[bytes], IO[str]]
"""A path, the bytes of a log, or an open file. It may be compressed by gzip or zstd."""


class Log:
    """A log that is open. ``gotrace.open_log`` makes it.

    ``sched()`` and ``gc()`` are its tables, with a row for each ``SCHED`` and each ``gc`` line;
    the other methods are the reports of the commands. Of a file that grows, it is the part that
    was there when it was opened.
    """

    def __init__(self, native: NativeLog) -> None:
        self._native = native

    @property
    def name(self) -> str:
        """Name of the log: its path."""
        return self._native.name()

    @property
    def warnings(self) -> list[str]:
        """Lines that are malformed, and other defects, in words; it takes a pass over the log."""
        return self._native.warnings()

    def __repr__(self) -> str:
        return f"<gotrace.Log {self.name!r}>"

    # Tables.

    def table(self, name: str, columns: Iterable[str] | None = None) -> Table:
        """Returns a table by its name; ``gotrace.LOG_TABLES`` lists them.

        Raises ``ValueError`` if there is no such table or column.
        """
        return Table(self, name, self._native.table(name, wanted(columns)), [])

    def trace(self, columns: Iterable[str] | None = None) -> Table:
        """Returns the log itself, in one row."""
        return self.table("trace", columns)

    def sched(self, columns: Iterable[str] | None = None) -> Table:
        """Returns each ``SCHED`` line: idle Ps, threads, the length of each run queue."""
        return self.table("sched", columns)

    def gc(self, columns: Iterable[str] | None = None) -> Table:
        """Returns each ``gc`` line: pauses, processor time, the heap."""
        return self.table("gc", columns)

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Asks DuckDB a question about the tables, which go by their names::

            log.sql("select time, runqueue from sched where idleprocs > 0 and runqueue > 0")
        """
        return engine(self.table(name) for name in LOG_TABLES).sql(query)

    # Reports.

    @overload
    def schedtrace(self, *, program: str | None = None) -> list[LogLine]: ...

    @overload
    def schedtrace(self, *, rows: int, program: str | None = None) -> list[SchedtraceReport]: ...

    def schedtrace(
        self, *, rows: int | None = None, program: str | None = None
    ) -> list[LogLine] | list[SchedtraceReport]:
        """Returns the lines of the runtime, as ``gotrace schedtrace --json`` has them.

        With ``rows``, returns a table of at most about so many rows for each program (0 for all).
        ``program`` picks one of several programs.
        """
        printed = self._native.report(["schedtrace", "--json", *options({"rows": rows, "program": program})])
        if rows is not None:
            return build(list[SchedtraceReport], json.loads(printed))
        return build(list[LogLine], [json.loads(line) for line in printed.splitlines()])

    def gctrace(self, *, program: str | None = None) -> list[GctraceReport]:
        """Returns what ``gc`` lines say of each program: pauses, processor time, the heap."""
        report = self._report(Any, ["gctrace", *options({"program": program})])
        return build(list[GctraceReport], report if isinstance(report, list) else [report])

    def diagnose(
        self, *, threshold: dict[str, float] | None = None, program: str | None = None
    ) -> list[DiagnosisReport]:
        """Returns what is wrong with the scheduler of each run of a program, if anything."""
        limits = [f"{name}={value}" for name, value in (threshold or {}).items()]
        return self._report(list[DiagnosisReport], ["diagnose", *options({"threshold": limits, "program": program})])

    def _report(self, kind: type[R], command: list[str]) -> R:
        return build(kind, json.loads(self._native.report([*command, "--json"])))


LOG_TABLES: tuple[str, ...] = tuple(log_table_names())
"""Names of the tables of a log."""


def open_log(log: LogSource) -> Log:
    """Opens a log: a path, bytes, or an open file.

    Raises ``OSError`` if it cannot be read. Lines that are not the runtime's are passed over.
    """
    given: Any = log
    if isinstance(given, (bytes, bytearray, memoryview)):
        return Log(NativeLog.of_bytes("log", bytes(given)))
    if hasattr(given, "read"):
        text = given.read()
        name = getattr(given, "name", "log")
        return Log(NativeLog.of_bytes(str(name), text.encode() if isinstance(text, str) else bytes(text)))
    return Log(NativeLog.open(os.fspath(given)))


@overload
def schedtrace(log: LogSource, *, program: str | None = None) -> list[LogLine]: ...


@overload
def schedtrace(log: LogSource, *, rows: int, program: str | None = None) -> list[SchedtraceReport]: ...


def schedtrace(
    log: LogSource, *, rows: int | None = None, program: str | None = None
) -> list[LogLine] | list[SchedtraceReport]:
    """Returns the lines of the runtime in a log, or a table of them: ``open_log(log).schedtrace()``."""
    opened = open_log(log)
    return opened.schedtrace(program=program) if rows is None else opened.schedtrace(rows=rows, program=program)


def gctrace(log: LogSource, *, program: str | None = None) -> list[GctraceReport]:
    """Returns what ``gc`` lines say of each program in a log: ``open_log(log).gctrace()``."""
    return open_log(log).gctrace(program=program)


def diagnose(
    log: LogSource, *, threshold: dict[str, float] | None = None, program: str | None = None
) -> list[DiagnosisReport]:
    """Returns what is wrong with the scheduler of each run of a program in a log:
    ``open_log(log).diagnose()``."""
    return open_log(log).diagnose(threshold=threshold, program=program)
