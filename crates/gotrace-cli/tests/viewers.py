#!/usr/bin/env python3
"""Checks what gotrace exports for viewers, of every trace in testdata, good and damaged:
Perfetto's form with Perfetto's own protobuf classes, Chrome's JSON, folded stacks and
speedscope's JSON. Each slice and state is compared with the rows of the tables.

    python3 crates/gotrace-cli/tests/viewers.py GOTRACE [TRACE...]

It makes a virtual environment in target/viewers, and runs itself in it.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from in_venv import REPO, enter

PACKAGES = ["perfetto==0.59.1", "protobuf==7.36.2", "pyarrow==26.0.1"]
KINDS = "net sync syscall sched wall cpu".split()
GROUPS = ["Garbage collector and stops of the world", "Counters", "Ps", "CPU samples", "Ms (threads)", "Tasks", "Regions", "Goroutines"]
RANGES = {"GC concurrent mark phase": "mark", "GC incremental sweep": "sweep", "GC mark assist": "assist"}

GOMAXPROCS = "/sched/gomaxprocs:threads"
FIGURES = {"heap": "/memory/classes/heap/objects:bytes", "heap goal": "/gc/heap/goal:bytes", "GOMAXPROCS": GOMAXPROCS}


def main():
    enter("viewers", PACKAGES)
    gotrace = str(Path(sys.argv[1]).resolve())
    traces = [Path(path).resolve() for path in sys.argv[2:]]
    if not traces:
        traces = sorted((REPO / "testdata").glob("traces/*/*.trace")) + sorted((REPO / "testdata").glob("bad/*.trace"))
    seen = Counter()
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor() as pool:
        files = export_tables(gotrace, traces, Path(folder) / "tables")
        checks = [pool.submit(check, gotrace, path, files.get(str(path)), Path(folder)) for path in traces]
        for path, checked in zip(traces, checks):
            try:
                seen += checked.result()
            except AssertionError as e:
                raise AssertionError(f"{path}: {e}") from e
    told = ", ".join(f"{number} {kind}" for kind, number in sorted(seen.items()))
    print(f"viewers.py: {len(traces)} traces: {told}", file=sys.stderr)
    if len(sys.argv) == 2:
        missing = [kind for kind in "states, P slices, M slices, flows, stacks, tasks, regions, logs, samples, ranges".split(", ") if not seen[kind]]
        assert not missing, missing


def check(gotrace, path, file, folder):
    """Checks all exports of a trace; returns numbers of what was seen."""
    seen = Counter()
    if file is None:
        # What makes no tables makes no file either.
        for form in ["perfetto", "chrome"]:
            none = folder / f"{path.name}.none"
            done = subprocess.run([gotrace, "export", form, path, "-o", none], capture_output=True, text=True)
            assert done.returncode == 1 and done.stderr.startswith("error: "), done.stderr
            assert not none.exists()
        seen["traces refused"] += 1
        return seen
    rows = Rows(file)
    for options in [[], ["--slices"]]:
        found = Perfetto(export(gotrace, ["perfetto", path, "--all", *options]), not options)
        compare(found, rows)
        count(found, seen)
    chrome = Chrome(export(gotrace, ["chrome", path, "--all"]))
    compare(chrome, rows)
    for kind in KINDS:
        profiles(gotrace, path, kind)
    return seen


def export(gotrace, args):
    done = subprocess.run([gotrace, "export", *args], capture_output=True)
    assert done.returncode in (0, 1), done.stderr.decode()
    assert done.returncode == 0 or done.stderr.startswith(b"warning"), done.stderr.decode()
    return done.stdout


def count(found, seen):
    seen["states"] += len(found.goroutines)
    seen["P slices"] += len(found.procs)
    seen["M slices"] += len(found.threads)
    seen["flows"] += found.flows
    seen["stacks"] += found.stacks
    seen["wakings"] += found.wakes
    for kind in "ranges tasks regions logs samples".split():
        seen[kind] += len(getattr(found, kind))


def export_tables(gotrace, traces, folder):
    """Exports tables of all traces at once; returns a function from table to file for each trace that could be read."""
    import pyarrow.parquet

    names = "trace,states,proc_states,thread_states,wakeups,ranges,tasks,regions,logs,metrics,samples"
    done = subprocess.run([gotrace, "export", "parquet", *map(str, traces), "-o", folder, "--tables", names], capture_output=True, text=True)
    assert done.returncode in (0, 1) and "panicked" not in done.stderr, done.stderr
    files = {}
    for part in (folder / "trace").glob("*/part.parquet"):
        (row,) = pyarrow.parquet.read_table(part, partitioning=None).to_pylist()
        files[row["path"]] = f"{folder}/{{}}/{part.parent.name}/part.parquet"
    # Two files may hold the same trace.
    for line in done.stderr.splitlines():
        if again := re.match(r"error: (.*): is the same trace as (.*), and is left out", line):
            files[again[1]] = files[again[2]]
    return files


class Rows:
    """The rows of a trace's tables, as values that can be compared."""

    def __init__(self, file):
        import pyarrow.parquet

        read = lambda table: pyarrow.parquet.read_table(file.format(table), partitioning=None).to_pylist()  # noqa: E731
        (trace,) = read("trace")
        over = lambda r: r["ended"] or r["end"] < trace["end"]  # noqa: E731  What is lost is over, too.
        self.goroutines = Counter(
            (r["goroutine"], r["start"], r["end"], over(r), state(r), r["proc"] if r["state"] in ("running", "syscall") else None)
            for r in read("states")
        )
        self.procs = Counter(
            (r["proc"], r["start"], r["end"], over(r), r["goroutine"], r["thread"], r["state"] == "syscall")
            for r in read("proc_states")
            if r["state"] != "idle"
        )
        self.threads = Counter(
            (r["thread"], r["start"], r["end"], over(r), r["goroutine"], r["proc"])
            for r in read("thread_states")
            if r["goroutine"] is not None or r["proc"] is not None
        )
        self.ranges = Counter((r["kind"], r["reason"], r["start"], r["end"] if r["ended"] else None, r["swept"]) for r in read("ranges"))
        self.tasks = Counter((r["task"], r["type"] or "task", r["start"], r["end"] if r["ended"] else None) for r in read("tasks"))
        self.regions = Counter((r["goroutine"], r["type"] or "region", r["task"], r["start"], r["end"] if r["ended"] else None) for r in read("regions"))
        self.logs = Counter((r["goroutine"], r["time"], r["task"], r["category"], r["message"]) for r in read("logs"))
        self.samples = Counter((r["proc"], r["time"], r["goroutine"], r["thread"]) for r in read("samples"))
        self.wakeups = Counter((r["wakee"], r["time"]) for r in read("wakeups"))
        self.metrics = changes((r["name"], r["time"], r["value"]) for r in read("metrics"))


