// The reports' JSON, as far as the page shows it: docs/schemas. Moments in them are on the
// trace's clock, but for `diagnose`.
import type { Frame } from './types';

export interface Distribution {
  count: number;
  max: number;
  mean: number;
  min: number;
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  sum: number;
}

export interface OverTime {
  means: number[];
  width: number;
}

export interface Stats {
  ranges: Record<string, number>;
  runnable: number;
  running: number;
  syscall: number;
  syscall_without_p: number;
  total: number;
  unknown: number;
  waiting: Record<string, number>;
}

export interface Summary {
  blocked: { net: number; sync: number; syscall: number };
  bytes: number;
  cpu_samples: number;
  end: number;
  events: number;
  findings: { headline: string; pattern: string; severity: string }[];
  gc: { assisting: number; assists: number; cycles: number; marking: number };
  generations: number;
  gomaxprocs: { last: number; max: number; min: number } | null;
  goroutines: {
    at_end: number;
    at_start: number;
    created: number;
    ended: number;
    most: number;
    times: Times;
    top: { count: number; function: string | null; times: Times }[];
  };
  heap: { goal: Range | null; live: Range | null } | null;
  idle_beside: { lost: number; time: number };
  latency: Distribution;
  logs: number;
  mmu: { mmu: number | null; window: number }[];
  procs: { capacity: number; count: number; running: number };
  regions: number;
  span: number;
  start: number;
  stw: { count: number; max: number; reason: string; total: number }[];
  syscalls: { count: number; lost: number };
  tasks: number;
  threads: number;
  verdict: string | null;
  version: string;
  wall_start: string | null;
  warnings: string[];
}

export interface Times {
  runnable: number;
  running: number;
  syscall: number;
  waiting: number;
}

export interface Range {
  last: number;
  max: number;
  min: number;
}

export interface Stretch {
  start: number;
  end: number;
}

export interface Finding {
  advice: string;
  evidence: { goroutine: number | null; line: number | null; stack: string[]; text: string; when: Stretch | null }[];
  headline: string;
  pattern: string;
  rule: { limit: number; text: string; threshold: string; value: number };
  severity: 'critical' | 'warning' | 'info';
  when: Stretch[];
}

export interface Diagnosis {
  kind: 'trace' | 'log';
  findings: Finding[] | null;
  input: string;
  notes: string[];
  program: string | null;
  run: number | null;
  span: number;
  verdict: string;
}

/** Of a figure over several lines of a log. */
export interface Gauge {
  max: number;
  mean: number;
}

/** Lines of the scheduler in a log; times are on their clock. */
export interface Schedtrace {
  clock_offset: number;
  lines: number;
  program: string | null;
  rows: SchedRow[];
  span: number;
  warnings: number;
}

export interface SchedRow {
  end: number;
  gc: { count: number; longest_pause: number; paused: number };
  goroutines: Gauge | null;
  gomaxprocs: number;
  idleprocs: Gauge;
  idlethreads: Gauge;
  line: number;
  lines: number;
  local: Gauge;
  queues: number[];
  run: number;
  runqueue: Gauge;
  schedticks_per_second: number | null;
  spinningthreads: Gauge;
  start: number;
  syscallticks_per_second: number | null;
  threads: Gauge;
}

/** Cycles of the collector in a log; times are on its own clock. */
export interface Gctrace {
  concurrent: Distribution;
  cpu: { assist: number; available: number; background: number; idle: number; last_percent: number | null; share: number | null; share_with_idle: number | null; stopped: number };
  cycle_pauses: Distribution;
  cycles: number;
  forced: number;
  heap: HeapPoint[];
  leak_checks: number;
  pauses: Distribution;
  program: string | null;
  runs: number;
  span: number;
  warnings: number;
}

export interface HeapPoint {
  before: number;
  cpu: number;
  cycle: number;
  cycles: number;
  end: number;
  goal: number | null;
  live: number;
  longest_pause: number;
  paused: number;
  peak: number;
  procs: number;
  run: number;
  start: number;
}

export interface Goroutines {
  by: string;
  count: number;
  groups: { count: number; name: string | null; stats: Stats }[];
}

export interface GoroutinesEach {
  count: number;
  goroutines: {
    created: number | null;
    creation_seen: boolean;
    creator: number | null;
    ended: number | null;
    id: number;
    name: string | null;
    reason: string | null;
    started: number | null;
    state: string | null;
    stats: Stats;
  }[];
}

export interface Leaks {
  suspects: { count: number; created_by: Frame[]; example: number; longest_wait: number; reason: string | null; waits_at: Frame[] }[];
}

