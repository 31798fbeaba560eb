// How long goroutines waited for a P, why, and the worst cases.
import type { JSX } from 'preact';
import type { Distribution, Latency } from '../api/reports';
import { countColumn, Facts, spread, Time } from '../parts/figures';
import { binsOfBounds, Histogram } from '../parts/histogram';
import { FunctionLink, GoroutineLink, Moment } from '../parts/places';
import { Report, type Window } from '../parts/report';
import { StackView } from '../parts/stack';
import { Table, type Column } from '../parts/table';
import { count } from '../lib/numbers';

export function distributionFacts(d: Distribution): (readonly [string, JSX.Element | string])[] {
  return [
    ['how many', count(d.count)],
    ['total', <Time ns={d.sum} />],
    ['mean', <Time ns={d.mean} />],
    ['p50', <Time ns={d.p50} />],
    ['p90', <Time ns={d.p90} />],
    ['p99', <Time ns={d.p99} />],
    ['p99.9', <Time ns={d.p999} />],
    ['max', <Time ns={d.max} />],
  ];
}

type Worst = Latency['worst'][number];

const worstColumns: Column<Worst>[] = [
  { label: 'at', value: (row) => row.time, cell: (row) => <Moment at={row.time} length={row.nanos} goroutine={row.goroutine} /> },
  { label: 'waited', value: (row) => row.nanos, cell: (row) => <Time ns={row.nanos} />, figure: true },
  { label: 'goroutine', value: (row) => row.goroutine, cell: (row) => <GoroutineLink id={row.goroutine} name={row.function} /> },
  { label: 'after', value: (row) => row.reason ?? row.cause, cell: (row) => (row.reason ? `${row.cause} (${row.reason})` : row.cause) },
  { label: 'woken by', value: (row) => row.waker, cell: (row) => (row.waker === null ? '–' : <GoroutineLink id={row.waker} name={row.waker_function} />) },
  {
    label: 'stacks',
    value: (row) => row.stack[0]?.func ?? null,
    cell: (row) => (
      <details>
        <summary>{row.stack[0]?.func || 'no stack'}</summary>
        <StackView stack={row.stack} />
        {row.waker_stack.length > 0 && (
          <>
            <b>woken from</b>
            <StackView stack={row.waker_stack} />
          </>
        )}
      </details>
    ),
  },
];

export function LatencyBody({ win }: { win: Window | null }): JSX.Element {
  return (
    <Report<Latency> name="latency" params={{ top: 0, worst: 50 }} win={win}>
      {(data) => (
        <>
          <p>How long goroutines that could run waited until they did: scheduler latency.</p>
          <Facts facts={distributionFacts(data)} />
          <Histogram label="waits by how long they were" bins={binsOfBounds(data.histogram.bounds_seconds, data.histogram.counts)} />
          <h2>The longest waits</h2>
          <Table label="waits" rows={data.worst} columns={worstColumns} keyOf={(row) => `${row.goroutine} ${row.time}`} empty="Nobody waited." />
          <h2>By what they could run after</h2>
          <Table<Latency['causes'][number]>
            label="causes"
            rows={data.causes}
            sort={3}
            keyOf={(row) => row.cause + row.reason}
            columns={[{ label: 'cause', value: (row) => row.cause }, { label: 'reason', value: (row) => row.reason }, countColumn('how many', (row) => row.count), ...spread<Latency['causes'][number]>((row) => row)]}
          />
          <h2>By function</h2>
          <Table<Latency['functions'][number]>
            label="functions"
            rows={data.functions}
            sort={2}
            keyOf={(row) => row.function ?? ''}
            columns={[{ label: 'function', value: (row) => row.function, cell: (row) => <FunctionLink name={row.function} win={win} /> }, countColumn('how many', (row) => row.count), ...spread<Latency['functions'][number]>((row) => row)]}
          />
          <h2>By who woke them</h2>
          <Table<Latency['wakers'][number]>
            label="wakers"
            rows={data.wakers}
            sort={2}
            keyOf={(row) => `${row.function} ${row.scheduler}`}
            columns={[
              { label: 'waker', value: (row) => row.function, cell: (row) => (row.scheduler ? 'the scheduler, timers or the network' : <FunctionLink name={row.function} win={win} />) },
              countColumn('how many', (row) => row.count),
              ...spread<Latency['wakers'][number]>((row) => row),
            ]}
          />
        </>
      )}
    </Report>
  );
}
