"""The reports, in the very shape of ``--json``.

Made by generate.py from docs/schemas; do not edit. Times are nanoseconds on the trace's clock,
durations nanoseconds, sizes bytes, where nothing else is said. ``None`` stands for a value that
the trace or log does not have, or that does not apply.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Union

from gotrace._build import Report

CauseName = Literal["created", "unblocked", "stopped", "syscall ended", "at start"]
"""Cause for which a goroutine came to wait for a P."""

CutAt = Literal["beginning", "end", "beginning and end"]
"""Ends of a cycle that the trace cuts off."""

GroupedBy = Literal["function", "state", "creator"]
"""A property by which goroutines are grouped."""

InputKind = Literal["trace", "log"]
"""A kind of input."""

LineType = Literal[
    "sched",
    "gc",
    "scavenge",
    "released",
    "heap_use",
    "scan",
    "gc_forced",
    "finalizers",
    "mixed",
]
"""Type of a line."""

MetricKind = Literal["gauge", "counter", "histogram", "summary"]
"""A kind of metric."""

PathStep = Literal[
    "running",
    "mark_assist",
    "runnable",
    "stop_the_world",
    "syscall",
    "waiting",
    "woken",
    "created",
    "unknown",
]
"""Kind of thing that some time went to."""

ScanOf = Literal["total", "large", "size"]
"""Class of the objects that a scan line is about."""


@dataclass(frozen=True, slots=True)
class ActivityCount(Report):
    """Number of threads with an activity."""

    activity: str
    """Activity: ``running``, ``syscall``, ``spinning``, ``scheduling``, ``locked``, ``idle`` or
    ``other``."""

    count: int
    """Number of threads."""


@dataclass(frozen=True, slots=True)
class AssistPayer(Report):
    """Mark assists of the goroutines that began with one function."""

    assists: int
    """Number of assists."""

    function: str | None
    """Name of the function; None for goroutines of which the trace has no stack."""

    nanos: int
    """Processor time of the assists, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class BareLine(Report):
    """A line that has nothing but its type."""

    line: int
    """Number of the line in the log, from 1."""

    offset: int
    """Offset of the line, in bytes."""

    program: str | None
    """Name of the program; None if nothing tells programs apart."""

    run: int
    """Number of the program's run, from 0."""

    time: int
    """Time at which the line was printed, in nanoseconds on the clock of the ``SCHED`` lines."""

    type: LineType
    """Always ``gc_forced``."""


@dataclass(frozen=True, slots=True)
class BlockCounts(Report):
    """Numbers of goroutines, Ps and threads by status. Zeroes are left out of the lists."""

    goroutines: list[StatusCount]
    """Goroutines by status, the dead ones left out."""

    locked_goroutines: int
    """Number of goroutines that are locked to a thread."""

    procs: list[StatusCount]
    """Ps by status."""

    threads: list[ActivityCount]
    """Threads by activity."""

    waiting: list[WaitReasonCount]
    """Goroutines that wait, by reason."""


@dataclass(frozen=True, slots=True)
class BlockDetail(Report):
    """Ps, threads and goroutines below a ``SCHED`` line."""

    complete: bool
    """True if every P has its line, and some threads and goroutines do."""

    counts: BlockCounts | None
    """Totals of the lists."""

    gcwaiting: bool
    """True if a stop of the world is on."""

    goroutines: list[BlockGoroutine]
    """Goroutines that have a line."""

    nmidlelocked: int
    """Number of threads that are locked to a goroutine and wait for it."""

    procs: list[BlockProc]
    """Ps that have a line."""

    stopwait: int
    """Number of Ps that a stop of the world still waits for."""

    sysmonwait: bool
    """True if the runtime's monitor sleeps."""

    threads: list[BlockThread]
    """Threads that have a line."""


@dataclass(frozen=True, slots=True)
class BlockGoroutine(Report):
    """A goroutine."""

    id: int
    """ID of the goroutine."""

    lockedm: int | None
    """Thread that it is locked to; None for none."""

    m: int | None
    """Thread that it is on; None for none."""

    status: str
    """Status, with ``scan`` before it while its stack is scanned."""

    unknown: dict[str, str]
    """Fields that this version does not know, as text, by name."""

    wait_reason: str
    """Reason of its wait, or of its last one; empty for none."""


@dataclass(frozen=True, slots=True)
class BlockProc(Report):
    """A P."""

    gfreecnt: int
    """Number of ended goroutines that it keeps."""

    id: int
    """Number of the P."""

    m: int | None
    """Thread that has it; None if none does."""

    runqsize: int
    """Number of goroutines in its local queue."""

    schedtick: int
    """Number of times that it has picked a goroutine to run."""

    status: str
    """Status: ``idle``, ``running``, ``syscall``, ``gcstop`` or ``dead``."""

    syscalltick: int
    """Number of system calls that have ended on it, or lost it."""

    timerslen: int | None
    """Number of timers in its heap; None before Go 1.14."""

    unknown: dict[str, str]
    """Fields that this version does not know, as text, by name."""


@dataclass(frozen=True, slots=True)
class BlockThread(Report):
    """A thread, by the runtime's number."""

    blocked: bool
    """True if it sleeps in the runtime."""

    curg: int | None
    """Goroutine that it runs, or in whose system call it is; None for none."""

    dying: int
    """Stage of dying of a fatal error; 0 if it does not."""

    helpgc: int | None
    """Number as a helper of the collector; None since Go 1.12."""

    id: int
    """Number of the thread."""

    lockedg: int | None
    """Goroutine that it is locked to; None for none."""

    locks: int
    """Number of locks of the runtime that it holds."""

    mallocing: int
    """Depth of calls in the memory allocator."""

    p: int | None
    """P that it has; None for none."""

    preemptoff: str
    """Reason why its goroutine must not be preempted; empty if it may."""

    spinning: bool
    """True if it looks for work."""

    throwing: int
    """Nonzero if it brings the program down."""

    unknown: dict[str, str]
    """Fields that this version does not know, as text, by name."""


@dataclass(frozen=True, slots=True)
class Blocked(Report):
    """Times that goroutines blocked, summed up, in nanoseconds."""

    net: int
    """Time blocked on the network, in nanoseconds."""

    sync: int
    """Time blocked on channels, locks and select, in nanoseconds."""

    syscall: int
    """Time in system calls, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Bucket(Report):
    """A bucket of a histogram with five buckets to a power of ten; empty ones are left out."""

    count: int
    """Number of durations in it."""

    from_: int
    """Shortest duration that belongs to it, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class CauseWaits(Report):
    """Waits for one cause."""

    cause: CauseName
    """Cause of the waits."""

    count: int
    """Number of waits."""

    max: int
    """Longest, in nanoseconds."""

    mean: int
    """Mean, in nanoseconds, rounded down."""

    min: int
    """Shortest, in nanoseconds."""

    p50: int
    """Median, in nanoseconds."""

    p90: int
    """Length that nine in ten do not exceed, in nanoseconds."""

    p99: int
    """Length that 99 in 100 do not exceed, in nanoseconds."""

    p999: int
    """Length that 999 in 1000 do not exceed, in nanoseconds."""

    reason: str | None
    """Runtime's reason for the wait or stop before, such as ``chan receive``; None if that began
    before the trace, and for causes that have none."""

    sum: int
    """Sum of the waits, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class CheckReport(Report):
    """Result of checking a trace: whether it is good, and every defect. The program that checks it
    fills this in."""

    advice: str | None
    """Suggestion of what to try; None if there is nothing to be done."""

    bytes: int
    """Size of the trace, in bytes."""

    defects: list[DefectReport]
    """Defects, the one that ends strict reading first."""

    file: str
    """Name of the file."""

    go: GoReader
    """Result of Go's reader."""

    good: bool
    """True if Go's reader accepts the trace, and there is an event in it."""

    input: list[str]
    """Defects of the input besides those of its bytes: it changed while it was read, its
    compression is damaged, other data followed the trace, the connection broke."""

    kept: int
    """Number of events that lenient reading gives."""

    lost: int
    """Number of events on the wire that lenient reading does not give."""

    verdict: str
    """Summary in a sentence, for people."""

    wire_events: int
    """Number of events on the wire."""


@dataclass(frozen=True, slots=True)
class CollectorMetric(Report):
    """A metric of the Go collector."""

    approximation: str | None
    """Difference from the collector's value; None if there is none."""

    help: str
    """Description in a sentence."""

    kind: MetricKind
    """Kind of metric."""

    value: CollectorValue
    """Value, in the unit that the name ends with."""


@dataclass(frozen=True, slots=True)
class CollectorQuantile(Report):
    """A quantile of a distribution."""

    quantile: float
    """Quantile, from 0 to 1."""

    value: float
    """Time in seconds."""


