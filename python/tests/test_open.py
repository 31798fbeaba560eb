"""Traces from everywhere, and what is said of those that cannot be read."""

from __future__ import annotations

import gzip
import http.server
import io
import pickle
import threading
from pathlib import Path

import pytest
from conftest import BAD, MIXED, TRACES

import gotrace
from gotrace._fetch import _shown, _target


def test_every_source_gives_the_same_trace(tmp_path: Path) -> None:
    data = MIXED.read_bytes()
    zipped = tmp_path / "zipped.trace"
    zipped.write_bytes(gzip.compress(data))
    want = gotrace.open(MIXED).summary()
    for t in [
        gotrace.open(str(MIXED)),
        gotrace.open(MIXED, mmap=True),
        gotrace.open(data),
        gotrace.open(bytearray(data)),
        gotrace.open(memoryview(data)),
        gotrace.open(gzip.compress(data)),
        gotrace.open(zipped),
        gotrace.open(zipped, mmap=True),
        gotrace.open(io.BytesIO(data)),
        gotrace.open(MIXED.open("rb")),
    ]:
        got = t.summary()
        assert (got.events, got.latency, got.gc) == (want.events, want.latency, want.gc), t
        assert t.trace_id == gotrace.open(MIXED).trace_id


def test_facts() -> None:
    t = gotrace.open(MIXED)
    assert (t.name, t.go_version) == (str(MIXED), "1.26")
    assert t.summary().start == t.origin and t.wall_start.year >= 2025
    assert len(t.generations) == t.summary().generations and t.generations == sorted(t.generations)
    assert gotrace.open(TRACES / "go1.22" / "mixed.trace").wall_start is None
    assert repr(t) == f"<gotrace.Trace {str(MIXED)!r}, go 1.26>"
    assert t.warnings == []


@pytest.mark.parametrize(
    ("name", "offset", "said"),
    [
        ("empty.trace", 0, "the file is empty"),
        ("page.trace", 0, "not a Go execution trace"),
        ("header-future.trace", 5, "not supported"),
        ("header-only.trace", None, "no events"),
        ("text.trace", 0, "found text"),
    ],
)
def test_what_is_no_trace_is_told_with_its_place(name: str, offset: int | None, said: str) -> None:
    with pytest.raises(gotrace.TraceError, match=said) as caught:
        gotrace.open(BAD / name)
    assert name in str(caught.value) and caught.value.offset == offset
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.offset) == (str(caught.value), offset)


def test_damage_is_a_warning_or_an_error() -> None:
    path = BAD / "cut-batch.trace"
    t = gotrace.open(path)
    defect = t.warnings[0]
    assert defect.offset == 89 and defect.message.startswith("byte 89, generation 1: ")
    (row,) = t.trace(["warnings", "truncated"])
    assert (row.warnings, row.truncated) == (len(t.warnings), True)
    strict = gotrace.open(path, strict=True)
    states = strict.states()
    for read in [strict.summary, lambda: strict.warnings, lambda: list(states), states.to_pandas, states.to_polars, states.to_arrow]:
        with pytest.raises(gotrace.TraceError) as caught:
            read()
        assert caught.value.offset == defect.offset, read


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for source, kind in [(tmp_path / "none", FileNotFoundError), (tmp_path, IsADirectoryError)]:
        for mmap in (False, True):
            with pytest.raises(kind, match=source.name):
                gotrace.open(source, mmap=mmap)
    with pytest.raises(TypeError, match="'rb'"):
        gotrace.open(io.StringIO("text"))
    with pytest.raises(TypeError):
        gotrace.open(7)
    with pytest.raises(ValueError, match="seconds"):
        gotrace.open(MIXED, seconds=3)


class Server(http.server.BaseHTTPRequestHandler):
    """A program with net/http/pprof, and other servers."""

    asked: list[tuple[str, str | None]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Authorization"]))
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/other/trace?seconds=1")
            return self.end_headers()
        found = "trace" in self.path
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(MIXED.read_bytes() if found else b"404 page not found")

    def log_message(self, *_: object) -> None:
        pass


def test_a_server_is_asked_for_a_trace() -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_port}"
    try:
        t = gotrace.open(f"http://me:p%40ss@{host}", seconds=0.5)
        assert t.summary().events > 1000 and t.name == f"http://{host}/debug/pprof/trace?seconds=0.5"
        assert Server.asked[-1] == ("/debug/pprof/trace?seconds=0.5", "Basic bWU6cEBzcw==")
        gotrace.open(f"http://me:secret@{host}/moved")
        assert Server.asked[-1] == ("/other/trace?seconds=1", None), "another host gets no password"
        with pytest.raises(gotrace.Error, match="404 Not Found: 404 page not found") as caught:
            gotrace.open(f"http://{host}/none?token=secret")
        assert "secret" not in str(caught.value)
    finally:
        server.shutdown()
        server.server_close()
    with pytest.raises(gotrace.Error, match="refused"):
        gotrace.open(f"http://{host}")


@pytest.mark.parametrize(
    ("url", "seconds", "asked"),
    [
        ("http://localhost:6060", None, "http://localhost:6060/debug/pprof/trace?seconds=5"),
        ("http://h/debug/pprof/", 2, "http://h/debug/pprof/trace?seconds=2"),
        ("http://h/p/trace?a=1&seconds=2", 3, "http://h/p/trace?a=1&seconds=3"),
        ("http://h/debug/pprof/trace?seconds=2", None, "http://h/debug/pprof/trace?seconds=2"),
        ("https://[::1]:8/flight#x", None, "https://[::1]:8/flight"),
    ],
)
def test_addresses_stand_for_what_the_command_takes_them_for(url: str, seconds: float | None, asked: str) -> None:
    assert _target(url, seconds)[0] == asked
    assert _shown("http://me:secret@h/trace?token=secret&seconds=2") == "http://h/trace?token=...&seconds=2"
    with pytest.raises(ValueError, match="no host"):
        gotrace.open("http:///x")
