// The axes of charts: where values stand, and which of them are labelled.
import { tickStep } from '../lib/time';

/** The end of an axis from 0 that has room for `most`, and the distance of its lines. */
export function yAxis(most: number, lines: number, of?: 'bytes' | 'count'): { top: number; step: number } {
  if (!(most > 0)) return { top: 1, step: 1 };
  // Bytes are told in powers of two.
  const least = of ? Math.max(1, most / lines) : most / lines;
  const step = of === 'bytes' ? 2 ** Math.ceil(Math.log2(least)) : niceStep(least);
  return { top: Math.ceil((most / step) * (1 - 1e-9)) * step, step };
}

/** The least of 1, 2 and 5 times a power of ten that is not below. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((one) => one * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Labelled moments of a linear axis. */
export function xTicks(from: number, to: number, most: number): number[] {
  const step = tickStep(to - from, most);
  const out: number[] = [];
  for (let i = Math.ceil(from / step); i <= Math.floor(to / step) && out.length < 200; i++) out.push(i * step);
  return out;
}

/** Powers of ten, and if there is room their double and fivefold, on a logarithmic axis. */
export function logTicks(from: number, to: number, most: number): number[] {
  const decades = Math.log10(to / from);
  const factors = decades * 3 <= most ? [1, 2, 5] : [1];
  const skip = Math.max(1, Math.ceil(decades / most));
  const out: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.log10(to); power++) {
    if (factors.length === 1 && power % skip !== 0) continue;
    for (const factor of factors) {
      const value = factor * 10 ** power;
      if (value >= from * (1 - 1e-9) && value <= to * (1 + 1e-9)) out.push(value);
    }
  }
  return out;
}

/** The place of the value nearest to one, of values in order. */
export function nearest(values: readonly number[], wanted: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [values[low - 1], values[low]];
  if (after === undefined) return values.length - 1;
  return before !== undefined && wanted - before < after - wanted ? low - 1 : low;
}
