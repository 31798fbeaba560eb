// Times for people: durations, moments, and the labels of a time axis.

const UNITS: readonly [limit: number, name: string, decimals: number][] = [
  [1e9, 's', 9],
  [1e6, 'ms', 6],
  [1e3, 'µs', 3],
  [1, 'ns', 0],
];

function unitOf(ns: number): readonly [number, string, number] {
  const size = Math.abs(ns);
  for (const unit of UNITS) if (size >= unit[0]) return unit;
  return [1, 'ns', 0];
}

/** A duration in four digits: "1.235 ms". */
export function short(ns: number | null | undefined): string {
  if (ns === null || ns === undefined || !Number.isFinite(ns)) return '–';
  if (ns === 0) return '0';
  let unit = unitOf(ns);
  let text = (ns / unit[0]).toPrecision(4);
  // 999,960 ns would be "1000 µs".
  if (Math.abs(Number(text)) >= 1000 && unit[0] < 1e9) {
    unit = unitOf(Math.sign(ns) * unit[0] * 1000);
    text = (ns / unit[0]).toPrecision(4);
  }
  if (unit[0] === 1) return `${Math.round(ns * 100) / 100} ns`;
  const value = Number(text);
  const plain = Math.abs(value) >= 10000 ? Math.round(ns / unit[0]).toString() : text.includes('e') ? String(value) : text;
  return `${trim(plain)} ${unit[1]}`;
}

/** A duration to the nanosecond: "1.234567 ms". */
export function exact(ns: number | null | undefined): string {
  if (ns === null || ns === undefined || !Number.isFinite(ns)) return '–';
  const [size, name, decimals] = unitOf(ns);
  // Whole and rest apart: a quotient of large numbers would lose the last digits.
  const whole = Math.trunc(ns / size);
  const rest = Math.abs(Math.round(ns - whole * size));
  if (decimals === 0) return `${Math.round(ns)} ns`;
  const sign = whole === 0 && ns < 0 ? '-' : '';
  return `${sign}${whole}${trim('.' + String(rest).padStart(decimals, '0'))} ${name}`;
}

function trim(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** The ticks of an axis. */
export interface Ticks {
  /** What to add to each label: the axis's left part, in words; empty if labels are whole. */
  base: string;
  /** The moment that labels count from. */
  origin: number;
  step: number;
  at: { time: number; label: string }[];
}

/** The step of ticks: 1, 2 or 5 times a power of ten, so that at most `most` fit. */
export function tickStep(span: number, most: number): number {
  const least = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1e-3)));
  for (const factor of [1, 2, 5, 10]) {
    // Powers of ten below one are not exact; the page does not show less than a nanosecond.
    if (power * factor >= least * (1 - 1e-9)) return Math.max(1, Math.round(power * factor * 1000) / 1000);
  }
  return power * 10;
}

/**
 * Ticks whose labels differ from each other at any zoom. Where a label would need more than
 * four digits beyond what all have in common, labels count from a base: "1.234 s" and "+20 ns".
 */
export function ticks(from: number, to: number, most: number): Ticks {
  const step = tickStep(to - from, most);
  const first = Math.ceil(from / step);
  const last = Math.floor(to / step);
  const high = Math.max(Math.abs(from), Math.abs(to));
  // How many steps fit into the moment: with more than so many, whole labels get long.
  const relative = high / step > 20_000;
  const coarse = step * 1000;
  const origin = relative ? Math.floor(from / coarse) * coarse : 0;
  const size = labelUnit(relative ? Math.max(to - origin, step) : Math.max(high, step), step);
  const decimals = Math.max(0, Math.round(Math.log10(size[0]) - Math.floor(Math.log10(step) + 1e-9)));
  const at: Ticks['at'] = [];
  for (let i = first; i <= last && at.length <= 1000; i++) {
    const time = i * step;
    const value = ((time - origin) / size[0]).toFixed(decimals);
    at.push({ time, label: `${relative ? '+' : ''}${value} ${size[1]}` });
  }
  return { base: relative ? exact(origin) : '', origin, step, at };
}

function labelUnit(high: number, step: number): readonly [number, string] {
  // The largest unit in which a step has at most three decimals.
  for (const [size, name] of UNITS) {
    if (high >= size && step >= size / 1000) return [size, name];
  }
  for (const [size, name] of UNITS) if (step >= size) return [size, name];
  return [1, 'ns'];
}

/** Parses "1.5ms", "20 us", "3s" or a number of nanoseconds; null if it is none. */
export function parseTime(text: string): number | null {
  const found = /^\s*([0-9]+(?:\.[0-9]+)?)\s*(ns|us|µs|ms|s|)\s*$/.exec(text);
  if (!found) return null;
  const factor = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, '': 1 }[found[2] ?? ''] ?? 1;
  return Number(found[1]) * factor;
}
