// One goroutine: its figures, its own lane, who it wakes and who wakes it, its regions.
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { GoroutinesEach, Latency, RegionsEach } from '../api/reports';
import type { Flow } from '../api/types';
import { Empty } from '../parts/empty';
import { Facts, reasons, Time, timeColumn, timesOf, waitingOf, StateBar } from '../parts/figures';
import { FunctionLink, GoroutineLink, Moment } from '../parts/places';
import { Report, useAnswer, windowParams, type Window } from '../parts/report';
import { Table } from '../parts/table';
import { count } from '../lib/numbers';
import { short } from '../lib/time';
import { useStore } from '../lib/store';
import { formatWindow, href } from '../state/route';
import { clock, meta, spanOf } from '../state/trace';
import { StripLane } from '../parts/strip';
import { FlamePanel } from './profiles';

export function GoroutinePage({ id, win }: { id: number; win: Window | null }): JSX.Element {
  if (!Number.isSafeInteger(id) || id < 0) return <Empty title="Which goroutine? Its number is missing in the address." />;
  return (
    <Report<GoroutinesEach> name="goroutines" params={{ by: 'goroutine', goroutine: id, top: 1 }} win={win}>
      {(data) => {
        const one = data.goroutines[0];
        if (!one) return <Empty title={`There is no goroutine ${id} in this trace${win ? ', or not in this window' : ''}.`} />;
        return <One one={one} win={win} />;
      }}
    </Report>
  );
}

function One({ one, win }: { one: GoroutinesEach['goroutines'][number]; win: Window | null }): JSX.Element {
  const zero = useStore(clock);
  const span = spanOf(useStore(meta));
  const start = win?.[0] ?? (one.created !== null && zero !== null ? Math.max(0, one.created - zero) : 0);
  const end = win?.[1] ?? (one.ended !== null && zero !== null ? one.ended - zero : span);
  const stats = one.stats;
  return (
    <>
      <p>
        began with <FunctionLink name={one.name} win={win} />
        {one.creator !== null && one.creator !== 0 && (
          <>
            , created by <GoroutineLink id={one.creator} />
          </>
        )}{' '}
        · <a href={href('timeline', { from: Math.floor(start), to: Math.ceil(end), pin: one.id })}>show its lane in the timeline</a> · <a href={href('path', { g: one.id, win: win ? formatWindow(win[0], win[1]) : null })}>critical path</a>
      </p>
      <StripLane lane={`goroutine:${one.id}`} from={start} to={Math.max(end, start + 20)} goroutine={one.id} />
      <Facts
        facts={[
          ['created', one.created === null ? 'before the trace' : <Moment at={one.created} goroutine={one.id} />],
          ['ended', one.ended === null ? `not in the trace; ${one.state ?? 'unknown'}${one.reason ? ` (${one.reason})` : ''}` : <Moment at={one.ended} goroutine={one.id} />],
          ['total', <Time ns={stats.total} />],
          ['running', <Time ns={stats.running} />],
          ['runnable', <Time ns={stats.runnable} />],
          ['in system calls', <Time ns={stats.syscall + stats.syscall_without_p} />],
          ['waiting', <Time ns={waitingOf(stats)} />],
          ['waiting for', reasons(stats, 6) || '–'],
          ['ranges', Object.entries(stats.ranges).map(([name, ns]) => `${name} ${short(ns)}`).join(', ') || '–'],
          ['share', <StateBar times={timesOf(stats)} />],
        ]}
      />
      <div class="beside">
        <section>
          <h2>Who it talks to</h2>
          <Talks id={one.id} win={win} />
        </section>
        <section>
          <h2>Its waits for a P</h2>
          <Report<Latency> name="latency" params={{ goroutine: one.id, worst: 10 }} win={win}>
            {(data) => (
              <>
                <p>
                  {count(data.count)}, <Time ns={data.sum} /> together, p99 <Time ns={data.p99} />
                </p>
                <Table
                  label="waits"
                  rows={data.worst}
                  keyOf={(row) => row.time}
                  columns={[
                    { label: 'at', value: (row) => row.time, cell: (row) => <Moment at={row.time} length={row.nanos} goroutine={row.goroutine} /> },
                    { label: 'waited', value: (row) => row.nanos, cell: (row) => <Time ns={row.nanos} />, figure: true },
                    { label: 'after', value: (row) => row.reason ?? row.cause },
                    { label: 'woken by', value: (row) => row.waker, cell: (row) => (row.waker === null ? '–' : <GoroutineLink id={row.waker} name={row.waker_function} />) },
                  ]}
                />
              </>
            )}
          </Report>
        </section>
      </div>
      <h2>Where its time went</h2>
      <FlamePanel kind="wall" win={win} params={{ goroutine: one.id }} />
      {meta.get()?.has.regions && (
        <>
          <h2>Its regions</h2>
          <Report<RegionsEach> name="regions" params={{ each: true, goroutine: one.id, top: 200 }} win={win}>
            {(data) => (
              <Table<RegionsEach['regions'][number]>
                label="regions"
                rows={data.regions}
                keyOf={(row, i) => `${row.start} ${i}`}
                columns={[
                  { label: 'region', value: (row) => row.name },
                  { label: 'began', value: (row) => row.start, cell: (row) => <Moment at={row.start} length={row.duration} goroutine={row.goroutine} /> },
                  timeColumn('duration', (row) => row.duration),
                  timeColumn('running', (row) => row.stats.running),
                  timeColumn('waiting', (row) => waitingOf(row.stats)),
                ]}
              />
            )}
          </Report>
        </>
      )}
    </>
  );
}

interface Talk {
  id: number;
  wakes: number;
  woken: number;
}

/** Goroutines that it woke or that woke it, those of most wakings first. */
function Talks({ id, win }: { id: number; win: Window | null }): JSX.Element {
  const span = spanOf(useStore(meta));
  const { data, error } = useAnswer<{ flows: Flow[]; more: boolean }>('flows', { goroutine: id, from: 0, to: Math.ceil(span), ...windowParams(win) });
  const rows = useMemo(() => {
    const talks = new Map<number, Talk>();
    for (const flow of data?.flows ?? []) {
      const other = flow.from === id ? flow.to : flow.from;
      if (other === null) continue;
      const talk = talks.get(other) ?? { id: other, wakes: 0, woken: 0 };
      if (flow.from === id) talk.wakes++;
      else talk.woken++;
      talks.set(other, talk);
    }
    return [...talks.values()].sort((a, b) => b.wakes + b.woken - a.wakes - a.woken);
  }, [data, id]);
  if (error) return <p class="faint">{error}</p>;
  if (!data) return <p class="busy">counting…</p>;
  return (
    <>
      <Table
        label="goroutines"
        rows={rows}
        keyOf={(row) => row.id}
        empty="It woke no goroutine, and none woke it: timers, the network and the scheduler may have."
        columns={[
          { label: 'goroutine', value: (row) => row.id, cell: (row) => <GoroutineLink id={row.id} /> },
          { label: 'it woke that', value: (row) => row.wakes, figure: true },
          { label: 'was woken by that', value: (row) => row.woken, figure: true },
        ]}
      />
      {data.more && <p class="faint">There are more wakings than these were counted from.</p>}
    </>
  );
}
