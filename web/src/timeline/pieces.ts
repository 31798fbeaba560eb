// The stretches of lanes that the page has: coarse ones of the whole trace and finer ones of
// what was looked at. Picks which to draw, and forgets those not looked at for long.
import type { Steps, Tile } from '../api/tile';
import type { Piece } from './raster';

export interface StepPiece {
  from: number;
  to: number;
  cell: number;
  steps: Steps;
}

interface Held {
  from: number;
  to: number;
  cell: number;
  used: number;
  cost: number;
}

type Fine = Piece & Held;
type FineSteps = StepPiece & Held;

/** Keys of lanes that coarse tiles have if there is anything in them: Ps, Ms and bands. */
const ALWAYS = /^[015]:/;

/** How many items may be kept, at 45 bytes or so each. */
const MOST = 1_500_000;

export class Pieces {
  private coarse = new Map<string, Piece[]>();
  /** The stretches of all coarse tiles: a lane that one does not have is empty there. */
  private extents: Stretch[] = [];
  private fine = new Map<string, Fine[]>();
  private coarseSteps = new Map<number, StepPiece[]>();
  private fineSteps = new Map<number, FineSteps[]>();
  private turn = 0;
  private total = 0;

  addCoarse(tile: Tile, keyOf: (kind: number, id: number) => string): void {
    this.extents.push({ from: tile.from, to: tile.to, cell: tile.cell });
    for (const items of tile.lanes) {
      const key = keyOf(items.kind, items.id);
      push(this.coarse, key, { from: tile.from, to: tile.to, cell: tile.cell, unit: tile.unit, items });
    }
    for (const steps of tile.counters) push(this.coarseSteps, steps.id, { from: tile.from, to: tile.to, cell: tile.cell, steps });
  }

  addFine(key: string, piece: Piece): void {
    const cost = piece.items.count + 64;
    this.total += cost;
    push(this.fine, key, { ...piece, used: this.turn, cost });
  }

  addFineSteps(tile: Tile): void {
    for (const steps of tile.counters) {
      const cost = steps.time.length + 64;
      this.total += cost;
      push(this.fineSteps, steps.id, { from: tile.from, to: tile.to, cell: tile.cell, steps, used: this.turn, cost });
    }
  }

  /** Keys of the lanes that coarse tiles have. */
  keys(): string[] {
    return [...this.coarse.keys()];
  }

  /**
   * What to draw of a lane, in this order: later pieces lie over earlier ones. One that covers
   * the window and is as fine as a pixel is enough alone.
   */
  pick(key: string, from: number, to: number, perPixel: number): Piece[] {
    return choose(this.coarse.get(key), this.fine.get(key), from, to, perPixel, this.turn);
  }

  pickSteps(id: number, from: number, to: number, perPixel: number): StepPiece[] {
    return choose(this.coarseSteps.get(id), this.fineSteps.get(id), from, to, perPixel, this.turn);
  }

  /** Whether the lane need not be asked for. */
  covers(key: string, from: number, to: number, perPixel: number): boolean {
    const coarse = this.coarse.has(key) || ALWAYS.test(key) ? this.extents : undefined;
    return fineEnough(coarse, this.fine.get(key), from, to, perPixel);
  }

  coversSteps(id: number, from: number, to: number, perPixel: number): boolean {
    return fineEnough(this.coarseSteps.get(id), this.fineSteps.get(id), from, to, perPixel);
  }

  /** Called once a frame: what is not picked for long goes first when there is too much. */
  tick(): void {
    this.turn++;
    if (this.total <= MOST) return;
    const lists: Map<unknown, Held[]>[] = [this.fine as Map<unknown, Held[]>, this.fineSteps as Map<unknown, Held[]>];
    const all = lists.flatMap((map) => [...map.values()].flat()).sort((a, b) => a.used - b.used);
    const gone = new Set<Held>();
    for (const piece of all) {
      if (this.total <= MOST * 0.7 || piece.used >= this.turn - 1) break;
      this.total -= piece.cost;
      gone.add(piece);
    }
    if (gone.size === 0) return;
    for (const map of lists) {
      for (const [key, list] of map) {
        const kept = list.filter((piece) => !gone.has(piece));
        if (kept.length === 0) map.delete(key);
        else map.set(key, kept);
      }
    }
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** A cell of up to so many pixels is fine enough. */
const PIXELS = 2;

interface Stretch {
  from: number;
  to: number;
  cell: number;
}

function choose<T extends Stretch, F extends T & Held>(coarse: T[] | undefined, fine: F[] | undefined, from: number, to: number, perPixel: number, turn: number): T[] {
  let whole: F | null = null;
  const parts: F[] = [];
  for (const piece of fine ?? []) {
    if (piece.to <= from || piece.from >= to) continue;
    parts.push(piece);
    // The coarsest of those that are fine enough has the fewest items to draw.
    const enough = piece.from <= from && piece.to >= to && piece.cell <= perPixel * PIXELS;
    if (enough && (whole === null || piece.cell > whole.cell)) whole = piece;
  }
  if (whole) {
    whole.used = turn;
    return [whole];
  }
  const out: T[] = (coarse ?? []).filter((piece) => piece.to > from && piece.from < to);
  parts.sort((a, b) => b.cell - a.cell);
  const least = out.reduce((cell, piece) => Math.min(cell, piece.cell), Infinity);
  for (const piece of parts) {
    piece.used = turn;
    if (piece.cell < least) out.push(piece);
  }
  return out;
}

function fineEnough(coarse: Stretch[] | undefined, fine: Stretch[] | undefined, from: number, to: number, perPixel: number): boolean {
  const enough = perPixel * PIXELS;
  if (fine?.some((piece) => piece.from <= from && piece.to >= to && piece.cell <= enough)) return true;
  if (!coarse?.length) return false;
  const parts = coarse.filter((piece) => piece.to > from && piece.from < to);
  return parts.length > 0 && parts.every((piece) => piece.cell <= enough) && (parts[0] as Stretch).from <= from && (parts.at(-1) as Stretch).to >= to - perPixel;
}
