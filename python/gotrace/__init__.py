"""Go execution traces as tables and reports.

::

    import gotrace

    t = gotrace.open("trace.out")
    t.summary().gc.cycles                         # reports: objects in the shape of --json
    t.states().to_pandas()                        # tables: for pandas, polars, DuckDB, Arrow
    t.sql("select state, sum(duration) from states group by state")
    for wakeup in t.wakeups():                    # or row by row
        print(wakeup.time, wakeup.waker, wakeup.wakee)

    log = gotrace.open_log("stderr.log")          # what GODEBUG=schedtrace,gctrace printed
    log.sched().to_pandas()

``docs/python.md`` has recipes, ``docs/tables.md`` the columns of the tables, ``docs/json.md``
the meaning of the reports.
"""

from __future__ import annotations

import os
from typing import IO, Any, Union

from gotrace import reports
from gotrace._errors import Error, TraceError
from gotrace._fetch import fetch, is_url
from gotrace._logs import LOG_TABLES, Log, diagnose, gctrace, open_log, schedtrace
from gotrace._native import VERSION as __version__
from gotrace._native import NativeTrace
from gotrace._table import Goroutines, Metrics, Regions, Table, Tasks
from gotrace._trace import TABLES, Defect, Trace

__all__ = [
    "LOG_TABLES",
    "TABLES",
    "Defect",
    "Error",
    "Goroutines",
    "Log",
    "Metrics",
    "Regions",
    "Table",
    "Tasks",
    "Trace",
    "TraceError",
    "__version__",
    "diagnose",
    "gctrace",
    "open",
    "open_log",
    "reports",
    "schedtrace",
]

Source = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, IO[bytes]]


def open(
    source: Source,
    *,
    mmap: bool = False,
    strict: bool = False,
    binary: str | os.PathLike[str] | None = None,
    seconds: float | None = None,
) -> Trace:
    """Opens a trace: a path, the URL of a server, bytes, or an open binary file.

    It is read into memory. With ``mmap=True``, a file is mapped instead, which takes no memory
    of its own; nothing may write to the file then for as long as the trace is used: the process
    ends if it is made shorter. Data that gzip or zstd compressed are decompressed.

    Defects are got past, and are in ``Trace.warnings``; with ``strict=True`` the first one raises
    ``TraceError``. ``binary`` is the program that was traced, which has the names of functions
    for traces of Go 1.5 and 1.6. A server is asked to trace for so many ``seconds``; 5 if nothing
    is said.

    Raises ``OSError`` if the file cannot be read, ``TraceError`` if it is no trace or has no
    event, and ``Error`` if the server does not give one.
    """
    named = None if binary is None else os.fspath(binary)
    if is_url(source):
        name, body = fetch(str(source), seconds)
        return Trace(NativeTrace.of_bytes(name, body, strict, named))
    if seconds is not None:
        raise ValueError("seconds is for traces of a server")
    data: Any = source
    if isinstance(data, (bytes, bytearray, memoryview)):
        return Trace(NativeTrace.of_bytes("bytes", bytes(data), strict, named))
    if hasattr(data, "read"):
        body = data.read()
        if not isinstance(body, (bytes, bytearray, memoryview)):
            raise TypeError(f"the file gives {type(body).__name__}; expected bytes, as of a file opened in mode 'rb'")
        return Trace(NativeTrace.of_bytes(str(getattr(data, "name", "file")), bytes(body), strict, named))
    path = os.fspath(data)
    return Trace(NativeTrace.map(path, strict, named) if mmap else NativeTrace.open(path, strict, named))
