// Counters over time: the mean of each pixel, from steps.
import { lowerBound } from '../api/tile';
import type { StepPiece } from './pieces';
import type { Scale } from './raster';

/** The mean value in each pixel; NaN where it is not known. */
export function meanPerPixel(pieces: StepPiece[], scale: Scale): Float64Array {
  const out = new Float64Array(scale.width).fill(NaN);
  for (const piece of pieces) addPiece(out, piece, scale);
  return out;
}

function addPiece(out: Float64Array, piece: StepPiece, scale: Scale): void {
  const perNs = scale.width / (scale.to - scale.from);
  const { time, value } = piece.steps;
  const left = Math.max(0, Math.floor((piece.from - scale.from) * perNs + 1e-6));
  const right = Math.min(scale.width, Math.ceil((piece.to - scale.from) * perNs - 1e-6));
  if (right <= left || time.length === 0) return;
  const startOf = (x: number): number => scale.from + x / perNs;
  let i = Math.max(0, lowerBound(time, time.length, startOf(left) + 1e-9) - 1);
  for (let x = left; x < right; x++) {
    const begin = startOf(x);
    const end = startOf(x + 1);
    while (i + 1 < time.length && (time[i + 1] as number) <= begin) i++;
    let sum = 0;
    let known = 0;
    for (let k = i; k < time.length; k++) {
      const from = Math.max(begin, time[k] as number);
      const to = Math.min(end, (time[k + 1] as number | undefined) ?? piece.to);
      if (from >= end) break;
      if (to > from) {
        sum += (value[k] as number) * (to - from);
        known += to - from;
      }
    }
    out[x] = known > 0 ? sum / known : NaN;
  }
}

/** The value at a moment; null where it is not known. */
export function valueAt(pieces: StepPiece[], time: number): number | null {
  for (let p = pieces.length - 1; p >= 0; p--) {
    const piece = pieces[p] as StepPiece;
    if (time < piece.from || time >= piece.to) continue;
    const i = lowerBound(piece.steps.time, piece.steps.time.length, time + 1e-9) - 1;
    if (i >= 0) return piece.steps.value[i] as number;
  }
  return null;
}

/** The largest of the known values; at least `least`. */
export function largest(values: Float64Array, least = 0): number {
  let most = least;
  for (const value of values) if (value > most) most = value;
  return most;
}

/** A round number that is not below: 1, 2, 5 times a power of ten. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const factor of [1, 2, 5, 10]) if (value <= power * factor * (1 + 1e-9)) return power * factor;
  return power * 10;
}
