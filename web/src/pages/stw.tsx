// Every stop of the world: for what, how long, who stopped it, whom it delayed.
import type { JSX } from 'preact';
import type { Stw } from '../api/reports';
import { countColumn, Facts, spread, timeColumn } from '../parts/figures';
import { GoroutineLink, Moment } from '../parts/places';
import { Report, type Window } from '../parts/report';
import { StackView } from '../parts/stack';
import { Table } from '../parts/table';
import { count } from '../lib/numbers';
import { short } from '../lib/time';

type Kind = Stw['kinds'][number];
type Stop = Stw['longest'][number];

export function StwBody({ win }: { win: Window | null }): JSX.Element {
  return (
    <Report<Stw> name="stw" params={{ top: 200 }} win={win}>
      {(data) => (
        <>
          <Facts
            facts={[
              ['for the collector', `${count(data.gc.count)}, ${short(data.gc.sum)} together, max ${short(data.gc.max)}`],
              ['for other reasons', `${count(data.other.count)}, ${short(data.other.sum)} together, max ${short(data.other.max)}`],
            ]}
          />
          <h2>By reason</h2>
          <Table<Kind>
            label="reasons"
            rows={data.kinds}
            sort={2}
            keyOf={(row) => row.reason}
            empty="The world was not stopped here."
            columns={[{ label: 'reason', value: (row) => row.reason }, countColumn('stops', (row) => row.durations.count), ...spread<Kind>((row) => row.durations), countColumn('delayed', (row) => row.delayed, 'goroutines that became runnable meanwhile')]}
          />
          <h2>The longest</h2>
          <Table<Stop>
            label="stops"
            rows={data.longest}
            keyOf={(row) => row.start}
            empty="The world was not stopped here."
            columns={[
              { label: 'from', value: (row) => row.start, cell: (row) => <Moment at={row.start} length={row.nanos} goroutine={row.goroutine} /> },
              timeColumn('for', (row) => row.nanos),
              { label: 'reason', value: (row) => row.reason },
              { label: 'by', value: (row) => row.goroutine, cell: (row) => (row.goroutine === null ? '–' : <GoroutineLink id={row.goroutine} />) },
              countColumn('delayed', (row) => row.delayed),
              { label: 'stack', value: (row) => row.stack[0]?.func ?? null, cell: (row) => <details><summary>{row.stack.at(-1)?.func || 'no stack'}</summary><StackView stack={row.stack} /></details> },
            ]}
          />
        </>
      )}
    </Report>
  );
}
