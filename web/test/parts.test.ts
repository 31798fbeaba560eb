import { expect, test } from 'vitest';
import { query } from '../src/api/client';
import type { FlameNode } from '../src/api/types';
import { bytes, count, percent } from '../src/lib/numbers';
import { layFlame, nodeAt } from '../src/parts/flame';
import { binsOfBounds, binsOfBuckets, tidy } from '../src/parts/histogram';
import { compare } from '../src/parts/table';
import { largest, meanPerPixel, roundUp, valueAt } from '../src/timeline/counters';

const steps = (from: number, to: number, points: [number, number][]) => ({
  from, to, cell: 1, steps: { id: 0, time: Float64Array.from(points, (p) => p[0]), value: Float64Array.from(points, (p) => p[1]) },
});

test('a counter’s pixels are means over their time', () => {
  const piece = steps(0, 100, [[0, 2], [15, 4], [50, 0]]);
  expect([...meanPerPixel([piece], { from: 0, to: 100, width: 10 })]).toEqual([2, 3, 4, 4, 4, 0, 0, 0, 0, 0]);
  expect([...meanPerPixel([piece], { from: 10, to: 20, width: 2 })]).toEqual([2, 4]);
  const before = [...meanPerPixel([steps(50, 100, [[60, 8]])], { from: 0, to: 100, width: 10 })];
  expect(before.slice(0, 6).every(Number.isNaN)).toBe(true);
  expect(before.slice(6)).toEqual([8, 8, 8, 8]);
  expect(valueAt([piece], 20)).toBe(4);
  expect(valueAt([piece], 15)).toBe(4);
  expect(valueAt([piece], 200)).toBeNull();
  expect(largest(Float64Array.of(NaN, 3, 2))).toBe(3);
  expect([0, 1, 3, 7, 20, 21].map(roundUp)).toEqual([1, 1, 5, 10, 20, 50]);
});

test('numbers', () => {
  expect([0, 999, 1000, 1234567].map(count)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect([0, 1023, 1024, 13.5 * 2 ** 20].map(bytes)).toEqual(['0 B', '1023 B', '1.00 KiB', '13.5 MiB']);
  expect([0, 1, 0.1234, 0.01234].map(percent)).toEqual(['0%', '100%', '12.3%', '1.23%']);
});

test('rows are sorted by value, what is not known last', () => {
  expect([3, null, 1, 20].sort(compare)).toEqual([1, 3, 20, null]);
  expect(['P 10', 'P 9', null].sort(compare)).toEqual(['P 9', 'P 10', null]);
});

test('a query leaves out what is not given', () => {
  expect(query({ a: 1, b: null, c: true, d: false, e: '', f: '^x y$' })).toBe('?a=1&c=1&f=%5Ex+y%24');
});

test('histograms', () => {
  // The outermost counts are below the first bound and above the last.
  expect(binsOfBounds([0, 1e-9, 2e-9], [5, 6, 7, 8])).toEqual([
    { from: 0, to: 0, count: 5 }, { from: 0, to: 1, count: 6 }, { from: 1, to: 2, count: 7 }, { from: 2, to: null, count: 8 },
  ]);
  expect(binsOfBuckets([{ from: 100, count: 1 }, { from: 158, count: 2 }])).toEqual([{ from: 100, to: 158, count: 1 }, { from: 158, to: 250, count: 2 }]);
  const bins = Array.from({ length: 100 }, (_, i) => ({ from: i, to: i + 1, count: i < 10 || i >= 90 ? 0 : 1 }));
  const shown = tidy(bins, 40);
  expect(shown.length).toBe(40);
  expect([shown[0]!.from, shown.at(-1)!.to, shown.reduce((sum, bin) => sum + bin.count, 0)]).toEqual([10, 90, 80]);
  expect(tidy([], 40)).toEqual([]);
});

test('a flame graph', () => {
  const root: FlameNode = { name: '', value: 10, children: [{ name: 'a', value: 4, children: [{ name: 'b', value: 1 }] }, { name: 'c', value: 6 }] };
  const { boxes, depth } = layFlame(root, '');
  expect(depth).toBe(2);
  expect(boxes.map((box) => [box.node.name, box.depth, box.left, box.width]).sort()).toEqual([['', 0, 0, 1], ['a', 1, 0.6, 0.4], ['b', 2, 0.6, 0.1], ['c', 1, 0, 0.6]]);
  expect(nodeAt(root, '\0a\0b')?.value).toBe(1);
  expect(nodeAt(root, '\0x')).toBeNull();
  // A stack that is far too deep for recursion.
  let deep: FlameNode = { name: 'end', value: 1 };
  for (let i = 0; i < 50_000; i++) deep = { name: 'f', value: 1, children: [deep] };
  expect(layFlame(deep, '').boxes.length).toBeLessThanOrEqual(3000);
});
