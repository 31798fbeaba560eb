"""Python goes on while a trace is read, several threads may use one, and Ctrl-C ends it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow
import pytest
from conftest import MIXED

import gotrace


def test_threads_share_a_trace() -> None:
    t = gotrace.open(MIXED)
    tables = ["states", "wakeups", "events", "stacks"] * 4
    want = {name: pyarrow.table(t.table(name)).num_rows for name in tables}
    with ThreadPoolExecutor(8) as threads:
        rows = list(threads.map(lambda name: (name, pyarrow.table(t.table(name)).num_rows), tables))
        reports = list(threads.map(lambda _: t.latency(), range(8)))
    assert all(want[name] == count for name, count in rows)
    assert all(report == reports[0] for report in reports)


def test_python_goes_on_meanwhile(long_trace: Path) -> None:
    t = gotrace.open(long_trace, mmap=True)
    beats, over = 0, threading.Event()

    def beat() -> None:
        nonlocal beats
        while not over.wait(0.001):
            beats += 1

    heart = threading.Thread(target=beat)
    heart.start()
    t.count(raw=True)
    over.set()
    heart.join()
    assert beats > 20, "each report keeps the lock if nothing else runs"


def test_a_consumer_may_stop_half_way(long_trace: Path) -> None:
    t = gotrace.open(long_trace, mmap=True)
    for _ in range(20):
        assert next(iter(t.states())).state
        reader = pyarrow.RecordBatchReader.from_stream(t.events())
        assert reader.read_next_batch().num_rows > 0
        reader.close()


WORK = {
    "a report": "t.latency()",
    "a count": "t.count()",
    "a profile": "t.profile('sched')",
    "the warnings": "t.warnings",
    "rows": "for row in t.events(): pass",
    "a table": "t.events().to_arrow()",
}
# Other libraries make an exception of their own of it.
OTHERS = {
    "pyarrow": ("pyarrow.table(t.events())", "pyarrow.ArrowInvalid"),
    "duckdb": ("t.sql('select count(*), sum(time) from events').fetchall()", "Exception"),
}


@pytest.mark.parametrize(
    ("work", "raised"),
    [*((work, "KeyboardInterrupt") for work in WORK.values()), *OTHERS.values()],
    ids=[*WORK, *OTHERS],
)
def test_ctrl_c_ends_it(work: str, raised: str, long_trace: Path) -> None:
    # pyarrow imports pandas when it is first asked for a table, which must not be what is ended.
    code = f"""
import duckdb, gotrace, pandas, pyarrow
t = gotrace.open({str(long_trace)!r}, mmap=True)
print("ready", flush=True)
try:
    while True:
        {work}
except {raised} as e:
    print("interrupted", flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert out == "interrupted\n", err
