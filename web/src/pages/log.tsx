// The first page of a GODEBUG log: what is wrong, and the scheduler and the collector over time.
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Diagnosis, SchedRow } from '../api/reports';
import { Chart, type ChartProps, type Series } from '../parts/chart';
import { Empty, Problem } from '../parts/empty';
import { bytes, count, percent } from '../lib/numbers';
import { short } from '../lib/time';
import { parseWindow, setParams } from '../state/route';
import { chosen, type GcPoint, type Params, type Run } from '../lib/runs';
import { gcOf, schedOf, useDiagnosis, useLog, type LogData } from './log-data';
import { DiagnosisView, Warnings } from './overview';

const BLUE = '#5b8fd0';
const GREEN = '#009e73';
const RED = '#d55e00';
const YELLOW = '#c99a00';

export function LogPage({ params }: { params: Params }): JSX.Element {
  const diagnosis = useDiagnosis();
  const log = useLog();
  return (
    <>
      <Warnings />
      {diagnosis.error && <Problem text={diagnosis.error} />}
      {(log.busy || (!diagnosis.data && !diagnosis.error)) && <p class="busy" role="status">counting…</p>}
      {diagnosis.data?.map((run: Diagnosis, i: number, all: Diagnosis[]) => <DiagnosisView key={i} run={run} many={all.length > 1} />)}
      {!log.busy && <Charts log={log} params={params} />}
    </>
  );
}

/** Chooses one of several programs and runs, in the address. */
export function RunChoice({ log, run }: { log: LogData; run: Run | null }): JSX.Element | null {
  if (log.runs.length < 2) return null;
  const name = ({ program, run }: Run): string => {
    const several = log.runs.filter((one) => one.program === program).length > 1;
    return [program, (several || program === null) && `run ${run + 1}`].filter(Boolean).join(', ');
  };
  return (
    <p>
      <label>
        program and run{' '}
        <select
          value={log.runs.findIndex((one) => one.program === run?.program && one.run === run.run)}
          onChange={(event) => {
            const next = log.runs[Number(event.currentTarget.value)];
            if (next) setParams({ program: next.program, run: next.run, from: null, to: null, sel: null });
          }}
        >
          {log.runs.map((one, i) => (
            <option key={i} value={i}>
              {name(one)}
            </option>
          ))}
        </select>
      </label>
    </p>
  );
}

/** Why there are no lines of the scheduler. */
export function NoSched({ error }: { error: string | null }): JSX.Element {
  return (
    <Empty title="There are no lines of the scheduler.">
      <p>{error ?? 'This run of the program printed none.'}</p>
      <p>
        A program prints one a second with <code>GODEBUG=schedtrace=1000</code>, and all goroutines, Ps and threads with <code>scheddetail=1</code> as well.
      </p>
    </Empty>
  );
}

/** Why there are no cycles of the collector. */
export function NoGc({ error }: { error: string | null }): JSX.Element {
  return (
    <Empty title="There are no lines of the collector.">
      <p>{error ?? 'This run of the program printed none: either the collector did not run, or nobody asked for them.'}</p>
      <p>
        A program prints one for each cycle with <code>GODEBUG=gctrace=1</code>.
      </p>
    </Empty>
  );
}

function Charts({ log, params }: { log: LogData; params: Params }): JSX.Element {
  const run = chosen(log.runs, params);
  const key = JSON.stringify(run);
  const sched = useMemo(() => schedOf(log, run), [log.sched.data, log.gc.data, key]);
  const gc = useMemo(() => gcOf(log, run), [log.sched.data, log.gc.data, key]);
  const range = parseWindow(params['from'] && params['to'] ? `${params['from']}-${params['to']}` : '');
  const mark = parseWindow(params['sel']);
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    if (params['sel']) place.current?.scrollIntoView?.({ block: 'start' });
  }, [params['sel'], key]);
  const ends = [...sched.map((row) => row.end), ...gc.map((point) => point.at)];
  const whole: [number, number] = [0, Math.max(1, ...ends)];
  const shared = {
    xText: short,
    range: range ?? whole,
    marks: mark ? [{ start: mark[0], end: mark[1] }] : [],
    height: 190,
    onRange: (next: [number, number]) => setParams({ from: Math.round(next[0]), to: Math.round(Math.max(next[1], next[0] + 1)) }),
  };
  return (
    <section aria-label="charts" ref={place}>
      <h2>Over time</h2>
      <RunChoice log={log} run={run} />
      <p class="faint">
        Time counts from the first line of the scheduler. Drag over a chart for a part of it.{' '}
        {range && (
          <button type="button" class="link" onClick={() => setParams({ from: null, to: null, sel: null })}>
            all of it
          </button>
        )}
      </p>
      {sched.length === 0 ? <NoSched error={log.sched.error} /> : <SchedCharts rows={sched} shared={shared} />}
      {gc.length === 0 ? <NoGc error={log.gc.error} /> : <GcCharts points={gc} shared={shared} />}
    </section>
  );
}

