import { expect, test } from 'vitest';
import { createStore, watchSince } from '../src/lib/store';

test('a change between drawing and watching is not missed', () => {
  const store = createStore('drawn');
  const seen = store.get();
  store.set('changed');
  let changes = 0;
  const stop = watchSince(store, seen, () => changes++);
  expect(changes).toBe(1);
  store.set('changed again');
  expect(changes).toBe(2);
  stop();
  store.set('unwatched');
  expect(changes).toBe(2);
});

test('nothing is drawn again when nothing changed', () => {
  const store = createStore(7);
  let changes = 0;
  watchSince(store, store.get(), () => changes++);
  store.set(7);
  expect(changes).toBe(0);
});