def state(row):
    """Returns the name of a row's state."""
    return f"waiting: {row['reason']}" if row["state"] == "waiting" and row["reason"] else row["state"]


def changes(values):
    """Returns the values that are not those before them, of each figure."""
    last, changed = {}, []
    for name, time, value in values:
        if value is not None and last.get(name) != value:
            last[name] = value
            changed.append((name, time, min(value, 2**63 - 1)))
    return Counter(changed)


def compare(found, rows):
    """Compares what is on tracks with the rows of tables: each slice, and so their counts and sums."""
    same("states", closed(found.goroutines, rows.goroutines), rows.goroutines)
    same("P slices", closed(found.procs, rows.procs), rows.procs)
    same("M slices", closed(found.threads, rows.threads), rows.threads)
    for kind in "regions logs samples".split():
        same(kind, getattr(found, kind), getattr(rows, kind))
    # Where a task or a range is defective (it begins twice, ...), the table has what came last.
    for kind in "ranges tasks".split():
        same(kind, getattr(found, kind), getattr(rows, kind), of_defects=True)
    # Traces up to Go 1.21 may tell the first GOMAXPROCS without an event, at their beginning.
    untold = Counter({figure: 1 for figure in found.metrics if figure[0] == GOMAXPROCS and figure not in rows.metrics})
    told = Counter({figure: 1 for figure in rows.metrics if figure[0] == GOMAXPROCS and figure not in found.metrics})
    assert len(untold) <= 1 and {value for *_, value in told} <= {value for *_, value in untold}, (untold, told)
    same("metrics", found.metrics - untold, rows.metrics - told)
    extra = found.wakings - rows.wakeups
    assert not extra, ("wakings that are not in the table", list(extra)[:3])


