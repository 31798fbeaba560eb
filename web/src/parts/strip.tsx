// One lane of the timeline on a page of its own: a click opens that place.
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { getBytes, isAbort, messageOf } from '../api/client';
import { parseTile, type Tile } from '../api/tile';
import { useStore } from '../lib/store';
import { short } from '../lib/time';
import { navigate } from '../state/route';
import { palette } from '../state/theme';
import { css } from '../timeline/colors';
import { Raster, rasterLine } from '../timeline/raster';
import { Problem } from './empty';

const HEIGHT = 26;

export function StripLane({ lane, from, to, goroutine }: { lane: string; from: number; to: number; goroutine: number | null }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [tile, setTile] = useState<Tile | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [width, setWidth] = useState(0);
  const colors = useStore(palette);
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const size = new ResizeObserver(() => setWidth(Math.round(element.clientWidth * (devicePixelRatio || 1))));
    size.observe(element);
    return () => size.disconnect();
  }, []);
  useEffect(() => {
    if (width === 0) return;
    const abort = new AbortController();
    getBytes('tile', { from, to, cells: Math.min(8192, Math.max(1, width)), lanes: lane }, abort.signal).then(
      (bytes) => setTile(parseTile(bytes)),
      (problem: unknown) => {
        if (!isAbort(problem)) setError(messageOf(problem));
      },
    );
    return () => abort.abort();
  }, [lane, from, to, width]);
  useEffect(() => {
    const element = canvas.current;
    if (!element || !tile || width === 0) return;
    element.width = width;
    element.height = HEIGHT;
    const g = element.getContext('2d', { alpha: false }) as CanvasRenderingContext2D;
    const raster = new Raster();
    raster.begin(width, 1);
    const items = tile.lanes[0];
    if (items) rasterLine(raster.pixels, 0, { from, to, width }, { from: tile.from, to: tile.to, cell: tile.cell, unit: tile.unit, items }, colors);
    raster.end(1);
    g.fillStyle = css(colors.background);
    g.fillRect(0, 0, width, HEIGHT);
    g.imageSmoothingEnabled = false;
    g.drawImage(raster.canvas, 0, 0, width, 1, 0, 0, width, HEIGHT);
  }, [tile, width, colors]);
  const open = (event: MouseEvent): void => {
    const bounds = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const at = from + ((event.clientX - bounds.left) / bounds.width) * (to - from);
    const half = (to - from) / 40;
    navigate('timeline', { from: Math.max(0, Math.floor(at - half)), to: Math.ceil(at + half), pin: goroutine, lane, at: Math.floor(at) });
  };
  return (
    <figure class="strip">
      {error && <Problem text={error} />}
      <canvas ref={canvas} style={{ height: `${HEIGHT}px` }} onClick={open} role="img" aria-label="what it did over time; a click opens the place in the timeline" />
      <figcaption>
        <span>{short(from)}</span>
        <span>{short(to)}</span>
      </figcaption>
    </figure>
  );
}