@dataclass(frozen=True, slots=True)
class CollectorSummary(Report):
    """A distribution of times, by quantiles."""

    count: int
    """Number of times."""

    quantiles: list[CollectorQuantile]
    """Quantiles; none if there are no times."""

    sum: float
    """Sum of all times, in seconds."""


@dataclass(frozen=True, slots=True)
class CountFrom(Report):
    """Number of goroutines from a time on."""

    count: int
    """Most goroutines until the next time."""

    time: int
    """Time in nanoseconds on the trace's clock."""


@dataclass(frozen=True, slots=True)
class CountReport(Report):
    """Counts of events."""

    events: int
    """Number of events, with those that ordering adds; with ``--raw`` the same as
    ``wire_events``."""

    generations: int
    """Number of generations that were read."""

    kinds: dict[str, int] | None
    """Number of events of each kind; None with ``--raw``, as kinds come with the order."""

    types: dict[str, int]
    """Number of events of each type on the wire."""

    warnings: int
    """Number of warnings."""

    wire_events: int
    """Number of events on the wire."""


@dataclass(frozen=True, slots=True)
class Cycle(Report):
    """A cycle, with the part of it that is in the trace."""

    assisting: int
    """Processor time of assists, in nanoseconds."""

    assists: int
    """Number of assists."""

    cut: CutAt | None
    """Ends of the cycle that the trace cuts off; None if all of it is in the trace."""

    dedicated: int
    """Time of dedicated workers, in nanoseconds."""

    end: int | None
    """Time at which marking ended, in nanoseconds on the trace's clock; None if that is not in the
    trace."""

    fractional: int
    """Time of fractional workers, in nanoseconds."""

    goal: int | None
    """Heap size at which the cycle was to end, in bytes; None if there was no such goal, as with
    GOGC=off, or the trace does not have it."""

    heap_after: int | None
    """Heap when the cycle was over, in bytes; None if that is not in the trace."""

    heap_before: int | None
    """Heap when the cycle began, in bytes; None if that is not in the trace."""

    heap_peak: int | None
    """Largest heap of the cycle, in bytes; None if that is not in the trace."""

    idle: int
    """Time of workers on Ps that were idle otherwise, in nanoseconds."""

    mark_termination: int | None
    """Length of the stop of the world that ended marking, in nanoseconds; None if it is not in the
    trace."""

    marking: int
    """Time that it marked, in nanoseconds."""

    reclaimed: int
    """Memory that sweeping freed, in bytes."""

    start: int | None
    """Time at which the cycle began, in nanoseconds on the trace's clock; None if that is not in
    the trace."""

    sweep_termination: int | None
    """Length of the stop of the world that began it, in nanoseconds; None if it is not in the
    trace."""

    sweeping: int
    """Time of sweeping, in nanoseconds."""

    swept: int
    """Memory that was swept, in bytes."""


@dataclass(frozen=True, slots=True)
class DefectReport(Report):
    """A defect of a trace, and the way that lenient reading deals with it."""

    fatal: bool
    """True if strict reading ends there."""

    generation: int | None
    """Generation that it is in; None if it is in none."""

    lost: int
    """Number of events that it costs."""

    offset: int
    """Offset of the defect, in bytes from the beginning of the file."""

    recovered: bool
    """True if lenient reading goes on after it."""

    repair: str | None
    """Repair by lenient reading; None if there is none."""

    thread: int | None
    """Thread whose event it is; None if it is no thread's."""

    what: str
    """Description of the defect, for people."""


@dataclass(frozen=True, slots=True)
class DiagnosisReport(Report):
    """Diagnosis of a program's scheduler. Times are in nanoseconds since the beginning of the
    trace, or on the clock of a log's ``SCHED`` lines."""

    findings: list[FindingReport] | None
    """Findings, the worst first; None where the program cannot be judged."""

    input: str
    """Name of the input."""

    kind: InputKind
    """Kind of the input."""

    notes: list[str]
    """Limits of the diagnosis, for people."""

    program: str | None
    """Name of the program; None if the input is a trace, or a log that names none."""

    run: int | None
    """Number of the program's run, from 0; None if the input has only one."""

    span: int
    """Length of the observation, in nanoseconds."""

    unseen: list[str]
    """Patterns that such an input cannot show."""

    verdict: str
    """Verdict on the program: ``found``, ``healthy``, ``too-little`` where nothing was found in too
    little time, or ``mixed`` where the lines of several programs cannot be told apart."""


@dataclass(frozen=True, slots=True)
class Distribution(Report):
    """A distribution of durations, in nanoseconds. All figures are 0 if there are no durations."""

    count: int
    """Number of durations."""

    max: int
    """Longest, in nanoseconds."""

    mean: int
    """Mean, in nanoseconds, rounded down."""

    min: int
    """Shortest, in nanoseconds."""

    p50: int
    """Median, in nanoseconds."""

    p90: int
    """Length that nine in ten do not exceed, in nanoseconds."""

    p99: int
    """Length that 99 in 100 do not exceed, in nanoseconds."""

    p999: int
    """Length that 999 in 1000 do not exceed, in nanoseconds."""

    sum: int
    """Sum of all durations, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class EvidenceReport(Report):
    """A piece of evidence for a finding."""

    goroutine: int | None
    """Goroutine that it concerns; None if none."""

    line: int | None
    """Number of the line in the log, from 1; None if none."""

    stack: list[str]
    """Functions of a stack, innermost first; empty if there is none."""

    text: str
    """Evidence in a sentence."""

    when: StretchReport | None
    """Time of the evidence; None if it is about the whole time."""


@dataclass(frozen=True, slots=True)
class FinalizersLine(Report):
    """Finalizers and cleanups that wait after a GC cycle."""

    cleanups: int
    """Number of cleanups that wait."""

    finalizers: int
    """Number of finalizers that wait."""

    line: int
    """Number of the line in the log, from 1."""

    offset: int
    """Offset of the line, in bytes."""

    program: str | None
    """Name of the program; None if nothing tells programs apart."""

    run: int
    """Number of the program's run, from 0."""

    time: int
    """Time at which the line was printed, in nanoseconds on the clock of the ``SCHED`` lines."""

    type: LineType
    """Always ``finalizers``."""


@dataclass(frozen=True, slots=True)
class FindingReport(Report):
    """A pattern that was found."""

    advice: str
    """Explanation and suggestions, for people."""

    evidence: list[EvidenceReport]
    """Evidence, in order of time."""

    headline: str
    """Summary of the finding, in a sentence."""

    pattern: str
    """Name of the pattern, such as ``gc-stall``."""

    rule: RuleReport
    """Rule by which it was found."""

    severity: str
    """Severity: ``info``, ``warning`` or ``critical``."""

    when: list[StretchReport]
    """Longest stretches of time in which it held, in order of time."""


@dataclass(frozen=True, slots=True)
class FootprintReport(Report):
    """Number of bytes of each type of event in a trace."""

    bytes: int
    """Size of the file, in bytes."""

    events: int
    """Number of events on the wire."""

    rows: list[FootprintRow]
    """Types that occur, the largest first."""

    warnings: list[str]
    """Defects that were met."""


@dataclass(frozen=True, slots=True)
class FootprintRow(Report):
    """A type of event."""

    bytes: int
    """Number of bytes that its events take."""

    count: int
    """Number of its events."""

    event: str | None
    """Name of the type; None if there is no such type."""


@dataclass(frozen=True, slots=True)
class FoundPattern(Report):
    """A pattern that was found."""

    headline: str
    """Summary of the finding, in a sentence."""

    pattern: str
    """Name of the pattern, such as ``gc-stall``."""

    severity: str
    """Severity: ``info``, ``warning`` or ``critical``."""


@dataclass(frozen=True, slots=True)
class Frame(Report):
    """A call of a stack. Stacks are lists of these, innermost first; the empty list is that of an
    event without a stack."""

    file: str
    """Source file; empty in a trace of Go 1.5 or 1.6 without its program."""

    func: str
    """Name of the function; empty in a trace of Go 1.5 or 1.6 without its program."""

    line: int
    """Line in that file, from 1; 0 where the file is not known."""

    pc: int
    """Program counter."""


@dataclass(frozen=True, slots=True)
class FunctionTimes(Report):
    """Goroutines that began with one function."""

    count: int
    """Number of goroutines."""

    function: str | None
    """Name of the function; None for goroutines of which the trace has no stack."""

    times: StateTimes
    """Times of the goroutines, summed up."""