def closed(found, rows):
    """Returns spans with the ends that those have in the table that have none in the file."""
    ends = {row[:2]: row[2] for row in rows if not row[3]}
    return Counter({(span if span[3] else (*span[:2], ends.get(span[:2]), *span[3:])): n for span, n in found.items()})


def same(kind, found, want, of_defects=False):
    missing, extra = want - found, found - want
    if of_defects and sum(missing.values()) <= 2 and sum(extra.values()) <= 2:
        return
    assert not missing and not extra, (kind, len(missing), list(missing)[:3], len(extra), list(extra)[:3])


class Found:
    """Spans and moments on tracks, as the tables have them."""

    def __init__(self):
        self.goroutines, self.procs, self.threads = Counter(), Counter(), Counter()
        self.ranges, self.tasks, self.regions = Counter(), Counter(), Counter()
        self.logs, self.samples, self.wakings = Counter(), Counter(), Counter()
        self.flows = self.stacks = self.wakes = 0
        self.figures = []

    def slice(self, group, track, name, start, end, args):
        """Adds a slice; `end` is none if it goes on."""
        number, ended = args.get, end is not None
        if group == "Goroutines":
            self.goroutines[int(re.match(r"G(\d+)", track)[1]), start, end, ended, name, number("P")] += 1
        elif group == "Ps":
            self.procs[int(track[1:]), start, end, ended, number("goroutine"), number("M"), name == "syscall"] += 1
        elif group == "Ms (threads)":
            self.threads[int(track[1:]), start, end, ended, number("goroutine"), number("P")] += 1
        elif group == GROUPS[0]:
            stop = re.fullmatch(r"stop-the-world(?: \((.*)\))?", name, re.DOTALL)
            kind, reason = ("stw", stop[1]) if stop else (RANGES[name], None)
            self.ranges[kind, reason, start, end, number("swept bytes")] += 1
        elif group == "Tasks":
            self.tasks[number("task"), name, start, end] += 1
        elif group == "Regions":
            self.regions[number("goroutine"), name, number("task"), start, end] += 1
        else:
            raise AssertionError((group, track, name))

    def instant(self, group, track, name, time, args):
        number = args.get
        if group in ("Ps", "Ms (threads)"):
            assert name in ("wakes", "creates"), name
            self.wakes += 1
            if name == "wakes":
                self.wakings[number("goroutine"), time] += 1
        elif group == "Regions":
            self.logs[number("goroutine"), time, number("task"), number("category"), name] += 1
        elif group == "CPU samples":
            proc = None if track == "no P" else int(track[1:])
            self.samples[proc, time, number("goroutine"), number("M")] += 1
        else:
            raise AssertionError((group, track, name))

    def counter(self, name, time, value):
        assert value >= 0, (name, value)
        if name in FIGURES:
            self.figures.append((FIGURES[name], time, value))

    @property
    def metrics(self):
        return Counter(self.figures)


