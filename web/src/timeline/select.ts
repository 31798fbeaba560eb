// Selecting a span: asks for all that is known of it, and for the wakings around it.
import { getJson, isAbort, messageOf } from '../api/client';
import type { Flow, Span } from '../api/types';
import { Kind } from '../api/tile';
import type { Bar } from './bars';
import { detail, flows, redraw, view } from './model';
import { keyOf } from './loader';
import { learnName } from './names';

let asking: AbortController | null = null;
let askingFlows: AbortController | null = null;
let flowsFor = { goroutine: -1, from: 0, to: 0 };

/** How a lane is called in the address and in requests: "proc:1". */
export function laneName(kind: number, id: number): string {
  return kind === Kind.proc ? `proc:${id}` : kind === Kind.thread ? `thread:${id}` : `goroutine:${id}`;
}

/** The key of the lane that the frame of a span is drawn on. */
export function laneKey(name: string): string {
  const [kind, id] = name.split(':');
  return keyOf(kind === 'proc' ? Kind.proc : kind === 'thread' ? Kind.thread : Kind.goroutine, Number(id));
}

/** Shows what is on a lane at a moment. `drawnOn` is the lane it was clicked on, if another. */
export async function selectSpan(lane: string, at: number, drawnOn: string | null = null): Promise<void> {
  asking?.abort();
  const abort = (asking = new AbortController());
  const key = drawnOn ?? laneKey(lane);
  try {
    const span = await getJson<Span>('span', { lane, at: Math.max(0, at) }, abort.signal);
    if (span.goroutine !== null) learnName(span.goroutine, span.function);
    detail.set({ lane: key, span, bar: null, error: null });
    if (span.goroutine !== null) void loadFlows(span.goroutine);
  } catch (error) {
    if (isAbort(error)) return;
    detail.set({ lane: key, span: null, bar: null, error: messageOf(error) });
  }
  redraw();
}

export function selectBar(bar: Bar): void {
  asking?.abort();
  detail.set({ lane: '', span: null, bar, error: null });
  redraw();
}

export function selectNothing(): void {
  asking?.abort();
  askingFlows?.abort();
  flowsFor = { goroutine: -1, from: 0, to: 0 };
  flows.set([]);
  detail.set(null);
  redraw();
}

/** The wakings of a goroutine in view; asked for again only when the view leaves what is there. */
export async function loadFlows(goroutine: number): Promise<void> {
  const length = view.to - view.from;
  const known = flowsFor;
  if (known.goroutine === goroutine && known.from <= view.from && known.to >= view.to && known.to - known.from < length * 8) return;
  askingFlows?.abort();
  const abort = (askingFlows = new AbortController());
  const [from, to] = [Math.max(0, view.from - length), Math.min(view.span, view.to + length)];
  try {
    const answer = await getJson<{ flows: Flow[]; more: boolean }>('flows', { from, to, goroutine }, abort.signal);
    flowsFor = { goroutine, from, to };
    flows.set(answer.flows);
    redraw();
  } catch (error) {
    // Arrows are an addition: the details say what is wrong, if it is more than these.
    if (!isAbort(error)) flows.set([]);
  }
}