@dataclass(frozen=True, slots=True)
class FunctionWaits(Report):
    """Waits of goroutines that began with one function."""

    count: int
    """Number of waits."""

    function: str | None
    """Name of the function; None for goroutines of which the trace has no stack."""

    max: int
    """Longest, in nanoseconds."""

    mean: int
    """Mean, in nanoseconds, rounded down."""

    min: int
    """Shortest, in nanoseconds."""

    p50: int
    """Median, in nanoseconds."""

    p90: int
    """Length that nine in ten do not exceed, in nanoseconds."""

    p99: int
    """Length that 99 in 100 do not exceed, in nanoseconds."""

    p999: int
    """Length that 999 in 1000 do not exceed, in nanoseconds."""

    sum: int
    """Sum of the waits, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class GcClock(Report):
    """Lengths of the phases of a cycle, in nanoseconds."""

    install_write_barrier: int | None
    """Time to switch on write barriers, with the world stopped, in nanoseconds; None since Go
    1.6."""

    mark: int
    """Time of marking, beside the program, in nanoseconds."""

    mark_termination: int
    """Time to end marking, with the world stopped, in nanoseconds."""

    scan: int | None
    """Time to scan stacks and globals, beside the program, in nanoseconds; None since Go 1.6."""

    sweep_termination: int
    """Time to end sweeping and prepare marking, with the world stopped, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class GcCpu(Report):
    """Processor time of the phases of a cycle, in nanoseconds."""

    assist: int
    """Time of mark assists, in nanoseconds."""

    background: int
    """Time of the collector's own workers, in nanoseconds."""

    idle: int
    """Time of workers on Ps that were idle otherwise, in nanoseconds."""

    install_write_barrier: int | None
    """Time to switch on write barriers, in nanoseconds; None since Go 1.6."""

    mark_termination: int
    """Time to end marking, times the Ps that stood still, in nanoseconds."""

    scan: int | None
    """Time to scan stacks and globals, in nanoseconds; None since Go 1.6."""

    sweep_termination: int
    """Time to end sweeping, times the Ps that stood still, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class GcHeap(Report):
    """Sizes of the heap in a cycle, in bytes."""

    end: int
    """Heap when marking ended, in bytes."""

    live: int
    """Live part of that, in bytes."""

    start: int
    """Heap when the cycle began, in bytes."""


@dataclass(frozen=True, slots=True)
class GcLine(Report):
    """A cycle of the garbage collector."""

    clock: GcClock
    """Lengths of its phases."""

    cpu: GcCpu
    """Processor time of its phases."""

    cpu_percent: int
    """Percentage of the Ps' time that the collector has taken since the program began."""

    forced: bool
    """True if the program forced it."""

    globals: int | None
    """Size of global variables to be scanned, in bytes; None before Go 1.18."""

    goal: int | None
    """Heap size at which it was to end, in bytes; None if there was no such goal, as with
    GOGC=off."""

    heap: GcHeap
    """Sizes of the heap."""

    leak_check: bool
    """True if it looked for leaked goroutines."""

    line: int
    """Number of the line in the log, from 1."""

    number: int
    """Number of the cycle, from 1."""

    offset: int
    """Offset of the line, in bytes."""

    paused: int
    """Length of all stops of the world, in nanoseconds."""

    procs: int
    """GOMAXPROCS."""

    program: str | None
    """Name of the program; None if nothing tells programs apart."""

    run: int
    """Number of the program's run, from 0."""

    stacks: int | None
    """Size of goroutine stacks that were scanned, in bytes; None before Go 1.18."""

    start: int
    """Time at which it began, in nanoseconds on the collector's own clock."""

    time: int
    """Time at which it began, in nanoseconds on the clock of the ``SCHED`` lines."""

    type: LineType
    """Always ``gc``."""

    unknown: dict[str, str]
    """Fields that this version does not know, as text, by name."""


@dataclass(frozen=True, slots=True)
class GcReport(Report):
    """Cycles of the garbage collector and their costs."""

    capacity: int
    """Processor time of the trace: GOMAXPROCS summed up over time, in nanoseconds."""

    count: int
    """Number of cycles, including those that are not listed."""

    cycles: list[Cycle]
    """Cycles, in order."""

    end: int
    """Time at which the trace ends, in nanoseconds on its clock."""

    marking: int
    """Time that the collector marked, in nanoseconds."""

    pauses: Distribution
    """Stops of the world by the collector."""

    pausing: int
    """Processor time in which Ps stood still for it, in nanoseconds."""

    payers: list[AssistPayer]
    """Goroutines that assisted marking, by function, the most time first."""

    start: int
    """Time at which the trace begins, in nanoseconds on its clock."""

    taken: int
    """Processor time that it took from the program, in nanoseconds: dedicated and fractional
    workers, assists and ``pausing``."""


@dataclass(frozen=True, slots=True)
class GcWork(Report):
    """Work of the garbage collector."""

    assisting: int
    """Processor time of mark assists, in nanoseconds."""

    assists: int
    """Number of mark assists."""

    cycles: int
    """Number of mark phases that the trace has a part of."""

    marking: int
    """Time of those phases, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class GctraceCpu(Report):
    """Processor time of the collector, from a run's first cycle to its last."""

    assist: int
    """Time of mark assists, in nanoseconds."""

    available: int
    """Time of all Ps, in nanoseconds."""

    background: int
    """Time of the collector's own workers, in nanoseconds."""

    idle: int
    """Time of workers on Ps that were idle otherwise, in nanoseconds."""

    last_percent: int | None
    """Percentage in the last line, which is of the time since the program began; None if there is
    no line."""

    share: float | None
    """Share of the Ps' time that the collector took, from 0 to 1, without workers on idle Ps; None
    if no time passed."""

    share_with_idle: float | None
    """Share of the Ps' time that the collector took, workers on idle Ps included."""

    stopped: int
    """Time in which Ps stood still, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class GctraceHeap(Report):
    """Heap in one cycle, or in several consecutive ones, and what they cost."""

    before: int
    """Heap at which the first cycle began, in bytes."""

    cpu: int
    """Processor time of the collector, in nanoseconds, without workers on idle Ps."""

    cycle: int
    """Number of the first cycle."""

    cycles: int
    """Number of cycles."""

    end: int
    """Time at which the last cycle ended, in nanoseconds on the collector's clock."""

    goal: int | None
    """Heap size at which the last cycle was to end, in bytes; None if there was no such goal, as
    with GOGC=off."""

    live: int
    """Live heap after the last cycle, in bytes."""

    longest_pause: int
    """Length of the longest stop of the world, in nanoseconds."""

    paused: int
    """Length of all stops of the world, in nanoseconds."""

    peak: int
    """Largest heap at the end of marking, in bytes."""

    procs: int
    """Number of Ps in the last cycle."""

    run: int
    """Number of the program's run, from 0."""

    start: int
    """Time at which the first cycle began, in nanoseconds on the collector's clock."""


@dataclass(frozen=True, slots=True)
class GctraceReport(Report):
    """Figures of all ``gc`` lines of a program."""

    concurrent: Distribution
    """Times of marking beside the program, one for each cycle."""

    cpu: GctraceCpu
    """Processor time of the collector."""

    cycle_pauses: Distribution
    """Stops of the world, added up for each cycle."""

    cycles: int
    """Number of cycles."""

    file: str
    """Name of the log's file."""

    forced: int
    """Number of cycles that the program forced."""

    heap: list[GctraceHeap]
    """Heap over time: at most 1000 points."""

    leak_checks: int
    """Number of cycles that looked for leaked goroutines."""

    pauses: Distribution
    """Stops of the world, each by itself."""

    program: str | None
    """Name of the program; None if nothing tells programs apart."""

    runs: int
    """Number of runs of the program."""

    span: int
    """Time from the beginning of a run's first cycle to the end of its last, in nanoseconds, summed
    up over all runs."""

    warnings: int
    """Number of lines of the runtime that could not be read."""


@dataclass(frozen=True, slots=True)
class GoCollector(Report):
    """Figures under the names of the default Go collector of Prometheus's client_golang."""

    metrics: dict[str, CollectorMetric]
    """Metrics of the collector, by name."""

    untold: dict[str, str]
    """Metrics of the collector that the trace does not have, by name, with the reason."""


@dataclass(frozen=True, slots=True)
class GoReader(Report):
    """Result of Go's reader on a trace."""

    accepts: bool | None
    """True if it reaches an end that it accepts; None if that is not known."""

    events: int | None
    """Number of events that it gives, syncs included; None if that is not known."""

    panics: bool
    """True if it ends in a panic."""

    release: str
    """Release of Go."""

    stops_at: int | None
    """Offset of the defect that ends it, in bytes; None if there is none."""


