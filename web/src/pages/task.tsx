// One task: a waterfall of it, the tasks that are parts of it, and their regions, with its logs.
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { RegionsEach, TaskEach, TasksEach } from '../api/reports';
import { Empty } from '../parts/empty';
import { Facts, Time, timeColumn, waitingOf } from '../parts/figures';
import { GoroutineLink, Moment, placeHref } from '../parts/places';
import { Report } from '../parts/report';
import { Table } from '../parts/table';
import { exact, short } from '../lib/time';
import { useStore } from '../lib/store';
import { href } from '../state/route';
import { clock, meta, spanOf } from '../state/trace';

export function TaskPage({ id }: { id: number }): JSX.Element {
  return (
    <Report<TasksEach> name="tasks" params={{ each: true, task: id, top: 1000 }} win={null}>
      {(data) => {
        const task = data.tasks.find((one) => one.id === id);
        if (!task) return <Empty title={`There is no task ${id} in this trace.`} />;
        return (
          <Report<RegionsEach> name="regions" params={{ each: true, task: id, top: 1000 }} win={null}>
            {(regions) => <View task={task} tasks={data.tasks} regions={regions} />}
          </Report>
        );
      }}
    </Report>
  );
}

interface BarRow {
  key: string;
  depth: number;
  label: string;
  start: number;
  end: number;
  kind: 'task' | 'region';
  goroutine: number | null;
  link: string | null;
}

/** Tasks below their parents, each with its regions, in order of time. */
export function waterfall(root: TaskEach, tasks: readonly TaskEach[], regions: RegionsEach['regions'], zero: number, span: number): BarRow[] {
  const rows: BarRow[] = [];
  const seen = new Set<number>();
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const at = (time: number | null, otherwise: number): number => (time === null ? otherwise : time - zero);
  const add = (task: TaskEach, depth: number): void => {
    // A parent that is its own child would not end.
    if (seen.has(task.id) || depth > 50) return;
    seen.add(task.id);
    rows.push({ key: `t${task.id}`, depth, label: task.name ?? `task ${task.id}`, start: at(task.start, 0), end: at(task.end, span), kind: 'task', goroutine: task.goroutines[0] ?? null, link: href('task', { id: task.id }) });
    const own = regions.filter((region) => region.task === task.id).sort((a, b) => (a.start ?? 0) - (b.start ?? 0));
    own.forEach((region, i) => {
      rows.push({ key: `r${task.id} ${i}`, depth: depth + 1, label: region.name, start: at(region.start, 0), end: at(region.end, span), kind: 'region', goroutine: region.goroutine, link: null });
    });
    for (const child of task.children) {
      const one = byId.get(child);
      if (one) add(one, depth + 1);
    }
  };
  add(root, 0);
  return rows;
}

function View({ task, tasks, regions }: { task: TaskEach; tasks: readonly TaskEach[]; regions: RegionsEach }): JSX.Element {
  const zero = useStore(clock) ?? 0;
  const span = spanOf(useStore(meta));
  const rows = useMemo(() => waterfall(task, tasks, regions.regions, zero, span), [task, tasks, regions, zero, span]);
  const from = Math.min(...rows.map((row) => row.start));
  const to = Math.max(...rows.map((row) => row.end), from + 1);
  const share = (time: number): string => `${((time - from) / (to - from)) * 100}%`;
  return (
    <>
      <p>
        {task.name !== null && (
          <>
            <a href={href('tasks', { type: task.name })}>tasks of type {task.name}</a> ·{' '}
          </>
        )}
        <a href={placeHref(from, to, task.goroutines[0] ?? null)}>show it in the timeline</a> · <a href={href('profiles', { kind: 'wall', task: task.id })}>flame graph of its time</a> · <a href={href('path', { task: task.id })}>critical path</a>
      </p>
      <Facts
        facts={[
          ['type', task.name ?? 'began before the trace'],
          ['began', <Moment at={task.start} length={task.duration} />],
          ['duration', <Time ns={task.duration} />],
          ['complete', task.complete ? 'yes' : 'no: it did not begin and end in the trace'],
          ['parent', task.parent === null ? 'none' : <a href={href('task', { id: task.parent })}>task {task.parent}</a>],
          ['goroutines', task.goroutines.slice(0, 12).map((id, i) => <span key={id}>{i > 0 && ', '}<GoroutineLink id={id} /></span>)],
          ['the collector marked for', <Time ns={task.marking} />],
        ]}
      />
      <h2>Waterfall</h2>
      <div class="waterfall" role="list">
        {rows.map((row) => (
          <div key={row.key} role="listitem">
            <span class="name" style={{ paddingLeft: `${row.depth * 14}px` }} title={row.label}>
              {row.link ? <a href={row.link}>{row.label}</a> : row.label}
              {row.goroutine !== null && <span class="faint">{` G${row.goroutine}`}</span>}
            </span>
            <a class="track" href={placeHref(row.start, row.end, row.goroutine)} aria-label={`${row.label}: ${exact(row.start)}, ${exact(row.end - row.start)}; show it in the timeline`} title={`${exact(row.start)} – ${exact(row.end)}`}>
              <i class={row.kind} style={{ left: share(row.start), width: `max(2px, ${((row.end - row.start) / (to - from)) * 100}%)` }} />
              {task.logs.map((log, i) => row.depth === 0 && <b key={i} style={{ left: share(log.time - zero) }} title={log.message} />)}
            </a>
            <span class="figure">{short(row.end - row.start)}</span>
          </div>
        ))}
      </div>
      <h2>Logs</h2>
      <Table<TaskEach['logs'][number]>
        label="logs"
        rows={task.logs}
        keyOf={(_, i) => i}
        empty="Nothing was logged for this task: trace.Log(ctx, category, message) would."
        columns={[
          { label: 'at', value: (row) => row.time, cell: (row) => <Moment at={row.time} goroutine={task.goroutines[0] ?? null} /> },
          { label: 'category', value: (row) => row.category },
          { label: 'message', value: (row) => row.message },
        ]}
      />
      {regions.regions.length > 0 && (
        <>
          <h2>Its regions</h2>
          <Table<RegionsEach['regions'][number]>
            label="regions"
            rows={regions.regions}
            keyOf={(_, i) => i}
            columns={[
              { label: 'region', value: (row) => row.name },
              { label: 'began', value: (row) => row.start, cell: (row) => <Moment at={row.start} length={row.duration} goroutine={row.goroutine} /> },
              { label: 'goroutine', value: (row) => row.goroutine, cell: (row) => <GoroutineLink id={row.goroutine} /> },
              timeColumn('duration', (row) => row.duration),
              timeColumn('running', (row) => row.stats.running),
              timeColumn('runnable', (row) => row.stats.runnable),
              timeColumn('syscall', (row) => row.stats.syscall + row.stats.syscall_without_p),
              timeColumn('waiting', (row) => waitingOf(row.stats)),
            ]}
          />
        </>
      )}
    </>
  );
}
