// The figures of a GODEBUG log as tables: those of the scheduler's lines, and of the collector's.
import type { JSX } from 'preact';
import type { Distribution, Gauge, SchedRow } from '../api/reports';
import { countColumn, Facts, spread, Time, timeColumn } from '../parts/figures';
import { logHref } from '../parts/places';
import { Table, type Column } from '../parts/table';
import { bytes, count, percent, plural } from '../lib/numbers';
import { exact, short } from '../lib/time';
import { chosen, type GcPoint, type Params, type Run } from '../lib/runs';
import { gcOf, schedOf, useLog } from './log-data';
import { NoGc, NoSched, RunChoice } from './log';

const busy = <p class="busy" role="status">counting…</p>;

function atColumn<T>(run: Run | null, of: (row: T) => [number, number]): Column<T> {
  return {
    label: 'at',
    value: (row) => of(row)[0],
    cell: (row) => (
      <a class="moment" href={logHref({ program: run?.program ?? null, run: run?.run ?? null }, ...of(row))} title="show it in the charts">
        {exact(of(row)[0])}
      </a>
    ),
  };
}

/** A mean, and the most if that is another. */
function gaugeColumn<T>(label: string, of: (row: T) => Gauge | null, title?: string): Column<T> {
  const text = ({ mean, max }: Gauge): string => (mean === max ? count(max) : `${mean.toPrecision(3)}, at most ${count(max)}`);
  return {
    label,
    value: (row) => of(row)?.mean ?? null,
    cell: (row) => {
      const gauge = of(row);
      return gauge ? text(gauge) : '–';
    },
    figure: true,
    ...(title ? { title } : {}),
  };
}

export function SchedulerPage({ params }: { params: Params }): JSX.Element {
  const log = useLog();
  if (log.busy) return busy;
  const run = chosen(log.runs, params);
  const rows = schedOf(log, run);
  const [first, last] = [rows[0], rows.at(-1)];
  return (
    <>
      <RunChoice log={log} run={run} />
      {!first || !last ? (
        <NoSched error={log.sched.error} />
      ) : (
        <>
          <p>
            {plural(rows.reduce((sum, row) => sum + row.lines, 0), 'line')} in {short(last.end - first.start)}.{rows.some((row) => row.lines > 1) && ' A row stands for several lines in succession: figures are means.'}
          </p>
          <Table<SchedRow>
            label="lines of the scheduler"
            rows={rows}
            keyOf={(row) => row.line}
            columns={[
              atColumn(run, (row) => [row.start, row.end]),
              countColumn('line', (row) => row.line, 'the line in the log'),
              countColumn('Ps', (row) => row.gomaxprocs, 'GOMAXPROCS'),
              gaugeColumn('idle Ps', (row) => row.idleprocs),
              gaugeColumn('threads', (row) => row.threads),
              gaugeColumn('looking', (row) => row.spinningthreads, 'threads that look for work'),
              gaugeColumn('idle threads', (row) => row.idlethreads),
              gaugeColumn('global queue', (row) => row.runqueue),
              gaugeColumn('Ps’ queues', (row) => row.local, 'the local queues of all Ps together'),
              countColumn('longest', (row) => Math.max(0, ...row.queues), 'the longest local queue of a P'),
              gaugeColumn('goroutines', (row) => row.goroutines, 'only scheddetail=1 tells'),
              countColumn('GC cycles', (row) => row.gc.count),
              timeColumn('stopped', (row) => row.gc.paused, 'how long the collector stopped the world'),
            ]}
          />
        </>
      )}
    </>
  );
}

type Spread = { name: string; of: Distribution };

export function CollectorPage({ params }: { params: Params }): JSX.Element {
  const log = useLog();
  if (log.busy) return busy;
  const run = chosen(log.runs, params);
  const points = gcOf(log, run);
  const all = log.gc.data?.find((one) => one.program === run?.program);
  if (!all || points.length === 0) return <><RunChoice log={log} run={run} /><NoGc error={log.gc.error} /></>;
  const { cpu } = all;
  const size = (label: string, value: (row: GcPoint) => number | null): Column<GcPoint> => ({ label, value, cell: (row) => bytes(value(row)), figure: true });
  return (
    <>
      <RunChoice log={log} run={run} />
      <Facts
        facts={[
          ['cycles', `${count(all.cycles)}, ${count(all.forced)} forced${all.leak_checks ? `, ${count(all.leak_checks)} looked for leaks` : ''}`],
          ['first to last cycle', <Time ns={all.span} />],
          ['share of the Ps’ time', percent(cpu.share)],
          ['with workers on idle Ps', percent(cpu.share_with_idle)],
          ['since its start, says Go', cpu.last_percent === null ? '–' : `${cpu.last_percent}%`],
          ['assists', <Time ns={cpu.assist} />],
          ['background workers', <Time ns={cpu.background} />],
          ['Ps stood still', <Time ns={cpu.stopped} />],
          ['workers on idle Ps', <Time ns={cpu.idle} />],
        ]}
      />
      <Table<Spread>
        label="pauses"
        rows={[
          { name: 'stops of the world', of: all.pauses },
          { name: 'stops of a cycle together', of: all.cycle_pauses },
          { name: 'marking beside the program', of: all.concurrent },
        ]}
        keyOf={(row) => row.name}
        columns={[{ label: 'what', value: (row) => row.name }, countColumn('count', (row) => row.of.count), ...spread<Spread>((row) => row.of)]}
      />
      <h2>Cycles</h2>
      <Table<GcPoint>
        label="cycles"
        rows={points}
        keyOf={(row) => row.cycle}
        columns={[
          atColumn(run, (row) => [row.at, row.at + row.end - row.start]),
          { label: 'cycle', value: (row) => row.cycle, cell: (row) => (row.cycles > 1 ? `${row.cycle}–${row.cycle + row.cycles - 1}` : row.cycle), figure: true },
          size('heap before', (row) => row.before),
          size('at the end', (row) => row.peak),
          size('live after', (row) => row.live),
          size('goal', (row) => row.goal),
          timeColumn('stopped', (row) => row.paused),
          timeColumn('longest stop', (row) => row.longest_pause),
          timeColumn('CPU', (row) => row.cpu, 'without workers on idle Ps'),
          { label: 'share', value: (row) => row.share, cell: (row) => percent(row.share), figure: true, title: 'of the Ps’ time until the next cycle' },
        ]}
      />
    </>
  );
}