@dataclass(frozen=True, slots=True)
class GoroutineCountsReport(Report):
    """Number of goroutines over time."""

    counts: list[CountFrom]
    """Counts, in order of time."""

    start: int
    """Time at which the trace begins, in nanoseconds on its clock."""


@dataclass(frozen=True, slots=True)
class GoroutineGroup(Report):
    """Goroutines with the same property."""

    count: int
    """Number of goroutines."""

    name: str
    """Value of the property, as text for people."""

    stats: Stats
    """Times of the goroutines, summed up."""


@dataclass(frozen=True, slots=True)
class GoroutineGroupsReport(Report):
    """Goroutines grouped by a property."""

    by: GroupedBy
    """Property that the goroutines of a group share."""

    count: int
    """Number of goroutines in all groups, including those that are not listed."""

    groups: list[GoroutineGroup]
    """Groups of goroutines."""


@dataclass(frozen=True, slots=True)
class Goroutines(Report):
    """Figures of the goroutines."""

    at_end: int
    """Number of goroutines when the trace ends."""

    at_start: int
    """Number of goroutines when the trace began."""

    created: int
    """Number of goroutines that were created."""

    ended: int
    """Number of goroutines that ended."""

    most: int
    """Most goroutines at one time."""

    times: StateTimes
    """Times of the goroutines, summed up."""

    top: list[FunctionTimes]
    """Functions whose goroutines ran longest."""


@dataclass(frozen=True, slots=True)
class GoroutinesReport(Report):
    """A list of goroutines."""

    count: int
    """Number of goroutines, including those that are not listed."""

    goroutines: list[OneGoroutine]
    """Goroutines that are listed."""


@dataclass(frozen=True, slots=True)
class Heap(Report):
    """Sizes of the heap, in bytes."""

    goal: Values | None
    """Heap size at which it is collected, in bytes; None if there was no such goal, as with
    GOGC=off."""

    live: Values | None
    """Live heap, in bytes; None if the trace does not have it."""


@dataclass(frozen=True, slots=True)
class HeapUseLine(Report):
    """Heap in use, up to Go 1.13."""

    consumed: int
    """Part of ``sys`` that was not returned, in bytes."""

    idle: int
    """Size of spans not in use, in bytes."""

    inuse: int
    """Size of spans in use, in bytes."""

    line: int
    """Number of the line in the log, from 1."""

    number: int | None
    """Number of the scavenger's cycle, -1 if the program forced it; None in Go 1.13."""

    offset: int
    """Offset of the line, in bytes."""

    program: str | None
    """Name of the program; None if nothing tells programs apart."""

    released: int
    """Part of ``sys`` that was returned, in bytes."""

    run: int
    """Number of the program's run, from 0."""

    sys: int
    """Memory from the operating system, in bytes."""

    time: int
    """Time at which the line was printed, in nanoseconds on the clock of the ``SCHED`` lines."""

    type: LineType
    """Always ``heap_use``."""


@dataclass(frozen=True, slots=True)
class IdleBesideRunnable(Report):
    """Time in which Ps idled beside runnable goroutines."""

    functions: list[WaitsBeside]
    """Waits beside an idle P by the function that the goroutines began with."""

    idle: OverTime
    """Number of idle Ps, over time."""

    longest: list[LongestBeside]
    """Longest such times, the longest first."""

    lost: int
    """Processor time that the Ps could have run then, in nanoseconds."""

    runnable: OverTime
    """Number of runnable goroutines, over time."""

    time: int
    """Time that a P idled beside a runnable goroutine, in nanoseconds."""

    waits: Distribution
    """Waits of goroutines beside an idle P."""


@dataclass(frozen=True, slots=True)
class LatencyHistogram(Report):
    """Waits in the buckets of ``runtime/metrics``."""

    bounds_seconds: list[float]
    """Bounds between buckets, in seconds, ascending."""

    counts: list[int]
    """Number of waits in each bucket. There is one bucket more than bounds: the first is below all
    of them, the last above."""


@dataclass(frozen=True, slots=True)
class LatencyReport(Report):
    """Times that runnable goroutines waited for a P: the distribution of all waits, and groups of
    them."""

    causes: list[CauseWaits]
    """Waits by cause."""

    count: int
    """Number of waits."""

    functions: list[FunctionWaits]
    """Waits by the function that the goroutines began with."""

    histogram: LatencyHistogram
    """Waits in the buckets of ``runtime/metrics``."""

    max: int
    """Longest, in nanoseconds."""

    mean: int
    """Mean, in nanoseconds, rounded down."""

    min: int
    """Shortest, in nanoseconds."""

    p50: int
    """Median, in nanoseconds."""

    p90: int
    """Length that nine in ten do not exceed, in nanoseconds."""

    p99: int
    """Length that 99 in 100 do not exceed, in nanoseconds."""

    p999: int
    """Length that 999 in 1000 do not exceed, in nanoseconds."""

    sum: int
    """Sum of all waits, in nanoseconds."""

    switches: int
    """Number of direct switches from one goroutine to another, which are no waits."""

    unfinished: int
    """Number of goroutines that still waited when the trace ended."""

    wakers: list[WakerWaits]
    """Waits by the waker of the goroutines."""

    warnings: list[str]
    """Defects of the trace that were met."""

    worst: list[WorstWait]
    """Longest waits, the longest first."""


@dataclass(frozen=True, slots=True)
class LeakSuspects(Report):
    """Goroutines that were created with one stack and wait with one."""

    count: int
    """Number of goroutines."""

    created_by: list[Frame]
    """Stack that created them."""

    example: int
    """Number of one of them."""

    longest_wait: int
    """Time that the one that waits longest has waited, in nanoseconds."""

    reason: str | None
    """Reason for which they wait, in the runtime's words; None if that is not known."""

    waits_at: list[Frame]
    """Stack with which they wait."""


@dataclass(frozen=True, slots=True)
class LeaksReport(Report):
    """Goroutines that were created in the trace and wait at its end."""

    suspects: list[LeakSuspects]
    """Goroutines grouped by where they were created and where they wait."""


@dataclass(frozen=True, slots=True)
class LongRun(Report):
    """A time that a goroutine ran without a break."""

    function: str | None
    """Function that the goroutine began with; None if the trace has no stack of it."""

    goroutine: int
    """Goroutine that ran."""

    nanos: int
    """Length in nanoseconds."""

    proc: int | None
    """P that it ran on; None if that is not known."""

    reason: str | None
    """Reason for which it stopped running, in the runtime's words; None if there is none."""

    stack: list[Frame]
    """Stack with which it stopped running."""

    start: int
    """Time at which it began to run, in nanoseconds on the trace's clock."""


@dataclass(frozen=True, slots=True)
class LongStop(Report):
    """A stop among the longest."""

    delayed: int
    """Number of goroutines that it delayed: those that were running or runnable, without its
    own."""

    goroutine: int | None
    """Goroutine that stopped the world; None if the runtime itself did."""

    nanos: int
    """Length in nanoseconds."""

    reason: str
    """Reason in the runtime's words."""

    stack: list[Frame]
    """Stack of the goroutine that stopped the world."""

    start: int
    """Time at which it began, in nanoseconds on the trace's clock."""


@dataclass(frozen=True, slots=True)
class LongestBeside(Report):
    """A time in which a P idled beside a runnable goroutine."""

    nanos: int
    """Length in nanoseconds."""

    procs: int
    """Most idle Ps."""

    runnable: int
    """Most runnable goroutines."""

    start: int
    """Time at which it began, in nanoseconds on the trace's clock."""


@dataclass(frozen=True, slots=True)
class LostTime(Report):
    """Time in which Ps idled beside runnable goroutines."""

    lost: int
    """Processor time that the Ps could have run then, in nanoseconds."""

    time: int
    """Time that a P idled beside a runnable goroutine, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class MetricBucket(Report):
    """A bucket of a distribution."""

    count: int
    """Number of times in it."""

    from_: float | None
    """Lower bound, in seconds; None if it has none."""

    to: float | None
    """Upper bound, in seconds; None if it has none."""


@dataclass(frozen=True, slots=True)
class MetricHistogram(Report):
    """A distribution of times, in the buckets of the runtime."""

    buckets: list[MetricBucket]
    """Buckets, without the empty ones."""

    count: int
    """Number of times."""

    p50: float | None
    """Upper end of the bucket with the median, in seconds; None if it is infinite."""

    p90: float | None
    """Upper end of the bucket that nine in ten are at most in, in seconds; None if it is
    infinite."""

    p99: float | None
    """Upper end of the bucket that 99 in 100 are at most in, in seconds; None if it is infinite."""

    sum: float
    """Sum of all times, in seconds."""


@dataclass(frozen=True, slots=True)
class MetricReport(Report):
    """A metric of ``runtime/metrics``."""

    approximation: str | None
    """Difference from the runtime's value; None if there is none."""

    help: str
    """Description in a sentence."""

    kind: MetricKind
    """Kind of metric."""

    prometheus: str
    """Name for queries in Prometheus."""

    unit: str
    """Unit of the value, such as ``bytes`` or ``gc-cycles``."""

    value: MetricValue
    """Value, in that unit."""


