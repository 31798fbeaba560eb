// A table that is sorted by a click on a column's head.
import type { ComponentChildren, JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { count } from '../lib/numbers';

export interface Column<T> {
  label: string;
  /** What rows are sorted by; null sorts last. */
  value(row: T): number | string | null;
  /** What is shown; the value as it is otherwise. */
  cell?(row: T): ComponentChildren;
  /** Whether it is a figure, which is aligned right and sorted from the largest on. */
  figure?: boolean;
  title?: string;
}

export interface TableProps<T> {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  /** The column that rows are sorted by at first; as they come if it is none. */
  sort?: number;
  /** What is said if there is no row. */
  empty?: ComponentChildren;
  keyOf(row: T, i: number): string | number;
}

/** So many rows are shown at first. */
const FIRST = 50;

export function compare(a: number | string | null, b: number | string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}

export function Table<T>({ label, columns, rows, sort, empty, keyOf }: TableProps<T>): JSX.Element {
  const [by, setBy] = useState(sort ?? -1);
  const [up, setUp] = useState(!columns[sort ?? -1]?.figure);
  const [most, setMost] = useState(FIRST);
  const sorted = useMemo(() => {
    const column = columns[by];
    if (!column) return rows;
    return [...rows].sort((a, b) => {
      const [x, y] = [column.value(a), column.value(b)];
      // What is not known is last whichever way the rest is sorted.
      if (x === null || y === null) return compare(x, y);
      return up ? compare(x, y) : compare(y, x);
    });
  }, [rows, by, up, columns]);
  if (rows.length === 0) return <div class="empty">{empty ?? `No ${label}.`}</div>;
  const click = (i: number): void => {
    if (i === by) setUp(!up);
    else {
      setBy(i);
      setUp(!columns[i]?.figure);
    }
  };
  return (
    <div class="table">
      <table>
        <caption class="unseen">{label}</caption>
        <thead>
          <tr>
            {columns.map((column, i) => (
              <th key={column.label} scope="col" class={column.figure ? 'figure' : ''} aria-sort={i === by ? (up ? 'ascending' : 'descending') : undefined} title={column.title}>
                <button type="button" onClick={() => click(i)}>
                  {column.label}
                  <span aria-hidden="true">{i === by ? (up ? ' ▴' : ' ▾') : ''}</span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, most).map((row, i) => (
            <tr key={keyOf(row, i)}>
              {columns.map((column) => (
                <td key={column.label} class={column.figure ? 'figure' : ''}>
                  {column.cell ? column.cell(row) : (column.value(row) ?? '–')}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {sorted.length > most && (
        <button type="button" class="more" onClick={() => setMost(most * 4)}>
          show more of the {count(sorted.length)} rows
        </button>
      )}
    </div>
  );
}
