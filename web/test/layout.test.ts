import { expect, test } from 'vitest';
import type { Row } from '../src/api/types';
import { emptyItems } from '../src/api/tile';
import { pack, type Bar } from '../src/timeline/bars';
import { inView, layOut, nameOfGroup, wantsOf, type LayoutInput } from '../src/timeline/layout';
import { frameOf, sortLanes, type Want } from '../src/timeline/loader';
import { View } from '../src/timeline/view';

const row = (key: string, lanes: number): Row => ({ key, name: 'main.' + key, goroutines: lanes, running: 1, runnable: 1, waiting: 1, syscall: 1, first: 0, last: 1, lanes });
const input = (more: Partial<LayoutInput> = {}): LayoutInput => ({
  procs: [0, 1], threads: [41], pinned: [], tasks: [], regions: new Map(), groups: [row('f1', 2), row('f2', 4_000_000)], groupsTotal: 2, groupedBy: 'function',
  open: new Set(), hidden: new Set(), nameOf: () => null, ...more,
});

test('lanes of groups appear when they are opened', () => {
  const closed = layOut(input());
  const labels = (layout = closed) => inView(layout, 0, 300).map((p) => p.lane?.label ?? p.heading?.label);
  expect(labels()).toEqual(['Procs (P)', 'P 0', 'P 1', 'Threads (M)', 'M 41', 'Goroutines', 'main.f1', 'main.f2']);
  const open = layOut(input({ open: new Set(['f1']) }));
  expect(open.height).toBe(closed.height + 30);
  expect(labels(layOut(input({ hidden: new Set(['procs', 'threads']) })))).toEqual(['Procs (P)', 'Threads (M)', 'Goroutines', 'main.f1', 'main.f2']);
});

test('every group has a strip to ask for', () => {
  const asked = (key: string) => wantsOf(inView(layOut(input({ groups: [row(key, 1)], open: new Set([key]) })), 0, 500)).map((want) => want.ask);
  for (const key of ['f1', 'c1', 't7']) expect(asked(key)).toEqual(expect.arrayContaining([`group:${key}`, `members:${key}:0:1`]));
});

test('a group of millions costs what is in view', () => {
  const layout = layOut(input({ open: new Set(['f2']) }));
  const placed = inView(layout, 1_000_000, 1_000_600);
  expect(placed.length).toBe(41);
  const wants = wantsOf(placed);
  expect(wants.length).toBeLessThanOrEqual(3);
  expect(wants[0]!.ask).toMatch(/^members:f2:\d+:32$/);
});

test('lanes without an ID are told apart by the order they were asked for', () => {
  const want = (ask: string, kind: number, keys: string[], byId: boolean): Want => ({ ask, kind, keys, byId });
  const strip = [emptyItems(3, 0, 1), emptyItems(3, 0, 2)];
  const lanes = sortLanes({ from: 0, to: 1, cell: 1, unit: 1, counters: [], lanes: [emptyItems(0, 1, 5), strip[0]!, strip[1]!] }, [
    want('procs', 0, ['0:0', '0:1'], true), want('group:a', 3, ['s:a'], false), want('group:b', 3, ['s:b'], false), want('members:a:0:1', 4, ['m:a:0'], false),
  ]);
  expect([...lanes].map(([key, items]) => [key, items.count])).toEqual([['0:1', 5], ['0:0', 0], ['s:a', 1], ['s:b', 2], ['m:a:0', 0]]);
});

test('a frame holds the window, and windows nearby share it', () => {
  for (let i = 0; i < 500; i++) {
    const from = Math.random() * 1e9;
    const to = from + 100 + Math.random() * 1e7;
    const frame = frameOf(from, to, 1000, 2e9);
    expect(frame.from).toBeLessThanOrEqual(from);
    expect(frame.to).toBeGreaterThanOrEqual(to);
    expect(frame.to - frame.from).toBeLessThanOrEqual((to - from) * 3.001);
    expect((frame.to - frame.from) / frame.cells).toBeLessThanOrEqual(2 * (to - from) / 1000);
  }
  expect(frameOf(100, 200, 900, 1e6)).toEqual(frameOf(110, 210, 900, 1e6));
  expect(frameOf(0, 100, 900, 60).to).toBe(60);
});

test('bars that overlap are on lanes of their own', () => {
  const bar = (start: number, end: number): Bar => ({ start, end, name: '', goroutine: null, task: null, whole: true });
  expect(pack([bar(5, 9), bar(0, 5), bar(1, 2), bar(2, 3)]).map((lane) => lane.map((b) => b.start))).toEqual([[0, 5], [1, 2]]);
});

test('a view stays inside the trace', () => {
  const view = new View();
  view.grow(1000);
  expect([view.from, view.to]).toEqual([0, 1000]);
  view.grow(2000);
  expect([view.from, view.to]).toEqual([0, 2000]);
  view.zoom(0.5, 0.25);
  expect([view.from, view.to]).toEqual([250, 1250]);
  view.pan(-1);
  expect([view.from, view.to]).toEqual([0, 1000]);
  view.pan(5);
  expect([view.from, view.to]).toEqual([1000, 2000]);
  view.zoom(1e-9);
  expect(view.to - view.from).toBe(20);
  view.show(NaN, 5);
  expect(view.to - view.from).toBe(20);
  view.zoom(1e9);
  expect([view.from, view.to]).toEqual([0, 2000]);
  view.focus(100, 200);
  expect([view.from, view.to]).toEqual([50, 250]);
});

test('no group is without a name', () => {
  expect(nameOfGroup({ key: 't7', name: '' })).toBe('task 7 (no type)');
  expect(nameOfGroup({ key: 't7', name: 'request' })).toBe('task 7 request');
  expect(nameOfGroup({ key: 'f1', name: '' })).toBe('(unknown)');
});
