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

/** The store's value; the component is drawn again when it changes. */
export function useStore<T>(store: Store<T>): T {
  const [, redraw] = useState(0);
  const drawn = store.get();
  useEffect(() => {
    const stop = store.watch(() => redraw((n) => n + 1));
    // The value may have changed between the drawing and this effect, which comes after a frame.
    if (!Object.is(drawn, store.get())) redraw((n) => n + 1);
    return stop;
  }, [store]);
  return drawn;
}
