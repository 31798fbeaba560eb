// Regions of runtime/trace: by type and place, and each.
import type { JSX } from 'preact';
import type { RegionEach, Regions, RegionsEach } from '../api/reports';
import { Empty } from '../parts/empty';
import { countColumn, reasons, StateBar, timeColumn, timesOf, waitingOf } from '../parts/figures';
import { binsOfBuckets, Histogram } from '../parts/histogram';
import { GoroutineLink, Moment } from '../parts/places';
import { Report, type Window } from '../parts/report';
import { Table, type Column } from '../parts/table';
import { count } from '../lib/numbers';
import { useStore } from '../lib/store';
import { formatWindow, href } from '../state/route';
import { meta } from '../state/trace';
import { exactly } from './goroutines';

type Type = Regions['types'][number];

function NoRegions(): JSX.Element {
  return (
    <Empty title="There is no region in this trace.">
      <p>A region is a stretch of a goroutine’s time that the program names:</p>
      <pre>{'defer trace.StartRegion(ctx, "parse").End()'}</pre>
      <p>
        with <code>runtime/trace</code>. Outside of a trace that costs next to nothing.
      </p>
    </Empty>
  );
}

export function RegionsPage({ win, params }: { win: Window | null; params: Readonly<Record<string, string>> }): JSX.Element {
  const type = params['type'];
  return type === undefined ? <RegionsBody win={win} /> : <OfType type={type} win={win} />;
}

export function RegionsBody({ win }: { win: Window | null }): JSX.Element {
  const has = useStore(meta);
  if (has?.done && !has.has.regions) return <NoRegions />;
  const columns: Column<Type>[] = [
    { label: 'region', value: (row) => row.type, cell: (row) => <a href={href('regions', { type: row.type, win: win ? formatWindow(win[0], win[1]) : null })}>{row.type}</a> },
    { label: 'where', value: (row) => row.func, cell: (row) => (row.func === null ? <span class="faint">began before the trace</span> : <span title={`${row.file}:${row.line}`}>{row.func}</span>) },
    countColumn('how many', (row) => row.count),
    timeColumn('p50', (row) => row.durations?.p50 ?? null),
    timeColumn('p99', (row) => row.durations?.p99 ?? null),
    timeColumn('max', (row) => row.durations?.max ?? null),
    timeColumn('total', (row) => row.stats.total),
    { label: 'share', value: (row) => row.stats.running / (row.stats.total || 1), cell: (row) => <StateBar times={timesOf(row.stats)} /> },
    { label: 'waiting for', value: (row) => reasons(row.stats, 1), cell: (row) => <span class="faint">{reasons(row.stats)}</span> },
    { label: 'durations', value: (row) => row.durations?.mean ?? null, cell: (row) => <Histogram label="durations" bins={binsOfBuckets(row.histogram)} /> },
  ];
  return (
    <Report<Regions> name="regions" params={{ top: 0 }} win={win}>
      {(data) => <Table label="types of regions" rows={data.types} columns={columns} sort={6} keyOf={(row, i) => `${row.type} ${row.func} ${row.line} ${i}`} empty={<NoRegions />} />}
    </Report>
  );
}

function OfType({ type, win }: { type: string; win: Window | null }): JSX.Element {
  const columns: Column<RegionEach>[] = [
    { label: 'goroutine', value: (row) => row.goroutine, cell: (row) => <GoroutineLink id={row.goroutine} /> },
    { label: 'began', value: (row) => row.start, cell: (row) => <Moment at={row.start} length={row.duration} goroutine={row.goroutine} /> },
    timeColumn('duration', (row) => row.duration),
    { label: 'task', value: (row) => row.task, cell: (row) => (row.task ? <a href={href('task', { id: row.task })}>{`task ${row.task}`}</a> : '–') },
    timeColumn('running', (row) => row.stats.running),
    timeColumn('runnable', (row) => row.stats.runnable),
    timeColumn('syscall', (row) => row.stats.syscall + row.stats.syscall_without_p),
    timeColumn('waiting', (row) => waitingOf(row.stats)),
    { label: 'share', value: (row) => row.stats.running / (row.stats.total || 1), cell: (row) => <StateBar times={timesOf(row.stats)} /> },
    { label: 'waiting for', value: (row) => reasons(row.stats, 1), cell: (row) => <span class="faint">{reasons(row.stats)}</span> },
  ];
  return (
    <>
      <p>
        <a href={href('regions')}>all regions</a> › <b>{type}</b> · flame graphs of its time: <a href={href('profiles', { kind: 'wall', region: type })}>all</a>, <a href={href('profiles', { kind: 'sync', region: type })}>blocked</a>,{' '}
        <a href={href('profiles', { kind: 'net', region: type })}>network</a>, <a href={href('profiles', { kind: 'syscall', region: type })}>system calls</a>, <a href={href('profiles', { kind: 'sched', region: type })}>waiting for a P</a>
      </p>
      <Report<RegionsEach> name="regions" params={{ each: true, type: exactly(type), top: 2000 }} win={win}>
        {(data) => (
          <>
            <p>{count(data.count)} regions, the longest first.</p>
            <Table label="regions" rows={data.regions} columns={columns} keyOf={(row, i) => `${row.goroutine} ${row.start} ${i}`} />
          </>
        )}
      </Report>
    </>
  );
}