@dataclass(frozen=True, slots=True)
class MetricsReport(Report):
    """Figures of a trace under the names of ``runtime/metrics``, and under those of Prometheus's Go
    collector."""

    go_collector: GoCollector
    """Figures of the default Go collector of Prometheus's client_golang."""

    metrics: dict[str, MetricReport]
    """Metrics of ``runtime/metrics``, by name."""

    span: int
    """Length of the trace, in nanoseconds, which counters and histograms are over."""

    untold: dict[str, str]
    """Metrics of Go 1.27 that the trace does not have, by name, with the reason; ``*`` in a name is
    any text."""


@dataclass(frozen=True, slots=True)
class MixedLine(Report):
    """Notice that the program's lines cannot be judged, neither those before this one."""

    line: int
    """Number of the line in the log, from 1."""

    offset: int
    """Offset of the line, in bytes."""

    program: str | None
    """Name of the program; None if nothing tells programs apart."""

    run: int
    """Number of the program's run, from 0."""

    time: int
    """Time at which the line was printed, in nanoseconds on the clock of the ``SCHED`` lines."""

    type: LineType
    """Always ``mixed``."""

    why: str
    """Reason, for people."""


@dataclass(frozen=True, slots=True)
class MmuReport(Report):
    """Minimum mutator utilization: the least share of the processors that the program had in any
    window of a length. Shares are from 0 to 1."""

    changes: int
    """Number of changes of the utilization."""

    end: int
    """Time up to which the utilization is known, in nanoseconds on the trace's clock."""

    quantiles: list[float]
    """Shares of windows that the quantiles of each length belong to, from 0 to 1."""

    start: int
    """Time from which the utilization is known, in nanoseconds on the trace's clock."""

    windows: list[WindowLength]
    """Windows by length."""


@dataclass(frozen=True, slots=True)
class OneGoroutine(Report):
    """Summary of one goroutine."""

    created: int
    """Time at which it was created, in nanoseconds on the trace's clock; for a goroutine from
    before the trace, the beginning of the generation that first mentions it."""

    creation_seen: bool
    """True if the trace has its creation."""

    creator: int | None
    """Goroutine that created it; None if that is not in the trace."""

    ended: int | None
    """Time at which it ended, in nanoseconds on the trace's clock; None if it had not."""

    id: int
    """ID of the goroutine."""

    name: str | None
    """Function that it began with; None if the trace has no stack of it."""

    reason: str | None
    """Reason for which it waits when the trace ends, in the runtime's words; None if it does not
    wait, or that is not known."""

    started: int | None
    """Time at which it first ran, in nanoseconds on the trace's clock; None if it did not."""

    state: str
    """State when the trace ends: ``running``, ``runnable``, ``waiting``, ``syscall``, ``notexist``
    if it has ended, ``undetermined`` if that is not known."""

    stats: Stats
    """Times of the goroutine."""


@dataclass(frozen=True, slots=True)
class OneProc(Report):
    """Figures of one P."""

    busy: OverTime
    """Share of the time in which a goroutine ran on it, from 0 to 1, over time."""

    id: int
    """Number of the P."""

    idle: int
    """Time that no thread had it, in nanoseconds."""

    longest_run: int
    """Longest time that a goroutine ran on it without a break, in nanoseconds."""

    looking: int
    """Time that a thread had it, but no goroutine ran, in nanoseconds."""

    running: int
    """Time that goroutines ran on it, in nanoseconds."""

    runs: int
    """Number of times that a goroutine began to run on it."""

    stolen: int
    """Number of times that it was taken from its thread."""

    stops: int
    """Number of times that its thread let go of it."""

    syscall: int
    """Time that its goroutine was in a system call, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class OneRegion(Report):
    """A region."""

    complete: bool
    """True if it began and ended in the trace."""

    duration: int
    """Length in nanoseconds, as far as it is in the trace."""

    end: int | None
    """Time at which it ended, in nanoseconds on the trace's clock; None if it had not."""

    file: str | None
    """Source file of the place where it began; None if that is not known."""

    func: str | None
    """Function that began it; None if that is not known."""

    goroutine: int
    """Goroutine of the region."""

    line: int | None
    """Line of the place where it began; None if that is not known."""

    name: str
    """Type, which the program chose."""

    pc: int | None
    """Program counter of the place where it began; None if that is not known."""

    start: int | None
    """Time at which it began, in nanoseconds on the trace's clock; None if that was before the
    trace."""

    stats: Stats
    """Times of its goroutine in it."""

    task: int
    """Task that it belongs to; 0 for none."""


@dataclass(frozen=True, slots=True)
class OneTask(Report):
    """A task."""

    children: list[int]
    """Tasks that are part of it."""

    complete: bool
    """True if it began and ended in the trace."""

    duration: int
    """Length in nanoseconds, as far as it is in the trace."""

    end: int | None
    """Time at which it ended, in nanoseconds on the trace's clock; None if it had not."""

    goroutines: list[int]
    """Goroutines that took part."""

    id: int
    """Number of the task; 0 is the background task."""

    logs: list[TaskLog]
    """Messages that were logged for it, in order of time."""

    marking: int
    """Time in which the garbage collector marked during it, in nanoseconds."""

    name: str | None
    """Type, which the program chose; None if it began before the trace."""

    parent: int | None
    """Task that it is part of; None if that is not known."""

    regions: int
    """Number of regions that belong to it."""

    start: int | None
    """Time at which it began, in nanoseconds on the trace's clock; None if that was before the
    trace."""


@dataclass(frozen=True, slots=True)
class OverTime(Report):
    """A figure over the time of the trace, as the means of stretches of one length."""

    means: list[float]
    """Mean of each stretch, in order of time."""

    width: int
    """Length of a stretch, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class PTakers(Report):
    """Numbers of Ps that were taken from system calls, by taker."""

    itself: int
    """Number of Ps that the thread of the system call let go of itself."""

    others: int
    """Number of Ps that other threads took, as to stop the world."""

    sysmon: int
    """Number of Ps that the runtime's monitor took."""


@dataclass(frozen=True, slots=True)
class PathCause(Report):
    """A cause of the time of paths, wherever in the tree it stands, and the bound on that time
    without it."""

    at_least: int
    """Time in nanoseconds that the paths would take at least if this had taken none, and each
    goroutine had waited for the same ones."""

    count: int
    """Number of segments."""

    function: str | None
    """Function that the goroutine began with which did it; None if it is not known, or no goroutine
    did it."""

    nanos: int
    """Time in nanoseconds."""

    place: str | None
    """Innermost function of the program on the stack; None if there is no stack."""

    reason: str | None
    """Reason for the wait or the stop of the world; None if there is none."""

    step: PathStep
    """Kind of thing that the time went to: never ``woken`` or ``created``."""


@dataclass(frozen=True, slots=True)
class PathComparison(Report):
    """Time of typical tasks or regions, and of the slowest, by what it went to."""

    slow: PathTree
    """The slowest hundredth, one at least."""

    typical: PathTree
    """Tasks or regions from the 40th to the 60th percentile of length."""


@dataclass(frozen=True, slots=True)
class PathPart(Report):
    """A part of the time of paths."""

    count: int
    """Number of segments in it."""

    function: str | None
    """Function that the goroutine began with which did it; for ``woken`` and ``created``, the one
    that woke or created. Null if it is not known, or no goroutine did it."""

    is_guess: bool | None
    """True if another goroutine could have ended the wait as well; None if none ended it."""

    nanos: int
    """Time in nanoseconds."""

    parts: list[PathPart]
    """Parts of it, the longest first."""

    place: str | None
    """Innermost function of the program on the stack with which it waited, called the system, or
    stopped running; None if there is no stack."""

    reason: str | None
    """Reason for the wait or the stop of the world, in the runtime's words; None if there is
    none."""

    step: PathStep
    """Kind of thing that the time went to."""


