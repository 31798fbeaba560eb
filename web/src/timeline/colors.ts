// Colours of states. They are after Okabe and Ito's, which people with any of the usual
// kinds of colour blindness can tell apart, and differ in lightness as well.

export type Rgb = readonly [number, number, number];

export interface Palette {
  dark: boolean;
  background: Rgb;
  /** By the state's number in a tile. */
  states: readonly Rgb[];
  /** What a chart, an axis and a selection are drawn with. */
  text: string;
  faint: string;
  grid: string;
  /** Behind headings. */
  raised: string;
  heap: string;
  goal: string;
  accent: string;
  selection: string;
  /** Text on a span of that state. */
  onState: readonly string[];
}

/** Names of the states by their number in a tile. */
export const STATE_NAMES = [
  '',
  'running',
  'runnable',
  'waiting',
  'in a system call',
  'looking for work',
  'idle',
  'garbage collection',
  'stop-the-world',
  'marking',
  'sweeping',
  'mark assist',
] as const;

const hex = (text: string): Rgb => [0, 2, 4].map((i) => parseInt(text.slice(i, i + 2), 16)) as unknown as Rgb;

const light: Palette = {
  dark: false,
  background: hex('ffffff'),
  states: ['ffffff', '009e73', 'f0c230', 'd6d9e0', '0072b2', 'a9bdd6', 'ffffff', 'cc79a7', 'd55e00', 'd59abf', 'b39ad0', '8f3f78'].map(hex),
  text: '#24292f',
  faint: '#6a737d',
  grid: '#e4e7eb',
  raised: '#f6f7f9',
  heap: '#5b8fd0',
  goal: '#b3421b',
  accent: '#1f4fd8',
  selection: 'rgba(31,79,216,0.12)',
  onState: ['#24292f', '#ffffff', '#3a2f00', '#40464f', '#ffffff', '#1d2b3d', '#24292f', '#3d1029', '#ffffff', '#3d1029', '#2a1840', '#ffffff'],
};

const dark: Palette = {
  dark: true,
  background: hex('16181d'),
  states: ['16181d', '12a87e', 'e5b82c', '3d424c', '3f97d8', '5d7391', '16181d', 'cc79a7', 'e8702a', 'a8628c', '8d74b5', 'e59ad0'].map(hex),
  text: '#e3e6eb',
  faint: '#9aa3af',
  grid: '#2a2e37',
  raised: '#1e2127',
  heap: '#6ba3e8',
  goal: '#f0925e',
  accent: '#7ea6ff',
  selection: 'rgba(126,166,255,0.16)',
  onState: ['#e3e6eb', '#03261b', '#2b2200', '#d5d9e0', '#06213a', '#0e1622', '#e3e6eb', '#2d0a1e', '#2b1000', '#2d0a1e', '#170b28', '#2d0a1e'],
};

export const palettes = { light, dark };

/** As a canvas' 32-bit pixel, which is little-endian wherever browsers run. */
export function pixel(color: Rgb): number {
  return ((255 << 24) | (color[2] << 16) | (color[1] << 8) | color[0]) >>> 0;
}

export function css(color: Rgb): string {
  return `rgb(${color[0]},${color[1]},${color[2]})`;
}
