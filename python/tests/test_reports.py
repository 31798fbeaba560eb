"""Reports are what the command prints as JSON."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
from pathlib import Path

import pytest
from conftest import BAD, MIXED, PATTERNS, ROOT, TRACES, command, command_json

import gotrace
from gotrace.reports import DiagnosisReport, LatencyReport, SchedLine, WorstWait

ANNOTATIONS = TRACES / "go1.27" / "annotations.trace"

# A report, the command that prints it, and a trace that has something to report.
REPORTS = [
    (lambda t: t.summary(), "summary", MIXED),
    (lambda t: t.summary(top=2, start="1ms", end="20ms"), "summary --top 2 --from 1ms --to 20ms", MIXED),
    (lambda t: t.latency(), "latency", MIXED),
    (lambda t: t.latency(sort="max", worst=2, function="main.*"), "latency --sort max --worst 2 --function main.*", MIXED),
    (lambda t: t.latency(task="parent", children=False), "latency --task parent --no-children", ANNOTATIONS),
    (lambda t: t.gc(top=0), "gc --top 0", TRACES / "go1.27" / "gc.trace"),
    (lambda t: t.stw(), "stw", TRACES / "go1.27" / "stw.trace"),
    (lambda t: t.mmu(), "mmu", TRACES / "go1.27" / "gc.trace"),
    (lambda t: t.mmu(of=["stw"], per_proc=True, window=[10**6, "2ms"], worst=3),
     "mmu --of stw --per-proc --window 1ms --window 2ms --worst 3", TRACES / "go1.27" / "gc.trace"),
    (lambda t: t.path(), "path", MIXED),
    (lambda t: t.path(task="parent", segments=True), "path --task parent --segments", ANNOTATIONS),
    (lambda t: t.latency(state="runnable", proc=[0, 1]), "latency --state runnable -p 0 -p 1", MIXED),
    (lambda t: t.procs(top=3), "procs --top 3", TRACES / "go1.27" / "syscalls.trace"),
    (lambda t: t.count(), "count", MIXED),
    (lambda t: t.count(raw=True), "count --raw", MIXED),
    (lambda t: t.count(goroutine=[1, 7]), "count -g 1 -g 7", MIXED),
    (lambda t: t.check(), "check", BAD / "cut-batch.trace"),
    (lambda t: t.footprint(), "dump --mode footprint", MIXED),
    (lambda t: t.pprof("sched"), "pprof sched", MIXED),
    (lambda t: t.pprof("sync", unfinished=True), "pprof sync --unfinished", MIXED),
    (lambda t: t.goroutines().report(), "goroutines", MIXED),
    (lambda t: t.goroutines(start=10**6).report("state", sort="count", top=3),
     "goroutines --from 1ms --by state --sort count --top 3", MIXED),
    (lambda t: t.goroutines().report("creator"), "goroutines --by creator", MIXED),
    (lambda t: t.goroutines(goroutine=1).each(), "goroutines --by goroutine -g 1", MIXED),
    (lambda t: t.goroutines().leaks(), "goroutines --leaks", PATTERNS / "leak.trace"),
    (lambda t: t.goroutines().over_time(), "goroutines --over-time", MIXED),
    (lambda t: t.tasks().report(), "tasks", ANNOTATIONS),
    (lambda t: t.tasks().each(type="parent", min="1us", complete=True), "tasks --each --type parent --min 1us --complete", ANNOTATIONS),
    (lambda t: t.regions().report(), "regions", ANNOTATIONS),
    (lambda t: t.regions(task="parent").each(top=0), "regions --task parent --each --top 0", ANNOTATIONS),
    (lambda t: t.metrics().report(), "metrics", MIXED),
]  # fmt: skip


@pytest.mark.parametrize(("report", "line", "trace"), REPORTS, ids=[line for _, line, _ in REPORTS])
def test_a_report_is_what_the_command_prints(report, line: str, trace: Path) -> None:
    name, *options = line.split()
    if name == "pprof":
        name, options = f"pprof {options[0]}", options[1:]
    want = command_json(*name.split(), trace, *options)
    got = report(gotrace.open(trace))
    assert got.to_dict() == want
    assert type(got) is getattr(gotrace.reports, type(got).__name__)


@pytest.mark.parametrize("trace", sorted(TRACES.glob("*/mixed.trace")) + sorted(BAD.glob("*cut*.trace")), ids=str)
def test_traces_of_every_version_and_damaged_ones_give_the_same(trace: Path) -> None:
    try:
        t = gotrace.open(trace)
    except gotrace.TraceError:
        pytest.skip("nothing of it can be read, as test_open checks")
    for report, line in [(t.summary, "summary"), (t.latency, "latency"), (t.goroutines().each, "goroutines --by goroutine")]:
        name, *options = line.split()
        assert report().to_dict() == command_json(name, trace, *options), line


def test_a_diagnosis_is_the_only_element_of_the_list() -> None:
    trace = PATTERNS / "starvation.trace"
    report = gotrace.open(trace).diagnose(threshold={"gc-stall.pause": 1e6})
    assert isinstance(report, DiagnosisReport)
    assert [report.to_dict()] == command_json("diagnose", trace, "--threshold", "gc-stall.pause=1000000.0")


def test_attributes_have_types() -> None:
    report = gotrace.open(MIXED).latency(worst=3)
    assert isinstance(report, LatencyReport)
    assert report.p50 <= report.p99 <= report.max
    worst = report.worst[0]
    assert isinstance(worst, WorstWait)
    assert (worst.nanos, worst.cause) == (report.max, report.worst[0].cause)
    assert report.causes[0].cause in ("created", "unblocked", "stopped", "syscall ended", "at start")
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.p50 = 0  # type: ignore[misc]


def test_a_profile_is_the_commands() -> None:
    import gzip

    t = gotrace.open(MIXED)
    for kind in ["net", "sync", "syscall", "sched", "wall", "cpu"]:
        assert gzip.decompress(t.profile(kind)) == gzip.decompress(command("pprof", kind, MIXED)), kind
    assert len(t.profile("sched", goroutine=1)) < len(t.profile("sched"))


def test_a_slice_and_an_anonymous_trace_are_the_commands() -> None:
    t = gotrace.open(MIXED)
    part = t.slice(start="5ms", end=12_000_000)
    assert part == command("slice", MIXED, "--from", "5ms", "--to", "12ms")
    assert t.slice(around="8ms", margin=1_000_000) == command("slice", MIXED, "--around", "8ms", "--margin", "1ms")
    parts = [gotrace.open(part).states(), t.states(start="5ms", end="12ms")]
    ran = [sum(row.duration for row in states if row.state == "running") for states in parts]
    assert ran[0] == ran[1] > 0
    assert t.anonymize() == command("anonymize", MIXED)
    keyed = t.anonymize(key="a key that nobody knows", keep="^main.main$")
    assert keyed == command("anonymize", MIXED, "--key", "a key that nobody knows", "--keep", "^main.main$")
    # Nothing is told on standard error, and nothing is kept from the caller.
    with pytest.raises(ValueError, match="which part"):
        t.slice()
    with pytest.raises(ValueError, match="12"):
        t.anonymize(key="short")


def test_logs_give_what_the_command_prints() -> None:
    log = PATTERNS / "gc.log"
    lines = [json.loads(line) for line in command("schedtrace", log, "--json").splitlines()]
    for source in [log, str(log), log.read_bytes(), log.open("rb"), log.open()]:
        got = gotrace.schedtrace(source)
        assert [line.to_dict() for line in got] == lines
    assert any(isinstance(line, SchedLine) for line in got)
    assert [table.to_dict() for table in gotrace.schedtrace(log, rows=5)] == command_json("schedtrace", log, "--rows", 5)
    (report,) = gotrace.gctrace(log)
    assert report.to_dict() == command_json("gctrace", log)
    assert [report.to_dict() for report in gotrace.diagnose(log)] == command_json("diagnose", log)
    with pytest.raises(gotrace.Error, match="no SCHED line"):
        gotrace.schedtrace(b"nothing of the kind\n")
    with pytest.raises(FileNotFoundError, match="nowhere.log"):
        gotrace.gctrace("nowhere.log")


def test_wrong_options_are_told() -> None:
    t = gotrace.open(MIXED)
    for wrong, said in [
        (lambda: t.latency(sort="size"), "size"),
        (lambda: t.latency(function="("), "open group"),
        (lambda: t.profile("heap"), "heap"),
        (lambda: t.gc(start="yesterday"), "yesterday"),
        (lambda: t.summary(start=5, end=4), "--to is not after --from"),
        (lambda: t.diagnose(threshold={"speed": 1}), "no such threshold"),
    ]:
        with pytest.raises(ValueError, match=said):
            wrong()
    for wrong, said in [(lambda: t.summary(output="file"), "output"), (lambda: t.gc(goroutine=1), "start, end")]:
        with pytest.raises(TypeError, match=said):
            wrong()
    for missing in [lambda: t.latency(task="none"), lambda: t.latency(function="^none$"), lambda: t.gc(start=10**15)]:
        with pytest.raises(gotrace.Error, match="mixed.trace"):
            missing()


def test_the_classes_are_those_of_the_schemas() -> None:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "python" / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert generate.TARGET.read_text() == generate.generated(), "run python/generate.py"
