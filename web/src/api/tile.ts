// The binary form of a stretch of time: see "GET /api/tile" of docs/view-api.md.

export const Kind = { proc: 0, thread: 1, goroutine: 2, group: 3, packed: 4, band: 5, tasks: 6, regions: 7, counter: 8 } as const;

/** Flags of an item. */
export const BEFORE = 1;
export const AFTER = 2;
export const MERGED = 4;

/** Items of one lane, in order of time; times in units since the tile's `from`. */
export interface Items {
  kind: number;
  id: number;
  count: number;
  start: Uint32Array;
  duration: Uint32Array;
  label: Float64Array;
  spans: Uint32Array;
  state: Uint8Array;
  fill: Uint8Array;
  flags: Uint8Array;
}

/** Steps of a counter: the value from each time on. */
export interface Steps {
  id: number;
  time: Float64Array;
  value: Float64Array;
}

export interface Tile {
  from: number;
  to: number;
  /** The length of a cell: spans shorter than that are merged. */
  cell: number;
  /** The length of the unit of items' times. */
  unit: number;
  lanes: Items[];
  counters: Steps[];
}

const HEADER = 32;
const LANE = 16;
const ITEM = 24;
const STEP = 16;

/** Reads a tile. Bytes that are no tile give an error, not lanes. */
export function parseTile(buffer: ArrayBuffer, offset = 0, length = buffer.byteLength - offset): Tile {
  if (length < HEADER) throw new Error('a tile that is cut off');
  const view = new DataView(buffer, offset, length);
  const tile: Tile = {
    from: view.getFloat64(0, true),
    to: view.getFloat64(8, true),
    cell: view.getFloat64(16, true),
    unit: view.getFloat64(24, true),
    lanes: [],
    counters: [],
  };
  let at = HEADER;
  while (at < length) {
    if (at + LANE > length) throw new Error('a lane that is cut off');
    const kind = view.getUint8(at);
    const count = view.getUint32(at + 4, true);
    const id = view.getFloat64(at + 8, true);
    at += LANE;
    const size = count * (kind === Kind.counter ? STEP : ITEM);
    if (at + size > length) throw new Error('items that are cut off');
    if (kind === Kind.counter) tile.counters.push(readSteps(view, at, count, id));
    else tile.lanes.push(readItems(view, at, count, kind, id));
    at += size;
    at += (8 - (at % 8)) % 8;
  }
  return tile;
}

function readSteps(view: DataView, at: number, count: number, id: number): Steps {
  const steps: Steps = { id, time: new Float64Array(count), value: new Float64Array(count) };
  for (let i = 0; i < count; i++, at += STEP) {
    steps.time[i] = view.getFloat64(at, true);
    steps.value[i] = view.getFloat64(at + 8, true);
  }
  return steps;
}

export function emptyItems(kind: number, id: number, count: number): Items {
  return {
    kind,
    id,
    count,
    start: new Uint32Array(count),
    duration: new Uint32Array(count),
    label: new Float64Array(count),
    spans: new Uint32Array(count),
    state: new Uint8Array(count),
    fill: new Uint8Array(count),
    flags: new Uint8Array(count),
  };
}

function readItems(view: DataView, at: number, count: number, kind: number, id: number): Items {
  const items = emptyItems(kind, id, count);
  for (let i = 0; i < count; i++, at += ITEM) {
    items.start[i] = view.getUint32(at, true);
    items.duration[i] = view.getUint32(at + 4, true);
    items.label[i] = view.getFloat64(at + 8, true);
    items.spans[i] = view.getUint32(at + 16, true);
    items.state[i] = view.getUint8(at + 20);
    items.fill[i] = view.getUint8(at + 21);
    items.flags[i] = view.getUint8(at + 22);
  }
  return items;
}

/** The index of the first item that starts at `time` or later. */
export function lowerBound(sorted: ArrayLike<number>, count: number, time: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
