import { describe, expect, test } from 'vitest';
import { emptyItems } from '../src/api/tile';
import { palettes, pixel } from '../src/timeline/colors';
import { NOTHING, rasterLine, type Piece } from '../src/timeline/raster';

type Span = [start: number, duration: number, state: number, fill?: number];

function piece(spans: Span[], from = 0, to = 1000, unit = 1): Piece {
  const items = emptyItems(0, 0, spans.length);
  spans.forEach(([start, duration, state, fill], i) => {
    items.start[i] = start;
    items.duration[i] = duration;
    items.state[i] = state;
    items.fill[i] = fill ?? 255;
  });
  return { from, to, cell: 1, unit, items };
}

const palette = palettes.light;
const white = NOTHING;
const state = (n: number): number => pixel(palette.states[n]!);

function draw(spans: Span[], from: number, to: number, width: number, of = piece(spans)): number[] {
  const out = new Uint32Array(width + 2).fill(7);
  rasterLine(out, 1, { from, to, width }, of, palette);
  expect(out[0]).toBe(7);
  expect(out[width + 1]).toBe(7);
  return [...out.slice(1, width + 1)];
}

/** How much of a pixel is of a colour of state `n` over the background, from its red part. */
function share(value: number, n: number): number {
  const [r] = palette.states[n]!;
  return (255 - (value & 255)) / (255 - r);
}

describe('a line of pixels', () => {
  test('has the state of each whole pixel', () => {
    expect(draw([[0, 300, 1], [300, 100, 2], [600, 400, 4]], 0, 1000, 10)).toEqual([
      ...Array(3).fill(state(1)), state(2), white, white, ...Array(4).fill(state(4)),
    ]);
  });
  test('mixes what shares a pixel by how long it was', () => {
    const line = draw([[50, 200, 1]], 0, 1000, 10);
    expect(share(line[0]!, 1)).toBeCloseTo(0.5, 2);
    expect(line[1]).toBe(state(1));
    expect(share(line[2]!, 1)).toBeCloseTo(0.5, 2);
    expect(line[3]).toBe(white);
  });
  test('adds up what many short spans leave of a pixel', () => {
    const spans: Span[] = Array.from({ length: 10 }, (_, i) => [i * 10, 4, 1]);
    expect(share(draw(spans, 0, 1000, 10)[0]!, 1)).toBeGreaterThan(0.39);
  });
  test('shows even a short span', () => {
    expect(share(draw([[500, 1, 1]], 0, 1000, 10)[5]!, 1)).toBeCloseTo(0.15, 2);
  });
  test('draws the part in view of what began before it', () => {
    expect(draw([[0, 1000, 1]], 400, 600, 4)).toEqual(Array(4).fill(state(1)));
    expect(draw([[0, 450, 1]], 400, 600, 4)).toEqual([state(1), white, white, white]);
  });
  test('heeds how full a merged item is', () => {
    expect(share(draw([[0, 1000, 1, 51]], 0, 1000, 4)[2]!, 1)).toBeCloseTo(0.2, 2);
  });
  test('leaves what is outside of the piece', () => {
    expect(draw([], 0, 1000, 10, piece([[0, 200, 1]], 400, 600))).toEqual([7, 7, 7, 7, state(1), state(1), 7, 7, 7, 7]);
  });
  test('knows units', () => {
    expect(draw([], 0, 1000, 10, piece([[1, 2, 1]], 0, 1000, 100))).toEqual([white, state(1), state(1), ...Array(7).fill(white)]);
  });
});
