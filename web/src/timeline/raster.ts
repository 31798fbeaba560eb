// Draws lanes as lines of pixels, one line a lane; the canvas stretches them to the lanes'
// height. A pixel has the mean colour of what happens in its time, weighted by how much of
// the time that is, so that no zoom drops or invents anything.
import { Kind, lowerBound, type Items } from '../api/tile';
import { pixel, type Palette } from './colors';

/** The least share of a pixel that a span is drawn with, so that a rare one can be seen. */
const LEAST = 0.15;

/** A pixel in whose time nothing happened: what lies below, such as the axis' lines, shows. */
export const NOTHING = 0;

/** A stretch of time on so many pixels. */
export interface Scale {
  from: number;
  to: number;
  width: number;
}

export interface Piece {
  from: number;
  to: number;
  cell: number;
  unit: number;
  items: Items;
}

/**
 * Draws the part of `piece` that is in view into `out`, `scale.width` pixels from `base` on.
 * Pixels outside the piece's time stay as they are.
 */
export function rasterLine(out: Uint32Array, base: number, scale: Scale, piece: Piece, palette: Palette): void {
  const perNs = scale.width / (scale.to - scale.from);
  const left = Math.max(0, Math.floor((piece.from - scale.from) * perNs + 1e-6));
  const right = Math.min(scale.width, Math.ceil((piece.to - scale.from) * perNs - 1e-6));
  if (right <= left) return;
  const background = palette.background;
  out.fill(NOTHING, base + left, base + right);

  const { start, duration, state, fill, count } = piece.items;
  // A group's share of all Ps is often small, and has to be seen all the same.
  const strip = piece.items.kind === Kind.group;
  const perUnit = perNs * piece.unit;
  const shift = (piece.from - scale.from) * perNs;
  const firstUnit = (scale.from - piece.from) / piece.unit;
  // The item before the first that starts in view may reach into it.
  let i = Math.max(0, lowerBound(start, count, firstUnit) - 1);

  // The pixel that is being mixed: how much of it is covered, and its colours so far.
  let at = -1;
  let covered = 0;
  let red = 0;
  let green = 0;
  let blue = 0;
  const flush = (): void => {
    if (covered <= 0 || at < left || at >= right) return;
    const over = covered > 1 ? 1 / covered : 1;
    const rest = covered > 1 ? 0 : 1 - covered;
    const r = red * over + background[0] * rest;
    const g = green * over + background[1] * rest;
    const b = blue * over + background[2] * rest;
    out[base + at] = ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  };
  const add = (x: number, share: number, color: readonly [number, number, number]): void => {
    if (x !== at) {
      flush();
      at = x;
      covered = red = green = blue = 0;
    }
    covered += share;
    red += share * color[0];
    green += share * color[1];
    blue += share * color[2];
  };

  for (; i < count; i++) {
    let a = (start[i] as number) * perUnit + shift;
    if (a >= right) break;
    let b = a + (duration[i] as number) * perUnit;
    if (b < left) continue;
    if (a < left) a = left;
    if (b > right) b = right;
    const color = palette.states[state[i] as number] ?? background;
    const full = strip ? Math.sqrt((fill[i] as number) / 255) : (fill[i] as number) / 255;
    const first = Math.floor(a);
    const last = Math.floor(b);
    if (first === last) {
      if (first < right) add(first, Math.max(b - a, LEAST) * full, color);
      continue;
    }
    add(first, (first + 1 - a) * full, color);
    if (last > first + 1) {
      flush();
      covered = 0;
      const mixed = pixel([
        color[0] * full + background[0] * (1 - full),
        color[1] * full + background[1] * (1 - full),
        color[2] * full + background[2] * (1 - full),
      ]);
      out.fill(mixed, base + first + 1, base + last);
      at = -1;
    }
    if (b > last) add(last, (b - last) * full, color);
  }
  flush();
}

/** The image in which lanes are drawn, a line of pixels each. */
export class Raster {
  readonly canvas = document.createElement('canvas');
  private readonly context = this.canvas.getContext('2d') as CanvasRenderingContext2D;
  private image: ImageData | null = null;
  pixels = new Uint32Array(0);

  /** Makes room for `rows` lines of `width` pixels, in which nothing happened. */
  begin(width: number, rows: number): void {
    if (!this.image || this.image.width !== width || this.image.height < rows) {
      this.canvas.width = Math.max(1, width);
      this.canvas.height = Math.max(64, rows);
      this.image = this.context.createImageData(this.canvas.width, this.canvas.height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    this.pixels.fill(NOTHING, 0, this.image.width * rows);
  }

  /** Gives the lines to the canvas, from where `drawImage` takes them. */
  end(rows: number): void {
    if (this.image) this.context.putImageData(this.image, 0, 0, 0, 0, this.image.width, rows);
  }
}
