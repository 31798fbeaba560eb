// Links from figures to their places in the timeline.
import type { JSX } from 'preact';
import { useStore } from '../lib/store';
import { exact } from '../lib/time';
import { formatWindow, href } from '../state/route';
import { clock, meta, spanOf } from '../state/trace';

/** The address of a stretch in the timeline, with room around it. */
export function placeHref(start: number, end: number, goroutine: number | null = null): string {
  const span = spanOf(meta.get());
  const length = Math.max(end - start, 1000);
  const from = Math.max(0, Math.floor(start - length));
  const to = Math.min(Math.ceil(span), Math.ceil(end + length));
  return href('timeline', {
    from,
    to: Math.max(to, from + 20),
    sel: formatWindow(Math.max(0, start), Math.max(end, start + 1)),
    ...(goroutine !== null ? { pin: goroutine, lane: `goroutine:${goroutine}`, at: Math.max(0, Math.floor((start + end) / 2)) } : {}),
  });
}

/** The address of a stretch in the charts of a log: of one program in it, and of one run. */
export function logHref(of: { program: string | null; run: number | null }, start: number, end: number): string {
  const room = Math.max((end - start) * 2, 1e8);
  return href('overview', {
    program: of.program,
    run: of.run,
    from: Math.max(0, Math.floor(start - room)),
    to: Math.ceil(end + room),
    sel: formatWindow(Math.max(0, start), Math.max(end, start + 1)),
  });
}

/** A moment on the trace's clock, as a link to it in the timeline. */
export function Moment({ at, length = 0, goroutine = null }: { at: number | null; length?: number; goroutine?: number | null }): JSX.Element {
  const zero = useStore(clock);
  if (at === null || zero === null) return <>–</>;
  return (
    <a class="moment" href={placeHref(at - zero, at - zero + length, goroutine)} title="show it in the timeline">
      {exact(at - zero)}
    </a>
  );
}

export function GoroutineLink({ id, name }: { id: number; name?: string | null }): JSX.Element {
  return <a href={href('goroutine', { g: id })}>{`G${id}${name ? ' ' + name : ''}`}</a>;
}

/** A function that goroutines began with, as a link to them. */
export function FunctionLink({ name, win }: { name: string | null; win?: [number, number] | null }): JSX.Element {
  if (!name) return <span class="faint">(unknown)</span>;
  return <a href={href('goroutines', { function: name, win: win ? formatWindow(win[0], win[1]) : null })}>{name}</a>;
}
