// What was searched for, and found: the minimap marks it.
import { getJson, isAbort, messageOf } from '../api/client';
import type { Hit } from '../api/types';
import { createStore } from '../lib/store';

export const hits = createStore<readonly Hit[]>([]);
export const searchState = createStore<{ text: string; more: boolean; busy: boolean; error: string | null }>({ text: '', more: false, busy: false, error: null });

let asking: AbortController | null = null;

/** Searches for text in all names, or in those of a kind. */
export async function search(text: string, kind: string, limit = 500): Promise<void> {
  asking?.abort();
  const query = text.trim();
  if (!query) {
    hits.set([]);
    searchState.set({ text: '', more: false, busy: false, error: null });
    return;
  }
  const abort = (asking = new AbortController());
  searchState.set({ text: query, more: false, busy: true, error: null });
  try {
    const answer = await getJson<{ hits: Hit[]; more: boolean }>('search', { q: query, kind, limit }, abort.signal);
    hits.set(answer.hits);
    searchState.set({ text: query, more: answer.more, busy: false, error: null });
  } catch (error) {
    if (isAbort(error)) return;
    hits.set([]);
    searchState.set({ text: query, more: false, busy: false, error: messageOf(error) });
  }
}
