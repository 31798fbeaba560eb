// The timeline's canvases: measures them, and draws them once a frame when something changed.
import { palette } from '../state/theme';
import { meta } from '../state/trace';
import { largest, meanPerPixel } from './counters';
import { css } from './colors';
import { inView, wantsOf, type Layout, type Placed } from './layout';
import { keyOf } from './loader';
import { detail, flows, loader, pieces, takeCoarse, view } from './model';
import { nameOf } from './names';
import { paintLanes } from './paint-lanes';
import { paintTop, TOP_HEIGHT, type TopScales } from './paint-top';
import { rasterLine, Raster, type Scale } from './raster';
import { Kind } from '../api/tile';
import type { Span } from '../api/types';

export const GUTTER = 204;
export const MAP_HEIGHT = 34;

export interface Elements {
  map: HTMLCanvasElement;
  top: HTMLCanvasElement;
  lanes: HTMLCanvasElement;
  scroll: HTMLElement;
}

/** Moments that the minimap marks, as those that a search found. */
export interface Mark {
  start: number;
  end: number;
}

export class Scene {
  layout: Layout = { blocks: [], height: 0 };
  goroutine: number | null = null;
  marks: Mark[] = [];
  /** The plot's width, in the page's pixels. */
  width = 1;
  height = 1;
  /** How long the last frames took to draw, for measurements. */
  readonly times: number[] = [];
  private asked = 0;
  private readonly mapRaster = new Raster();

  constructor(
    readonly elements: Elements,
    private readonly onTop: (scales: TopScales) => void,
  ) {}

  draw(): void {
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      this.paint();
    });
  }

  stop(): void {
    cancelAnimationFrame(this.asked);
    loader.stop();
  }

  /** The stretch in view, for tests in a browser. */
  stretch(): { from: number; to: number } {
    return { from: view.from, to: view.to };
  }

  measure(): void {
    const { scroll } = this.elements;
    this.width = Math.max(50, scroll.clientWidth - GUTTER);
    this.height = Math.max(50, scroll.clientHeight);
  }

  placed(): Placed[] {
    const top = this.elements.scroll.scrollTop;
    return inView(this.layout, top, top + this.height);
  }

  private paint(): void {
    const began = performance.now();
    takeCoarse();
    this.measure();
    const dpr = devicePixelRatio || 1;
    const scale: Scale = { from: view.from, to: view.to, width: Math.max(1, Math.round(this.width * dpr)) };
    const colors = palette.get();
    const placed = this.placed();
    const lanes = contextOf(this.elements.lanes, this.width, this.height, dpr);
    const selected = detail.get();
    const span = selected?.span ? { lanes: lanesOf(selected.lane, selected.span), start: selected.span.start, end: selected.span.end } : null;
    paintLanes(lanes, {
      placed,
      top: this.elements.scroll.scrollTop,
      height: this.height,
      scale,
      dpr,
      pieces,
      palette: colors,
      goroutine: this.goroutine,
      span,
      flows: flows.get(),
      nameOf,
    });
    this.onTop(paintTop(contextOf(this.elements.top, this.width, TOP_HEIGHT, dpr), scale, dpr, pieces, colors));
    this.paintMap(contextOf(this.elements.map, this.width, MAP_HEIGHT, dpr), dpr);
    pieces.tick();
    this.times.push(performance.now() - began);
    if (this.times.length > 1000) this.times.shift();
    // While the trace is read, the whole of it is drawn from what comes of that.
    if (!view.chosen && !meta.get()?.done) return;
    const wants = wantsOf(placed);
    const bands = ['0', '1'].map((id) => keyOf(Kind.band, Number(id)));
    wants.push({ ask: 'bands', keys: bands, kind: Kind.band, byId: true });
    loader.look({ from: view.from, to: view.to, width: scale.width, span: view.span, wants, counters: true });
  }

  /** The whole trace in a strip: how many goroutines ran, and where the stretch in view is. */
  private paintMap(g: CanvasRenderingContext2D, dpr: number): void {
    const colors = palette.get();
    const scale: Scale = { from: 0, to: view.span, width: Math.max(1, Math.round(this.width * dpr)) };
    const perPixel = scale.to / scale.width;
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.fillStyle = css(colors.background);
    g.fillRect(0, 0, scale.width, MAP_HEIGHT * dpr);
    const running = meanPerPixel(pieces.pickSteps(0, scale.from, scale.to, perPixel), scale);
    const top = largest(running, 1);
    const bottom = MAP_HEIGHT * dpr;
    const height = (MAP_HEIGHT - 8) * dpr;
    g.fillStyle = css(colors.states[1] as readonly [number, number, number]);
    for (let x = 0; x < running.length; x++) {
      const value = running[x] as number;
      if (value > 0) g.fillRect(x, bottom - (value / top) * height, 1, (value / top) * height);
    }
    this.mapRaster.begin(scale.width, 1);
    for (const piece of pieces.pick(keyOf(Kind.band, 1), 0, view.span, perPixel)) rasterLine(this.mapRaster.pixels, 0, scale, piece, colors);
    this.mapRaster.end(1);
    g.imageSmoothingEnabled = false;
    g.drawImage(this.mapRaster.canvas, 0, 0, scale.width, 1, 0, 0, scale.width, 4 * dpr);
    g.setTransform(dpr, 0, 0, dpr, 0, 0);
    const x = (time: number): number => (time / view.span) * this.width;
    g.fillStyle = colors.accent;
    for (const mark of this.marks) g.fillRect(x(mark.start), 4, Math.max(1.5, x(mark.end) - x(mark.start)), 7);
    const [left, right] = [x(view.from), Math.max(x(view.to), x(view.from) + 2)];
    g.fillStyle = colors.dark ? 'rgba(0,0,0,0.55)' : 'rgba(70,80,95,0.28)';
    g.fillRect(0, 0, left, MAP_HEIGHT);
    g.fillRect(right, 0, this.width - right, MAP_HEIGHT);
    g.strokeStyle = colors.text;
    g.lineWidth = 1;
    g.strokeRect(left + 0.5, 0.5, Math.max(1, right - left - 1), MAP_HEIGHT - 1);
  }
}

/** The lanes that a span is framed on: where it was clicked, and wherever else it is drawn. */
function lanesOf(clicked: string, span: Span): ReadonlySet<string> {
  const lanes = new Set([clicked]);
  if (span.goroutine !== null) lanes.add(keyOf(Kind.goroutine, span.goroutine));
  if (span.state === 'running' || span.state === 'syscall') {
    if (span.proc !== null) lanes.add(keyOf(Kind.proc, span.proc));
    if (span.thread !== null) lanes.add(keyOf(Kind.thread, span.thread));
  }
  return lanes;
}

function contextOf(canvas: HTMLCanvasElement, width: number, height: number, dpr: number): CanvasRenderingContext2D {
  const [w, h] = [Math.max(1, Math.round(width * dpr)), Math.max(1, Math.round(height * dpr))];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = width + 'px';
    canvas.style.height = height + 'px';
  }
  return canvas.getContext('2d', { alpha: false }) as CanvasRenderingContext2D;
}
