// Mouse and keyboard on the timeline.
import { GUTTER, type Scene } from './scene';
import { view } from './model';

export interface Actions {
  /** A click on the lanes: a moment, and the height among all lanes. */
  click(time: number, y: number, double: boolean): void;
  hover(at: { time: number; x: number; y: number; content: number; inLanes: boolean } | null): void;
  select(range: [number, number] | null): void;
  step(direction: -1 | 1): void;
  focus(): void;
  clear(): void;
  openWindow(): void;
  help(): void;
}

/** How many pixels a pointer has to move for a drag. */
const DRAG = 4;

export function zoomFactor(event: WheelEvent): number {
  // A notch of a mouse's wheel is 100 or so, a touchpad's step a few.
  return Math.exp(Math.max(-1, Math.min(1, event.deltaY / 200)));
}

/** Listens on the timeline's body until the returned function is called. */
export function listen(body: HTMLElement, scene: Scene, actions: Actions): () => void {
  const stop = new AbortController();
  const options = { signal: stop.signal };
  const { scroll, top, map } = scene.elements;
  const xIn = (event: MouseEvent): number => event.clientX - body.getBoundingClientRect().left - GUTTER;
  const timeAt = (x: number): number => view.from + (Math.max(0, Math.min(scene.width, x)) / scene.width) * (view.to - view.from);

  body.addEventListener(
    'wheel',
    (event) => {
      const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
      const overTop = event.target === top;
      if (event.ctrlKey || event.metaKey || event.altKey || (overTop && !sideways)) {
        event.preventDefault();
        view.zoom(zoomFactor(event), Math.max(0, Math.min(1, xIn(event) / scene.width)));
      } else if (sideways) {
        event.preventDefault();
        view.pan((event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX) / scene.width);
      }
    },
    { passive: false, signal: stop.signal },
  );

  let drag: { x: number; from: number; pan: boolean; moved: boolean; lanes: boolean } | null = null;
  body.addEventListener(
    'pointerdown',
    (event) => {
      const x = xIn(event);
      const target = event.target as HTMLElement;
      if (x < 0 || x > scene.width || (target !== scene.elements.lanes && target !== top)) return;
      if (event.button > 1) return;
      const onAxis = target === top && event.clientY - top.getBoundingClientRect().top < 22;
      drag = { x, from: view.from, pan: event.shiftKey || event.button === 1 || onAxis, moved: false, lanes: target !== top };
      (event.target as HTMLElement).setPointerCapture(event.pointerId);
      if (event.button === 1) event.preventDefault();
      scroll.focus({ preventScroll: true });
    },
    options,
  );
  body.addEventListener(
    'pointermove',
    (event) => {
      const x = xIn(event);
      const bounds = scroll.getBoundingClientRect();
      const inLanes = event.clientY >= bounds.top && event.clientY <= bounds.bottom;
      const rect = body.getBoundingClientRect();
      if (x >= 0 && x <= scene.width) {
        actions.hover({ time: timeAt(x), x, y: event.clientY - rect.top, content: event.clientY - bounds.top + scroll.scrollTop, inLanes });
      } else actions.hover(null);
      if (!drag) return;
      if (Math.abs(x - drag.x) > DRAG) drag.moved = true;
      if (!drag.moved) return;
      const perPixel = (view.to - view.from) / scene.width;
      if (drag.pan) {
        const length = view.to - view.from;
        const from = Math.max(0, Math.min(drag.from - (x - drag.x) * perPixel, view.span - length));
        view.show(from, from + length);
      } else {
        const [a, b] = [timeAt(drag.x), timeAt(x)];
        actions.select([Math.min(a, b), Math.max(a, b)]);
      }
    },
    options,
  );
  let lastClick = 0;
  body.addEventListener(
    'pointerup',
    (event) => {
      const was = drag;
      drag = null;
      if (!was || was.moved || event.button !== 0) return;
      if (!was.lanes) {
        actions.select(null);
        return;
      }
      const bounds = scroll.getBoundingClientRect();
      const double = event.timeStamp - lastClick < 350;
      lastClick = event.timeStamp;
      actions.click(timeAt(xIn(event)), event.clientY - bounds.top + scroll.scrollTop, double);
    },
    options,
  );
  body.addEventListener('pointercancel', () => (drag = null), options);
  body.addEventListener('pointerleave', () => actions.hover(null), options);

  listenOnMap(map, scene, stop.signal);
  document.addEventListener('keydown', (event) => keys(event, actions, scroll), options);
  return () => stop.abort();
}

