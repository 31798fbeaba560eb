#!/usr/bin/env python3
"""Measures gotrace against Go's own trace reader, on the same files in one run.

    python3 benches/compare.py            everything
    python3 benches/compare.py --quick    fewer runs, workloads and sizes

It builds what it needs, records the traces that are missing (they are kept in
target/bench-traces), and prints the budgets as Markdown, filled in with what it
measured. README.md in this directory says what each row means.
"""

import argparse
import json
import os
import platform
import re
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BENCHES = Path(__file__).resolve().parent
REPO = BENCHES.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPO / "target")).resolve()
TRACES = TARGET / "bench-traces"
TOOLS = TARGET / "bench-tools"

GO = "1.27.3"  # whose reader is the yardstick
V1_GO = "1.21.13"  # the last that writes the old format
WORKLOADS = ["mixed", "http", "syscalls", "procs16", "gc", "annotated", "goroutines"]
QUICK_WORKLOADS = ["mixed", "http", "syscalls", "procs16"]
ROWS = ["speed", "v1", "pprof", "analyses", "columns", "sharing", "memory", "growth"]
QUICK_ROWS = ["speed", "memory", "growth"]
PACE_MB = 10  # a second, when recording: a busy server's, and some generations in each trace

# For the row of growth, one workload runs for 1, 4, 16 and 64 seconds at the same pace, so
# that only the number of generations grows.
GROWTH = [1, 4, 16, 64]
QUICK_GROWTH = [1, 4, 16]
GROWTH_MB = 8

# The variants that are timed against Go's ordered reader: gotrace's arguments, the label,
# the floor and the goal.
SPEED = {
    "raw": ("--raw --threads 1", "raw scan of all batches, no order, 1 thread", 20, 25),
    "ordered": ("--threads 1", "ordered and validated, Go's exact order, 1 thread", 8, 10),
    "in order": ("--in-order --threads 2", "the same stream, 2 threads", 10, 11),
    "merged": ("--threads 2", "generations side by side and merged, 2 threads", 13, 16),
}

# A run on one thread that had less than this share of a processor was disturbed.
QUIET = 0.95


class Failure(Exception):
    """Raised if the comparison makes no sense, or cannot be made."""


class NotBuiltYet(Exception):
    """Raised if gotrace does not read traces of this version."""


def main():
    options = arguments()
    load = os.getloadavg()[0]
    note(f"load average {load:.1f}" + (": a busy machine gives bad figures" if load > 0.5 else ""))
    go = toolchain(GO)
    tools = argparse.Namespace(
        go=go,
        gotrace=options.gotrace or build_gotrace(),
        reader=build_reader(go),
        go_trace=text_of([go, "tool", "-n", "trace"]).strip(),
    )
    print(conditions(tools, options))

    budget = Table("what", "floor", "goal", "measured", "")
    details = []
    if "speed" in options.rows:
        details.append(speed_rows(budget, tools, options))
    if "v1" in options.rows:
        v1_row(budget, tools, options)
    if "pprof" in options.rows:
        pprof_row(budget, tools, options)
    if "analyses" in options.rows:
        analyses_row(budget, tools, options)
    if "columns" in options.rows:
        columns_rows(budget, tools, options)
    if "sharing" in options.rows:
        sharing_rows(budget, tools, options)
    if "memory" in options.rows:
        details.append(memory_rows(budget, tools, options))
    if "growth" in options.rows:
        details.append(growth_rows(budget, tools, options))
    if options.instructions:
        details.append(instruction_rows(tools, options))

    for part in [budget.markdown()] + details:
        print("\n" + part)
    missed = [row[0] for row in budget.rows if row[-1] == "below the floor"]
    if options.check and missed:
        sys.exit("below the floor: " + "; ".join(missed))


