"""Traces."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

from gotrace._build import build
from gotrace._native import table_names
from gotrace._options import Duration, Time, options, selection, within
from gotrace._table import Goroutines, Metrics, Regions, Table, Tasks, engine, wanted
from gotrace.reports import (
    CheckReport,
    CountReport,
    DiagnosisReport,
    FootprintReport,
    GcReport,
    LatencyReport,
    MmuReport,
    PathsReport,
    ProcsReport,
    ProfileReport,
    StwReport,
    SummaryReport,
)

if TYPE_CHECKING:
    import duckdb
    from typing_extensions import Unpack

    from gotrace._native import NativeTrace
    from gotrace._options import Selection, Within

R = TypeVar("R")
T = TypeVar("T", bound=Table)

ProfileKind = Literal["net", "sync", "syscall", "sched", "wall", "cpu"]
"""Time waiting for the network; for channels, locks and select; in system calls; for a P; all
time of goroutines; samples of the CPU profiler."""


TABLES: tuple[str, ...] = tuple(table_names())
"""Names of the tables of a trace."""


class Defect(NamedTuple):
    """A defect of a trace that reading got past."""

    message: str
    """The defect and its repair, in words."""
    offset: int | None
    """Place in the file, in bytes; ``None`` if it is not one of the trace, but of the file."""
    lost: int
    """Number of events that it cost, as far as they can be told apart."""


class Trace:
    """A trace that is open. ``gotrace.open`` makes it.

    A method for each table (``states()``, ``wakeups()`` ...), and one for each report
    (``summary()``, ``latency()`` ...) of the command, whose options are keyword arguments.
    Where both have a name, the method is the table, and the table has the report:
    ``t.goroutines().report()``.

    Tables, and reports that say so, take a part of the trace: ``start`` and ``end`` (nanoseconds
    since the trace's start, or text such as ``"1.5ms"``), ``goroutine`` (one or several),
    ``function`` (a regular expression), ``task``, ``children=False`` and ``region``. ``columns``
    names the columns of a table that are wanted.

    Traces may be used by several threads at a time. Nothing holds Python's lock for long, and
    Ctrl-C ends whatever takes long.
    """

    def __init__(self, native: NativeTrace) -> None:
        self._native = native
        self._facts = native.facts()

    # Facts.

    @property
    def name(self) -> str:
        """Name of the trace: its path or address."""
        return self._native.name()

    @property
    def trace_id(self) -> str:
        """ID of the trace, as all of its tables have it."""
        return self._facts["trace_id"]

    @property
    def go_version(self) -> str:
        """Go release that introduced the version of the trace's format, such as ``1.26``."""
        return self._facts["go_version"]

    @property
    def origin(self) -> int:
        """Time of the first event on the trace's clock, in nanoseconds: reports have times on
        that clock, tables have times since the origin."""
        return int(self._facts["origin"])

    @property
    def wall_start(self) -> datetime | None:
        """Time of day when the trace began, to the microsecond; ``None`` before Go 1.25."""
        nanos = self._facts.get("wall_start")
        if nanos is None:
            return None
        return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=int(nanos) // 1000)

    @property
    def generations(self) -> list[int]:
        """Times at which the generations of the trace begin, in nanoseconds since its start."""
        return [max(start - self.origin, 0) for start in self._native.generations()]

    @property
    def warnings(self) -> list[Defect]:
        """Defects that reading gets past; it takes a pass over the trace, once."""
        return [Defect(*defect) for defect in self._native.warnings()]

    def __repr__(self) -> str:
        return f"<gotrace.Trace {self.name!r}, go {self.go_version}>"

    # Tables.

    def table(self, name: str, columns: Iterable[str] | None = None, **part: Unpack[Selection]) -> Table:
        """Returns a table by its name; ``gotrace.TABLES`` lists them.

        Raises ``ValueError`` if there is no such table or column.
        """
        return self._table(Table, name, columns, part)

    def trace(self, columns: Iterable[str] | None = None, **part: Unpack[Selection]) -> Table:
        """Returns the trace itself, in one row."""
        return self._table(Table, "trace", columns, part)

    def states(self, columns: Iterable[str] | None = None, **part: Unpack[Selection]) -> Table:
        """Returns each state of each goroutine."""
        return self._table(Table, "states", columns, part)

    def goroutines(self, columns: Iterable[str] | None = None, **part: Unpack[Selection]) -> Goroutines:
        """Returns each goroutine; ``.report()``, ``.each()``, ``.leaks()`` and ``.over_time()``
        are the reports of ``gotrace goroutines``."""
        return self._table(Goroutines, "goroutines", columns, part)

    def proc_states(self, columns: Iterable[str] | None = None, **part: Unpack[Selection]) -> Table:
        """Returns each state of each P."""
        return self._table(Table, "proc_states", columns, part)

    def thread_states(self, columns: Iterable[str] | None = None, **part: Unpack[Selection]) -> Table:
        """Returns each stretch in which an M kept its P and its goroutine."""
        return self._table(Table, "thread_states", columns, part)

    def wakeups(self, columns: Iterable[str] | None = None, **part: Unpack[Selection]) -> Table:
        """Returns each wakeup of a goroutine that had waited."""
        return self._table(Table, "wakeups", columns, part)

    def stacks(self, columns: Iterable[str] | None = None, **part: Unpack[Selection]) -> Table:
        """Returns each stack that other tables refer to, but ``events``."""
        return self._table(Table, "stacks", columns, part)

    def frames(self, columns: Iterable[str] | None = None, **part: Unpack[Selection]) -> Table:
        """Returns each call of these stacks."""
        return self._table(Table, "frames", columns, part)

    def ranges(self, columns: Iterable[str] | None = None, **part: Unpack[Selection]) -> Table:
        """Returns each phase of the garbage collector, and each stop of the world."""
        return self._table(Table, "ranges", columns, part)

    def tasks(self, columns: Iterable[str] | None = None, **part: Unpack[Selection]) -> Tasks:
        """Returns each task of the program; ``.report()`` and ``.each()`` are the reports of
        ``gotrace tasks``."""
        return self._table(Tasks, "tasks", columns, part)

    def regions(self, columns: Iterable[str] | None = None, **part: Unpack[Selection]) -> Regions:
        """Returns each region of the program; ``.report()`` and ``.each()`` are the reports of
        ``gotrace regions``."""
        return self._table(Regions, "regions", columns, part)

    def logs(self, columns: Iterable[str] | None = None, **part: Unpack[Selection]) -> Table:
        """Returns each message that the program logged."""
        return self._table(Table, "logs", columns, part)

    def metrics(self, columns: Iterable[str] | None = None, **part: Unpack[Selection]) -> Metrics:
        """Returns each figure that the runtime reported; ``.report()`` is that of
        ``gotrace metrics``."""
        return self._table(Metrics, "metrics", columns, part)

    def samples(self, columns: Iterable[str] | None = None, **part: Unpack[Selection]) -> Table:
        """Returns each sample of the CPU profile."""
        return self._table(Table, "samples", columns, part)

    def events(self, columns: Iterable[str] | None = None, **part: Unpack[Selection]) -> Table:
        """Returns each event; scripts iterate over it::

            for event in t.events(["time", "kind", "goroutine"]):
                print(event.time, event.kind, event.goroutine)
        """
        return self._table(Table, "events", columns, part)

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Asks DuckDB a question about the tables, which go by their names::

            t.sql("select state, sum(duration) / 1e9 as s from states group by state").df()
        """
        return engine(self.table(name) for name in TABLES).sql(query)

    # Reports.

    def summary(self, *, top: int = 10, **time: Unpack[Within]) -> SummaryReport:
        """Returns the trace on one page: goroutines, GC, pauses, waits, and what is wrong."""
        return self._report(SummaryReport, ["summary", *options({"top": top}), *within(time)])

    def latency(
        self,
        *,
        sort: Literal["count", "total", "p50", "p99", "max"] = "total",
        worst: int = 5,
        **part: Unpack[Selection],
    ) -> LatencyReport:
        """Returns how long goroutines waited for a P, why, and the worst cases."""
        return self._report(LatencyReport, ["latency", *options({"sort": sort, "worst": worst}), *selection(part)])

    def diagnose(self, *, threshold: dict[str, float] | None = None, **time: Unpack[Within]) -> DiagnosisReport:
        """Returns what is wrong with the program's scheduler, if anything; ``threshold`` changes
        limits, as in ``{"gc-stall.pause": 1e6}``."""
        limits = [f"{name}={value}" for name, value in (threshold or {}).items()]
        (report,) = self._report(list[DiagnosisReport], ["diagnose", *options({"threshold": limits}), *within(time)])
        return report

    def gc(self, *, top: int = 20, **time: Unpack[Within]) -> GcReport:
        """Returns the garbage collector's cycles: pauses, marking, assists and the heap."""
        return self._report(GcReport, ["gc", *options({"top": top}), *within(time)])

    def stw(self, *, top: int = 5, **time: Unpack[Within]) -> StwReport:
        """Returns the stops of the world: reasons, lengths, and goroutines that they delayed."""
        return self._report(StwReport, ["stw", *options({"top": top}), *within(time)])

    def mmu(
        self,
        *,
        of: Iterable[Literal["stw", "background", "assist", "sweep"]] = ("stw", "background", "assist"),
        per_proc: bool = False,
        window: Duration | Iterable[Duration] | None = None,
        worst: int | None = None,
        **time: Unpack[Within],
    ) -> MmuReport:
        """Returns the least share of the processors that the collector left to the program."""
        given = {"of": ",".join(of), "per_proc": per_proc, "window": window, "worst": worst}
        return self._report(MmuReport, ["mmu", *options(given), *within(time)])

    def procs(self, *, top: int = 5, **time: Unpack[Within]) -> ProcsReport:
        """Returns what the Ps did: how busy each was, Ps that idled beside goroutines that could
        run, system calls that cost a P, the longest runs, threads."""
        return self._report(ProcsReport, ["procs", *options({"top": top}), *within(time)])

    def path(
        self,
        *,
        goroutine: int | None = None,
        task: int | str | None = None,
        region: str | None = None,
        slowest: int = 1,
        segments: bool = False,
        what_if: bool = False,
        **time: Unpack[Within],
    ) -> PathsReport:
        """Returns the critical path of a task, a region or a goroutine: where its time went, across
        the goroutines that it waited for; and the typical tasks or regions beside the slowest.

        With ``what_if``, ``causes`` tell how long it would take at least if one thing took no time.
        """
        given = {
            "goroutine": goroutine,
            "task": task,
            "region": region,
            "slowest": slowest,
            "segments": segments,
            "what_if": what_if,
        }
        return self._report(PathsReport, ["path", *options(given), *within(time)])

    def count(self, *, raw: bool = False, **part: Unpack[Selection]) -> CountReport:
        """Returns the number of events of each kind."""
        return self._report(CountReport, ["count", *options({"raw": raw}), *selection(part)])

    def check(self) -> CheckReport:
        """Returns all that is wrong with the trace, and how Go's own reader takes it."""
        return self._report(CheckReport, ["check"])

    def footprint(self) -> FootprintReport:
        """Returns how many bytes of the file each type of event takes."""
        return self._report(FootprintReport, ["dump", "--mode=footprint"])

    def pprof(
        self,
        kind: ProfileKind,
        *,
        unfinished: bool = False,
        cpu_rate: int = 100,
        **part: Unpack[Selection],
    ) -> ProfileReport:
        """Returns where goroutines spend their time, by stack; ``profile`` returns it for
        ``go tool pprof``."""
        given = {"unfinished": unfinished, "cpu_rate": cpu_rate}
        return self._report(ProfileReport, ["pprof", kind, *options(given), *selection(part)])

    def profile(
        self,
        kind: ProfileKind,
        *,
        unfinished: bool = False,
        cpu_rate: int = 100,
        **part: Unpack[Selection],
    ) -> bytes:
        """Returns a profile of where goroutines spend their time, as ``go tool pprof`` reads it."""
        given = {"unfinished": unfinished, "cpu_rate": cpu_rate}
        return self._native.report(["pprof", kind, *options(given), *selection(part)])

    # Traces.

    def slice(
        self,
        *,
        around: Time | None = None,
        margin: Duration | None = None,
        **part: Unpack[Selection],
    ) -> bytes:
        """Returns a part of the trace as a trace of its own, which Go's own tools open.

        The part is the stretch from ``start`` to ``end``, or ``around`` a moment, or from the first
        to the last event of the goroutines, task or region that are selected; ``margin`` widens it.
        ``gotrace.open`` opens what is returned::

            worst = t.latency(worst=1).worst[0]
            part = gotrace.open(t.slice(around=worst.time - t.origin, margin="2ms"))
        """
        given = {"around": around, "margin": margin}
        return self._native.report(["slice", *options(given), *selection(part)])

    def anonymize(self, *, keep: str | None = None, key: str | None = None) -> bytes:
        """Returns the trace with pseudonyms for names of the program's authors, to be shared.

        Names that match the regular expression ``keep`` stay. With a ``key``, of 12 bytes or more,
        pseudonyms are the same in all traces.
        """
        return self._native.report(["anonymize", *options({"keep": keep, "key": key})])

    def _report(self, kind: type[R], command: list[str]) -> R:
        return build(kind, json.loads(self._native.report([*command, "--json"])))

    def _table(self, kind: type[T], name: str, columns: Iterable[str] | None, part: Any) -> T:
        chosen = selection(part)
        return kind(self, name, self._native.table(name, wanted(columns), chosen), chosen)
