// What the Ps did: how busy, whether they idled beside work, the longest runs, threads.
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { OverTime, Procs } from '../api/reports';
import { Chart, type Series } from '../parts/chart';
import { countColumn, Facts, Time, timeColumn } from '../parts/figures';
import { FunctionLink, GoroutineLink, Moment } from '../parts/places';
import { Report, type Window } from '../parts/report';
import { StackView } from '../parts/stack';
import { Table } from '../parts/table';
import { count, percent } from '../lib/numbers';
import { short } from '../lib/time';

export function ProcsBody({ win }: { win: Window | null }): JSX.Element {
  return (
    <Report<Procs> name="procs" params={{ top: 20 }} win={win}>
      {(data) => <View data={data} win={win} />}
    </Report>
  );
}

function View({ data, win }: { data: Procs; win: Window | null }): JSX.Element {
  const beside = data.idle_beside;
  return (
    <>
      <Facts
        facts={[
          ['GOMAXPROCS', data.gomaxprocs === null ? '–' : String(data.gomaxprocs)],
          ['a goroutine ran', `${short(data.running)}, ${percent(data.capacity ? data.running / data.capacity : null)} of the Ps' time`],
          ['a P idled beside work', `${short(beside.time)}, ${short(beside.lost)} of Ps' time lost`],
          ['waits beside an idle P', `${count(beside.waits.count)}, ${short(beside.waits.sum)} together`],
          ['system calls', `${count(data.syscalls.count)}, ${count(data.syscalls.lost)} lost their P`],
          ['threads', `${count(data.threads.seen)} seen, at most ${count(data.threads.most)} at once`],
          ['runs without a break', `${count(data.runs.count)}, p99 ${short(data.runs.p99)}, max ${short(data.runs.max)}`],
        ]}
      />
      <Table<Procs['procs'][number]>
        label="Ps"
        rows={data.procs}
        keyOf={(row) => row.id}
        columns={[
          { label: 'P', value: (row) => row.id },
          timeColumn('running', (row) => row.running),
          timeColumn('in system calls', (row) => row.syscall),
          timeColumn('looking', (row) => row.looking, 'a thread had it, but ran no goroutine'),
          timeColumn('idle', (row) => row.idle),
          { label: 'busy', value: (row) => row.running, cell: (row) => percent(row.running / (row.running + row.syscall + row.looking + row.idle || 1)), figure: true },
          countColumn('runs', (row) => row.runs),
          countColumn('taken away', (row) => row.stolen, 'how often it was taken from its thread'),
          countColumn('let go', (row) => row.stops),
          timeColumn('longest run', (row) => row.longest_run),
        ]}
      />
      <Charts data={data} />
      <h2>The longest runs without a break</h2>
      <Table<Procs['longest_runs'][number]>
        label="runs"
        rows={data.longest_runs}
        keyOf={(row) => `${row.goroutine} ${row.start}`}
        columns={[
          { label: 'from', value: (row) => row.start, cell: (row) => <Moment at={row.start} length={row.nanos} goroutine={row.goroutine} /> },
          timeColumn('ran', (row) => row.nanos),
          { label: 'goroutine', value: (row) => row.goroutine, cell: (row) => <GoroutineLink id={row.goroutine} name={row.function} /> },
          { label: 'P', value: (row) => row.proc, figure: true },
          { label: 'stopped for', value: (row) => row.reason },
          { label: 'stopped at', value: (row) => row.stack[0]?.func ?? null, cell: (row) => <details><summary>{row.stack[0]?.func || 'no stack'}</summary><StackView stack={row.stack} /></details> },
        ]}
      />
      <h2>Ps that idled beside goroutines that could run</h2>
      <div class="beside">
        <Table<Procs['idle_beside']['longest'][number]>
          label="such times"
          rows={beside.longest}
          keyOf={(row) => row.start}
          empty="No P idled while a goroutine waited for one."
          columns={[
            { label: 'from', value: (row) => row.start, cell: (row) => <Moment at={row.start} length={row.nanos} /> },
            timeColumn('for', (row) => row.nanos),
            countColumn('idle Ps', (row) => row.procs),
            countColumn('waiting', (row) => row.runnable),
          ]}
        />
        {beside.functions.length > 0 && (
          <Table<Procs['idle_beside']['functions'][number]>
            label="functions"
            rows={beside.functions}
            keyOf={(row) => row.function ?? ''}
            columns={[
              { label: 'who waited', value: (row) => row.function, cell: (row) => <FunctionLink name={row.function} win={win} /> },
              countColumn('waits', (row) => row.waits.count),
              { label: 'total', value: (row) => row.waits.sum, cell: (row) => <Time ns={row.waits.sum} />, figure: true },
              { label: 'max', value: (row) => row.waits.max, cell: (row) => <Time ns={row.waits.max} />, figure: true },
            ]}
          />
        )}
      </div>
    </>
  );
}

const at = (over: OverTime): number[] => over.means.map((_, i) => i * over.width);

function Charts({ data }: { data: Procs }): JSX.Element {
  const busy = useMemo(() => {
    const first = data.procs[0]?.busy;
    // The mean of all Ps: a line for each would hide the others.
    const means = (first?.means ?? []).map((_, i) => data.procs.reduce((sum, proc) => sum + (proc.busy.means[i] ?? 0), 0) / (data.procs.length || 1));
    return { x: first ? at(first) : [], series: [{ label: 'busy', values: means, color: '#009e73', fill: true }] as Series[] };
  }, [data]);
  const beside = useMemo(
    () => ({
      x: at(data.idle_beside.runnable),
      series: [
        { label: 'goroutines that could run', values: data.idle_beside.runnable.means, color: '#d89b00' },
        { label: 'idle Ps', values: data.idle_beside.idle.means, color: '#5b8fd0' },
        { label: 'threads in use', values: data.threads.used.means.length === data.idle_beside.idle.means.length ? data.threads.used.means : [], color: '#cc79a7' },
      ].filter((one) => one.values.length > 0) as Series[],
    }),
    [data],
  );
  if (busy.x.length < 2) return <></>;
  return (
    <div class="beside">
      <Chart label="how busy the Ps were over time" x={busy.x} series={busy.series} xText={short} yText={percent} yTop={1} height={180} />
      <Chart label="goroutines that could run, and idle Ps, over time" x={beside.x} series={beside.series} xText={short} yText={(value) => String(Number(value.toPrecision(3)))} height={180} />
    </div>
  );
}
