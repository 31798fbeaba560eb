import { describe, expect, test } from 'vitest';
import { FrameReader } from '../src/api/overview';
import { lowerBound, parseTile } from '../src/api/tile';
import { encodeTile } from '../dev/tiles.mjs';

const tile = {
  from: 1000,
  to: 2000,
  cell: 10,
  unit: 1,
  lanes: [
    { kind: 0, id: 3, items: [{ start: 5, duration: 20, label: 7, spans: 1, state: 1, fill: 255, flags: 1 }] },
    { kind: 8, id: 4, steps: [[1000, 4e9], [1500.5, 5e9]] },
    { kind: 1, id: 123456789012, items: [] },
  ],
};

describe('tiles', () => {
  test('are read as they were written', () => {
    const read = parseTile(encodeTile(tile));
    expect([read.from, read.to, read.cell, read.unit]).toEqual([1000, 2000, 10, 1]);
    expect(read.lanes.map((lane) => [lane.kind, lane.id, lane.count])).toEqual([[0, 3, 1], [1, 123456789012, 0]]);
    const lane = read.lanes[0]!;
    expect([lane.start[0], lane.duration[0], lane.label[0], lane.spans[0], lane.state[0], lane.fill[0], lane.flags[0]]).toEqual([5, 20, 7, 1, 1, 255, 1]);
    expect([...read.counters[0]!.time]).toEqual([1000, 1500.5]);
    expect([...read.counters[0]!.value]).toEqual([4e9, 5e9]);
  });
  test('that are cut off are refused, wherever', () => {
    const whole = encodeTile(tile);
    for (let length = 0; length < whole.byteLength; length++) {
      // Between lanes a cut cannot be seen.
      if ([32, 72, 120].includes(length)) continue;
      expect(() => parseTile(whole.slice(0, length)), String(length)).toThrow();
    }
  });
});

test('frames are found wherever the stream is cut', () => {
  const frame = (kind: number, text: string): number[] => [kind, 0, 0, 0, text.length, 0, 0, 0, ...new TextEncoder().encode(text)];
  const stream = new Uint8Array([...frame(1, 'abc'), ...frame(2, ''), ...frame(3, 'defgh')]);
  for (let size = 1; size <= stream.length; size++) {
    const seen: string[] = [];
    const reader = new FrameReader((kind, bytes) => seen.push(kind + new TextDecoder().decode(bytes)));
    for (let at = 0; at < stream.length; at += size) reader.push(stream.slice(at, at + size));
    expect(seen).toEqual(['1abc', '2', '3defgh']);
    expect(reader.cut).toBe(false);
  }
});

test('lowerBound', () => {
  const sorted = [1, 3, 3, 9];
  expect([0, 1, 2, 3, 4, 10].map((x) => lowerBound(sorted, 4, x))).toEqual([0, 0, 1, 1, 3, 4]);
});
