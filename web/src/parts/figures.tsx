// Small parts that several pages share.
import type { ComponentChildren, JSX } from 'preact';
import type { Distribution, Stats, Times } from '../api/reports';
import { percent } from '../lib/numbers';
import { exact, short } from '../lib/time';
import type { Column } from './table';

/** A duration in four digits; its tooltip has it in full. */
export function Time({ ns }: { ns: number | null | undefined }): JSX.Element {
  return <span title={ns === null || ns === undefined ? undefined : exact(ns)}>{short(ns)}</span>;
}

export function timeColumn<T>(label: string, value: (row: T) => number | null, title?: string): Column<T> {
  return { label, value, cell: (row) => <Time ns={value(row)} />, figure: true, ...(title ? { title } : {}) };
}

export function countColumn<T>(label: string, value: (row: T) => number | null, title?: string): Column<T> {
  return { label, value, cell: (row) => value(row)?.toLocaleString('en') ?? '–', figure: true, ...(title ? { title } : {}) };
}

/** Columns of a distribution. */
export function spread<T>(of: (row: T) => Omit<Distribution, 'count'> | null): Column<T>[] {
  return [
    timeColumn('total', (row) => of(row)?.sum ?? null),
    timeColumn('p50', (row) => of(row)?.p50 ?? null, 'half are at most that long'),
    timeColumn('p99', (row) => of(row)?.p99 ?? null, '99 of 100 are at most that long'),
    timeColumn('max', (row) => of(row)?.max ?? null),
  ];
}

/** Figures with names. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: ComponentChildren])[] }): JSX.Element {
  return (
    <dl class="tiles">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** How a time was spent, as a bar of the states' colours. */
export function StateBar({ times }: { times: Times }): JSX.Element {
  const total = times.running + times.runnable + times.syscall + times.waiting || 1;
  const parts: readonly [string, number][] = [
    ['running', times.running],
    ['runnable', times.runnable],
    ['syscall', times.syscall],
    ['waiting', times.waiting],
  ];
  const text = parts.map(([state, ns]) => `${state} ${percent(ns / total)}`).join(', ');
  return (
    <span class="state-bar" role="img" aria-label={text} title={text}>
      {parts.map(([state, ns]) => ns > 0 && <i key={state} class={state} style={{ width: `${(ns / total) * 100}%` }} />)}
    </span>
  );
}

export function waitingOf(stats: Stats): number {
  return Object.values(stats.waiting).reduce((sum, ns) => sum + ns, 0);
}

export function timesOf(stats: Stats): Times {
  return { running: stats.running, runnable: stats.runnable, syscall: stats.syscall + stats.syscall_without_p, waiting: waitingOf(stats) };
}

/** Reasons to wait, the longest first: "chan receive 1.2 s". */
export function reasons(stats: Stats, most = 3): string {
  return Object.entries(stats.waiting)
    .filter(([, ns]) => ns > 0)
    .sort((a, b) => b[1] - a[1])
    .slice(0, most)
    .map(([reason, ns]) => `${reason || 'no reason known'} ${short(ns)}`)
    .join(', ');
}
