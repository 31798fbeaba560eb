// Fetching a report, of the whole trace or of a window of it.
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { getJson, isAbort, messageOf, query, type Params } from '../api/client';
import { useStore } from '../lib/store';
import { failure, meta } from '../state/trace';
import { Problem } from './empty';

export type Window = [from: number, to: number];

interface Answer<T> {
  data: T | null;
  error: string | null;
}

/** Answers that were given: the trace does not change. */
const kept = new Map<string, unknown>();
const MOST_KEPT = 60;

export function windowParams(win: Window | null): Params {
  return win ? { from: win[0], to: win[1] } : {};
}

/** The answer to a request below `/api/`, once the trace has been read. */
export function useAnswer<T>(path: string, params: Params): Answer<T> {
  const ready = useStore(meta)?.done === true;
  const key = path + query(params);
  const [answer, setAnswer] = useState<Answer<T> & { key: string }>({ key, data: (kept.get(key) as T | undefined) ?? null, error: null });
  useEffect(() => {
    if (!ready) return;
    const known = kept.get(key) as T | undefined;
    if (known !== undefined) {
      setAnswer({ key, data: known, error: null });
      return;
    }
    const abort = new AbortController();
    getJson<T>(path, params, abort.signal).then(
      (data) => {
        kept.set(key, data);
        const oldest = kept.keys().next().value;
        if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
        setAnswer({ key, data, error: null });
      },
      (error: unknown) => {
        if (!isAbort(error)) setAnswer({ key, data: null, error: messageOf(error) });
      },
    );
    return () => abort.abort();
  }, [key, ready]);
  return answer.key === key ? answer : { data: (kept.get(key) as T | undefined) ?? null, error: null };
}

/** A report, and what is said while there is none. */
export function Report<T>({ name, params = {}, win, children }: { name: string; params?: Params; win: Window | null; children(data: T): ComponentChildren }): JSX.Element {
  const answer = useAnswer<T>(`report/${name}`, { ...params, ...windowParams(win) });
  const problem = useStore(failure);
  if (answer.data !== null) return <>{children(answer.data)}</>;
  if (answer.error) return <Problem text={answer.error} />;
  if (problem && !meta.get()?.done) return <Problem text={problem} />;
  return (
    <p class="busy" role="status">
      {meta.get()?.done ? 'counting…' : 'reading the trace…'}
    </p>
  );
}
