// Draws the lanes: lines of pixels, stretched; labels, bars, the selection and arrows on top.
import type { Flow } from '../api/types';
import { AFTER, BEFORE, Kind, lowerBound, MERGED } from '../api/tile';
import { css, STATE_NAMES, type Palette } from './colors';
import type { Placed } from './layout';
import { paintAxis } from './paint-top';
import type { Pieces } from './pieces';
import { Raster, rasterLine, type Piece, type Scale } from './raster';

export interface LanesInput {
  placed: Placed[];
  /** How far the lanes are scrolled. */
  top: number;
  height: number;
  scale: Scale;
  dpr: number;
  pieces: Pieces;
  palette: Palette;
  /** The goroutine whose spans are marked, wherever they are. */
  goroutine: number | null;
  /** The span that is shown in detail. */
  span: { lanes: ReadonlySet<string>; start: number; end: number } | null;
  flows: Flow[];
  nameOf(goroutine: number): string | null;
}

const raster = new Raster();

/** How wide a span has to be for a label. */
const LABEL_WIDTH = 34;

export function paintLanes(g: CanvasRenderingContext2D, input: LanesInput): void {
  const { placed, scale, dpr, pieces, palette, top } = input;
  const width = scale.width / dpr;
  g.setTransform(dpr, 0, 0, dpr, 0, 0);
  g.fillStyle = css(palette.background);
  g.fillRect(0, 0, width, input.height);
  paintAxis(g, scale, width, input.height, palette, false);

  const perPixel = (scale.to - scale.from) / scale.width;
  raster.begin(scale.width, placed.length);
  const drawn: Piece[][] = placed.map(({ lane }, i) => {
    if (!lane?.want) return [];
    const found = pieces.pick(lane.key, scale.from, scale.to, perPixel);
    for (const piece of found) rasterLine(raster.pixels, i * scale.width, scale, piece, palette);
    return found;
  });
  raster.end(placed.length);
  g.imageSmoothingEnabled = false;
  placed.forEach(({ y, height, lane }, i) => {
    if (lane?.want) g.drawImage(raster.canvas, 0, i, scale.width, 1, 0, y - top + 1, width, height - 2);
    else if (!lane) {
      g.fillStyle = palette.raised;
      g.fillRect(0, y - top, width, height);
    }
  });
  g.font = '11px system-ui, sans-serif';
  g.textBaseline = 'middle';
  placed.forEach((place, i) => {
    if (place.lane?.bars) paintBars(g, input, place, width);
    else if (place.lane && place.lane.kind !== Kind.group) {
      const pieces = drawn[i] as Piece[];
      const piece = pieces.at(-1);
      if (piece) paintLabels(g, input, place, piece, width);
    }
  });
  paintFlows(g, input, width);
  paintSpan(g, input, width);
}

function xOf(time: number, scale: Scale, width: number): number {
  return ((time - scale.from) / (scale.to - scale.from)) * width;
}

/** Labels of spans that are wide enough, and a line below those of the marked goroutine. */
function paintLabels(g: CanvasRenderingContext2D, input: LanesInput, place: Placed, piece: Piece, width: number): void {
  const { scale, palette, top } = input;
  const { start, duration, label, state, flags, spans, count } = piece.items;
  const lane = place.lane;
  if (!lane) return;
  const perNs = width / (scale.to - scale.from);
  const perUnit = perNs * piece.unit;
  const shift = (piece.from - scale.from) * perNs;
  const middle = place.y - top + place.height / 2 + 0.5;
  for (let i = Math.max(0, lowerBound(start, count, (scale.from - piece.from) / piece.unit) - 1); i < count; i++) {
    const x = (start[i] as number) * perUnit + shift;
    if (x > width) break;
    const long = (duration[i] as number) * perUnit;
    if (x + long < 0) continue;
    const goroutine = label[i] as number;
    if (goroutine !== 0 && goroutine === input.goroutine && lane.kind !== Kind.goroutine) {
      g.fillStyle = palette.accent;
      g.fillRect(Math.max(0, x), place.y - top + place.height - 4, Math.max(1, Math.min(width, x + long) - Math.max(0, x)), 3);
    }
    const left = Math.max(0, x);
    const room = Math.min(width, x + long) - left;
    if (room < LABEL_WIDTH || ((flags[i] as number) & MERGED && (spans[i] as number) > 1)) continue;
    // A gap at a border of the span, so that two of one colour are told apart.
    if (x > 0 && !((flags[i] as number) & BEFORE)) {
      g.fillStyle = css(palette.background);
      g.fillRect(x, place.y - top + 1, 1, place.height - 2);
    }
    const text = textOf(lane.kind, goroutine, state[i] as number, room, input.nameOf);
    if (text) drawText(g, text, left + 4, middle, room - 8, palette.onState[state[i] as number] ?? palette.text);
  }
}

function textOf(kind: number, goroutine: number, state: number, room: number, nameOf: (id: number) => string | null): string {
  if (kind === Kind.goroutine) return STATE_NAMES[state] ?? '';
  if (goroutine === 0) return STATE_NAMES[state] ?? '';
  const name = room > 90 ? nameOf(goroutine) : null;
  return name ? `G${goroutine} ${name}` : `G${goroutine}`;
}

/** Widths of texts, which are drawn over and over. */
const widths = new Map<string, number>();