type Shared = Pick<ChartProps, 'xText' | 'range' | 'marks' | 'height' | 'onRange'>;

function Titled({ title, ...chart }: { title: string } & Omit<ChartProps, 'label'>): JSX.Element {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <Chart label={`${title} over time; the tables have the figures`} {...chart} />
    </section>
  );
}

const figure = (value: number): string => (Number.isInteger(value) ? count(value) : value.toPrecision(3));

function SchedCharts({ rows, shared }: { rows: SchedRow[]; shared: Shared }): JSX.Element {
  const x = useMemo(() => rows.map((row) => row.start), [rows]);
  const line = (label: string, color: string, of: (row: SchedRow) => number | null, more: Partial<Series> = {}): Series => ({ label, color, values: rows.map(of), ...more });
  const charts: [string, Series[]][] = [
    ['Queues: goroutines that could run', [line('global queue', RED, (row) => row.runqueue.max, { fill: true }), line('all Ps’ queues', BLUE, (row) => row.local.max), line('the longest of a P', YELLOW, (row) => Math.max(0, ...row.queues))]],
    ['Ps', [line('GOMAXPROCS', BLUE, (row) => row.gomaxprocs, { stepped: true }), line('idle', GREEN, (row) => row.idleprocs.mean, { fill: true })]],
    ['Threads', [line('threads', BLUE, (row) => row.threads.max), line('idle', GREEN, (row) => row.idlethreads.mean), line('looking for work', YELLOW, (row) => row.spinningthreads.mean)]],
  ];
  if (rows.some((row) => row.goroutines)) charts.push(['Goroutines', [line('goroutines', BLUE, (row) => row.goroutines?.max ?? null)]]);
  if (rows.some((row) => row.schedticks_per_second !== null)) {
    charts.push(['Switches and system calls a second', [line('goroutines picked to run', BLUE, (row) => row.schedticks_per_second), line('system calls ended', RED, (row) => row.syscallticks_per_second)]]);
  }
  return (
    <div class="beside">
      {charts.map(([title, series]) => (
        <Titled key={title} title={title} x={x} series={series} yText={figure} yOf="count" {...shared} />
      ))}
    </div>
  );
}

function GcCharts({ points, shared }: { points: GcPoint[]; shared: Shared }): JSX.Element {
  const x = useMemo(() => points.map((point) => point.at), [points]);
  const line = (label: string, color: string, of: (point: GcPoint) => number | null, more: Partial<Series> = {}): Series => ({ label, color, values: points.map(of), ...more });
  return (
    <div class="beside">
      <Titled
        title="Heap at each cycle of the collector"
        x={x}
        series={[line('at its end', BLUE, (point) => point.peak, { fill: true }), line('at its beginning', YELLOW, (point) => point.before), line('live after', GREEN, (point) => point.live), line('goal', RED, (point) => point.goal)]}
        yText={bytes}
        yOf="bytes"
        {...shared}
      />
      <Titled title="Stops of the world by the collector" x={x} series={[line('the longest', RED, (point) => point.longest_pause, { bars: true })]} yText={short} {...shared} />
      <Titled title="The collector’s share of the Ps’ time, until the next cycle" x={x} series={[line('share', BLUE, (point) => point.share, { stepped: true, fill: true })]} yText={percent} {...shared} />
    </div>
  );
}
