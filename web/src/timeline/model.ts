// What the timeline shows, apart from the elements it is shown with: kept while other pages
// are open, so that nothing is fetched twice.
import { getJson } from '../api/client';
import type { Flow, Row, Rows, Span } from '../api/types';
import { createStore } from '../lib/store';
import { coarse, arrived } from '../state/trace';
import type { Bar } from './bars';
import { keyOf, Loader } from './loader';
import { Pieces } from './pieces';
import { View } from './view';

export const view = new View();
export const pieces = new Pieces();

/** Counted up whenever something arrived that the timeline may draw. */
export const drawn = createStore(0);
export const redraw = (): void => drawn.set(drawn.get() + 1);

export const loader = new Loader(pieces, redraw);

let taken = 0;

/** Takes over the coarse tiles that have come since. */
export function takeCoarse(): void {
  for (; taken < coarse.length; taken++) {
    const tile = coarse[taken];
    if (tile) pieces.addCoarse(tile, keyOf);
  }
}
arrived.watch(() => {
  takeCoarse();
  redraw();
});

/** IDs of the lanes of a kind that the trace has, in order. */
export function idsOf(kind: number): number[] {
  return pieces
    .keys()
    .filter((key) => key.startsWith(kind + ':'))
    .map((key) => Number(key.slice(key.indexOf(':') + 1)))
    .sort((a, b) => a - b);
}

/** The directory of goroutines: groups by `by`. */
export interface Groups {
  by: string;
  total: number;
  rows: Row[];
  error: string | null;
}
export const groups = createStore<Groups>({ by: '', total: 0, rows: [], error: null });

/** How many groups are fetched at once. */
const PAGE = 200;

export async function loadGroups(by: string, more = false): Promise<void> {
  const now = groups.get();
  const rows = more && now.by === by ? now.rows : [];
  if (!more && now.by === by && now.rows.length > 0) return;
  try {
    const next = await getJson<Rows<Row>>('rows', { by, offset: rows.length, limit: PAGE });
    groups.set({ by, total: next.total, rows: [...rows, ...next.rows], error: null });
  } catch (error) {
    groups.set({ by, total: 0, rows, error: error instanceof Error ? error.message : String(error) });
  }
}

/** What is shown in detail. */
export interface Detail {
  lane: string;
  span: Span | null;
  bar: Bar | null;
  error: string | null;
}
export const detail = createStore<Detail | null>(null);

export const flows = createStore<Flow[]>([]);
export const tasks = createStore<Bar[][]>([]);
export const regions = createStore<ReadonlyMap<number, Bar[][]>>(new Map());