@dataclass(frozen=True, slots=True)
class PathReport(Report):
    """One path."""

    causes: list[PathCause] | None
    """Causes of the time; None if they were not asked for."""

    end: int
    """Time at which it ends, in nanoseconds on the trace's clock."""

    function: str | None
    """Function that the goroutine began with; None if it is not known."""

    goroutine: int
    """Goroutine whose time it is: the one that ended the task, or that the region is of."""

    is_complete: bool | None
    """True if the task or region began and ended in the trace; None if the path is that of a
    goroutine."""

    nanos: int
    """Length in nanoseconds."""

    parts: list[PathPart]
    """Parts of the time, the longest first."""

    segments: list[PathSegment] | None
    """Segments in order of time, whose lengths add up to that of the path; None if they were not
    asked for."""

    start: int
    """Time at which it begins, in nanoseconds on the trace's clock."""

    task: int | None
    """Task that it is of, or that the region belongs to; None if there is none."""


@dataclass(frozen=True, slots=True)
class PathSegment(Report):
    """A stretch of time that belongs to what one goroutine did."""

    behind: int | None
    """For ``runnable``: the goroutine that ran for most of the time on the P that this one got at
    last; None if that is not known."""

    depth: int
    """Number of wakings between the goroutine and that of the path."""

    function: str | None
    """Function that the goroutine began with; None if it is not known."""

    goroutine: int
    """Goroutine that did it."""

    nanos: int
    """Length in nanoseconds."""

    place: str | None
    """Innermost function of the program on the stack; None if there is no stack."""

    proc: int | None
    """For ``runnable``: the P that it ran on at last; None if that is not known."""

    reason: str | None
    """Reason for the wait or the stop of the world; None if there is none."""

    start: int
    """Time at which it begins, in nanoseconds on the trace's clock."""

    step: PathStep
    """Kind of thing that the time went to: never ``woken`` or ``created``."""


@dataclass(frozen=True, slots=True)
class PathTree(Report):
    """The time of several paths by what it went to."""

    causes: list[PathCause] | None
    """Causes of the time; None if they were not asked for."""

    count: int
    """Number of paths."""

    nanos: int
    """Time of all of them, in nanoseconds."""

    parts: list[PathPart]
    """Parts of the time, the longest first."""


@dataclass(frozen=True, slots=True)
class PathsReport(Report):
    """Critical paths of tasks, regions or goroutines: their time by what it went to, across the
    goroutines that they waited for."""

    comparison: PathComparison | None
    """The typical tasks or regions beside the slowest; None if fewer than two are complete."""

    durations: Distribution | None
    """Lengths of the complete tasks or regions; None if the path is that of a goroutine."""

    paths: list[PathReport]
    """Paths of the slowest, the slowest first."""


@dataclass(frozen=True, slots=True)
class ProcsReport(Report):
    """Figures of the Ps."""

    capacity: int
    """Time that the Ps existed, summed up, in nanoseconds: the sum of ``running``, ``syscall``,
    ``looking`` and ``idle`` of them all."""

    end: int
    """Time at which the trace ends, in nanoseconds on its clock."""

    gomaxprocs: int | None
    """GOMAXPROCS when the trace ends; None if it does not say."""

    idle_beside: IdleBesideRunnable
    """Time in which Ps idled beside runnable goroutines."""

    longest_runs: list[LongRun]
    """Longest times that goroutines ran without a break, the longest first."""

    procs: list[OneProc]
    """Ps, ordered by number."""

    running: int
    """Time that goroutines ran on the Ps, summed up, in nanoseconds."""

    runs: Distribution
    """Times that goroutines ran without a break, the collector's workers left out."""

    span: int
    """Length of the trace, in nanoseconds."""

    start: int
    """Time at which the trace begins, in nanoseconds on its clock."""

    syscalls: SyscallsReport
    """System calls and the Ps that they cost."""

    threads: ThreadsReport
    """Figures of the threads."""


@dataclass(frozen=True, slots=True)
class ProfileReport(Report):
    """Profile of goroutines' time."""

    count: int
    """Number of spans or CPU samples."""

    functions: list[ProfiledFunction]
    """Functions, the most time first."""

    nanos: int
    """Time of all spans or samples, in nanoseconds."""

    samples: list[ProfiledStack]
    """Stacks, the most time first."""

    type: str
    """Subject of the profile: ``net``, ``sync``, ``syscall``, ``sched``, ``wall`` or ``cpu``."""

    warnings: list[str]
    """Defects of the trace that were met."""


@dataclass(frozen=True, slots=True)
class ProfiledFunction(Report):
    """Time of one function."""

    cumulative: int
    """Time of stacks that it is in, in nanoseconds."""

    cumulative_count: int
    """Number of spans or samples in ``cumulative``."""

    flat: int
    """Time of stacks in which it is the innermost, in nanoseconds."""

    flat_count: int
    """Number of spans or samples in ``flat``."""

    function: str | None
    """Name of the function; None for spans without a stack, in which the scheduler ran."""


@dataclass(frozen=True, slots=True)
class ProfiledStack(Report):
    """Time of one stack."""

    count: int
    """Number of spans or samples."""

    nanos: int
    """Time of the spans or samples, in nanoseconds."""

    reason: str | None
    """Reason for which the goroutines waited, in the runtime's words; None if they did not, and in
    other profiles than ``wall``."""

    stack: list[Frame]
    """Stack of the spans or samples."""

    state: str | None
    """State of the goroutines; None in other profiles than ``wall``."""


@dataclass(frozen=True, slots=True)
class PsTime(Report):
    """Time of the Ps."""

    capacity: int
    """Time that they could have run, summed up, in nanoseconds."""

    count: int
    """Number of Ps that appear."""

    running: int
    """Time that threads had them, summed up, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class RegionType(Report):
    """Regions of one type that began at one place."""

    began_before: bool
    """True if they began before the trace."""

    complete: int
    """Number of complete regions, which began and ended in the trace."""

    count: int
    """Number of regions."""

    durations: Spread | None
    """Lengths of the complete regions; None if there are none."""

    file: str | None
    """Source file of the place; None if that is not known."""

    func: str | None
    """Function that began them; None if that is not known."""

    histogram: list[Bucket]
    """Complete regions by length."""

    line: int | None
    """Line of the place; None if that is not known."""

    pc: int | None
    """Program counter of the place; None if that is not known."""

    stats: Stats
    """Times of the goroutines in them."""

    type: str
    """Type, which the program chose."""


@dataclass(frozen=True, slots=True)
class RegionTypesReport(Report):
    """Regions grouped by type and place."""

    types: list[RegionType]
    """Types, the longest in sum first."""


@dataclass(frozen=True, slots=True)
class RegionsReport(Report):
    """A list of regions."""

    count: int
    """Number of regions, including those that are not listed."""

    regions: list[OneRegion]
    """Regions, the longest first."""


@dataclass(frozen=True, slots=True)
class ReleasedLine(Report):
    """Memory that the scavenger returned, up to Go 1.13."""

    amount: int
    """Amount in bytes."""

    line: int
    """Number of the line in the log, from 1."""

    number: int | None
    """Number of its cycle, -1 if the program forced it; None in Go 1.13."""

    offset: int
    """Offset of the line, in bytes."""

    program: str | None
    """Name of the program; None if nothing tells programs apart."""

    run: int
    """Number of the program's run, from 0."""

    time: int
    """Time at which the line was printed, in nanoseconds on the clock of the ``SCHED`` lines."""

    type: LineType
    """Always ``released``."""


@dataclass(frozen=True, slots=True)
class RuleReport(Report):
    """A rule by which a pattern is found."""

    limit: float
    """Limit that the value has to exceed, in the unit of the threshold."""

    text: str
    """Rule in a sentence."""

    threshold: str
    """Name of the threshold, by which ``--threshold`` sets it."""

    value: float
    """Value that was found, in the unit of the threshold."""


@dataclass(frozen=True, slots=True)
class ScanLine(Report):
    """Objects that a GC cycle scanned, with ``gctrace=2``."""

    class_: ScanOf
    """Class of the objects."""

    dense_spans: int | None
    """Number of spans that were scanned as a whole; None without the collector called Green Tea."""

    in_dense: int | None
    """Number of objects in spans that were scanned as a whole; None without the collector called
    Green Tea."""

    in_sparse: int | None
    """Number of objects in spans that were scanned object by object; None without the collector
    called Green Tea."""

    line: int
    """Number of the line in the log, from 1."""

    objects: int
    """Number of objects that were scanned one by one."""

    offset: int
    """Offset of the line, in bytes."""

    program: str | None
    """Name of the program; None if nothing tells programs apart."""

    run: int
    """Number of the program's run, from 0."""

    size: int | None
    """Size class, in bytes; None if ``class`` is not ``size``."""

    sparse_spans: int | None
    """Number of spans that were scanned object by object; None without the collector called Green
    Tea."""

    time: int
    """Time at which the line was printed, in nanoseconds on the clock of the ``SCHED`` lines."""

    type: LineType
    """Always ``scan``."""


