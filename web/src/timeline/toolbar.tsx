// The line above the timeline: where we are, what the colours mean, and buttons for the mouse.
import type { JSX } from 'preact';
import { useStore } from '../lib/store';
import { exact, short } from '../lib/time';
import { helpOpen } from '../state/dialogs';
import { formatWindow, href, setParams } from '../state/route';
import { palette } from '../state/theme';
import { css } from './colors';
import { loadError, loading } from './loader';
import { view } from './model';

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

function Position(): JSX.Element {
  useStore(view.moves);
  return (
    <span class="position" aria-live="off">
      {exact(Math.round(view.from))} – {exact(Math.round(view.to))} <span class="faint">({short(view.to - view.from)})</span>
    </span>
  );
}
