#!/usr/bin/env python3
"""Measures `gotrace view` on a trace: when it listens, when the page could draw something,
when the overview is whole, how long tiles take, and how much memory it has of its own.
Beside it, in turns, `go tool trace` of Go 1.27.3 on the same file: when it listens, when its
viewer has the data that it draws (of the first part, if it splits the trace), and its memory.

    python3 benches/view.py --gotrace target/release/gotrace trace.out ...

Linux only. The traces of compare.py are in target/bench-traces. Go comes from PyPI by
testdata/toolchains.sh; --without-go leaves it out.
"""

import argparse
import html
import json
import os
import random
import re
import statistics
import struct
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
GO = "1.27.3"

# Windows of that length, as a share of the whole.
ZOOMS = [1 / 20, 1 / 100, 1 / 1000]
LANES = "procs,threads,counters,bands"


class Server:
    def __init__(self, gotrace, trace):
        self.begun = time.monotonic()
        args = [gotrace, "view", "--no-open", trace]
        self.process = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        self.listens = time.monotonic() - self.begun
        self.base, self.token = re.match(r"(http://.*)/#token=(\w+)", line).groups()

    def open(self, path):
        request = urllib.request.Request(self.base + path, headers={"X-Gotrace-Token": self.token})
        return urllib.request.urlopen(request, timeout=300)

    def get(self, path):
        begun = time.monotonic()
        with self.open(path) as answer:
            return answer.read(), time.monotonic() - begun

    def memory(self):
        return memory_of(self.process)

    def end(self):
        self.process.terminate()
        self.process.wait()


def memory_of(process):
    """The anonymous memory of a process, in MiB; 0 if it has ended."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"RssAnon:\s+(\d+)", status)
    return int(found.group(1)) / 1024 if found else 0.0


class Watch:
    """The most memory that a process has, read every few milliseconds."""

    def __init__(self, process):
        self.most, self.over = 0.0, threading.Event()
        self.thread = threading.Thread(target=self.run, args=(process,), daemon=True)
        self.thread.start()

    def run(self, process):
        while not self.over.wait(0.005):
            self.most = max(self.most, memory_of(process))

    def end(self):
        self.over.set()
        self.thread.join()
        return self.most


def go_trace():
    """The path of the program that `go tool trace` runs."""
    go = subprocess.run([REPO / "testdata" / "toolchains.sh", GO], check=True, stdout=subprocess.PIPE, text=True)
    env = dict(os.environ, GOTOOLCHAIN="local", GOFLAGS="")
    tool = subprocess.run([go.stdout.strip(), "tool", "-n", "trace"], check=True, stdout=subprocess.PIPE, text=True, env=env)
    return tool.stdout.strip()


def measure_go(tool, trace):
    """One run of `go tool trace`: its figures by name, and the bytes of the viewer's data."""
    begun = time.monotonic()
    # Instead of a browser.
    env = dict(os.environ, BROWSER="true", GOTOOLCHAIN="local")
    args = [tool, "-http=127.0.0.1:0", trace]
    process = subprocess.Popen(args, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env)
    watch = Watch(process)
    try:
        said = ""
        while not (found := re.search(r"listening on (http://\S+)", said)):
            line = process.stderr.readline()
            if not line:
                raise SystemExit(f"go tool trace ended: {said}")
            said += line
        listens, base = time.monotonic() - begun, found.group(1).rstrip("/")
        with urllib.request.urlopen(base + "/", timeout=600) as answer:
            page = answer.read().decode()
        # A long trace has several links, each to a part of it.
        links = [html.unescape(link) for link in re.findall(r'href="/trace(\?[^"]*|)"', page)]
        query = next((link for link in links if "start=" in link), "?view=proc")
        size = 0
        with urllib.request.urlopen(f"{base}/jsontrace{query}", timeout=600) as answer:
            while piece := answer.read(1 << 20):
                size += len(piece)
        served = time.monotonic() - begun
    finally:
        most = watch.end()
        process.kill()
        process.wait()
        process.stderr.close()
    return {"go listens": listens, "go data": served, "MB go": most}, size, "start=" in query


def overview(server):
    """When the first tile was there, and all; how many bytes; the most memory until then."""
    first, size, most = None, 0, 0.0
    with server.open("/api/overview") as answer:
        while head := answer.read(8):
            kind, length = struct.unpack("<II", head)
            answer.read(length)
            size += length + 8
            most = max(most, server.memory())
            if first is None and kind == 1:
                first = time.monotonic() - server.begun
    return first, time.monotonic() - server.begun, size, most


def measure(gotrace, trace, runs, tiles, go):
    row = {}
    for _ in range(runs):
        if go:
            figures, data, is_part = measure_go(go, trace)
            for name, value in figures.items():
                row.setdefault(name, []).append(value)
        server = Server(gotrace, trace)
        first, whole, size, most = overview(server)
        for name, value in [("listens", server.listens), ("first tile", first), ("whole", whole), ("MB", most)]:
            row.setdefault(name, []).append(value)
        meta = json.loads(server.get("/api/meta")[0])
        took = []
        chance = random.Random(7)
        for number in range(tiles):
            length = meta["span"] * ZOOMS[number % len(ZOOMS)]
            begin = chance.random() * (meta["span"] - length)
            took.append(server.get(f"/api/tile?from={begin:.0f}&to={begin + length:.0f}&cells=1920&lanes={LANES}")[1])
        took.sort()
        row.setdefault("tile", []).append(statistics.median(took))
        row.setdefault("tile p95", []).append(took[int(len(took) * 0.95)])
        row.setdefault("MB after", []).append(server.memory())
        server.end()
    print(f"{trace}: {meta['bytes'] / 1e6:.0f} MB, {meta['events'] / 1e6:.1f} M events, overview {size / 1e3:.0f} kB")
    if go:
        print(f"  the data of go's viewer: {data / 1e6:.1f} MB{' of the first part' if is_part else ''}")
    for name, values in row.items():
        unit, factor = ("MB", 1) if name.startswith("MB") else ("ms", 1000)
        name = {"MB": "memory, overview", "MB after": "memory, tiles", "MB go": "go memory"}.get(name, name)
        print(f"  {name:<18}{statistics.median(values) * factor:8.1f} {unit}   (of {runs}: {min(values) * factor:.1f} to {max(values) * factor:.1f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gotrace", default="target/release/gotrace")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--tiles", type=int, default=60)
    parser.add_argument("--without-go", action="store_true", help="do not measure go tool trace")
    parser.add_argument("traces", nargs="+", metavar="TRACE")
    options = parser.parse_args()
    go = None if options.without_go else go_trace()
    for trace in options.traces:
        measure(options.gotrace, trace, options.runs, options.tiles, go)


if __name__ == "__main__":
    main()
