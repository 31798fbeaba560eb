import { expect, test } from 'vitest';
import { walk } from '../src/lib/tree';
import { logTicks, nearest, xTicks, yAxis } from '../src/parts/axes';

test('an axis holds the most, with few lines at round values', () => {
  for (let i = 0; i < 2000; i++) {
    const most = 10 ** (Math.random() * 12 - 3);
    const of = ([undefined, 'count', 'bytes'] as const)[i % 3];
    const { top, step } = yAxis(most, 4, of);
    expect(top).toBeGreaterThanOrEqual(most * (1 - 1e-9));
    expect(top - step).toBeLessThan(most);
    expect(top / step).toBeLessThanOrEqual(4 + 1e-6);
    if (of) expect(Number.isInteger(step)).toBe(true);
    if (of === 'bytes') expect(Number.isInteger(Math.log2(step))).toBe(true);
  }
  expect(yAxis(0, 4)).toEqual({ top: 1, step: 1 });
  expect(yAxis(NaN, 4)).toEqual({ top: 1, step: 1 });
});

test('ticks are within the axis, and not too many', () => {
  for (let i = 0; i < 500; i++) {
    const from = Math.random() * 1e9;
    const to = from + 10 ** (1 + Math.random() * 9);
    const at = xTicks(from, to, 8);
    expect(at.length).toBeLessThanOrEqual(9);
    for (const time of at) expect(time >= from && time <= to).toBe(true);
  }
  expect(logTicks(1e3, 1e6, 12)).toEqual([1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6]);
  expect(logTicks(1, 1e9, 5).length).toBeLessThanOrEqual(6);
});

test('the nearest value is found', () => {
  const values = [1, 4, 4, 10];
  expect([-5, 1, 2, 3, 4, 6, 8, 99].map((wanted) => values[nearest(values, wanted)])).toEqual([1, 1, 1, 4, 4, 4, 10, 10]);
});

test('what came of one stands behind it, deeper', () => {
  expect(walk([null, 0, null, 0, 1])).toEqual([[0, 1], [1, 2], [4, 3], [3, 2], [2, 1]]);
  expect(walk([])).toEqual([]);
});
