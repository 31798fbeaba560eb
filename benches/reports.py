#!/usr/bin/env python3
"""Measures what users wait for: reports, profiles and critical paths as whole processes, beside
`go tool trace` to its first page, its -pprof, and a program on Go's own reader.

    python3 benches/reports.py                                  50 MB of each workload: some ten minutes
    python3 benches/reports.py --mb 500 --workloads annotated   gotrace alone: Go's tool needs 87 times the file

Standard output is a table in Markdown. Its rows show the worst workload of each command. Linux only.
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from compare import GO, WORKLOADS, Failure, Table, build_gotrace, build_states, known_names, mb, note, peak, record, states_as_csv, succeeded, toolchain
from view import go_trace, measure_go

COMMANDS = [
    "summary", "goroutines", "diagnose", "latency", "procs", "tasks", "tasks --each", "regions",
    "pprof net -o {scratch}", "pprof sync -o {scratch}", "pprof syscall -o {scratch}", "pprof sched -o {scratch}",
    "pprof wall -o {scratch}", "path", "path --task checkout", "export perfetto -o {scratch}",
]  # fmt: skip

# Bytes of memory that `go tool trace` takes for a byte of trace, roughly.
OF_GO = 90


def main():
    options = arguments()
    gotrace = options.gotrace or build_gotrace()
    traces = [record(workload, options) for workload in options.workloads]
    yardsticks = {trace.name: Yardsticks(trace, options.runs) for trace in traces}
    table = Table("command", "worst workload", "time", "anonymous memory", "first page of `go tool trace`", "a Go program")
    for command in options.commands:
        rows = [measure(gotrace, command, trace, options.runs) for trace in traces if " --task" not in command or "annotated" in trace.name]
        if not rows:
            continue
        trace, seconds, _ = max(rows, key=lambda row: row[1])
        most = max(memory for _, _, memory in rows)
        against = yardsticks[trace.name]
        table.add(
            f"`{command.split(' -o')[0]}`",
            trace.name,
            f"{seconds:.2f} s",
            mb(most),
            against.page and f"{against.page / seconds:.0f}x the time, {against.memory / most:.0f}x the memory" or "",
            against.program and f"{against.program / seconds:.1f}x the time" or "",
        )
    print(f"gotrace beside Go {GO}, {options.mb} MB; median of {options.runs} runs, as whole processes.\n")
    print(table.markdown())
    for name, against in yardsticks.items():
        if against.page:
            print(f"\n{name}: `go tool trace` has its first page after {against.page:.1f} s, with {mb(against.memory)};", end=" ")
            print(f"{mb(against.bytes)} of /jsontrace{' (a part of it)' if against.is_part else ''} after {against.data:.1f} s;", end=" ")
            print(f"-pprof=sched takes {against.pprof:.1f} s; a Go program that writes states as CSV {against.program:.1f} s.")


def arguments():
    parser = argparse.ArgumentParser(description="Measure what users wait for.")
    parser.add_argument("--workloads", type=lambda text: known_names(text, WORKLOADS), default=WORKLOADS, metavar="A,B", help="of " + ",".join(WORKLOADS))
    parser.add_argument("--commands", type=lambda text: text.split(","), default=COMMANDS, metavar="A,B", help="in place of all")
    parser.add_argument("--mb", type=int, default=50, metavar="N", help="size of the traces in MB (default 50)")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs of each command")
    parser.add_argument("--gotrace", metavar="PATH", help="the gotrace to measure, which is built if this is not given")
    options = parser.parse_args()
    options.record_with, options.fresh = GO, False
    return options


class Yardsticks:
    """What Go's tools take for a trace: seconds, and bytes of memory; none where they would need too much of it."""

    def __init__(self, trace, runs):
        self.page = self.memory = self.data = self.bytes = self.pprof = self.program = None
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        if trace.bytes * OF_GO > free:
            note(f"{trace.name}: too large for go tool trace on this machine")
            return
        note(f"{trace.name}: go tool trace")
        tool = go_trace()
        figures, self.bytes, self.is_part = measure_go(tool, str(trace.path))
        self.page, self.data, self.memory = figures["go listens"], figures["go data"], figures["MB go"] * (1 << 20)
        with tempfile.TemporaryDirectory() as folder:
            self.pprof = succeeded([tool, "-pprof=sched", str(trace.path)]).wall
            csv = states_as_csv(build_states(toolchain(GO)), trace, folder)
            self.program = statistics.median(succeeded(csv).wall for _ in range(runs))


def measure(gotrace, command, trace, runs):
    """Returns the trace, and the seconds and bytes of a command on it."""
    note(f"{command} of {trace.name}")
    with tempfile.TemporaryDirectory() as folder:
        name, *rest = command.replace("{scratch}", str(Path(folder) / "out")).split()
        whole = [gotrace, name, *rest, str(trace.path)]
        wall = statistics.median(succeeded(whole).wall for _ in range(runs))
        return trace, wall, peak(whole)[0]


if __name__ == "__main__":
    try:
        main()
    except Failure as e:
        sys.exit(f"reports.py: {e}")