class Perfetto(Found):
    """A file in Perfetto's form, decoded with Perfetto's classes and put together as trace_processor does."""

    def __init__(self, data, states):
        from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TrackDescriptor, TrackEvent

        super().__init__()
        trace = Trace()
        trace.ParseFromString(data)
        size = trace.ByteSize()
        trace.DiscardUnknownFields()
        assert size == len(data) == trace.ByteSize(), "there are fields that Perfetto does not know"
        self.tracks = {}
        interned = defaultdict(dict)
        events = []
        first = trace.packet[0]
        assert first.first_packet_on_sequence and first.sequence_flags == 1
        for place, packet in enumerate(trace.packet):
            assert packet.trusted_packet_sequence_id == 1
            if packet.HasField("track_descriptor"):
                track = packet.track_descriptor
                assert track.uuid not in self.tracks and track.name, track
                self.tracks[track.uuid] = track
            for table in "event_names debug_annotation_names function_names frames callstacks mapping_paths source_paths mappings".split():
                for entry in getattr(packet.interned_data, table):
                    assert entry.iid and entry.iid not in interned[table], (table, entry)
                    interned[table][entry.iid] = entry
            if packet.HasField("track_event"):
                # Names and stacks are told before what has them.
                event = packet.track_event
                assert not event.name_iid or event.name_iid in interned["event_names"]
                assert not event.callstack_iid or event.callstack_iid in interned["callstacks"]
                assert packet.sequence_flags & 2 or not (event.name_iid or event.callstack_iid)
                self.stacks += bool(event.callstack_iid)
                events.append((packet.timestamp, place, event))
        for stack in interned["callstacks"].values():
            assert len(stack.frame_ids) > 0 and all(frame in interned["frames"] for frame in stack.frame_ids)
        for frame in interned["frames"].values():
            assert frame.mapping_id in interned["mappings"] and frame.HasField("rel_pc")
            assert not frame.function_name_id or interned["function_names"][frame.function_name_id].str
            assert not frame.source_path_iid or interned["source_paths"][frame.source_path_iid].str
        self.check_tracks(TrackDescriptor, states)
        self.read(sorted(events, key=lambda event: event[:2]), TrackEvent, interned)

    def check_tracks(self, kind, states):
        roots = [track for track in self.tracks.values() if not track.parent_uuid]
        assert [root.name for root in roots] == ["Go trace"], roots
        parts = [track for track in self.tracks.values() if track.parent_uuid == roots[0].uuid]
        assert [part.name for part in sorted(parts, key=lambda part: part.sibling_order_rank)] == GROUPS
        self.group_of = {}
        for uuid, track in self.tracks.items():
            above, steps = track, []
            while above.parent_uuid:
                steps.append(above)
                above = self.tracks[above.parent_uuid]
                assert len(steps) < 6, "a circle"
            assert above is roots[0] or track is roots[0]
            if steps:
                self.group_of[uuid] = "Regions" if "regions" in track.name else steps[-1].name
            if track.child_ordering:
                assert track.child_ordering == kind.EXPLICIT
            is_goroutine = self.group_of.get(uuid) == "Goroutines" and re.fullmatch(r"G\d+", track.name)
            assert track.HasField("state") == bool(is_goroutine and states), track
            assert track.HasField("counter") == (self.group_of.get(uuid) == "Counters" and len(steps) == 2), track

    def read(self, events, types, interned):
        open_slices, open_states, flows = defaultdict(list), {}, {}
        for time, _, event in events:
            track = self.tracks[event.track_uuid]
            group = self.group_of[event.track_uuid]
            name = interned["event_names"][event.name_iid].name if event.name_iid else event.name
            args = {}
            for annotation in event.debug_annotations:
                which = annotation.WhichOneof("value")
                args[interned["debug_annotation_names"][annotation.name_iid].name] = getattr(annotation, which)
            for flow in event.flow_ids:
                assert flow not in flows, "a flow begins once"
                flows[flow] = time
            for flow in event.terminating_flow_ids:
                assert flows[flow] <= time
                self.flows += 1
            if event.type == types.TYPE_STATE:
                assert track.HasField("state")
                if before := open_states.pop(event.track_uuid, None):
                    start, before, begun = before
                    self.slice(group, track.name, before, start, time, begun)
                if name:
                    open_states[event.track_uuid] = (time, name, args)
            elif event.type == types.TYPE_SLICE_BEGIN:
                open_slices[event.track_uuid].append((time, name, args))
            elif event.type == types.TYPE_SLICE_END:
                start, name, begun = open_slices[event.track_uuid].pop()
                self.slice(group, track.name, name, start, time, {**begun, **args})
            elif event.type == types.TYPE_INSTANT:
                self.instant(group, track.name, name, time, args)
            elif event.type == types.TYPE_COUNTER:
                assert track.HasField("counter")
                self.counter(track.name, time, event.counter_value)
            else:
                raise AssertionError(event)
        for uuid, slices in [*open_slices.items(), *((uuid, [state]) for uuid, state in open_states.items())]:
            for start, name, args in slices:
                self.slice(self.group_of[uuid], self.tracks[uuid].name, name, start, None, args)