def arguments():
    parser = argparse.ArgumentParser(
        description="Measure gotrace against Go's own trace reader.",
        epilog="Toolchains are installed, where they are missing, by testdata/toolchains.sh "
        "into the directory that GOTRACE_TOOLCHAINS names.",
    )
    names = lambda known: lambda text: known_names(text, known)  # noqa: E731
    parser.add_argument("--quick", action="store_true", help="3 runs, the main workloads, growth to 16 times, no v1 and pprof")
    parser.add_argument("--workloads", type=names(WORKLOADS), metavar="A,B", help="of " + ",".join(WORKLOADS))
    parser.add_argument("--rows", type=names(ROWS), metavar="A,B", help="of " + ",".join(ROWS))
    parser.add_argument("--runs", type=int, metavar="N", help="runs of each command (default 9, quick 3)")
    parser.add_argument("--mb", type=int, default=50, metavar="N", help="size of the traces in MB (default 50)")
    parser.add_argument("--record-with", default=GO, metavar="V", help=f"the Go version that records (default {GO}); {GO} reads")
    parser.add_argument("--gotrace", metavar="PATH", help="the gotrace to measure, which is built if this is not given")
    parser.add_argument("--instructions", action="store_true", help="count instructions an event too, with valgrind")
    parser.add_argument("--fresh", action="store_true", help="record all traces again")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a floor is missed")
    options = parser.parse_args()
    options.workloads = options.workloads or (QUICK_WORKLOADS if options.quick else WORKLOADS)
    options.rows = options.rows or (QUICK_ROWS if options.quick else ROWS)
    options.runs = options.runs or (3 if options.quick else 9)
    options.growth = QUICK_GROWTH if options.quick else GROWTH
    return options


def known_names(text, known):
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name!r} is not of {','.join(known)}")
    return names


# The rows.


def speed_rows(budget, tools, options):
    """Measures every workload with every variant; the worst workload is the row's figure."""
    results = {w: compare(tools, record(w, options), SPEED, options.runs) for w in options.workloads}
    for name, (_, what, floor, goal) in SPEED.items():
        worst = min(results, key=lambda w: results[w].ratio[name])
        best = max(results, key=lambda w: results[w].ratio[name])
        measured = f"**{times(results[worst].ratio[name])}** ({worst})"
        if best != worst:
            measured += f" to {times(results[best].ratio[name])} ({best})"
        if name == "raw":
            low, high = (results[w].trace.bytes / results[w].seconds[name] / 1e9 for w in (worst, best))
            measured += f"; {low:.2f} to {high:.2f} GB/s"
        ratio = results[worst].ratio[name]
        budget.add(what, f"{floor}x", f"{goal}x", measured, verdict(ratio, floor, goal))

    table = Table("workload", "bytes/event", "Go's reader", *SPEED, "disturbed")
    for workload, r in results.items():
        events = r.trace.events
        table.add(
            workload,
            f"{r.trace.bytes / events:.1f}",
            millions(events / r.go),
            *(f"{times(r.ratio[v])} ({times(r.low[v])} to {times(r.high[v])}), {millions(events / r.seconds[v])}" for v in SPEED),
            f"{r.disturbed} of {options.runs}",
        )
    return "Events a second: median of the ratios of paired runs (lower to upper quartile), median speed.\n\n" + table.markdown()


def v1_row(budget, tools, options):
    what, floor, goal = f"v1 trace (Go {V1_GO.rpartition('.')[0]}), ordered, 1 thread", 10, 20
    trace = record("mixed", options, version=V1_GO)
    try:
        r = compare(tools, trace, {"v1": ("--threads 1",)}, min(options.runs, 5))
    except NotBuiltYet:
        budget.add(what, f"{floor}x", f"{goal}x", "not built yet", "")
        return
    measured = f"**{times(r.ratio['v1'])}**; {millions(trace.events / r.seconds['v1'])} against {millions(trace.events / r.go)}"
    budget.add(what, f"{floor}x", f"{goal}x", measured, verdict(r.ratio["v1"], floor, goal))


