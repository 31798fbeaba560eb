import { expect, test } from 'vitest';
import type { Gctrace, HeapPoint, Schedtrace } from '../src/api/reports';
import { chosen, runsOf, withShares } from '../src/lib/runs';
import { askedOf, isAsked, wordsOf } from '../src/lib/asked';

const point = (start: number, cpu: number): HeapPoint => ({ before: 1, cpu, cycle: 1, cycles: 1, end: start + 5, goal: null, live: 1, longest_pause: 1, paused: 1, peak: 1, procs: 2, run: 0, start });

test('the collector has its share until the next cycle', () => {
  const points = withShares([point(100, 40), point(200, 500), point(300, 7)], 90);
  expect(points.map(({ at, share }) => [at, share])).toEqual([[10, 0.2], [110, 1], [210, null]]);
  expect(withShares([point(5, 1)], 90)[0]?.at).toBe(0);
});

test('programs and runs are those of either report, and one is chosen', () => {
  const sched = [{ program: 'a', rows: [{ run: 0 }, { run: 0 }, { run: 1 }] }, { program: null, rows: [{ run: 0 }] }] as unknown as Schedtrace[];
  const gc = [{ program: 'b', heap: [{ run: 0 }] }] as unknown as Gctrace[];
  const runs = runsOf(sched, gc);
  expect(runs).toEqual([{ program: 'a', run: 0 }, { program: 'a', run: 1 }, { program: null, run: 0 }, { program: 'b', run: 0 }]);
  expect(chosen(runs, {})).toEqual(runs[0]);
  expect(chosen(runs, { program: 'a', run: '1' })).toEqual(runs[1]);
  expect(chosen(runs, { program: 'b', run: '7' })).toEqual(runs[3]);
  expect(chosen([], {})).toBeNull();
});

test('a search is what the address says', () => {
  const asked = askedOf({ q: ' main ', kind: 'span', longer: '1ms', overlaps: 'gc', from: '5', reason: '' });
  expect(asked).toEqual({ q: 'main', kind: 'span', longer: '1ms', overlaps: 'gc' });
  expect(wordsOf(asked)).toBe('“main” spans of 1ms or longer while the collector marked');
  expect([{}, { kind: 'task' }, { kind: 'span' }, { longer: '1' }, { q: 'x' }].map(isAsked)).toEqual([false, false, true, true, true]);
});