export interface Latency extends Distribution {
  causes: (Distribution & { cause: string; reason: string | null })[];
  functions: (Distribution & { function: string | null })[];
  wakers: (Distribution & { function: string | null; scheduler: boolean })[];
  histogram: { bounds_seconds: number[]; counts: number[] };
  switches: number;
  unfinished: number;
  warnings: string[];
  worst: {
    cause: string;
    function: string | null;
    goroutine: number;
    nanos: number;
    over: boolean;
    proc: number | null;
    reason: string | null;
    stack: Frame[];
    time: number;
    waker: number | null;
    waker_function: string | null;
    waker_stack: Frame[];
  }[];
}

export interface Procs {
  capacity: number;
  end: number;
  gomaxprocs: number | null;
  idle_beside: {
    functions: { function: string | null; waits: Distribution }[];
    idle: OverTime;
    longest: { nanos: number; procs: number; runnable: number; start: number }[];
    lost: number;
    runnable: OverTime;
    time: number;
    waits: Distribution;
  };
  longest_runs: { function: string | null; goroutine: number; nanos: number; proc: number | null; reason: string | null; stack: Frame[]; start: number }[];
  procs: { busy: OverTime; id: number; idle: number; longest_run: number; looking: number; running: number; runs: number; stolen: number; stops: number; syscall: number }[];
  running: number;
  runs: Distribution;
  span: number;
  start: number;
  syscalls: {
    count: number;
    lost: number;
    stacks: { stack: Frame[]; without: Distribution }[];
    takers: { itself: number; others: number; sysmon: number } | null;
    without: Distribution;
  };
  threads: { most: number; seen: number; used: OverTime };
}

export interface Gc {
  capacity: number;
  count: number;
  cycles: {
    assisting: number;
    assists: number;
    cut: string | null;
    dedicated: number;
    end: number;
    fractional: number;
    goal: number | null;
    heap_after: number | null;
    heap_before: number | null;
    heap_peak: number | null;
    idle: number;
    mark_termination: number | null;
    marking: number;
    reclaimed: number;
    start: number;
    sweep_termination: number | null;
    sweeping: number;
    swept: number;
  }[];
  end: number;
  marking: number;
  pauses: Distribution;
  pausing: number;
  payers: { assists: number; function: string | null; nanos: number }[];
  start: number;
  taken: number;
}

export type PathStep = 'running' | 'mark_assist' | 'runnable' | 'stop_the_world' | 'syscall' | 'waiting' | 'woken' | 'created' | 'unknown';

export interface PathPart {
  count: number;
  function: string | null;
  is_guess: boolean | null;
  nanos: number;
  parts: PathPart[];
  place: string | null;
  reason: string | null;
  step: PathStep;
}

export interface PathTree {
  count: number;
  nanos: number;
  parts: PathPart[];
}

export interface Path {
  end: number;
  function: string | null;
  goroutine: number;
  is_complete: boolean | null;
  nanos: number;
  parts: PathPart[];
  segments: { behind: number | null; depth: number; function: string | null; goroutine: number; nanos: number; place: string | null; proc: number | null; reason: string | null; start: number; step: PathStep }[] | null;
  start: number;
  task: number | null;
}

export interface Paths {
  comparison: { slow: PathTree; typical: PathTree } | null;
  durations: Distribution | null;
  paths: Path[];
}

export interface Stw {
  gc: Distribution;
  other: Distribution;
  kinds: { delayed: number; durations: Distribution; is_gc: boolean; reason: string }[];
  longest: { delayed: number; goroutine: number | null; nanos: number; reason: string; stack: Frame[]; start: number }[];
}

export interface Mmu {
  changes: number;
  end: number;
  quantiles: number[];
  start: number;
  windows: { mmu: number; quantiles: number[]; window: number; worst: { time: number; utilization: number }[] }[];
}

export interface Bucket {
  from: number;
  count: number;
}

export interface Tasks {
  types: { complete: number; count: number; durations: Distribution | null; histogram: Bucket[]; not_whole: string | null; type: string | null }[];
}

export interface TaskEach {
  children: number[];
  complete: boolean;
  duration: number;
  end: number | null;
  goroutines: number[];
  id: number;
  logs: { category: string; message: string; time: number }[];
  marking: number;
  name: string | null;
  parent: number | null;
  regions: number;
  start: number | null;
}

export interface TasksEach {
  count: number;
  tasks: TaskEach[];
}

export interface Regions {
  types: {
    began_before: boolean;
    complete: number;
    count: number;
    durations: Distribution | null;
    file: string | null;
    func: string | null;
    histogram: Bucket[];
    line: number | null;
    stats: Stats;
    type: string;
  }[];
}

export interface RegionEach {
  complete: boolean;
  duration: number;
  end: number | null;
  file: string | null;
  func: string | null;
  goroutine: number;
  line: number | null;
  name: string;
  start: number | null;
  stats: Stats;
  task: number | null;
}

export interface RegionsEach {
  count: number;
  regions: RegionEach[];
}
