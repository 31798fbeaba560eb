// What was searched for, and found: the minimap marks it. All of a search is in the address.
import { getJson, isAbort, messageOf } from '../api/client';
import type { Hit } from '../api/types';
import { createStore } from '../lib/store';
import { isAsked, keyOfSearch, type Asked } from '../lib/asked';
import { parseTime } from '../lib/time';

export const hits = createStore<readonly Hit[]>([]);

interface SearchState {
  asked: Asked;
  more: boolean;
  busy: boolean;
  error: string | null;
}
export const searchState = createStore<SearchState>({ asked: {}, more: false, busy: false, error: null });

let asking: AbortController | null = null;

/** Searches, unless that was asked for last; nothing to search for forgets what was found. */
export async function search(asked: Asked, limit = 500): Promise<void> {
  const last = searchState.get();
  if (keyOfSearch(asked) === keyOfSearch(last.asked) && (last.busy || !last.error)) return;
  asking?.abort();
  const done = (found: readonly Hit[], more: boolean, error: string | null): void => {
    hits.set(found);
    searchState.set({ asked, more, busy: false, error });
  };
  if (!isAsked(asked)) return done([], false, null);
  const longer = asked.longer ? parseTime(asked.longer) : 0;
  if (longer === null) return done([], false, `“${asked.longer}” is no length of time: write 1.5ms, 20us or 3s`);
  const abort = (asking = new AbortController());
  searchState.set({ asked, more: false, busy: true, error: null });
  try {
    const answer = await getJson<{ hits: Hit[]; more: boolean }>('search', { ...asked, longer: longer || null, limit }, abort.signal);
    done(answer.hits, answer.more, null);
  } catch (error) {
    if (!isAbort(error)) done([], false, messageOf(error));
  }
}