@dataclass(frozen=True, slots=True)
class ScavengeLine(Report):
    """Memory that the scavenger returned to the operating system."""

    background: int | None
    """Part of ``work`` that it returned beside the program, in bytes; None before Go 1.21."""

    controller_reset: bool
    """True if it was late, and its controller started over."""

    eager: int | None
    """Part of ``work`` that it returned on the way of an allocation, in bytes; None before Go
    1.21."""

    forced: bool
    """True if the program forced it."""

    generation: int | None
    """Number of its cycle; None but in Go 1.15 to 1.18."""

    line: int
    """Number of the line in the log, from 1."""

    offset: int
    """Offset of the line, in bytes."""

    program: str | None
    """Name of the program; None if nothing tells programs apart."""

    released: int
    """Memory that the operating system has at present, in bytes."""

    run: int
    """Number of the program's run, from 0."""

    time: int
    """Time at which the line was printed, in nanoseconds on the clock of the ``SCHED`` lines."""

    type: LineType
    """Always ``scavenge``."""

    util_percent: int
    """Percentage of the other memory that is in use."""

    work: int
    """Memory that it returned since the last line, in bytes."""


@dataclass(frozen=True, slots=True)
class SchedLine(Report):
    """State of the scheduler at one time."""

    detail: BlockDetail | None
    """Ps, threads and goroutines; None without ``scheddetail``."""

    gomaxprocs: int
    """GOMAXPROCS."""

    idleprocs: int
    """Number of Ps with nothing to do."""

    idlethreads: int
    """Number of threads that wait to be given work."""

    line: int
    """Number of the line in the log, from 1."""

    needspinning: int | None
    """Flag that a thread should begin to look for work, 0 or 1; None before Go 1.20."""

    offset: int
    """Offset of the line, in bytes."""

    program: str | None
    """Name of the program; None if nothing tells programs apart."""

    queues: list[int]
    """Number of goroutines in each P's local queue."""

    run: int
    """Number of the program's run, from 0."""

    runqueue: int
    """Number of goroutines in the global queue."""

    schedticks: list[int] | None
    """Number of times that each P has picked a goroutine to run; None in a line without
    ``scheddetail`` before Go 1.25."""

    schedticks_per_second: float | None
    """Goroutines picked to run by all Ps, a second, since the line before; None in a run's first
    line, and where lines have no such counters."""

    spinningthreads: int
    """Number of threads that look for work."""

    syscallticks_per_second: float | None
    """System calls that ended, a second, since the line before; None in a run's first line, and
    where lines have no such counters."""

    threads: int
    """Number of threads that exist."""

    time: int
    """Time at which the line was printed, in nanoseconds on the clock of the ``SCHED`` lines."""

    type: LineType
    """Always ``sched``."""

    unknown: dict[str, str]
    """Fields that this version does not know, as text, by name."""


@dataclass(frozen=True, slots=True)
class SchedtraceCycles(Report):
    """Figures of GC cycles."""

    count: int
    """Number of cycles."""

    lasted: int
    """Length of all cycles, in nanoseconds."""

    longest_pause: int
    """Length of the longest stop of the world, in nanoseconds."""

    paused: int
    """Length of all stops of the world, in nanoseconds."""

    peak: int
    """Largest size of the heap, in bytes."""


@dataclass(frozen=True, slots=True)
class SchedtraceGauge(Report):
    """A figure over several lines."""

    max: int
    """Greatest value."""

    mean: float
    """Mean value."""


@dataclass(frozen=True, slots=True)
class SchedtraceReport(Report):
    """``SCHED`` lines of a program over time."""

    clock_offset: int
    """Time by which the clock of the ``gc`` lines is ahead of that of the ``SCHED`` lines, in
    nanoseconds."""

    file: str
    """Name of the log's file."""

    lines: int
    """Number of ``SCHED`` lines."""

    program: str | None
    """Name of the program; None if nothing tells programs apart."""

    rows: list[SchedtraceRow]
    """Figures of successive lines; none spans two runs."""

    span: int
    """Time from a run's first line to its last, in nanoseconds, summed up over all runs."""

    warnings: int
    """Number of lines of the runtime that could not be read."""


@dataclass(frozen=True, slots=True)
class SchedtraceRow(Report):
    """Figures of a ``SCHED`` line, or of several successive ones."""

    end: int
    """Time at which the last line was printed, in nanoseconds on the clock of the ``SCHED``
    lines."""

    gc: SchedtraceCycles
    """GC cycles that began between the first line and the line behind the last."""

    gomaxprocs: int
    """GOMAXPROCS in the last line."""

    goroutines: SchedtraceGauge | None
    """Number of goroutines that are not dead; None without ``scheddetail``."""

    idleprocs: SchedtraceGauge
    """Number of Ps with nothing to do."""

    idlethreads: SchedtraceGauge
    """Number of threads that wait to be given work."""

    line: int
    """Number of the first line in the log, from 1."""

    lines: int
    """Number of lines."""

    local: SchedtraceGauge
    """Number of goroutines in the local queues of all Ps together."""

    queues: list[int]
    """Most goroutines in each P's local queue."""

    run: int
    """Number of the program's run, from 0."""

    runqueue: SchedtraceGauge
    """Number of goroutines in the global queue."""

    schedticks_per_second: float | None
    """Goroutines picked to run by all Ps, a second, since the line before; None in a run's first
    line, and where lines have no such counters."""

    spinningthreads: SchedtraceGauge
    """Number of threads that look for work."""

    start: int
    """Time at which the first line was printed, in nanoseconds on the clock of the ``SCHED``
    lines."""

    syscallticks_per_second: float | None
    """System calls that ended, a second, since the line before; None in a run's first line, and
    where lines have no such counters."""

    threads: SchedtraceGauge
    """Number of threads that exist."""


@dataclass(frozen=True, slots=True)
class Spread(Report):
    """A distribution beside a field that has the number of its durations."""

    max: int
    """Longest, in nanoseconds."""

    mean: int
    """Mean, in nanoseconds, rounded down."""

    min: int
    """Shortest, in nanoseconds."""

    p50: int
    """Median, in nanoseconds."""

    p90: int
    """Length that nine in ten do not exceed, in nanoseconds."""

    p99: int
    """Length that 99 in 100 do not exceed, in nanoseconds."""

    p999: int
    """Length that 999 in 1000 do not exceed, in nanoseconds."""

    sum: int
    """Sum of all durations, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class StateTimes(Report):
    """Times of goroutines in each state, in nanoseconds."""

    runnable: int
    """Time ready to run, but without a P, in nanoseconds."""

    running: int
    """Time running, in nanoseconds."""

    syscall: int
    """Time in system calls or C code, in nanoseconds."""

    waiting: int
    """Time waiting for something, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Stats(Report):
    """Times of a goroutine, or of several together, by state, in nanoseconds."""

    ranges: dict[str, int]
    """Time in special ranges (mark assists, sweeps, stops of the world), by name, in nanoseconds.
    They overlap with the other figures and with each other."""

    runnable: int
    """Time ready to run, but without a P, in nanoseconds."""

    running: int
    """Time running, in nanoseconds."""

    syscall: int
    """Time in system calls, with a P, in nanoseconds."""

    syscall_without_p: int
    """Time in system calls, after the P was taken away, in nanoseconds."""

    total: int
    """Whole time, in nanoseconds."""

    unknown: int
    """Part of the total that is in none of the states, in nanoseconds."""

    waiting: dict[str, int]
    """Time waiting, by the runtime's reason, in nanoseconds; reasons without a time are left
    out."""


@dataclass(frozen=True, slots=True)
class StatusCount(Report):
    """Number with a status."""

    count: int
    """Number with the status."""

    status: str
    """Runtime's name of the status, in lower case."""


@dataclass(frozen=True, slots=True)
class StopReason(Report):
    """Stops for one reason."""

    delayed: int
    """Number of goroutines that they delayed, summed up: those that were running or runnable."""

    durations: Distribution
    """Lengths of the stops."""

    is_gc: bool
    """True if the reason is the garbage collector."""

    reason: str
    """Reason in the runtime's words."""


@dataclass(frozen=True, slots=True)
class StopsFor(Report):
    """Stops of the world for one reason."""

    count: int
    """Number of stops."""

    max: int
    """Length of the longest stop, in nanoseconds."""

    reason: str
    """Reason in the runtime's words."""

    total: int
    """Length of all stops, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class StretchReport(Report):
    """A stretch of time, in nanoseconds."""

    end: int
    """End, in nanoseconds."""

    start: int
    """Start, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class StwReport(Report):
    """Stops of the world. A stop lasts from when a goroutine sets out to stop the world to when the
    world runs again."""

    gc: Distribution
    """Stops for the garbage collector."""

    kinds: list[StopReason]
    """Stops by reason."""

    longest: list[LongStop]
    """Longest stops, the longest first."""

    other: Distribution
    """Stops for other reasons."""