/** On the minimap a drag of the frame moves it, and one beside it draws a new frame. */
function listenOnMap(map: HTMLCanvasElement, scene: Scene, signal: AbortSignal): void {
  let drag: { time: number; from: number; move: boolean; moved: boolean } | null = null;
  const timeAt = (event: PointerEvent): number => {
    const x = event.clientX - map.getBoundingClientRect().left;
    return (Math.max(0, Math.min(scene.width, x)) / scene.width) * view.span;
  };
  map.addEventListener(
    'pointerdown',
    (event) => {
      const time = timeAt(event);
      const inside = view.chosen && time >= view.from && time <= view.to;
      drag = { time, from: view.from, move: inside, moved: false };
      map.setPointerCapture(event.pointerId);
    },
    { signal },
  );
  map.addEventListener(
    'pointermove',
    (event) => {
      if (!drag) return;
      const time = timeAt(event);
      if (Math.abs(time - drag.time) > (view.span / scene.width) * DRAG) drag.moved = true;
      if (!drag.moved) return;
      const length = view.to - view.from;
      if (drag.move) {
        const from = Math.max(0, Math.min(drag.from + time - drag.time, view.span - length));
        view.show(from, from + length);
      } else view.show(Math.min(drag.time, time), Math.max(drag.time, time));
    },
    { signal },
  );
  map.addEventListener(
    'pointerup',
    (event) => {
      const was = drag;
      drag = null;
      if (!was || was.moved) return;
      const half = (view.to - view.from) / 2;
      const time = Math.max(half, Math.min(view.span - half, timeAt(event)));
      if (view.chosen) view.show(time - half, time + half);
    },
    { signal },
  );
}

/** The list of keys, as the page shows it. */
export const KEYS: readonly [keys: string, what: string][] = [
  ['W, S or + and −', 'zoom in and out'],
  ['A, D or ← and →', 'move back and forth; with Shift by a whole window'],
  ['↑, ↓, Page Up, Page Down', 'scroll the lanes'],
  ['Ctrl (or Alt) and wheel', 'zoom at the pointer; above the lanes the wheel alone'],
  ['Shift and wheel', 'move back and forth'],
  ['drag', 'select a stretch of time; with Shift, or on the axis: move'],
  ['click', 'details of a span; again: zoom to it'],
  ['[ and ]', 'the goroutine’s previous and next span'],
  ['F', 'zoom to what is selected'],
  ['R', 'reports of the selected stretch'],
  ['0 or Home', 'the whole trace'],
  ['Escape', 'select nothing'],
  ['/', 'search'],
  ['?', 'this list'],
];

function keys(event: KeyboardEvent, actions: Actions, scroll: HTMLElement): void {
  const target = event.target as HTMLElement | null;
  if (target?.closest?.('input, select, textarea, dialog')) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const pan = event.shiftKey ? 1 : 0.15;
  const run: Record<string, () => void> = {
    w: () => view.zoom(0.75),
    s: () => view.zoom(1 / 0.75),
    '+': () => view.zoom(0.75),
    '=': () => view.zoom(0.75),
    '-': () => view.zoom(1 / 0.75),
    a: () => view.pan(-pan),
    d: () => view.pan(pan),
    arrowleft: () => view.pan(-pan),
    arrowright: () => view.pan(pan),
    arrowup: () => scroll.scrollBy(0, -40),
    arrowdown: () => scroll.scrollBy(0, 40),
    pageup: () => scroll.scrollBy(0, -scroll.clientHeight * 0.9),
    pagedown: () => scroll.scrollBy(0, scroll.clientHeight * 0.9),
    '[': () => actions.step(-1),
    ']': () => actions.step(1),
    f: actions.focus,
    r: actions.openWindow,
    '0': () => view.whole(),
    home: () => view.whole(),
    escape: actions.clear,
    '?': actions.help,
  };
  const action = run[event.key.toLowerCase()];
  if (!action) return;
  // A button that has the focus keeps its own arrows and letters out of it, but for typing.
  event.preventDefault();
  action();
}
