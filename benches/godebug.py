#!/usr/bin/env python3
"""Measures `gotrace schedtrace` and `gctrace` on large logs, beside `grep -c SCHED`.

    python3 benches/godebug.py                1 GB each
    python3 benches/godebug.py --mb 100       smaller
    python3 benches/godebug.py --gotrace PATH

The logs are made of those in testdata/godebug and kept in target/bench-logs. It
prints a table as Markdown: seconds (the median of the runs), the rate, and the
most resident memory. The exit status is 1 if a log is not read without a warning,
or if memory grows with the log.
"""

import argparse
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPO / "target")).resolve()
RECORDED = REPO / "testdata/godebug/go1.27"
MOST_MEMORY_MB = 32


def main():
    options = arguments()
    gotrace = options.gotrace or build()
    logs = TARGET / "bench-logs"
    logs.mkdir(parents=True, exist_ok=True)
    print(f"{options.mb} MB each, the median of {options.runs} runs, file in the page cache\n")
    print("| log | command | seconds | MB/s | times `grep -c` | memory |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    failed = False
    for name, lines in LOGS.items():
        log = logs / f"{name}-{options.mb}.log"
        if options.fresh or not log.exists():
            make(log, lines, options.mb)
        run(["cat", str(log)])  # into the page cache
        commands = {
            "`grep -c SCHED`": ["grep", "-c", "SCHED", str(log)],
            "`gotrace schedtrace`": [gotrace, "schedtrace", str(log)],
            "`gotrace gctrace`": [gotrace, "gctrace", str(log)],
            "`gotrace diagnose`": [gotrace, "diagnose", str(log)],
            "`gotrace schedtrace --json`": [gotrace, "schedtrace", "--json", str(log)],
        }
        if name == "detail":  # which has no gc line
            del commands["`gotrace gctrace`"]
        runs = {what: [] for what in commands}
        for _ in range(options.runs):  # in turn, so that disturbances are shared
            for what, command in commands.items():
                runs[what].append(run(command))
        grep = statistics.median(seconds for seconds, *_ in runs["`grep -c SCHED`"])
        for what, of in runs.items():
            seconds = statistics.median(seconds for seconds, *_ in of)
            memory = max(memory for _, memory, _ in of)
            rate, ratio = options.mb / seconds, seconds / grep
            print(f"| {name} | {what} | {seconds:.2f} | {rate:,.0f} | {ratio:.1f} | {memory:.1f} MB |")
            if "gotrace" in what:
                if any(status != 0 for *_, status in of):
                    print(f"{name}: {what} failed", file=sys.stderr)
                    failed = True
                if memory > MOST_MEMORY_MB:
                    print(f"{name}: {what} took {memory:.1f} MB", file=sys.stderr)
                    failed = True
    sys.exit(1 if failed else 0)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mb", type=int, default=1000, help="size of each log (default 1000)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each command (default 3)")
    parser.add_argument("--gotrace", metavar="PATH", help="the gotrace to measure, which is built if this is not given")
    parser.add_argument("--fresh", action="store_true", help="make the logs again")
    return parser.parse_args()


def recorded(name, start):
    lines = (RECORDED / f"{name}.log").read_text().splitlines()
    return [line for line in lines if line.startswith(start)]


def app_lines(random):
    """Yields lines of a server, of about 120 bytes, with one of the runtime's after every 50."""
    runtime = recorded("summary", ("SCHED", "gc "))
    words = "request done failed retry upstream cache user order session gc scan status worker".split()
    while True:
        for i in range(50):
            text = " ".join(random.choices(words, k=6))
            yield f'2026-11-23T10:{i:02}:00.{random.randrange(10**6):06}Z INFO http: {text} id={random.randrange(10**9)} status=200'
        yield random.choice(runtime)


def kubernetes_lines(random):
    """Yields the lines of a server with the prefix of a container runtime."""
    for line in app_lines(random):
        yield f"2026-11-23T10:00:00.123456789Z stderr F {line}"


def dense_lines(random):
    """Yields only SCHED and gc lines."""
    lines = recorded("summary", ("SCHED", "gc "))
    while True:
        yield from lines


def detail_lines(random):
    """Yields only blocks of scheddetail."""
    lines = recorded("detail", ("SCHED", "  P", "  M", "  G"))
    while True:
        yield from lines


LOGS = {"server": app_lines, "kubernetes": kubernetes_lines, "dense": dense_lines, "detail": detail_lines}


def make(log, lines, mb):
    source = lines(random.Random(1))
    part = "".join(next(source) + "\n" for _ in range(50_000)).encode()
    partial = log.with_suffix(".part")
    with open(partial, "wb") as out:
        for _ in range(mb * 1_000_000 // len(part) + 1):
            out.write(part)
    partial.rename(log)


def run(command):
    """Runs a command; returns wall-clock seconds, the most resident memory in MB, and the exit status."""
    with tempfile.TemporaryFile() as out:
        begun = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        # wait4's figure is not used: it counts the child's memory before it became the command.
        most = 0
        while child.poll() is None:
            most = max(most, resident(child.pid))
            time.sleep(0.005)
        return time.perf_counter() - begun, most, child.returncode


def resident(pid):
    """Returns the most memory that a process had resident so far, in MB."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 / 1e6 if found else 0


def build():
    subprocess.run(["cargo", "build", "--release", "--quiet", "--bin", "gotrace"], cwd=REPO, check=True)
    return str(TARGET / "release/gotrace")


if __name__ == "__main__":
    main()
