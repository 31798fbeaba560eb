// Line charts on a canvas, with a cursor that tells the values.
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useStore } from '../lib/store';
import { palette } from '../state/theme';
import type { Palette } from '../timeline/colors';
import { logTicks, nearest, xTicks, yAxis } from './axes';

export interface Series {
  label: string;
  values: readonly (number | null)[];
  color: string;
  /** Whether the area below is filled. */
  fill?: boolean;
  /** Whether a value lasts until the next. */
  stepped?: boolean;
  /** Whether each value is a bar from the axis, as of what happens at a moment. */
  bars?: boolean;
}

export interface ChartProps {
  label: string;
  /** In order. */
  x: readonly number[];
  series: readonly Series[];
  height?: number;
  xLabel?: string;
  /** Text of values of the axes. */
  xText(value: number): string;
  yText(value: number): string;
  logX?: boolean;
  /** What the axis ends at; as the values need it otherwise. */
  yTop?: number;
  /** Values of which the axis has lines at powers of two, or at whole numbers alone. */
  yOf?: 'bytes' | 'count';
  /** The stretch that is shown; all of it otherwise. */
  range?: readonly [number, number] | null;
  /** Stretches that are marked. */
  marks?: readonly { start: number; end: number }[];
  /** Called with the index of the nearest point when the chart is clicked. */
  onPick?(index: number): void;
  /** Called with a stretch over which the pointer was dragged. */
  onRange?(range: [number, number]): void;
}

const LEFT = 72;
const RIGHT = 14;
const TOP = 8;
const BOTTOM = 22;
/** With so few points each is marked, since a line has no length. */
const FEW = 40;

interface Scale {
  width: number;
  height: number;
  from: number;
  to: number;
  top: number;
  step: number;
  x(value: number): number;
  y(value: number): number;
  time(x: number): number;
}

function scaleOf(props: ChartProps, width: number): Scale {
  const height = props.height ?? 200;
  const [first, last] = [props.x[0] ?? 0, props.x.at(-1) ?? 0];
  const [from, to] = props.range ?? [first, last > first ? last : first + 1];
  const seen = props.series.flatMap((one) => one.values.filter((_, i) => inRange(props.x, i, from, to)));
  const most = props.yTop ?? seen.reduce<number>((sum, value) => Math.max(sum, value ?? 0), 0);
  const { top, step } = yAxis(most, Math.max(2, Math.floor((height - TOP - BOTTOM) / 38)), props.yOf);
  const [inner, deep] = [Math.max(1, width - LEFT - RIGHT), height - TOP - BOTTOM];
  const log = props.logX === true;
  const share = (value: number): number => (log ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from));
  return {
    width,
    height,
    from,
    to,
    top,
    step,
    x: (value) => LEFT + share(value) * inner,
    y: (value) => TOP + (1 - value / top) * deep,
    time: (x) => {
      const at = (x - LEFT) / inner;
      return log ? from * (to / from) ** at : from + at * (to - from);
    },
  };
}

/** Whether a point is in the range, or beside one that is, to which a line leads. */
function inRange(x: readonly number[], i: number, from: number, to: number): boolean {
  return (x[i + 1] ?? Infinity) >= from && (x[i - 1] ?? -Infinity) <= to;
}

export function Chart(props: ChartProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colors = useStore(palette);
  const [width, setWidth] = useState(0);
  const [at, setAt] = useState<number | null>(null);
  const [dragged, setDragged] = useState<[number, number] | null>(null);
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const size = new ResizeObserver(() => setWidth(element.clientWidth));
    size.observe(element);
    return () => size.disconnect();
  }, []);
  const scale = scaleOf(props, width);
  useEffect(() => {
    if (canvas.current && width > 0) paint(canvas.current, props, scale, colors, at, dragged);
  });
  const moment = (event: PointerEvent): number => scale.time(Math.min(width - RIGHT, Math.max(LEFT, event.clientX - (event.currentTarget as HTMLElement).getBoundingClientRect().left)));
  const move = (event: PointerEvent): void => {
    const time = moment(event);
    if (props.x.length > 0) setAt(nearest(props.x, time));
    if (dragged) setDragged([dragged[0], time]);
  };
  const up = (event: PointerEvent): void => {
    const drag = dragged;
    setDragged(null);
    const [a, b] = [drag?.[0] ?? 0, moment(event)];
    if (drag && props.onRange && Math.abs(scale.x(a) - scale.x(b)) > 4) props.onRange([Math.min(a, b), Math.max(a, b)]);
    else if (props.x.length > 0) props.onPick?.(nearest(props.x, b));
  };
  return (
    <figure class={`chart${props.onPick ? ' pick' : ''}`}>
      <canvas
        ref={canvas}
        style={{ height: `${scale.height}px` }}
        role="img"
        aria-label={props.label}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          if (event.button === 0) setDragged([moment(event), moment(event)]);
        }}
        onPointerMove={move}
        onPointerUp={up}
        onPointerLeave={() => setAt(null)}
      />
      <figcaption>
        {props.series.map((one) => (
          <span key={one.label}>
            <i style={{ background: one.color }} />
            {one.label}
            {at !== null && <b>{told(one.values[at], props.yText)}</b>}
          </span>
        ))}
        {at !== null && <span>{`${props.xLabel ?? 'at'} ${props.xText(props.x[at] as number)}`}</span>}
      </figcaption>
    </figure>
  );
}