def pprof_row(budget, tools, options):
    what = "`pprof sched` against `go tool trace -pprof=sched`, whole process"
    floor, goal = (40, 60), (60, 80)
    cells = [f"{f}x faster, {m}x less memory" for f, m in (floor, goal)]
    if subprocess.run([tools.gotrace, "pprof", "--help"], capture_output=True).returncode != 0:
        budget.add(what, *cells, "not built yet", "")
        return
    trace = record("mixed", options)
    with tempfile.TemporaryDirectory() as scratch:
        ours = [tools.gotrace, "pprof", "sched", trace.path, "-o", os.path.join(scratch, "profile")]
        theirs = [tools.go_trace, "-pprof=sched", trace.path]
        pairs = []
        for _ in range(min(options.runs, 3)):
            note(f"pprof sched of {trace.name}")
            pairs.append((run(theirs).wall, run(ours).wall))
        memory = peak(theirs)[1], max(peak(ours)[1] for _ in range(3))
    speed = statistics.median(go / our for go, our in pairs)
    less = memory[0] / memory[1]
    measured = (
        f"**{times(speed)}** faster ({min(p[0] for p in pairs):.2f} s, {min(p[1] for p in pairs):.3f} s), "
        f"**{times(less)}** less memory ({mb(memory[0])}, {mb(memory[1])} resident)"
    )
    worst = min((verdict(speed, floor[0], goal[0]), verdict(less, floor[1], goal[1])), key=VERDICTS.index)
    budget.add(what, *cells, measured, worst)


def analyses_row(budget, tools, options):
    """Measures every analysis in one pass, without and with `diagnose`, and ordering alone: all read the file, with one thread."""
    note("building examples/everything.rs")
    text_of(["cargo", "build", "--release", "--example", "everything", "--manifest-path", str(REPO / "Cargo.toml")])
    everything = TARGET / "release" / "examples" / "everything"
    trace = record("mixed", options)
    rounds = []
    for _ in range(options.runs):
        note(f"every analysis of {trace.name}")
        count = [tools.gotrace, "count", "--threads", "1", "--no-mmap", trace.path]
        plain = [str(everything), str(trace.path), "1"]
        rounds.append([run(command).wall for command in (count, plain, [*plain, "diagnose"])])
    for at, what in [(1, "every analysis in one pass"), (2, "every analysis and those of `diagnose` in one pass")]:
        cost = statistics.median(walls[at] / walls[0] for walls in rounds)
        best = [min(walls[of] for walls in rounds) for of in (at, 0)]
        measured = f"**{times(cost)}** `count` ({best[0]:.2f} s, {best[1]:.2f} s)"
        budget.add(f"{what}, 1 thread", "3x `count`", "2x `count`", measured, verdict(-cost, -3, -2))


def columns_rows(budget, tools, options):
    """Measures the tables: processor time of states as Arrow, the size of their Parquet file, and the memory for all tables."""
    trace = record("mixed", options)
    rounds = []
    for _ in range(options.runs):
        note(f"tables of {trace.name}")
        count = [tools.gotrace, "count", "--threads", "1", "--no-mmap", trace.path]
        states = [tools.gotrace, "export", "arrow", "--threads", "1", "--no-mmap", trace.path, "-o", "/dev/null"]
        rounds.append([run(command).used for command in (count, states)])
    cost = statistics.median(states / count for count, states in rounds)
    best = [min(used[at] for used in rounds) for at in (1, 0)]
    measured = f"**{times(cost)}** `count` ({best[0]:.2f} s, {best[1]:.2f} s)"
    budget.add("states as Arrow, processor time, 1 thread", "8x `count`", "5x `count`", measured, verdict(-cost, -8, -5))
    states_rows(budget, tools, trace, min(options.runs, 3))
    with tempfile.TemporaryDirectory() as folder:
        run([tools.gotrace, "export", "parquet", trace.path, "-o", folder, "--tables", "states"])
        (file,) = Path(folder).glob("states/*/part.parquet")
        share = file.stat().st_size / trace.bytes
    budget.add("states as Parquet, size", "1.2x the trace", "1x the trace", f"**{share:.2f}x** the trace", verdict(-share, -1.2, -1))
    used = []
    for n in options.growth[:3]:
        trace = growth_trace(n, options)
        with tempfile.TemporaryDirectory() as folder:
            command = [tools.gotrace, "export", "parquet", "--threads", "1", str(trace.path), "-o", folder]
            used.append(peak(command)[0])
    what = f"anonymous memory for all tables as Parquet, at {', '.join(f'{n}x' for n in options.growth[:3])} the file"
    budget.add(what, "128 MB", "64 MB", f"**{mb(max(used))}**: {', '.join(map(mb, used))}", verdict(-max(used), -128e6, -64e6))


