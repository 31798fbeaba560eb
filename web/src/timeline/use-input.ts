// Ties mouse and keyboard to what they do.
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Kind } from '../api/tile';
import { createStore } from '../lib/store';
import { formatWindow, navigate, parseWindow, route, setParams } from '../state/route';
import { helpOpen } from '../state/dialogs';
import { goTo } from './details';
import { toggleIn } from './gutter';
import { listen } from './input';
import type { Lane, Layout } from './layout';
import { inView } from './layout';
import { detail, pieces, view } from './model';
import { itemAt } from './paint-lanes';
import type { Scene } from './scene';
import { laneName, selectBar, selectNothing, selectSpan } from './select';

export interface Hover {
  time: number;
  x: number;
  y: number;
  content: number;
  inLanes: boolean;
}

/** Where the pointer is; a store of its own, since it changes with every move. */
export const hovered = createStore<Hover | null>(null);

export interface InputProps {
  body: RefObject<HTMLDivElement | null>;
  scene: RefObject<Scene | null>;
  layout: Layout;
}

export function laneAt(layout: Layout, y: number): Lane | null {
  return inView(layout, y, y + 0.5)[0]?.lane ?? null;
}

export function perPixelNow(width: number): number {
  return (view.to - view.from) / Math.max(1, width * (devicePixelRatio || 1));
}

export function useInput({ body, scene, layout }: InputProps): void {
  const current = useRef(layout);
  current.current = layout;
  useEffect(() => {
    const made = scene.current;
    if (!body.current || !made) return;
    return listen(body.current, made, {
      click(time, y, double) {
        if (double) {
          focusSelected();
          return;
        }
        const lane = laneAt(current.current, y);
        if (lane) clickLane(lane, time, made.width);
        else selectNothing();
      },
      hover: (at) => hovered.set(at),
      select: (range) => setParams({ sel: range ? formatWindow(range[0], range[1]) : null }),
      step(direction) {
        const span = detail.get()?.span;
        const next = direction < 0 ? span?.previous : span?.next;
        if (span && span.goroutine !== null && next) goTo(span.goroutine, next.start);
      },
      focus: focusSelected,
      clear() {
        setParams({ sel: null });
        selectNothing();
      },
      openWindow() {
        const range = parseWindow(route.get().params['sel']);
        navigate('window', { win: range ? formatWindow(range[0], range[1]) : formatWindow(view.from, view.to) });
      },
      help: () => helpOpen.set(!helpOpen.get()),
    });
  }, []);
}

function focusSelected(): void {
  const shown = detail.get();
  const range = parseWindow(route.get().params['sel']);
  const span = shown?.span ?? shown?.bar;
  if (span) view.focus(span.start, span.end);
  else if (range) view.focus(range[0], range[1], 0.05);
}

function clickLane(lane: Lane, time: number, width: number): void {
  const perPixel = perPixelNow(width);
  if (lane.bars) {
    const near = lane.bars.find((bar) => bar.start - perPixel * 2 <= time && bar.end + perPixel * 2 >= time);
    if (near) selectBar(near);
    else selectNothing();
    return;
  }
  if (lane.kind === Kind.group && lane.group !== null) {
    toggleIn('open', lane.group);
    return;
  }
  const item = itemAt(pieces.pick(lane.key, view.from, view.to, perPixel), time);
  if (!item) {
    selectNothing();
    return;
  }
  if (lane.kind === Kind.packed) {
    if (item.label > 0) void selectSpan(`goroutine:${item.label}`, time, lane.key);
    return;
  }
  void selectSpan(laneName(lane.kind, lane.id), time, lane.key);
}
