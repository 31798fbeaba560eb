import { useEffect, useState } from 'preact/hooks';

/** A value that components watch. */
export interface Store<T> {
  get(): T;
  set(value: T): void;
  /** Calls `listener` after each change, until the returned function is called. */
  watch(listener: () => void): () => void;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Calls `changed` after each change, and at once if the value is no longer the one `seen`. */
export function watchSince<T>(store: Store<T>, seen: T, changed: () => void): () => void {
  const stop = store.watch(changed);
  if (!Object.is(seen, store.get())) changed();
  return stop;
}

/** The store's value; the component is drawn again when it changes. */
export function useStore<T>(store: Store<T>): T {
  const drawn = store.get();
  const [, redraw] = useState(0);
  // An effect runs some time after the drawing, and the value may change in between.
  useEffect(() => watchSince(store, drawn, () => redraw((n) => n + 1)), [store]);
  return drawn;
}
