// The garbage collector: cycles, pauses, who paid, and the heap.
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Gc } from '../api/reports';
import { Chart, type Series } from '../parts/chart';
import { Empty } from '../parts/empty';
import { countColumn, Facts, Time, timeColumn } from '../parts/figures';
import { FunctionLink, Moment } from '../parts/places';
import { Report, type Window } from '../parts/report';
import { Table, type Column } from '../parts/table';
import { bytes, count, percent } from '../lib/numbers';
import { short } from '../lib/time';
import { useStore } from '../lib/store';
import { navigate, href } from '../state/route';
import { clock } from '../state/trace';

type Cycle = Gc['cycles'][number];

function size(label: string, value: (row: Cycle) => number | null): Column<Cycle> {
  return { label, value, cell: (row) => bytes(value(row)), figure: true };
}

const columns: Column<Cycle>[] = [
  { label: 'from', value: (row) => row.start, cell: (row) => <Moment at={row.start} length={row.end - row.start} /> },
  timeColumn('marking', (row) => row.marking),
  timeColumn('stop before', (row) => row.sweep_termination, 'the stop of the world that ends sweeping'),
  timeColumn('stop after', (row) => row.mark_termination, 'the stop of the world that ends marking'),
  timeColumn('dedicated', (row) => row.dedicated, 'workers that have a P for themselves'),
  timeColumn('fractional', (row) => row.fractional),
  timeColumn('idle', (row) => row.idle, 'workers on Ps that had nothing to do'),
  countColumn('assists', (row) => row.assists),
  timeColumn('assisting', (row) => row.assisting),
  timeColumn('sweeping', (row) => row.sweeping),
  size('heap before', (row) => row.heap_before),
  size('peak', (row) => row.heap_peak),
  size('after', (row) => row.heap_after),
  size('goal', (row) => row.goal),
  { label: 'note', value: (row) => row.cut },
];

export function GcBody({ win }: { win: Window | null }): JSX.Element {
  return (
    <Report<Gc> name="gc" params={{ top: 500 }} win={win}>
      {(data) => <View data={data} win={win} />}
    </Report>
  );
}

function View({ data, win }: { data: Gc; win: Window | null }): JSX.Element {
  if (data.count === 0) {
    return (
      <Empty title="The garbage collector did not run here.">
        <p>A short trace of a program with a small or quiet heap has no cycle. Trace for longer, or while there is load.</p>
      </Empty>
    );
  }
  return (
    <>
      <Facts
        facts={[
          ['cycles', count(data.count)],
          ['taken from the program', `${short(data.taken)}, ${percent(data.capacity ? data.taken / data.capacity : null)} of the Ps' time`],
          ['marking', <Time ns={data.marking} />],
          ['pauses', `${count(data.pauses.count)}, p99 ${short(data.pauses.p99)}, max ${short(data.pauses.max)}`],
          ['Ps stood still', <Time ns={data.pausing} />],
          ['see also', <><a href={href('stw')}>stops of the world</a>, <a href={href('mmu')}>MMU</a></>],
        ]}
      />
      <HeapChart data={data} />
      <h2>Who paid with mark assists</h2>
      <Table<Gc['payers'][number]>
        label="functions"
        rows={data.payers}
        sort={2}
        keyOf={(row) => row.function ?? ''}
        empty="Nobody had to assist."
        columns={[{ label: 'function', value: (row) => row.function, cell: (row) => <FunctionLink name={row.function} win={win} /> }, countColumn('assists', (row) => row.assists), timeColumn('assisting', (row) => row.nanos)]}
      />
      <h2>Cycles</h2>
      <Table label="cycles" rows={data.cycles} columns={columns} keyOf={(row) => row.start} />
    </>
  );
}

/** The heap at the cycles, in order of time. */
function HeapChart({ data }: { data: Gc }): JSX.Element | null {
  const zero = useStore(clock) ?? data.start;
  const cycles = useMemo(() => [...data.cycles].sort((a, b) => a.start - b.start), [data]);
  const x = useMemo(() => cycles.map((cycle) => cycle.start - zero), [cycles, zero]);
  const series = useMemo<Series[]>(
    () => [
      { label: 'heap at its peak', values: cycles.map((cycle) => cycle.heap_peak), color: '#5b8fd0', fill: true },
      { label: 'live after', values: cycles.map((cycle) => cycle.heap_after), color: '#009e73' },
      { label: 'goal', values: cycles.map((cycle) => cycle.goal), color: '#d55e00' },
    ],
    [cycles],
  );
  if (cycles.length < 3) return null;
  const pick = (i: number): void => {
    const cycle = cycles[i];
    if (cycle) navigate('timeline', { from: Math.max(0, Math.floor(cycle.start - zero - cycle.marking)), to: Math.ceil(cycle.end - zero + cycle.marking) });
  };
  return <Chart label="the heap at each cycle; a click shows the cycle in the timeline" x={x} series={series} height={220} xText={short} yText={bytes} yOf="bytes" onPick={pick} />;
}
