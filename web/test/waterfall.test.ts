import { expect, test } from 'vitest';
import type { TaskEach } from '../src/api/reports';
import { waterfall } from '../src/pages/task';

const task = (id: number, start: number | null, end: number | null, children: number[]): TaskEach => ({
  id, start, end, children, complete: true, duration: 0, goroutines: [id], logs: [], marking: 0, name: `task${id}`, parent: null, regions: 0,
});

test('parts stand below their task, once', () => {
  // The last is its own grandchild, which a damaged trace may say.
  const tasks = [task(1, 100, 200, [2, 3]), task(2, 110, null, []), task(3, 120, 130, [1])];
  const region = { task: 2, name: 'r', start: 115, end: 118, goroutine: 9 } as never;
  const rows = waterfall(tasks[0]!, tasks, [region], 100, 150);
  expect(rows.map((row) => [row.label, row.depth, row.start, row.end])).toEqual([
    ['task1', 0, 0, 100], ['task2', 1, 10, 150], ['r', 2, 15, 18], ['task3', 1, 20, 30],
  ]);
});
