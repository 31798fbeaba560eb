// What lies over the canvases: the selected stretch, the pointer's line, and what is under it.
import type { JSX } from 'preact';
import { useStore } from '../lib/store';
import { Kind } from '../api/tile';
import { bytes, count, percent } from '../lib/numbers';
import { exact, short } from '../lib/time';
import { STATE_NAMES } from './colors';
import { valueAt } from './counters';
import type { Layout } from './layout';
import { pieces, view } from './model';
import { nameOf } from './names';
import { itemAt } from './paint-lanes';
import { GUTTER, MAP_HEIGHT } from './scene';
import { hovered, laneAt, perPixelNow, type Hover } from './use-input';

export function Overlay({ layout, range, width }: { layout: Layout; range: [number, number] | null; width: number }): JSX.Element {
  const hover = useStore(hovered);
  useStore(view.moves);
  const x = (time: number): number => Math.max(0, Math.min(width, ((time - view.from) / (view.to - view.from)) * width));
  const [left, right] = range ? [x(range[0]), x(range[1])] : [0, 0];
  return (
    <>
      <div class="tl-over" style={{ left: `${GUTTER}px`, top: `${MAP_HEIGHT}px`, width: `${width}px` }}>
        {range && range[1] > view.from && range[0] < view.to && <div class="tl-range" style={{ left: `${left}px`, width: `${Math.max(1, right - left)}px` }} />}
        {hover && <div class="tl-line" style={{ left: `${hover.x}px` }} />}
      </div>
      {hover && <HoverBox hover={{ ...hover, time: view.from + (hover.x / Math.max(1, width)) * (view.to - view.from) }} layout={layout} width={width} />}
    </>
  );
}

function HoverBox({ hover, layout, width }: { hover: Hover; layout: Layout; width: number }): JSX.Element {
  const right = hover.x > width / 2;
  const style = right ? { right: `${width - hover.x + 14}px`, top: `${hover.y + 14}px` } : { left: `${GUTTER + hover.x + 14}px`, top: `${hover.y + 14}px` };
  return (
    <div class="tl-hover" style={style}>
      <div>{exact(Math.round(hover.time))}</div>
      {hover.inLanes ? <LaneHover hover={hover} layout={layout} width={width} /> : <CounterHover time={hover.time} width={width} />}
    </div>
  );
}

function LaneHover({ hover, layout, width }: { hover: Hover; layout: Layout; width: number }): JSX.Element | null {
  const lane = laneAt(layout, hover.content);
  if (!lane) return null;
  const perPixel = perPixelNow(width);
  if (lane.bars) {
    const bar = lane.bars.find((one) => one.start - perPixel * 2 <= hover.time && one.end + perPixel * 2 >= hover.time);
    return bar ? <div>{`${bar.name}, ${short(bar.end - bar.start)}`}</div> : null;
  }
  const item = itemAt(pieces.pick(lane.key, view.from, view.to, perPixel), hover.time);
  if (!item) return lane.kind === Kind.proc || lane.kind === Kind.thread ? <div class="faint">idle</div> : null;
  if (lane.kind === Kind.group) {
    return (
      <div>
        ran <b>{short(item.label)}</b> in {short(item.end - item.start)}: {percent(item.fill)} of the Ps’ time
      </div>
    );
  }
  const name = item.label > 0 ? nameOf(item.label) : null;
  return (
    <>
      <div>
        <b>{STATE_NAMES[item.state]}</b>
        {item.merged && item.spans > 1 ? `, ${count(item.spans)} spans, ${percent(item.fill)} of ${short(item.end - item.start)}` : ` for ${short(item.end - item.start)}`}
      </div>
      {item.label > 0 && !item.merged && <div>{`G${item.label}${name ? ' ' + name : ''}`}</div>}
    </>
  );
}

const COUNTER_NAMES: readonly [id: number, name: string][] = [
  [0, 'running'],
  [1, 'runnable'],
  [2, 'waiting'],
  [3, 'in system calls'],
];

function CounterHover({ time, width }: { time: number; width: number }): JSX.Element {
  const at = (id: number): number | null => valueAt(pieces.pickSteps(id, view.from, view.to, perPixelNow(width)), time);
  const states = COUNTER_NAMES.flatMap(([id, name]) => {
    const value = at(id);
    return value === null ? [] : [`${count(value)} ${name}`];
  });
  const [heap, goal] = [at(4), at(5)];
  return (
    <>
      {states.length > 0 && <div>goroutines: {states.join(', ')}</div>}
      {heap !== null && (
        <div>
          heap {bytes(heap)}
          {goal !== null && `, goal ${bytes(goal)}`}
        </div>
      )}
    </>
  );
}