function told(value: number | null | undefined, text: (value: number) => string): string {
  return value === null || value === undefined ? ' –' : ' ' + text(value);
}

function paint(canvas: HTMLCanvasElement, props: ChartProps, scale: Scale, colors: Palette, at: number | null, dragged: [number, number] | null): void {
  const dpr = devicePixelRatio || 1;
  const { width, height } = scale;
  [canvas.width, canvas.height] = [Math.round(width * dpr), Math.round(height * dpr)];
  const g = canvas.getContext('2d') as CanvasRenderingContext2D;
  g.setTransform(dpr, 0, 0, dpr, 0, 0);
  g.font = '11px system-ui, sans-serif';
  const [right, bottom] = [width - RIGHT, height - BOTTOM];
  g.fillStyle = colors.selection;
  for (const mark of props.marks ?? []) g.fillRect(scale.x(mark.start), TOP, Math.max(2, scale.x(mark.end) - scale.x(mark.start)), bottom - TOP);
  if (dragged && props.onRange) g.fillRect(scale.x(dragged[0]), TOP, scale.x(dragged[1]) - scale.x(dragged[0]), bottom - TOP);
  paintAxes(g, props, scale, colors);
  g.save();
  g.beginPath();
  g.rect(LEFT, 0, right - LEFT, height);
  g.clip();
  for (const one of props.series) paintSeries(g, one, props.x, scale);
  if (at !== null) {
    const x = scale.x(props.x[at] as number);
    g.fillStyle = colors.faint;
    g.fillRect(x, TOP, 1, bottom - TOP);
    for (const { values, color } of props.series) dot(g, x, values[at], color, scale, 3.5);
  }
  g.restore();
}

function paintAxes(g: CanvasRenderingContext2D, props: ChartProps, scale: Scale, colors: Palette): void {
  const [right, bottom] = [scale.width - RIGHT, scale.height - BOTTOM];
  const line = (x: number, y: number, wide: number, high: number): void => {
    g.fillStyle = colors.grid;
    g.fillRect(Math.round(x), Math.round(y), wide, high);
    g.fillStyle = colors.faint;
  };
  g.textBaseline = 'middle';
  g.textAlign = 'right';
  for (let i = 0; i * scale.step <= scale.top * (1 + 1e-9); i++) {
    const y = scale.y(i * scale.step);
    line(LEFT, y, right - LEFT, 1);
    g.fillText(props.yText(i * scale.step), LEFT - 7, y);
  }
  g.textAlign = 'center';
  const most = Math.max(2, (right - LEFT) / 90);
  for (const value of props.logX ? logTicks(scale.from, scale.to, most) : xTicks(scale.from, scale.to, most)) {
    line(scale.x(value), TOP, 1, bottom - TOP);
    g.fillText(props.xText(value), Math.min(scale.x(value), scale.width - 24), bottom + 13);
  }
}

function paintSeries(g: CanvasRenderingContext2D, { values, color, fill, stepped, bars }: Series, x: readonly number[], scale: Scale): void {
  g.strokeStyle = g.fillStyle = color;
  g.lineWidth = 1.5;
  const zero = scale.y(0);
  // A line for each run of values that are known.
  let run: [number, number][] = [];
  const flush = (): void => {
    if (run.length > 0 && !bars) stroke(g, run, zero, fill === true);
    run = [];
  };
  values.forEach((value, i) => {
    if (value === null || !inRange(x, i, scale.from, scale.to)) return flush();
    const [left, y] = [scale.x(x[i] as number), scale.y(value)];
    if (bars) return g.fillRect(left - 1, y, 2, zero - y);
    if (stepped && run.length > 0) run.push([left, (run.at(-1) as [number, number])[1]]);
    run.push([left, y]);
  });
  flush();
  if (x.length <= FEW) values.forEach((value, i) => dot(g, scale.x(x[i] as number), value, color, scale, 2.5));
}

function stroke(g: CanvasRenderingContext2D, points: [number, number][], zero: number, fill: boolean): void {
  g.beginPath();
  points.forEach(([x, y], i) => (i === 0 ? g.moveTo(x, y) : g.lineTo(x, y)));
  g.stroke();
  if (!fill) return;
  g.lineTo((points.at(-1) as [number, number])[0], zero);
  g.lineTo((points[0] as [number, number])[0], zero);
  g.globalAlpha = 0.2;
  g.fill();
  g.globalAlpha = 1;
}

function dot(g: CanvasRenderingContext2D, x: number, value: number | null | undefined, color: string, scale: Scale, radius: number): void {
  if (value === null || value === undefined) return;
  g.fillStyle = color;
  g.beginPath();
  g.arc(x, scale.y(value), radius, 0, 7);
  g.fill();
}
