// What the pages of a log show: its reports, each of one program and one of its runs.
import type { Diagnosis, Gctrace, SchedRow, Schedtrace } from '../api/reports';
import { runsOf, withShares, type GcPoint, type Run } from '../lib/runs';
import { useAnswer } from '../parts/report';

/** So many points a chart has at most. */
const ROWS = 1000;

/** A report, or why there is none. */
export interface Known<T> {
  data: T[] | null;
  error: string | null;
}

export interface LogData {
  sched: Known<Schedtrace>;
  gc: Known<Gctrace>;
  runs: Run[];
  /** Whether answers are still to come. */
  busy: boolean;
}

export function useLog(): LogData {
  const sched = useAnswer<Schedtrace[]>('report/schedtrace', { rows: ROWS });
  const gc = useAnswer<Gctrace | Gctrace[]>('report/gctrace', {});
  // A log of one program has one report, and not a list of it.
  const list = gc.data === null || Array.isArray(gc.data) ? gc.data : [gc.data];
  const busy = (sched.data === null && sched.error === null) || (list === null && gc.error === null);
  return { sched, gc: { data: list, error: gc.error }, runs: runsOf(sched.data ?? [], list ?? []), busy };
}

export function useDiagnosis(): Known<Diagnosis> {
  return useAnswer<Diagnosis[]>('report/diagnose', {});
}

/** The lines of the scheduler of a run. */
export function schedOf(data: LogData, run: Run | null): SchedRow[] {
  const rows = data.sched.data?.find((one) => one.program === run?.program)?.rows ?? [];
  return rows.filter((row) => row.run === run?.run);
}

export function gcOf(data: LogData, run: Run | null): GcPoint[] {
  const offset = data.sched.data?.find((one) => one.program === run?.program)?.clock_offset ?? 0;
  const heap = data.gc.data?.find((one) => one.program === run?.program)?.heap ?? [];
  return withShares(heap.filter((point) => point.run === run?.run), offset);
}
