import { expect, test } from 'vitest';
import { emptyItems } from '../src/api/tile';
import { Pieces } from '../src/timeline/pieces';
import type { Piece } from '../src/timeline/raster';

const piece = (from: number, to: number, cell: number, count = 0): Piece => ({ from, to, cell, unit: 1, items: emptyItems(0, 1, count) });
const tile = (from: number, to: number, cell: number) => ({ from, to, cell, unit: 1, lanes: [emptyItems(0, 1, 0)], counters: [] });
const spans = (list: { from: number; to: number; cell: number }[]) => list.map((p) => [p.from, p.to, p.cell]);

test('coarse pieces below, finer ones above', () => {
  const pieces = new Pieces();
  pieces.addCoarse(tile(0, 500, 10), () => 'p1');
  pieces.addCoarse(tile(500, 1000, 10), () => 'p1');
  expect(spans(pieces.pick('p1', 0, 1000, 10))).toEqual([[0, 500, 10], [500, 1000, 10]]);
  expect(pieces.covers('p1', 0, 1000, 10)).toBe(true);
  expect(pieces.covers('p1', 400, 600, 1)).toBe(false);
  pieces.addFine('p1', piece(300, 600, 1));
  expect(pieces.covers('p1', 400, 600, 1)).toBe(true);
  expect(spans(pieces.pick('p1', 400, 600, 1))).toEqual([[300, 600, 1]]);
  expect(spans(pieces.pick('p1', 400, 700, 1))).toEqual([[0, 500, 10], [500, 1000, 10], [300, 600, 1]]);
  expect(pieces.pick('p2', 0, 1, 1)).toEqual([]);
  // A coarse tile that does not have a P says that nothing was on it.
  expect(pieces.covers('0:7', 0, 1000, 10)).toBe(true);
  expect(pieces.covers('0:7', 400, 600, 1)).toBe(false);
  expect(pieces.covers('s:x', 0, 1000, 10)).toBe(false);
});

test('of pieces that are fine enough the coarsest is drawn', () => {
  const pieces = new Pieces();
  pieces.addFine('p1', piece(0, 1000, 0.1));
  pieces.addFine('p1', piece(0, 1000, 1));
  pieces.addFine('p1', piece(0, 1000, 5));
  expect(spans(pieces.pick('p1', 0, 1000, 1))).toEqual([[0, 1000, 1]]);
});

test('what is not looked at is forgotten', () => {
  const pieces = new Pieces();
  for (let i = 0; i < 40; i++) {
    pieces.addFine('p' + i, piece(0, 1000, 1, 100_000));
    pieces.tick();
  }
  expect(pieces.covers('p0', 0, 1000, 1)).toBe(false);
  expect(pieces.covers('p39', 0, 1000, 1)).toBe(true);
});
