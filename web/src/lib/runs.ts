// The programs and runs of a GODEBUG log, and the figures of the collector in one.
import type { Gctrace, HeapPoint, Schedtrace } from '../api/reports';

export type Params = Readonly<Record<string, string>>;

/** One run of one program. */
export interface Run {
  program: string | null;
  run: number;
}

/** All of them, in the order in which they appear. */
export function runsOf(sched: readonly Schedtrace[], gc: readonly Gctrace[]): Run[] {
  const out = new Map<string, Run>();
  const add = (program: string | null, rows: readonly { run: number }[]): void => {
    for (const { run } of rows) out.set(`${run} ${program}`, { program, run });
  };
  for (const one of sched) add(one.program, one.rows);
  for (const one of gc) add(one.program, one.heap);
  return [...out.values()];
}

/** The run that the address names; the first otherwise. */
export function chosen(runs: readonly Run[], params: Params): Run | null {
  const [program, run] = [params['program'] ?? null, Number(params['run'] ?? NaN)];
  const of = runs.filter((one) => program === null || one.program === program);
  return of.find((one) => one.run === run) ?? of[0] ?? runs[0] ?? null;
}

/** A point of the heap's curve, at its time on the clock of the scheduler's lines. */
export interface GcPoint extends HeapPoint {
  at: number;
  /** The share of the Ps' time that the collector took until the next; null of the last. */
  share: number | null;
}

/** The points with their times on the scheduler's clock, which is `offset` behind. */
export function withShares(heap: readonly HeapPoint[], offset: number): GcPoint[] {
  return heap.map((point, i) => {
    const next = heap[i + 1];
    const available = next ? (next.start - point.start) * point.procs : 0;
    return { ...point, at: Math.max(0, point.start - offset), share: available > 0 ? Math.min(1, point.cpu / available) : null };
  });
}
