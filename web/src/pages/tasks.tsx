// Tasks of runtime/trace: by type, and each; one as a waterfall of its goroutines and parts.
import type { JSX } from 'preact';
import type { TaskEach, Tasks, TasksEach } from '../api/reports';
import { Empty } from '../parts/empty';
import { countColumn, timeColumn } from '../parts/figures';
import { binsOfBuckets, Histogram } from '../parts/histogram';
import { GoroutineLink, Moment } from '../parts/places';
import { Report, type Window } from '../parts/report';
import { Table, type Column } from '../parts/table';
import { count } from '../lib/numbers';
import { useStore } from '../lib/store';
import { formatWindow, href } from '../state/route';
import { meta } from '../state/trace';
import { exactly } from './goroutines';

type Type = Tasks['types'][number];

export function NoTasks(): JSX.Element {
  return (
    <Empty title="There is no task in this trace.">
      <p>A task is what a program does for one request or job, over all its goroutines. The program says where one begins and ends:</p>
      <pre>{'ctx, task := trace.NewTask(ctx, "request")\ndefer task.End()\ntrace.Log(ctx, "user", name)'}</pre>
      <p>
        with <code>runtime/trace</code>. Outside of a trace that costs next to nothing.
      </p>
    </Empty>
  );
}

export function TasksPage({ win, params }: { win: Window | null; params: Readonly<Record<string, string>> }): JSX.Element {
  const type = params['type'];
  return type === undefined ? <TasksBody win={win} /> : <OfType type={type} win={win} />;
}

export function TasksBody({ win }: { win: Window | null }): JSX.Element {
  const has = useStore(meta);
  if (has?.done && !has.has.tasks) return <NoTasks />;
  const columns: Column<Type>[] = [
    {
      label: 'type',
      value: (row) => row.type,
      cell: (row) => (row.type === null ? <span class="faint">{row.not_whole ?? 'unknown'}</span> : <a href={href('tasks', { type: row.type, win: win ? formatWindow(win[0], win[1]) : null })}>{row.type}</a>),
    },
    countColumn('tasks', (row) => row.count),
    countColumn('complete', (row) => row.complete, 'began and ended in the trace'),
    timeColumn('mean', (row) => row.durations?.mean ?? null),
    timeColumn('p50', (row) => row.durations?.p50 ?? null),
    timeColumn('p99', (row) => row.durations?.p99 ?? null),
    timeColumn('max', (row) => row.durations?.max ?? null),
    { label: 'durations', value: (row) => row.durations?.mean ?? null, cell: (row) => <Histogram label="durations" bins={binsOfBuckets(row.histogram)} /> },
  ];
  return (
    <Report<Tasks> name="tasks" params={{ top: 0 }} win={win}>
      {(data) => <Table label="types of tasks" rows={data.types} columns={columns} sort={1} keyOf={(row) => `${row.type} ${row.not_whole}`} empty={<NoTasks />} />}
    </Report>
  );
}

function OfType({ type, win }: { type: string; win: Window | null }): JSX.Element {
  const columns: Column<TaskEach>[] = [
    { label: 'task', value: (row) => row.id, cell: (row) => <a href={href('task', { id: row.id })}>{`task ${row.id}`}</a> },
    { label: 'began', value: (row) => row.start, cell: (row) => <Moment at={row.start} length={row.duration} /> },
    timeColumn('duration', (row) => row.duration),
    { label: 'complete', value: (row) => (row.complete ? 'yes' : 'no') },
    { label: 'goroutines', value: (row) => row.goroutines.length, cell: (row) => row.goroutines.slice(0, 5).map((id, i) => <span key={id}>{i > 0 && ', '}<GoroutineLink id={id} /></span>), figure: true },
    countColumn('regions', (row) => row.regions),
    countColumn('logs', (row) => row.logs.length),
    timeColumn('GC marked', (row) => row.marking, 'how long the collector marked meanwhile'),
  ];
  return (
    <>
      <p>
        <a href={href('tasks')}>all types</a> › <b>{type}</b> · <a href={href('profiles', { kind: 'wall', task: `type:${type}` })}>flame graph of their time</a>
      </p>
      <Report<TasksEach> name="tasks" params={{ each: true, type: exactly(type), top: 2000 }} win={win}>
        {(data) => (
          <>
            <p>{count(data.count)} tasks, the slowest first.</p>
            <Table label="tasks" rows={data.tasks} columns={columns} keyOf={(row) => row.id} />
          </>
        )}
      </Report>
    </>
  );
}