function measure(g: CanvasRenderingContext2D, text: string): number {
  let width = widths.get(text);
  if (width === undefined) {
    if (widths.size > 20_000) widths.clear();
    width = g.measureText(text).width;
    widths.set(text, width);
  }
  return width;
}

/** Draws what of a text fits. */
function drawText(g: CanvasRenderingContext2D, text: string, x: number, y: number, room: number, color: string): void {
  const width = measure(g, text);
  let shown = text;
  if (width > room) {
    const keep = Math.floor((text.length * (room - 8)) / width);
    if (keep < 2) return;
    shown = text.slice(0, keep) + '…';
  }
  g.fillStyle = color;
  g.fillText(shown, x, y);
}

/** Bars' colours, by name: few, and never a state's. */
const BAR_COLORS = ['#7d8bc4', '#c48a7d', '#7dab8f', '#b07fb8', '#a79a5b', '#6fa6b5'];

function paintBars(g: CanvasRenderingContext2D, input: LanesInput, place: Placed, width: number): void {
  const { scale, palette, top } = input;
  const y = place.y - top;
  for (const bar of place.lane?.bars ?? []) {
    if (bar.end < scale.from || bar.start > scale.to) continue;
    const left = Math.max(0, xOf(bar.start, scale, width));
    const right = Math.min(width, Math.max(xOf(bar.end, scale, width), left + 1));
    let hash = 0;
    for (let i = 0; i < bar.name.length; i++) hash = (hash * 31 + bar.name.charCodeAt(i)) >>> 0;
    g.fillStyle = BAR_COLORS[hash % BAR_COLORS.length] as string;
    g.globalAlpha = bar.whole ? 1 : 0.55;
    g.fillRect(left, y + 1, Math.max(1, right - left - 0.5), place.height - 2);
    g.globalAlpha = 1;
    if (right - left > 24) drawText(g, bar.name, left + 4, y + place.height / 2 + 0.5, right - left - 8, palette.dark ? '#0c0e12' : '#ffffff');
  }
}

/** The frame around the span that is shown in detail. */
function paintSpan(g: CanvasRenderingContext2D, input: LanesInput, width: number): void {
  const { span, scale, palette, top } = input;
  if (!span) return;
  for (const place of input.placed) {
    if (!place.lane || !span.lanes.has(place.lane.key)) continue;
    const left = Math.max(-4, xOf(span.start, scale, width));
    const right = Math.min(width + 4, Math.max(xOf(span.end, scale, width), left + 2));
    g.strokeStyle = palette.text;
    g.lineWidth = 2;
    g.strokeRect(left, place.y - top + 1, right - left, place.height - 2);
  }
}

/** Arrows from who woke a goroutine to where it ran then. */
function paintFlows(g: CanvasRenderingContext2D, input: LanesInput, width: number): void {
  const { scale, top, palette } = input;
  if (input.flows.length === 0) return;
  const laneOf = new Map<string, Placed>();
  for (const place of input.placed) if (place.lane?.want) laneOf.set(place.lane.key, place);
  const place = (goroutine: number | null, proc: number | null): Placed | undefined =>
    (goroutine === null ? undefined : laneOf.get(`${Kind.goroutine}:${goroutine}`)) ?? (proc === null ? undefined : laneOf.get(`${Kind.proc}:${proc}`));
  g.strokeStyle = palette.text;
  g.fillStyle = palette.text;
  g.lineWidth = 1.25;
  for (const flow of input.flows) {
    const from = place(flow.from, flow.fromProc);
    const to = place(flow.to, flow.toProc);
    if (!from || !to) continue;
    const x0 = xOf(flow.time, scale, width);
    const x1 = xOf(to.lane?.kind === Kind.goroutine ? flow.time : (flow.toStart ?? flow.time), scale, width);
    if ((x0 < -50 && x1 < -50) || (x0 > width + 50 && x1 > width + 50)) continue;
    const y0 = from.y - top + from.height / 2;
    const y1 = to.y - top + to.height / 2;
    const bend = Math.max(12, Math.abs(x1 - x0) / 2);
    g.beginPath();
    g.moveTo(x0, y0);
    g.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1);
    g.stroke();
    g.beginPath();
    g.moveTo(x1, y1);
    g.lineTo(x1 - 6, y1 - 3.5);
    g.lineTo(x1 - 6, y1 + 3.5);
    g.fill();
  }
}

/** The item of a lane at a moment. */
export interface Found {
  start: number;
  end: number;
  state: number;
  label: number;
  merged: boolean;
  spans: number;
  fill: number;
  open: boolean;
}

export function itemAt(found: Piece[], time: number): Found | null {
  for (let p = found.length - 1; p >= 0; p--) {
    const piece = found[p] as Piece;
    if (time < piece.from || time >= piece.to) continue;
    const { start, duration, state, label, flags, spans, fill, count } = piece.items;
    const unit = (time - piece.from) / piece.unit;
    const i = lowerBound(start, count, unit + 1e-9) - 1;
    if (i < 0 || (start[i] as number) + (duration[i] as number) <= unit) return null;
    const begin = piece.from + (start[i] as number) * piece.unit;
    const flag = flags[i] as number;
    return {
      start: begin,
      end: begin + (duration[i] as number) * piece.unit,
      state: state[i] as number,
      label: label[i] as number,
      merged: (flag & MERGED) !== 0,
      spans: spans[i] as number,
      fill: (fill[i] as number) / 255,
      open: (flag & (BEFORE | AFTER)) !== 0,
    };
  }
  return null;
}
