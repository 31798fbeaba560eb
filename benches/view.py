#!/usr/bin/env python3
"""Measures `gotrace view` on a trace: when it listens, when the page could draw something,
when the overview is whole, how long tiles take, and how much memory it has of its own.

    python3 benches/view.py --gotrace target/release/gotrace trace.out ...

Linux only. The traces of compare.py are in target/bench-traces.
"""

import argparse
import json
import random
import re
import statistics
import struct
import subprocess
import time
import urllib.request

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
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"RssAnon:\s+(\d+)", status.read()).group(1)) / 1024

    def end(self):
        self.process.terminate()
        self.process.wait()


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


def measure(gotrace, trace, runs, tiles):
    row = {}
    for _ in range(runs):
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
    for name, values in row.items():
        unit, factor = ("MB", 1) if name.startswith("MB") else ("ms", 1000)
        name = {"MB": "memory, overview", "MB after": "memory, tiles"}.get(name, name)
        print(f"  {name:<18}{statistics.median(values) * factor:8.1f} {unit}   (of {runs}: {min(values) * factor:.1f} to {max(values) * factor:.1f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gotrace", default="target/release/gotrace")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--tiles", type=int, default=60)
    parser.add_argument("traces", nargs="+", metavar="TRACE")
    options = parser.parse_args()
    for trace in options.traces:
        measure(options.gotrace, trace, options.runs, options.tiles)


if __name__ == "__main__":
    main()