def states_rows(budget, tools, trace, runs):
    """Measures the processor time of states with their stacks as Parquet, against what people use today: a program
    of their own on Go's reader, and the text of `go tool trace` through awk."""
    program = build_states(tools.go)
    awk = f"{shlex.quote(tools.go_trace)} -d=parsed {shlex.quote(str(trace.path))} | awk -f {BENCHES / 'states' / 'states.awk'} >/dev/null"
    rounds = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            note(f"states of {trace.name} as a table")
            tables = ["--tables", "states,stacks,frames", "--threads", "1", "--no-mmap"]
            ours = [tools.gotrace, "export", "parquet", str(trace.path), "-o", os.path.join(folder, "tables"), *tables]
            csv = states_as_csv(program, trace, folder)
            rounds.append([succeeded(command).used for command in (ours, csv, ["sh", "-c", awk])])
    for at, what, floor, goal in [(1, "a Go program that writes CSV", 2, 2.5), (2, "`go tool trace -d=parsed` and awk", 15, 20)]:
        less = statistics.median(used[at] / used[0] for used in rounds)
        best = [min(used[of] for used in rounds) for of in (at, 0)]
        measured = f"**{times(less)}** less ({best[0]:.2f} s, {best[1]:.2f} s)"
        row = f"states and stacks as Parquet, processor time, against {what}"
        budget.add(row, f"{floor}x less", f"{goal}x less", measured, verdict(less, floor, goal))


def succeeded(command):
    """Runs a process as `run` does, which must not fail."""
    done = run(command)
    if done.status != 0:
        raise Failure(f"{' '.join(map(str, command))}: {done.errors}")
    return done