class Chrome(Found):
    """A file in Chrome's Trace Event Format, checked by the rules of that format's document."""

    def __init__(self, data):
        super().__init__()
        document = json.loads(data)
        assert set(document) == {"displayTimeUnit", "traceEvents", "stackFrames"}
        assert document["displayTimeUnit"] == "ns"
        frames = document["stackFrames"]
        for number, frame in frames.items():
            assert frame["name"] and set(frame) <= {"name", "category", "parent"}
            # Frames below others come after them: there is no circle.
            assert "parent" not in frame or (str(frame["parent"]) in frames and frame["parent"] < int(number))
        events = document["traceEvents"]
        groups, tracks = {}, {}
        for event in events:
            if event["ph"] == "M":
                assert event["name"] in ("process_name", "thread_name", "process_sort_index", "thread_sort_index"), event
                if event["name"] == "process_name":
                    groups[event["pid"]] = event["args"]["name"]
                elif event["name"] == "thread_name":
                    tracks[event["pid"], event["tid"]] = event["args"]["name"]
                else:
                    assert isinstance(event["args"]["sort_index"], int)
        open_slices, last, flows = defaultdict(list), defaultdict(int), {}
        for event in sorted((event for event in events if event["ph"] == "s"), key=lambda event: nanos(event["ts"])):
            assert event["id"] not in flows
            flows[event["id"]] = nanos(event["ts"])
        for event in events:
            phase = event["ph"]
            if phase == "M":
                continue
            group = groups[event["pid"]]
            place = (event["pid"], event["tid"])
            time = nanos(event["ts"])
            assert time >= 0 and ("sf" not in event or str(event["sf"]) in frames)
            args = event.get("args", {})
            if phase == "C":
                (value,) = args.values()
                self.counter(event["name"], time, value)
                continue
            track = tracks[place]
            if phase == "X":
                assert event["name"] and last[place] <= time and ("esf" not in event or str(event["esf"]) in frames)
                last[place] = time + nanos(event["dur"])
                self.slice(group, track, event["name"], time, last[place], args)
            elif phase == "B":
                assert last[place] <= time
                last[place] = time
                open_slices[place].append((event["name"], time, args))
            elif phase == "E":
                assert last[place] <= time
                last[place] = time
                name, start, begun = open_slices[place].pop()
                self.slice(group, track, name, start, time, {**begun, **args})
            elif phase == "i":
                assert event["s"] == "t"
                self.instant(group, track, event["name"], time, args)
            elif phase in "sf":
                assert event["name"] == event["cat"] == "waking" and (phase == "s" or event["bp"] == "e")
                if phase == "f":
                    assert flows[event["id"]] <= time
                    self.flows += 1
            else:
                raise AssertionError(event)
        for place, slices in open_slices.items():
            for name, start, args in slices:
                self.slice(groups[place[0]], tracks[place], name, start, None, args)


def nanos(micros):
    """Returns a time of JSON, which has three decimals, in nanoseconds."""
    return round(micros * 1000)


def profiles(gotrace, path, kind):
    """Compares folded stacks and speedscope's JSON with `gotrace pprof --json`."""
    done = subprocess.run([gotrace, "pprof", kind, path, "--json"], capture_output=True, text=True)
    want = json.loads(done.stdout)
    folded = export(gotrace, ["folded", kind, path]).decode()
    lines = [re.fullmatch(r"(.+) (-?\d+)", line) for line in folded.splitlines()]
    assert all(lines) and len(lines) == len(want["samples"]), kind
    assert sum(int(line[2]) for line in lines) == want["nanos"], kind
    scope = json.loads(export(gotrace, ["speedscope", kind, path]))
    (profile,) = scope["profiles"]
    frames = scope["shared"]["frames"]
    assert scope["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    assert profile["type"] == "sampled" and profile["unit"] == "nanoseconds" and profile["startValue"] == 0
    assert len(profile["samples"]) == len(profile["weights"]) == len(lines)
    assert sum(profile["weights"]) == profile["endValue"] == sum(max(int(line[2]), 0) for line in lines)
    for stack, line in zip(profile["samples"], lines):
        assert all(frames[at]["name"] for at in stack)
        assert ";".join(re.sub(";", ",", frames[at]["name"]) for at in stack) == line[1], (kind, line[1])


if __name__ == "__main__":
    main()