@dataclass(frozen=True, slots=True)
class SummaryReport(Report):
    """Summary of a trace."""

    blocked: Blocked
    """Times that goroutines blocked, summed up."""

    bytes: int
    """Size of the trace, in bytes."""

    cpu_samples: int
    """Number of CPU samples."""

    end: int
    """Time at which the trace ends, in nanoseconds on its clock."""

    events: int
    """Number of events, syncs included."""

    file: str
    """Name of the file."""

    findings: list[FoundPattern]
    """Findings about the scheduler, the worst first."""

    gc: GcWork
    """Work of the garbage collector."""

    generations: int
    """Number of generations that were read."""

    gomaxprocs: Values | None
    """GOMAXPROCS; None if the trace does not have it."""

    goroutines: Goroutines
    """Figures of the goroutines."""

    heap: Heap
    """Sizes of the heap."""

    idle_beside: LostTime
    """Time in which Ps idled beside runnable goroutines."""

    latency: Distribution
    """Times that goroutines waited for a P."""

    logs: int
    """Number of log messages."""

    mmu: list[WindowMmu] | None
    """Minimum mutator utilization of some windows; None if the trace does not say how many Ps there
    are."""

    procs: PsTime
    """Time of the Ps."""

    regions: int
    """Number of regions that the trace has a part of."""

    span: int
    """Length of the trace, in nanoseconds."""

    start: int
    """Time at which the trace begins, in nanoseconds on its clock."""

    stw: list[StopsFor]
    """Stops of the world by reason, the longest in sum first."""

    syscalls: SyscallCounts
    """Numbers of system calls."""

    tasks: int
    """Number of tasks that the trace mentions, without the background task."""

    threads: int
    """Number of threads that appear."""

    verdict: str
    """Verdict on the scheduler: ``found``, ``healthy`` or ``too-little``."""

    version: str
    """Version of the trace's format, such as ``go 1.26``."""

    wall_start: TimeOfDay | None
    """Time of day when the trace began; None before Go 1.25."""

    warnings: list[str]
    """Defects of the trace that were met."""


@dataclass(frozen=True, slots=True)
class SyscallCounts(Report):
    """Numbers of system calls."""

    count: int
    """Number that began."""

    lost: int
    """Number that lost their P."""


@dataclass(frozen=True, slots=True)
class SyscallsAt(Report):
    """System calls with one stack that lost their P."""

    stack: list[Frame]
    """Stack of the calls."""

    without: Distribution
    """Times that they went on without the P."""


@dataclass(frozen=True, slots=True)
class SyscallsReport(Report):
    """System calls and the Ps that they cost."""

    count: int
    """Number of system calls that began."""

    lost: int
    """Number of system calls that lost their P."""

    stacks: list[SyscallsAt]
    """Calls that lost their P, by stack, the longest in sum first."""

    takers: PTakers | None
    """Takers of the Ps; None for traces of Go 1.21 and older, which do not say."""

    without: Distribution
    """Times that calls went on without the P."""


@dataclass(frozen=True, slots=True)
class TaskLog(Report):
    """A message that was logged for a task."""

    category: str
    """Category, which may be empty."""

    message: str
    """Text of the message."""

    time: int
    """Time at which it was logged, in nanoseconds on the trace's clock."""


@dataclass(frozen=True, slots=True)
class TaskType(Report):
    """Tasks of one type."""

    complete: int
    """Number of complete tasks, which began and ended in the trace."""

    count: int
    """Number of tasks."""

    durations: Spread | None
    """Lengths of the complete tasks; None if there are none."""

    histogram: list[Bucket]
    """Complete tasks by length."""

    not_whole: str | None
    """Part of them that the trace lacks, where they began before it and so their type is not known;
    else None."""

    type: str | None
    """Type, which the program chose; None if they began before the trace."""


@dataclass(frozen=True, slots=True)
class TaskTypesReport(Report):
    """Tasks grouped by type."""

    types: list[TaskType]
    """Types, the longest in sum first."""


@dataclass(frozen=True, slots=True)
class TasksReport(Report):
    """A list of tasks."""

    count: int
    """Number of tasks, including those that are not listed."""

    tasks: list[OneTask]
    """Tasks, the longest first."""


@dataclass(frozen=True, slots=True)
class ThreadsReport(Report):
    """Numbers of threads."""

    most: int
    """Most threads that had a P or were in a system call at one time."""

    seen: int
    """Number of threads that appear in the trace."""

    used: OverTime
    """Number of threads that had a P or were in a system call, over time."""


@dataclass(frozen=True, slots=True)
class TimeOfDay(Report):
    """A time of day."""

    nanos: int
    """Nanoseconds of the second."""

    secs: int
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Values(Report):
    """Values that a figure took."""

    last: int
    """Last value."""

    max: int
    """Greatest value."""

    min: int
    """Least value."""


@dataclass(frozen=True, slots=True)
class WaitReasonCount(Report):
    """Number of goroutines that wait for a reason."""

    count: int
    """Number of goroutines."""

    wait_reason: str
    """Reason in the runtime's words; empty if the lines have none."""


@dataclass(frozen=True, slots=True)
class WaitsBeside(Report):
    """Waits beside an idle P of goroutines that began with one function."""

    function: str | None
    """Name of the function; None for goroutines of which the trace has no stack."""

    waits: Distribution
    """Lengths of the waits."""


@dataclass(frozen=True, slots=True)
class WakerWaits(Report):
    """Waits of goroutines that were woken by goroutines that began with one function."""

    count: int
    """Number of waits."""

    function: str | None
    """Function that the wakers began with; None if that is not known, or the scheduler woke
    them."""

    max: int
    """Longest, in nanoseconds."""

    mean: int
    """Mean, in nanoseconds, rounded down."""

    min: int
    """Shortest, in nanoseconds."""

    p50: int
    """Median, in nanoseconds."""

    p90: int
    """Length that nine in ten do not exceed, in nanoseconds."""

    p99: int
    """Length that 99 in 100 do not exceed, in nanoseconds."""

    p999: int
    """Length that 999 in 1000 do not exceed, in nanoseconds."""

    scheduler: bool
    """True if the scheduler woke them, and no goroutine: for the network, or a timer."""

    sum: int
    """Sum of the waits, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class WindowLength(Report):
    """The windows of one length."""

    mmu: float
    """Utilization of the worst window, from 0 to 1."""

    quantiles: list[float]
    """Utilization that each share of windows does not exceed, from 0 to 1."""

    window: int
    """Length in nanoseconds."""

    worst: list[WorstWindow]
    """Worst windows that do not overlap, the worst first."""


@dataclass(frozen=True, slots=True)
class WindowMmu(Report):
    """Minimum mutator utilization of windows of one length."""

    mmu: float
    """Least share of the processors that the program had, from 0 to 1."""

    window: int
    """Length in nanoseconds."""


@dataclass(frozen=True, slots=True)
class WorstWait(Report):
    """A wait among the longest."""

    cause: CauseName
    """Cause of the wait."""

    function: str | None
    """Function that it began with; None if the trace has no stack of it."""

    goroutine: int
    """Goroutine that waited."""

    nanos: int
    """Length of the wait, in nanoseconds."""

    over: bool
    """True if the wait was over when the trace ended."""

    proc: int | None
    """P that it ran on after the wait; None if it did not run, or that is not known."""

    reason: str | None
    """Runtime's reason for the wait or stop before; None if that began before the trace, and for
    causes that have none."""

    stack: list[Frame]
    """Stack of the goroutine."""

    time: int
    """Time at which the wait began, in nanoseconds on the trace's clock."""

    waker: int | None
    """Goroutine that made it runnable; None if none did."""

    waker_function: str | None
    """Function that the waker began with; None if that is not known."""

    waker_stack: list[Frame]
    """Stack of the waker."""


@dataclass(frozen=True, slots=True)
class WorstWindow(Report):
    """A window among the worst."""

    time: int
    """Time at which it begins, in nanoseconds on the trace's clock."""

    utilization: float
    """Share of the processors that the program had in it, from 0 to 1."""

CollectorValue = Union[int, float, dict[str, str], CollectorSummary]
"""The value of a metric of the Go collector."""

LogLine = Union[
    SchedLine,
    GcLine,
    ScavengeLine,
    ReleasedLine,
    HeapUseLine,
    ScanLine,
    FinalizersLine,
    MixedLine,
    BareLine,
]
"""A line, or block of lines, of the runtime in a log."""

MetricValue = Union[int, float, MetricHistogram]
"""The value of a metric."""
