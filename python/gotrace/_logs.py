"""GODEBUG logs: what a program prints with ``GODEBUG=schedtrace=1000,gctrace=1``."""

from __future__ import annotations

import json
import os
from typing import IO, Any, Union, overload

from gotrace._build import build
from gotrace._native import NativeLog
from gotrace._options import options
from gotrace.reports import DiagnosisReport, GctraceReport, LogLine, SchedtraceReport

LogSource = Union[str, "os.PathLike[str]", bytes, IO[bytes], IO[str]]
"""A path, the bytes of a log, or an open file. It may be compressed by gzip or zstd."""


@overload
def schedtrace(log: LogSource, *, program: str | None = None) -> list[LogLine]: ...


@overload
def schedtrace(log: LogSource, *, rows: int, program: str | None = None) -> list[SchedtraceReport]: ...


def schedtrace(
    log: LogSource, *, rows: int | None = None, program: str | None = None
) -> list[LogLine] | list[SchedtraceReport]:
    """Returns the lines of the runtime in a log, as ``gotrace schedtrace --json`` has them.

    With ``rows``, returns a table of at most about so many rows for each program (0 for all).
    ``program`` picks one of several programs.
    """
    printed = _open(log).report(["schedtrace", "--json", *options({"rows": rows, "program": program})])
    if rows is not None:
        return build(list[SchedtraceReport], json.loads(printed))
    return build(list[LogLine], [json.loads(line) for line in printed.splitlines()])


def gctrace(log: LogSource, *, program: str | None = None) -> list[GctraceReport]:
    """Returns what ``gc`` lines say of each program in a log: pauses, processor time, the heap."""
    printed = json.loads(_open(log).report(["gctrace", "--json", *options({"program": program})]))
    return build(list[GctraceReport], printed if isinstance(printed, list) else [printed])


def diagnose(
    log: LogSource, *, threshold: dict[str, float] | None = None, program: str | None = None
) -> list[DiagnosisReport]:
    """Returns what is wrong with the scheduler of each run of a program in a log, if anything."""
    limits = [f"{name}={value}" for name, value in (threshold or {}).items()]
    command = ["diagnose", "--json", *options({"threshold": limits, "program": program})]
    return build(list[DiagnosisReport], json.loads(_open(log).report(command)))


def _open(log: Any) -> NativeLog:
    if isinstance(log, (bytes, bytearray, memoryview)):
        return NativeLog.of_bytes("log", bytes(log))
    if hasattr(log, "read"):
        text = log.read()
        name = getattr(log, "name", "log")
        return NativeLog.of_bytes(str(name), text.encode() if isinstance(text, str) else bytes(text))
    return NativeLog.open(os.fspath(log))
