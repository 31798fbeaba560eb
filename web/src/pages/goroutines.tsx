// Goroutines, by the function they began with; those of one function, each by itself; leaks.
import type { JSX } from 'preact';
import type { Goroutines, GoroutinesEach, Leaks } from '../api/reports';
import { Empty } from '../parts/empty';
import { countColumn, reasons, StateBar, timeColumn, timesOf, waitingOf } from '../parts/figures';
import { FunctionLink, GoroutineLink, Moment } from '../parts/places';
import { Report, type Window } from '../parts/report';
import { StackView } from '../parts/stack';
import { Table, type Column } from '../parts/table';
import { count } from '../lib/numbers';
import { short } from '../lib/time';
import { href } from '../state/route';

type Group = Goroutines['groups'][number];
type One = GoroutinesEach['goroutines'][number];

export function GoroutinesPage({ win, params }: { win: Window | null; params: Readonly<Record<string, string>> }): JSX.Element {
  const of = params['function'];
  return of === undefined ? <GoroutinesBody win={win} /> : <OfFunction name={of} win={win} />;
}

export function GoroutinesBody({ win }: { win: Window | null }): JSX.Element {
  const columns: Column<Group>[] = [
    { label: 'function', value: (row) => row.name, cell: (row) => <FunctionLink name={row.name} win={win} /> },
    countColumn('goroutines', (row) => row.count),
    timeColumn('running', (row) => row.stats.running),
    timeColumn('runnable', (row) => row.stats.runnable, 'could run, and waited for a P'),
    timeColumn('syscall', (row) => row.stats.syscall + row.stats.syscall_without_p),
    timeColumn('waiting', (row) => waitingOf(row.stats)),
    timeColumn('total', (row) => row.stats.total),
    { label: 'share', value: (row) => row.stats.running / (row.stats.total || 1), cell: (row) => <StateBar times={timesOf(row.stats)} /> },
    { label: 'waiting for', value: (row) => reasons(row.stats, 1), cell: (row) => <span class="faint">{reasons(row.stats)}</span> },
  ];
  return (
    <>
      <Report<Goroutines> name="goroutines" params={{ top: 0 }} win={win}>
        {(data) => (
          <>
            <p>{count(data.count)} goroutines, by the function they began with. A click on a function lists its goroutines.</p>
            <Table label="functions" rows={data.groups} columns={columns} sort={2} keyOf={(row) => row.name ?? ''} empty="No goroutine is in this window." />
          </>
        )}
      </Report>
      <h2>Do they leak?</h2>
      <Report<Leaks> name="goroutines" params={{ leaks: true }} win={win}>
        {(data) => <LeaksView leaks={data} />}
      </Report>
    </>
  );
}

function LeaksView({ leaks }: { leaks: Leaks }): JSX.Element {
  if (leaks.suspects.length === 0) return <p>No goroutines look leaked: none were created in the trace and then waited to its end at one place, in numbers.</p>;
  return (
    <>
      {leaks.suspects.map((suspect, i) => (
        <article class="finding info" key={i}>
          <h3>
            {suspect.count === 1 ? '1 goroutine waits' : `${count(suspect.count)} goroutines wait`}{suspect.reason ? ` (${suspect.reason})` : ''}, the longest for {short(suspect.longest_wait)}; one is <GoroutineLink id={suspect.example} />
          </h3>
          <div class="beside">
            <div>
              <h4>wait at</h4>
              <StackView stack={suspect.waits_at} />
            </div>
            <div>
              <h4>created by</h4>
              <StackView stack={suspect.created_by} />
            </div>
          </div>
        </article>
      ))}
    </>
  );
}

/** A regular expression that matches just this text. */
export function exactly(text: string): string {
  return `^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
}

function OfFunction({ name, win }: { name: string; win: Window | null }): JSX.Element {
  const columns: Column<One>[] = [
    { label: 'goroutine', value: (row) => row.id, cell: (row) => <GoroutineLink id={row.id} /> },
    { label: 'created', value: (row) => row.created, cell: (row) => <Moment at={row.created} goroutine={row.id} /> },
    { label: 'ended', value: (row) => row.ended, cell: (row) => (row.ended === null ? <span class="faint">{row.state ?? '–'}</span> : <Moment at={row.ended} goroutine={row.id} />) },
    timeColumn('running', (row) => row.stats.running),
    timeColumn('runnable', (row) => row.stats.runnable),
    timeColumn('syscall', (row) => row.stats.syscall + row.stats.syscall_without_p),
    timeColumn('waiting', (row) => waitingOf(row.stats)),
    timeColumn('total', (row) => row.stats.total),
    { label: 'share', value: (row) => row.stats.running / (row.stats.total || 1), cell: (row) => <StateBar times={timesOf(row.stats)} /> },
    { label: 'waiting for', value: (row) => reasons(row.stats, 1), cell: (row) => <span class="faint">{reasons(row.stats)}</span> },
  ];
  return (
    <>
      <p>
        <a href={href('goroutines')}>all functions</a> › <b>{name}</b> · <a href={href('profiles', { kind: 'wall', function: name })}>flame graph of its time</a>
      </p>
      <Report<GoroutinesEach> name="goroutines" params={{ by: 'goroutine', function: exactly(name), top: 2000 }} win={win}>
        {(data) => (
          <>
            <p>
              {count(data.count)} goroutines began with this function.
              {data.goroutines.length < data.count && ` The ${count(data.goroutines.length)} that ran longest are listed.`}
            </p>
            <Table label="goroutines" rows={data.goroutines} columns={columns} sort={3} keyOf={(row) => row.id} empty={<Empty title="No goroutine began with this function." />} />
          </>
        )}
      </Report>
    </>
  );
}
