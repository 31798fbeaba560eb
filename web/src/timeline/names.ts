// The functions that goroutines began with, asked for as their labels come into view.
import { ApiError, getJson } from '../api/client';
import { meta } from '../state/trace';

const known = new Map<number, string | null>();
const wanted = new Set<number>();
let timer: ReturnType<typeof setTimeout> | undefined;
let served = true;
let listener: () => void = () => {};

/** The goroutine's function; null if it is not known, or not yet. */
export function nameOf(goroutine: number): string | null {
  const name = known.get(goroutine);
  if (name !== undefined) return name;
  if (served && goroutine > 0) {
    wanted.add(goroutine);
    timer ??= setTimeout(() => void ask(), 120);
  }
  return null;
}

export function learnName(goroutine: number, name: string | null): void {
  known.set(goroutine, name);
}

export function onNames(call: () => void): void {
  listener = call;
}

async function ask(): Promise<void> {
  const ids = [...wanted].slice(0, 300);
  for (const id of ids) wanted.delete(id);
  try {
    const names = await getJson<Record<string, string | null>>('names', { goroutines: ids.join(',') });
    for (const id of ids) {
      const name = names[String(id)] ?? null;
      // While the trace is read, what is not known may still come.
      if (name !== null || meta.get()?.done) known.set(id, name);
    }
    listener();
  } catch (error) {
    // Labels do without: names are a comfort. A server that is busy is asked again later.
    if (error instanceof ApiError && error.status === 404) served = false;
  }
  timer = wanted.size > 0 && served ? setTimeout(() => void ask(), 120) : undefined;
}
