// System calls and what else goroutines block on.
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Goroutines, Procs } from '../api/reports';
import { countColumn, Facts, Time, timeColumn } from '../parts/figures';
import { FunctionLink } from '../parts/places';
import { Report, type Window } from '../parts/report';
import { StackView } from '../parts/stack';
import { Table } from '../parts/table';
import { count } from '../lib/numbers';
import { short } from '../lib/time';
import { formatWindow, href } from '../state/route';

interface Reason {
  reason: string;
  nanos: number;
  functions: [name: string | null, nanos: number][];
}

export function BlockingBody({ win }: { win: Window | null }): JSX.Element {
  const flame = (kind: string): string => href('profiles', { kind, win: win ? formatWindow(win[0], win[1]) : null });
  return (
    <>
      <p>
        Flame graphs: <a href={flame('sync')}>blocked</a>, <a href={flame('net')}>network</a>, <a href={flame('syscall')}>system calls</a>, <a href={flame('sched')}>waiting for a P</a>.
      </p>
      <h2>What goroutines waited for</h2>
      <Report<Goroutines> name="goroutines" params={{ top: 0 }} win={win}>
        {(data) => <Reasons data={data} win={win} />}
      </Report>
      <h2>System calls</h2>
      <Report<Procs> name="procs" params={{ top: 20 }} win={win}>
        {(data) => <Syscalls data={data} />}
      </Report>
    </>
  );
}

function Reasons({ data, win }: { data: Goroutines; win: Window | null }): JSX.Element {
  const rows = useMemo(() => {
    const reasons = new Map<string, Reason>();
    for (const group of data.groups) {
      for (const [reason, nanos] of Object.entries(group.stats.waiting)) {
        const one = reasons.get(reason) ?? { reason, nanos: 0, functions: [] };
        one.nanos += nanos;
        one.functions.push([group.name, nanos]);
        reasons.set(reason, one);
      }
    }
    for (const one of reasons.values()) one.functions.sort((a, b) => b[1] - a[1]);
    return [...reasons.values()];
  }, [data]);
  return (
    <Table<Reason>
      label="reasons"
      rows={rows}
      sort={1}
      keyOf={(row) => row.reason}
      empty="No goroutine waited for anything."
      columns={[
        { label: 'reason', value: (row) => row.reason || 'not known' },
        timeColumn('waited', (row) => row.nanos),
        {
          label: 'functions',
          value: (row) => row.functions[0]?.[0] ?? null,
          cell: (row) =>
            row.functions.slice(0, 4).map(([name, nanos], i) => (
              <span key={name}>
                {i > 0 && ', '}
                <FunctionLink name={name} win={win} /> <span class="faint">{short(nanos)}</span>
              </span>
            )),
        },
      ]}
    />
  );
}

function Syscalls({ data }: { data: Procs }): JSX.Element {
  const calls = data.syscalls;
  return (
    <>
      <Facts
        facts={[
          ['system calls', count(calls.count)],
          ['lost their P', count(calls.lost)],
          ['went on without it', <Time ns={calls.without.sum} />],
          ['the longest', <Time ns={calls.without.max} />],
          ['who took the Ps', calls.takers ? `sysmon ${count(calls.takers.sysmon)}, themselves ${count(calls.takers.itself)}, others ${count(calls.takers.others)}` : 'not told by this version'],
        ]}
      />
      <Table<Procs['syscalls']['stacks'][number]>
        label="places"
        rows={calls.stacks}
        keyOf={(_, i) => i}
        empty="No system call lost its P: none took long."
        columns={[
          { label: 'where', value: (row) => row.stack[0]?.func ?? null, cell: (row) => <StackView stack={row.stack} most={6} /> },
          countColumn('lost their P', (row) => row.without.count),
          timeColumn('without it', (row) => row.without.sum),
          timeColumn('p99', (row) => row.without.p99),
          timeColumn('max', (row) => row.without.max),
        ]}
      />
    </>
  );
}