def sharing_rows(budget, tools, options):
    """Measures slices, of whole generations against `cp` and of another window, and anonymized traces."""
    trace = record("mixed", options)
    lines = text_of([tools.gotrace, "events", "--json", "--stacks", "none", "--kind", "Sync", str(trace.path)])
    syncs = [json.loads(line)["time"] for line in lines.splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        out, copy = Path(folder) / "out.trace", Path(folder) / "copy.trace"
        slice_of = lambda a, b: [tools.gotrace, "slice", trace.path, "--from", str(a), "--to", str(b), "-o", out]
        note(f"slices of {trace.name}")
        run(slice_of(syncs[1], syncs[-2]))
        size = out.stat().st_size
        part = Path(folder) / "part.trace"
        part.write_bytes(out.read_bytes())
        rounds = []
        for _ in range(options.runs):
            # Where a file is replaced, some file systems write it to the disk first.
            copy.unlink(missing_ok=True)
            out.unlink()
            rounds.append([run(command).wall for command in (["cp", part, copy], slice_of(syncs[1], syncs[-2]))])
        extra = statistics.median(cut - copied for copied, cut in rounds)
        best = [min(walls[at] for walls in rounds) for at in (1, 0)]
        measured = f"**{extra * 1e3:.0f} ms more**, for {mb(size)} ({best[0] * 1e3:.0f} ms, {best[1] * 1e3:.0f} ms)"
        what = "slice of whole generations, to `cp` of the same bytes"
        budget.add(what, "20 ms more", "10 ms more", measured, verdict(-extra, -0.02, -0.01))
        inside = slice_of((syncs[1] + syncs[2]) // 2, (syncs[-3] + syncs[-2]) // 2)
        count = [tools.gotrace, "count", "--threads", "1", trace.path]
        anonymize = [tools.gotrace, "anonymize", trace.path, "-o", out]
        for what, command in (("slice that begins and ends within generations", inside), ("anonymized trace", anonymize)):
            note(what)
            rounds = [[run(each).wall for each in (count, command)] for _ in range(options.runs)]
            cost = statistics.median(wall / counted for counted, wall in rounds)
            budget.add(f"{what}, to `count` of the trace", "3x", "2x", f"**{times(cost)}**", verdict(-cost, -3, -2))


def memory_rows(budget, tools, options):
    """Measures gotrace's own memory, without the pages of the mapped file."""
    traces = [record(w, options) for w in options.workloads]
    traces += [growth_trace(n, options) for n in (options.growth[0], options.growth[-1])]
    table = Table("trace", "MB", "1 thread", "in order, 2 threads", "merged, 2 threads", "Go's reader, resident")
    most = [0, 0, 0]
    for trace in traces:
        note(f"looking at the memory for {trace.name}")
        go = read_with_go(tools, trace)
        used = [
            max(peak([tools.gotrace, "count", "--json", *SPEED[v][0].split(), str(trace.path)])[0] for _ in range(5))
            for v in ("ordered", "in order", "merged")
        ]
        most = list(map(max, most, used))
        table.add(trace.name, f"{trace.bytes / 1e6:.1f}", *map(mb, used), mb(go["peak_rss"]))
    measured = f"**{mb(most[0])}** with 1 thread, {mb(most[1])} with 2"
    what = "anonymous memory while streaming, any file size"
    budget.add(what, "16 MB", "8 MB", measured, verdict(-max(most[:2]), -16e6, -8e6))
    return "Anonymous memory: the most seen in 5 runs.\n\n" + table.markdown()


def growth_rows(budget, tools, options):
    """Measures the speed on traces that differ only in length. It is in processor
    time, as long runs are disturbed more than short ones."""
    smallest = min((REPO / "testdata" / "traces" / "go1.27").glob("*.trace"), key=lambda path: path.stat().st_size)
    startup = statistics.median(run([tools.gotrace, "count", "--json", "--threads", "1", smallest]).used for _ in range(15))
    traces = {n: growth_trace(n, options) for n in options.growth}
    for trace in traces.values():
        read_with_go(tools, trace)
    seconds = {n: [] for n in traces}
    for _ in range(options.runs):
        note("measuring growth")
        for n, trace in traces.items():
            counted, done = count(tools, trace, "--threads 1")
            trace.generations = counted["generations"]
            seconds[n].append(done.used - startup)

    table = Table("size", "MB", "generations", "events", "events/s", "of 1x")
    speed = {n: trace.events / statistics.median(seconds[n]) for n, trace in traces.items()}
    share = {n: speed[n] / speed[options.growth[0]] for n in speed}
    for n, trace in traces.items():
        size, events = f"{trace.bytes / 1e6:.1f}", f"{trace.events / 1e6:.1f} M"
        table.add(f"{n}x", size, str(trace.generations), events, millions(speed[n]), f"{share[n]:.2f}")
    what = f"growth: events/s at {', '.join(f'{n}x' for n in speed)} the file"
    measured = f"**{min(share.values()):.2f}** of 1x at the worst; {', '.join(map(millions, speed.values()))}"
    budget.add(what, "flat within 10%", "flat", measured, verdict(min(share.values()), 0.9, 0.97))
    start = f"of processor time, less the {startup * 1e3:.1f} ms that `gotrace count` takes for a trace of {smallest.stat().st_size / 1e3:.0f} kB"
    return f"Growth: ordered, 1 thread, {start}.\n\n{table.markdown()}"


def instruction_rows(tools, options):
    """Counts the instructions for each event with callgrind, which no other process disturbs."""
    table = Table("workload", *SPEED)
    for workload in options.workloads:
        trace = record(workload, options, mb=GROWTH_MB)
        read_with_go(tools, trace)
        cells = []
        for arguments, *_ in SPEED.values():
            note(f"counting instructions of {workload}, {arguments}")
            command = [tools.gotrace, "count", "--json", *arguments.split(), str(trace.path)]
            valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
            done = subprocess.run(valgrind + command, capture_output=True, text=True)
            found = re.search(r"Collected : (\d+)", done.stderr)
            if done.returncode != 0 or not found:
                raise Failure(f"{' '.join(valgrind + command)}\n{done.stderr}")
            cells.append(f"{int(found[1]) / trace.events:.1f}")
        table.add(workload, *cells)
    return f"Instructions an event, of the whole process, with traces of {GROWTH_MB} MB.\n\n" + table.markdown()


# Measuring.


def compare(tools, trace, variants, runs):
    """Runs Go's reader and each variant in turn, on a file that is in memory.

    A ratio is that of a variant's run to the run of Go's reader in the same round;
    the result is the median. If another process disturbs a round, it is run again,
    up to three times as many rounds in all, and the least disturbed count.
    """
    read_with_go(tools, trace)  # brings the file into the page cache
    for name, (arguments, *_) in variants.items():
        note(f"measuring {trace.name}, {name}")
        count(tools, trace, arguments)
    note(f"measuring {trace.name}")
    rounds = []
    while sum(share >= QUIET for share, *_ in rounds) < runs and len(rounds) < 3 * runs:
        go = read_with_go(tools, trace)
        ours = {name: count(tools, trace, arguments)[1] for name, (arguments, *_) in variants.items()}
        alone = [r.share for name, r in ours.items() if "--threads 1" in variants[name][0]]
        rounds.append((min([go["share"], *alone]), go["seconds"], {name: r.wall for name, r in ours.items()}))
    rounds = sorted(rounds, key=lambda r: min(r[0], QUIET), reverse=True)[:runs]
    result = argparse.Namespace(trace=trace, ratio={}, low={}, high={}, seconds={})
    result.go = statistics.median(go for _, go, _ in rounds)
    result.disturbed = sum(share < QUIET for share, *_ in rounds)
    for name in variants:
        ratios = [go / ours[name] for _, go, ours in rounds]
        result.ratio[name] = statistics.median(ratios)
        result.low[name], _, result.high[name] = statistics.quantiles(ratios, method="inclusive") if runs > 1 else ratios * 3
        result.seconds[name] = statistics.median(ours[name] for _, _, ours in rounds)
    return result


def read_with_go(tools, trace):
    """Runs Go's reader once, which times itself, without start-up."""
    done = run([tools.reader, str(trace.path)])
    if done.status != 0:
        raise Failure(f"Go's reader rejects {trace.path}: {done.errors}")
    result = json.loads(done.output)
    result["share"] = done.share  # above 1: its garbage collector has the other processors
    if trace.events not in (None, result["events"]):
        raise Failure(f"Go's reader finds {result['events']} events in {trace.path}, and {trace.events} before")
    trace.events = result["events"]
    return result


def count(tools, trace, arguments):
    """Runs `gotrace count` once: returns what it printed, and the run. Fails if it
    does not find as many events as Go's reader."""
    done = run([tools.gotrace, "count", "--json", *arguments.split(), str(trace.path)])
    shown = f"gotrace count {arguments} {trace.path}"
    if done.status != 0:
        if "is not supported" in done.errors:
            raise NotBuiltYet
        raise Failure(f"{shown}: exit status {done.status}: {done.errors}")
    result = json.loads(done.output)
    if result["warnings"]:
        raise Failure(f"{shown}: {result['warnings']} warnings: {done.errors}")
    if "--raw" in arguments:
        trace.raw_events = result["wire_events"]
    elif result["events"] != trace.events:
        raise Failure(f"{shown}: {result['events']} events, and Go's reader finds {trace.events}")
    elif trace.raw_events not in (None, result["wire_events"]):
        raise Failure(f"{shown}: {result['wire_events']} wire events, and {trace.raw_events} without order")
    return result, done


def run(command):
    """Runs a process; returns its wall time, its processor time, and their ratio."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return argparse.Namespace(
        status=done.returncode,
        output=done.stdout,
        errors=done.stderr.decode(errors="replace").strip(),
        wall=wall,
        used=used,
        share=used / wall,
    )


def peak(command):
    """Returns the most anonymous and the most resident memory of a process, in bytes.
    Looks each millisecond, as the kernel keeps a maximum of resident memory only."""
    most = {b"RssAnon": 0, b"VmHWM": 0}
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    # The file stays open: each read from its start gives new figures.
    with open(f"/proc/{process.pid}/status", "rb", buffering=0) as status:
        while process.poll() is None:
            status.seek(0)
            for key, kb in re.findall(rb"(RssAnon|VmHWM):\s+(\d+) kB", status.read(4096)):
                most[key] = max(most[key], int(kb) << 10)
            time.sleep(0.001)
    if process.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}: {process.stderr.read().decode(errors='replace')}")
    process.stderr.close()
    return most[b"RssAnon"], most[b"VmHWM"]


# Building and recording.


def toolchain(version):
    """Returns the go command of a version, which is installed if it is missing."""
    return text_of([str(REPO / "testdata" / "toolchains.sh"), version]).strip()


def build_reader(go):
    reader = TOOLS / f"go-reader-{GO}"
    note(f"building Go's reader with Go {GO}")
    text_of([str(BENCHES / "go-reader" / "build.sh"), go, str(reader)])
    return str(reader)


def build_states(go):
    """Builds the Go program that writes states as CSV."""
    program = TOOLS / "states"
    text_of([str(REPO / "testdata" / "in-goroot.sh"), str(BENCHES / "states"), go, str(program)])
    return program


def states_as_csv(program, trace, folder):
    """Returns the command that writes the states of a trace as CSV into a folder."""
    return [str(program), str(trace.path), os.path.join(folder, "states.csv"), os.path.join(folder, "frames.csv")]


def build_gotrace():
    note("building gotrace")
    text_of(["cargo", "build", "--release", "--manifest-path", str(REPO / "Cargo.toml")])
    return str(TARGET / "release" / "gotrace")


recorded = set()


def record(workload, options, version=None, mb=None, pace=PACE_MB):
    """Returns the trace of a workload, kept from before or recorded now, at some MB/s."""
    version, mb = version or options.record_with, mb or options.mb
    name = f"{workload}-go{version}-{mb}mb" + (f"-at-{pace}" if pace != PACE_MB else "")
    path = TRACES / f"{name}.trace"
    if not path.exists() or (options.fresh and path not in recorded):
        note(f"recording {name}")
        go, program = toolchain(version), TOOLS / f"workloads-{version}"
        text_of([go, "build", "-trimpath", "-o", str(program), "."], cwd=BENCHES / "workloads")
        TRACES.mkdir(parents=True, exist_ok=True)
        text_of([str(program), "-workload", workload, "-mb", str(mb), "-rate", str(pace), "-o", str(path)])
    recorded.add(path)
    return argparse.Namespace(
        name=name, path=path, version=version, bytes=path.stat().st_size, events=None, raw_events=None
    )


def growth_trace(n, options):
    return record("mixed", options, mb=GROWTH_MB * n, pace=GROWTH_MB)


def text_of(command, cwd=None):
    """Runs a command that has to work, and returns what it printed."""
    # Only the toolchain that is asked for is used, and no Go settings of the user.
    env = dict(os.environ, GOTOOLCHAIN="local", GOWORK="off", GOFLAGS="", GO111MODULE="on", GODEBUG="")
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=cwd, env=env)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}: exit status {done.returncode}")
    return done.stdout


# Printing.

VERDICTS = ["below the floor", "floor", "goal"]


def verdict(value, floor, goal):
    return VERDICTS[(value >= floor) + (value >= goal)]


def times(ratio):
    return f"{ratio:.1f}x"


def mb(size):
    return f"{size / 1e6:.1f} MB"


def millions(per_second):
    return f"{per_second / 1e6:.1f} M/s"


class Table:
    """Returns a Markdown table."""

    def __init__(self, *head):
        self.head, self.rows = head, []

    def add(self, *cells):
        self.rows.append(cells)

    def markdown(self):
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def conditions(tools, options):
    """Returns the lines that say what was measured, and on which machine."""
    processor = platform.processor() or platform.machine()
    try:
        processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())[1]
    except (OSError, TypeError):
        pass
    gotrace = text_of([tools.gotrace, "--version"]).strip()
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=REPO, capture_output=True, text=True).stdout.strip()
    recorded_with = f", traces recorded with Go {options.record_with}" if options.record_with != GO else ""
    return (
        f"{gotrace} ({commit or 'no commit'}) against Go {GO}{recorded_with}; {os.cpu_count()} processors, "
        f"{processor}, {platform.system()} {platform.release().split('-')[0]}; load average {os.getloadavg()[0]:.1f}; "
        f"{options.runs} runs."
    )


def note(text):
    print(f"compare.py: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"compare.py: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
