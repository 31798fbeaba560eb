// Draws what stays above the lanes: the axis, the counters, and the bands of the collector.
import { bytes, count } from '../lib/numbers';
import { ticks } from '../lib/time';
import { css, pixel, type Palette } from './colors';
import { largest, meanPerPixel, roundUp } from './counters';
import { keyOf } from './loader';
import type { Pieces } from './pieces';
import { NOTHING, Raster, rasterLine, type Scale } from './raster';
import { Kind } from '../api/tile';

export const TOP = { axis: 22, counter: 42, gap: 4, band: 11 } as const;
export const BANDS = [
  { id: 0, label: 'stop-the-world' },
  { id: 1, label: 'GC marking' },
] as const;

/** The counters' rows: their labels, and which counters each shows. */
export const COUNTERS = [
  { label: 'goroutines', ids: [0, 3, 1], states: [1, 4, 2] },
  { label: 'heap', ids: [4], states: [] },
  { label: 'threads', ids: [6, 7], states: [1, 4] },
] as const;

export const TOP_HEIGHT = TOP.axis + COUNTERS.length * (TOP.counter + TOP.gap) + BANDS.length * (TOP.band + 2) + 2;

export function counterY(i: number): number {
  return TOP.axis + i * (TOP.counter + TOP.gap);
}

export function bandY(i: number): number {
  return counterY(COUNTERS.length) + i * (TOP.band + 2);
}

/** What the rows' scales end at, for their labels. */
export interface TopScales {
  tops: string[];
  base: string;
}

const raster = new Raster();

export function paintTop(g: CanvasRenderingContext2D, scale: Scale, dpr: number, pieces: Pieces, palette: Palette): TopScales {
  const width = scale.width / dpr;
  g.setTransform(dpr, 0, 0, dpr, 0, 0);
  g.fillStyle = css(palette.background);
  g.fillRect(0, 0, width, TOP_HEIGHT);
  const base = paintAxis(g, scale, width, TOP_HEIGHT, palette, true);
  const perPixel = (scale.to - scale.from) / scale.width;
  const tops = COUNTERS.map((row, i) => {
    const series = row.ids.map((id) => meanPerPixel(pieces.pickSteps(id, scale.from, scale.to, perPixel), scale));
    return i === 1
      ? paintHeap(g, scale, dpr, counterY(i), series[0] as Float64Array, pieces, palette)
      : paintStack(g, scale, dpr, counterY(i), series, row.states, palette);
  });
  paintBands(g, scale, width, pieces, perPixel, palette);
  return { tops, base };
}

/** Lines at the ticks, and their labels if wanted. Returns what labels count from. */
export function paintAxis(g: CanvasRenderingContext2D, scale: Scale, width: number, height: number, palette: Palette, labels: boolean): string {
  const found = ticks(scale.from, scale.to, Math.max(2, width / 95));
  g.font = '11px system-ui, sans-serif';
  g.textBaseline = 'middle';
  for (const { time, label } of found.at) {
    const x = Math.round(((time - scale.from) / (scale.to - scale.from)) * width);
    g.fillStyle = palette.grid;
    g.fillRect(x, labels ? TOP.axis - 6 : 0, 1, height);
    if (labels) {
      g.fillStyle = palette.faint;
      const wide = g.measureText(label).width;
      if (x + wide + 4 < width) g.fillText(label, x + 3, 9);
    }
  }
  return found.base;
}

function paintStack(g: CanvasRenderingContext2D, scale: Scale, dpr: number, y: number, series: Float64Array[], states: readonly number[], palette: Palette): string {
  const sums = new Float64Array(scale.width);
  for (const values of series) for (let x = 0; x < sums.length; x++) (sums[x] as number) += values[x] || 0;
  const top = roundUp(largest(sums, 1));
  g.setTransform(1, 0, 0, 1, 0, 0);
  const height = TOP.counter * dpr;
  const bottom = (y + TOP.counter) * dpr;
  const at = new Float64Array(scale.width);
  series.forEach((values, k) => {
    g.fillStyle = css(palette.states[states[k] as number] as readonly [number, number, number]);
    for (let x = 0; x < values.length; x++) {
      const value = values[x] as number;
      if (!(value > 0)) continue;
      const low = at[x] as number;
      const high = low + (value / top) * height;
      // One more goroutine than none has to be seen even if there are thousands elsewhere.
      const y0 = Math.min(bottom - high, bottom - low - 1);
      g.fillRect(x, y0, 1, bottom - low - y0);
      at[x] = high;
    }
  });
  g.setTransform(dpr, 0, 0, dpr, 0, 0);
  g.fillStyle = palette.grid;
  g.fillRect(0, y + TOP.counter, scale.width / dpr, 1);
  return count(top);
}

function paintHeap(g: CanvasRenderingContext2D, scale: Scale, dpr: number, y: number, heap: Float64Array, pieces: Pieces, palette: Palette): string {
  const perPixel = (scale.to - scale.from) / scale.width;
  const goal = meanPerPixel(pieces.pickSteps(5, scale.from, scale.to, perPixel), scale);
  const most = Math.max(largest(heap), largest(goal));
  if (most === 0) return '';
  const top = most * 1.05;
  g.setTransform(1, 0, 0, 1, 0, 0);
  const height = TOP.counter * dpr;
  const bottom = (y + TOP.counter) * dpr;
  g.fillStyle = palette.heap;
  for (let x = 0; x < heap.length; x++) {
    const value = heap[x] as number;
    if (value > 0) g.fillRect(x, bottom - (value / top) * height, 1, (value / top) * height);
  }
  g.strokeStyle = palette.goal;
  g.lineWidth = dpr;
  g.beginPath();
  let pen = false;
  for (let x = 0; x < goal.length; x++) {
    const value = goal[x] as number;
    if (!(value > 0)) {
      pen = false;
      continue;
    }
    const py = bottom - (value / top) * height;
    if (pen) g.lineTo(x, py);
    else g.moveTo(x, py);
    pen = true;
  }
  g.stroke();
  g.setTransform(dpr, 0, 0, dpr, 0, 0);
  g.fillStyle = palette.grid;
  g.fillRect(0, y + TOP.counter, scale.width / dpr, 1);
  return bytes(most);
}

function paintBands(g: CanvasRenderingContext2D, scale: Scale, width: number, pieces: Pieces, perPixel: number, palette: Palette): void {
  raster.begin(scale.width, BANDS.length);
  BANDS.forEach((band, i) => {
    for (const piece of pieces.pick(keyOf(Kind.band, band.id), scale.from, scale.to, perPixel)) rasterLine(raster.pixels, i * scale.width, scale, piece, palette);
    // What is nowhere near a pixel wide is drawn as wide as one: a stop of the world must be seen.
    widen(raster.pixels, i * scale.width, scale.width, pixel(palette.states[i === 0 ? 8 : 9] as readonly [number, number, number]));
  });
  raster.end(BANDS.length);
  g.imageSmoothingEnabled = false;
  BANDS.forEach((_, i) => g.drawImage(raster.canvas, 0, i, scale.width, 1, 0, bandY(i), width, TOP.band));
}

function widen(pixels: Uint32Array, base: number, width: number, color: number): void {
  for (let x = base; x < base + width; x++) if (pixels[x] !== NOTHING) pixels[x] = color;
}
