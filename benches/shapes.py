#!/usr/bin/env python3
"""Checks that no shape of trace makes a command slow, or large.

    python3 benches/shapes.py                                   everything: some twenty minutes
    python3 benches/shapes.py --shapes open-tasks,region-names --commands count,regions

Each shape (benches/shapes: traces with much of one thing) is recorded at 1, 4 and 16 times its
size, and read by every command with one thread and with two. It fails where

- processor time or memory for each event grows from 4 to 16 times the size, or
- a second thread makes a command slower.

Memory is anonymous memory: what the process has besides pages of the trace. Standard output is a
table in Markdown, with the worst command of each shape.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from compare import GO, TARGET, TOOLS, Failure, Table, build_gotrace, known_names, note, peak, run, text_of, toolchain

SOURCE = Path(__file__).resolve().parent / "shapes"
TRACES = TARGET / "bench-shapes"
SIZES = [1, 4, 16]
THREADS = [1, 2]

COMMANDS = {
    name.replace(" --", " ").replace(" ", "-"): name.split()
    for name in [
        "count", "count --in-order", "count --raw", "check", "summary", "latency", "procs", "metrics", "goroutines",
        "goroutines --by state", "goroutines --by goroutine", "goroutines --leaks", "goroutines --over-time",
        "tasks", "tasks --each", "regions", "regions --each", "gc", "stw", "mmu", "diagnose", "pprof sync --text",
        "pprof sched --text", "pprof wall --text", "events", "events --json", "dump", "dump --mode wire",
        "dump --mode footprint", "convert", "repair -o -",
    ]
}  # fmt: skip

# Figures that are this much apart are not told apart: runs are short.
SECONDS = 0.05
BYTES = 4 << 20
# Growth for each event, and of the time by a second thread, that is a failure.
GROWTH = 1.5
SLOWER = 1.2


def main():
    options = arguments()
    gotrace = options.gotrace or build_gotrace()
    table = Table("shape", "events", "file", "worst time for an event", "worst memory", "of the file", "two threads at worst")
    failures = []
    for shape, period in recorders(toolchain(GO)).items():
        if options.shapes and shape not in options.shapes:
            continue
        note(shape)
        files = [Trace(gotrace, record(shape, period, size, options.fresh)) for size in SIZES]
        figures = {}
        for name, command in COMMANDS.items():
            if options.commands and name not in options.commands:
                continue
            for threads in THREADS:
                for size, trace in zip(SIZES, files):
                    figures[name, threads, size] = measure(gotrace, command, threads, trace, options.runs)
                failures += growth(shape, name, threads, files, figures)
            failures += slower(shape, name, figures)
        table.add(*worst(shape, files[-1], figures))
    print(table.markdown())
    if failures:
        sys.exit("\n".join(failures))


def arguments():
    parser = argparse.ArgumentParser(description="Check that no shape of trace makes a command slow, or large.")
    commands = lambda text: known_names(text, list(COMMANDS))  # noqa: E731
    parser.add_argument("--shapes", type=lambda text: text.split(","), metavar="A,B", help="some of the shapes")
    parser.add_argument("--commands", type=commands, metavar="A,B", help="of " + ",".join(COMMANDS))
    parser.add_argument("--runs", type=int, default=2, metavar="N", help="runs of each command; the best counts")
    parser.add_argument("--gotrace", metavar="PATH", help="the gotrace to measure, which is built if this is not given")
    parser.add_argument("--fresh", action="store_true", help="record all traces again")
    return parser.parse_args()


class Trace:
    """A trace with the number of its events."""

    def __init__(self, gotrace, path):
        self.path, self.bytes = path, path.stat().st_size
        self.events = json.loads(text_of([gotrace, "count", "--json", str(path)]))["events"]


class Figures:
    """What the best of some runs took: seconds of a processor and of time, and bytes."""

    def __init__(self, used, wall, memory):
        self.used, self.wall, self.memory = used, wall, memory


def recorders(go):
    """Builds the program that records; returns the shapes with the lengths of their generations."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    text_of([go, "build", "-trimpath", "-o", str(TOOLS / "shapes"), "."], cwd=SOURCE)
    lines = text_of([str(TOOLS / "shapes"), "-list"]).splitlines()
    return dict(line.split("\t")[:2] for line in lines)


def record(shape, period, size, fresh):
    path = TRACES / f"{shape}-{size}.trace"
    if fresh or not path.exists():
        TRACES.mkdir(parents=True, exist_ok=True)
        env = dict(os.environ, GODEBUG=f"traceadvanceperiod={period}" if period else "")
        command = [str(TOOLS / "shapes"), "-shape", shape, "-n", str(size), "-o", str(path)]
        if subprocess.run(command, env=env).returncode != 0:
            raise Failure(f"{shape} could not be recorded")
    return path


def measure(gotrace, command, threads, trace, runs):
    whole = [gotrace, *command, "--threads", str(threads), str(trace.path)]
    done = [run(whole) for _ in range(runs)]
    if done[0].status not in (0, 1) or b"panicked" in done[0].errors.encode():
        raise Failure(f"{' '.join(whole)}: {done[0].errors}")
    memory = min(peak(whole)[0] for _ in range(runs)) if done[0].status == 0 else 0
    return Figures(min(one.used for one in done), min(one.wall for one in done), memory)


def growth(shape, name, threads, files, figures):
    """Returns what grows for each event between the last two sizes."""
    before, after = (figures[name, threads, size] for size in SIZES[-2:])
    more = GROWTH * files[-1].events / files[-2].events
    found = []
    if after.used > before.used * more + SECONDS:
        found.append(f"time, from {before.used:.2f} s to {after.used:.2f} s")
    if after.memory > before.memory * more + BYTES:
        found.append(f"memory, from {before.memory / 1e6:.1f} MB to {after.memory / 1e6:.1f} MB")
    times = files[-1].events / files[-2].events
    return [f"{shape}: {name}, {threads} threads, {times:.1f} times the events: {what}" for what in found]


def slower(shape, name, figures):
    one, two = (figures[name, threads, SIZES[-1]].wall for threads in THREADS)
    return [f"{shape}: {name}: {one:.2f} s, but {two:.2f} s on two threads"] if two > one * SLOWER + SECONDS else []


def worst(shape, trace, figures):
    """Returns the row of a shape."""
    last = {key: of for key, of in figures.items() if key[2] == SIZES[-1]}
    slow = max(last, key=lambda key: last[key].used)
    large = max(last, key=lambda key: last[key].memory)
    pairs = {name: last[name, 2, SIZES[-1]].wall / last[name, 1, SIZES[-1]].wall for name, threads, _ in last if threads == 1}
    slowest = max(pairs, key=pairs.get)
    return (
        shape,
        f"{trace.events:,}",
        f"{trace.bytes / 1e6:.1f} MB",
        f"{last[slow].used / trace.events * 1e9:.0f} ns, {slow[0]}",
        f"{last[large].memory / 1e6:.1f} MB, {large[0]}",
        f"{last[large].memory / trace.bytes:.1f}x",
        f"{1 / pairs[slowest]:.2f}x, {slowest}",
    )


if __name__ == "__main__":
    try:
        main()
    except Failure as e:
        sys.exit(f"shapes.py: {e}")
