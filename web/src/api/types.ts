// What the server answers in JSON: docs/view-api.md. Times are nanoseconds since the trace's
// first event.

export interface Meta {
  kind: 'trace' | 'log';
  name: string;
  bytes: number;
  format: string;
  v1: boolean;
  wallStart: string | null;
  /** The trace's clock at time 0: the moments of reports are on that clock. */
  start: number | null;
  generations: number;
  readGenerations: number;
  readBytes: number;
  done: boolean;
  span: number | null;
  estimatedSpan: number | null;
  events: number;
  goroutines: number;
  threads: number;
  procs: number;
  has: { tasks: boolean; regions: boolean; logs: boolean; samples: boolean; stacks: boolean };
  warnings: string[];
  error: string | null;
}

export type State = 'running' | 'runnable' | 'waiting' | 'syscall' | 'looking' | 'idle';

export interface Frame {
  func: string;
  file: string;
  line: number;
}

/** A group of goroutines, or with `by=goroutine` a goroutine. */
export interface Row {
  key: string;
  name: string;
  goroutines: number;
  running: number;
  runnable: number;
  waiting: number;
  syscall: number;
  first: number;
  last: number;
  lanes: number;
}

export interface GoroutineRow {
  id: number;
  function: string | null;
  created: number | null;
  ended: number | null;
  running: number;
  runnable: number;
  waiting: number;
  syscall: number;
}

export interface Rows<T> {
  total: number;
  rows: T[];
}

export interface Waker {
  goroutine: number;
  function: string | null;
  time: number;
  stack?: Frame[];
}

export interface Neighbour {
  start: number;
  state: State;
}

export interface Span {
  goroutine: number | null;
  function: string | null;
  state: State;
  reason: string | null;
  start: number;
  end: number;
  began: boolean;
  ended: boolean;
  proc: number | null;
  thread: number | null;
  stack: Frame[];
  endStack: Frame[];
  unblockedBy: Waker | null;
  unblocked: Waker[];
  previous: Neighbour | null;
  next: Neighbour | null;
}

export interface Flow {
  time: number;
  from: number | null;
  fromProc: number | null;
  to: number;
  toStart: number | null;
  toProc: number | null;
  reason: string | null;
}

/** A waking of a chain: of the goroutine that woke, or forth of the one that was woken. */
export interface ChainStep {
  goroutine: number | null;
  function: string | null;
  time: number;
  reason: string | null;
  created: boolean;
  parent: number | null;
  start: number | null;
  more: number;
}

export interface Chain {
  goroutine: number;
  function: string | null;
  back: ChainStep[];
  forth: ChainStep[];
  more: boolean;
}

export interface Hit {
  kind: 'function' | 'goroutine' | 'task' | 'region' | 'log' | 'reason' | 'span';
  text: string;
  goroutine: number | null;
  key?: string | null;
  function?: string | null;
  start: number | null;
  end: number | null;
}

export interface FlameNode {
  name: string;
  value: number;
  children?: FlameNode[];
}

export interface Flame {
  unit: string;
  root: FlameNode;
}
