// The line above the timeline: where we are, what the colours mean, and buttons for the mouse.
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Hit } from '../api/types';
import { useStore } from '../lib/store';
import { plural } from '../lib/numbers';
import { exact, short } from '../lib/time';
import { helpOpen } from '../state/dialogs';
import { formatWindow, href, setParams } from '../state/route';
import { FIELDS } from '../lib/asked';
import { hits, search, searchState } from '../state/search';
import { palette } from '../state/theme';
import { css } from './colors';
import { loadError, loading } from './loader';
import { view } from './model';
import { selectSpan } from './select';

const LEGEND: readonly [state: number, label: string][] = [
  [1, 'running'],
  [2, 'runnable'],
  [3, 'waiting'],
  [4, 'syscall'],
  [5, 'looking'],
  [7, 'GC'],
  [8, 'stopped'],
];

export function Bar({ range }: { range: [number, number] | null }): JSX.Element {
  const colors = useStore(palette);
  const busy = useStore(loading);
  const problem = useStore(loadError);
  return (
    <div class="tl-bar">
      <Position />
      <span class="buttons">
        <button type="button" title="zoom in (W)" aria-label="zoom in" onClick={() => view.zoom(0.5)}>
          +
        </button>
        <button type="button" title="zoom out (S)" aria-label="zoom out" onClick={() => view.zoom(2)}>
          −
        </button>
        <button type="button" title="the whole trace (0)" onClick={() => view.whole()}>
          whole
        </button>
        <button type="button" title="the list of keys (?)" aria-label="list of keys" onClick={() => helpOpen.set(true)}>
          ?
        </button>
      </span>
      {range && (
        <span class="selected">
          selected {short(range[1] - range[0])} <a href={href('window', { win: formatWindow(range[0], range[1]) })}>reports</a>{' '}
          <button type="button" class="link" onClick={() => view.focus(range[0], range[1], 0.02)}>
            zoom
          </button>{' '}
          <button type="button" class="link" onClick={() => setParams({ sel: null })}>
            clear
          </button>
        </span>
      )}
      <Hits />
      {problem && <span class="problem">{problem}</span>}
      <span class="legend">
        {busy > 0 && <span class="faint">loading…</span>}
        {LEGEND.map(([state, label]) => (
          <span key={label}>
            <i style={{ background: css(colors.states[state] as readonly [number, number, number]) }} /> {label}
          </span>
        ))}
      </span>
    </div>
  );
}

/** What a search found, to go from one to the next. */
function Hits(): JSX.Element | null {
  const found = useStore(hits);
  const { asked } = useStore(searchState);
  const places = useMemo(() => found.filter((hit) => hit.start !== null && hit.kind !== 'function').sort((a, b) => middle(a) - middle(b)), [found]);
  if (places.length === 0) return null;
  const go = (back: boolean): void => {
    const now = (view.from + view.to) / 2;
    const next = back ? ([...places].reverse().find((hit) => middle(hit) < now - 1) ?? places.at(-1)) : (places.find((hit) => middle(hit) > now + 1) ?? places[0]);
    if (!next) return;
    view.focus(next.start as number, next.end ?? (next.start as number));
    if (next.goroutine !== null) void selectSpan(`goroutine:${next.goroutine}`, Math.floor(middle(next)));
  };
  return (
    <span class="selected">
      <a href={href('search', asked)}>{plural(places.length, 'hit')}</a>{' '}
      <button type="button" title="the hit before" aria-label="the hit before" onClick={() => go(true)}>
        ‹
      </button>{' '}
      <button type="button" title="the next hit" aria-label="the next hit" onClick={() => go(false)}>
        ›
      </button>{' '}
      <button
        type="button"
        class="link"
        onClick={() => {
          void search({});
          setParams(Object.fromEntries(FIELDS.map((field) => [field, null])));
        }}
      >
        clear
      </button>
    </span>
  );
}

function middle(hit: Hit): number {
  const start = hit.start ?? 0;
  return (start + (hit.end ?? start)) / 2;
}

function Position(): JSX.Element {
  useStore(view.moves);
  return (
    <span class="position" aria-live="off">
      {exact(Math.round(view.from))} – {exact(Math.round(view.to))} <span class="faint">({short(view.to - view.from)})</span>
    </span>
  );
}
