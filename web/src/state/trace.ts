// What is known of the trace: its meta data and the coarse tiles, as they arrive.
import { getJson, messageOf } from '../api/client';
import { readOverview } from '../api/overview';
import type { Tile } from '../api/tile';
import type { Meta } from '../api/types';
import { createStore } from '../lib/store';

export const meta = createStore<Meta | null>(null);
/** Why nothing can be shown; null if all is well. */
export const failure = createStore<string | null>(null);
/** How many coarse tiles have come: watched by who draws them. */
export const arrived = createStore(0);
/** The coarse tiles, in order of time. */
export const coarse: Tile[] = [];
/** The trace's clock at time 0; null until it is known. */
export const clock = createStore<number | null>(null);

/** The length of the trace, or what is expected of it while it is read. */
export function spanOf(now: Meta | null): number {
  if (now?.span) return now.span;
  const end = coarse.at(-1)?.to ?? 0;
  return Math.max(end, now?.estimatedSpan ?? 0, 1);
}

function learn(next: Meta): void {
  if (typeof next.start === 'number') clock.set(next.start);
  if (next.error) failure.set(next.error);
  meta.set(next);
}

/** Starts reading; the page draws what there is meanwhile. */
export async function load(): Promise<void> {
  try {
    learn(await getJson<Meta>('meta'));
    await loadOverview();
    await waitUntilRead();
    if (clock.get() === null && meta.get()?.kind === 'trace') clock.set((await getJson<{ start: number }>('report/summary')).start);
  } catch (error) {
    failure.set(messageOf(error));
  }
}

async function loadOverview(): Promise<void> {
  const tile = (next: Tile): void => {
    coarse.push(next);
    arrived.set(arrived.get() + 1);
  };
  try {
    await readOverview({ tile, meta: learn });
  } catch (error) {
    // What came of it is drawn, and the reports may do all the same.
    failure.set(messageOf(error));
  }
}

/** The overview's last word may be older than what the server has counted since. */
async function waitUntilRead(): Promise<void> {
  for (let wait = 50; !meta.get()?.done && !meta.get()?.error; wait = Math.min(1000, wait * 1.5)) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    learn(await getJson<Meta>('meta'));
  }
}
