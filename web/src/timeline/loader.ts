// Asks for tiles of what is looked at: after a short rest, with what was asked before and is
// not wanted any more given up, and neighbours fetched when nothing else is to be done.
import { getBytes, isAbort, messageOf } from '../api/client';
import { emptyItems, Kind, parseTile, type Items, type Tile } from '../api/tile';
import { createStore } from '../lib/store';
import type { Pieces } from './pieces';

/** A stretch in a grid, so that windows nearby share tiles, here and in the server. */
export interface Frame {
  from: number;
  to: number;
  cells: number;
}

const MOST_CELLS = 8192;

/** The frame for a window: up to three times as long, so that moving a little needs no other. */
export function frameOf(from: number, to: number, width: number, span: number, shift = 0): Frame {
  const length = 2 ** Math.ceil(Math.log2(Math.max(to - from, 1)));
  const grid = length / 2;
  const start = (Math.floor(from / grid) + shift) * grid;
  const cells = Math.min(MOST_CELLS, Math.ceil((2 * Math.max(width, 64)) / 256) * 256);
  return { from: Math.max(0, start), to: Math.min(start + 3 * grid, Math.max(span, 1)), cells };
}

/** A lane by how the server is asked for it, and the keys of the lanes it answers with. */
export interface Want {
  /** An element of the request's `lanes`. */
  ask: string;
  /** The lanes that are known to come of it, by key. */
  keys: string[];
  /** Which kind of lanes come of it; they are told apart by their IDs if `byId`, else by order. */
  kind: number;
  byId: boolean;
}

/** The key of a lane by its kind and ID; groups have the key that the server gives them. */
export function keyOf(kind: number, id: number): string {
  if (kind === Kind.group) return `s:f${id}`;
  return `${kind}:${id}`;
}

/** Takes a tile apart into the lanes that were asked for, in the order they were asked in. */
export function sortLanes(tile: Tile, wants: Want[]): Map<string, Items> {
  const out = new Map<string, Items>();
  const rest = [...tile.lanes];
  for (const want of wants) {
    if (want.byId) {
      for (const items of tile.lanes) if (items.kind === want.kind) out.set(keyOf(items.kind, items.id), items);
    } else {
      for (const key of want.keys) {
        const at = rest.findIndex((items) => items.kind === want.kind);
        if (at < 0) break;
        out.set(key, rest[at] as Items);
        rest.splice(at, 1);
      }
    }
    // What was asked for and has not come is empty there.
    for (const key of want.keys) if (!out.has(key)) out.set(key, emptyItems(want.kind, 0, 0));
  }
  return out;
}

export const loading = createStore(0);
export const loadError = createStore<string | null>(null);

export interface Look {
  from: number;
  to: number;
  width: number;
  span: number;
  wants: Want[];
  counters: boolean;
}

const REST_MS = 60;
/** The server takes so many lanes in one request. */
const MOST_WANTS = 64;

export class Loader {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: AbortController | null = null;
  private runningKey = '';
  private last: Look | null = null;
  private failed = new Set<string>();

  constructor(
    private readonly pieces: Pieces,
    private readonly arrived: () => void,
  ) {}

  /** Says what is looked at now. */
  look(look: Look): void {
    this.last = look;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refine(), REST_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.running?.abort();
    this.running = null;
    this.last = null;
  }

  private missing(look: Look, from: number, to: number): { wants: Want[]; counters: boolean } {
    const perPixel = (look.to - look.from) / Math.max(1, look.width);
    const wants = look.wants.filter((want) => want.keys.some((key) => !this.pieces.covers(key, from, to, perPixel)));
    return { wants: wants.slice(0, MOST_WANTS), counters: look.counters && !this.pieces.coversSteps(0, from, to, perPixel) };
  }

  private async refine(): Promise<void> {
    const look = this.last;
    if (!look) return;
    // First what is in view, then its neighbours, so that a move finds them there.
    for (const shift of [0, 2, -2]) {
      const frame = frameOf(look.from, look.to, look.width, look.span, shift);
      if (frame.to - frame.from <= 0 || frame.from >= look.span) continue;
      const [from, to] = shift === 0 ? [look.from, Math.min(look.to, look.span)] : [frame.from, frame.to];
      const { wants, counters } = this.missing(look, from, to);
      if (wants.length === 0 && !counters) continue;
      const lanes = wants.map((want) => want.ask);
      if (counters) lanes.push('counters');
      const key = `${frame.from} ${frame.to} ${frame.cells} ${lanes.join()}`;
      if (key === this.runningKey || this.failed.has(key)) return;
      if (shift !== 0 && wants.length > 0 && frame.to - frame.from < 1000) return;
      this.running?.abort();
      this.running = new AbortController();
      this.runningKey = key;
      const fetched = await this.fetch(frame, lanes, wants, counters, key, this.running);
      if (!fetched || this.last !== look) return;
    }
  }

  private async fetch(frame: Frame, lanes: string[], wants: Want[], counters: boolean, key: string, abort: AbortController): Promise<boolean> {
    loading.set(loading.get() + 1);
    try {
      const bytes = await getBytes('tile', { from: frame.from, to: frame.to, cells: frame.cells, lanes: lanes.join(',') }, abort.signal);
      const tile = parseTile(bytes);
      for (const [lane, items] of sortLanes(tile, wants)) {
        this.pieces.addFine(lane, { from: tile.from, to: tile.to, cell: tile.cell, unit: tile.unit, items });
      }
      if (counters) this.pieces.addFineSteps(tile);
      loadError.set(null);
      this.arrived();
      return true;
    } catch (error) {
      if (isAbort(error)) return false;
      // Not again by itself: the same request would most likely fail the same way.
      this.failed.add(key);
      loadError.set(messageOf(error));
      return false;
    } finally {
      if (this.runningKey === key) this.runningKey = '';
      loading.set(loading.get() - 1);
      // More lanes than fit one request: ask for the rest.
      if (!abort.signal.aborted && this.last && lanes.length >= MOST_WANTS) this.look(this.last);
    }
  }
}

