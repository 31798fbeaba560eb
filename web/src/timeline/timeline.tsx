// The timeline: minimap, axis and counters, lanes, and the panel of details.
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Kind } from '../api/tile';
import type { Hit } from '../api/types';
import { useStore } from '../lib/store';
import { parseWindow, route } from '../state/route';
import { palette } from '../state/theme';
import { clock, failure, meta } from '../state/trace';
import { EmptyTrace } from '../parts/empty';
import { Bar } from './toolbar';
import { Details } from './details';
import { Gutter, MoreGroups } from './gutter';
import { inView, layOut, type Layout, type Placed } from './layout';
import { detail, drawn, flows, groups, idsOf, regions, tasks, view } from './model';
import { nameOf, onNames } from './names';
import { bandY, BANDS, counterY, COUNTERS, TOP_HEIGHT, type TopScales } from './paint-top';
import { MAP_HEIGHT, Scene, type Mark } from './scene';
import { hits } from '../state/search';
import { useBars, useGroups, useMarks, useSelection, useViewInAddress } from './effects';
import { useInput } from './use-input';
import { Overlay } from './hover';

const setOf = (text: string | undefined): ReadonlySet<string> => new Set((text ?? '').split(',').filter(Boolean));

/**
 * What the minimap marks of hits: stretches, but of goroutines where they begin, since many
 * are there for all of the trace.
 */
function marksOf(found: readonly Hit[]): Mark[] {
  return found.flatMap((hit) => {
    if (hit.start === null || hit.kind === 'function') return [];
    return [{ start: hit.start, end: hit.kind === 'goroutine' ? hit.start : (hit.end ?? hit.start) }];
  });
}

/** The goroutines that the address pins. */
export function pinnedOf(text: string | undefined): number[] {
  return (text ?? '')
    .split(',')
    .map(Number)
    .filter((id) => Number.isSafeInteger(id) && id > 0);
}

export function TimelinePage(): JSX.Element {
  const now = useStore(meta);
  const problem = useStore(failure);
  if (now?.done && now.events === 0) return <EmptyTrace problem={problem} />;
  return <Timeline />;
}

function Timeline(): JSX.Element {
  const { params } = useStore(route);
  const turn = useStore(drawn);
  const now = useStore(meta);
  const directory = useStore(groups);
  const taskLanes = useStore(tasks);
  const regionLanes = useStore(regions);
  const shown = useStore(detail);
  const colors = useStore(palette);
  const found = useStore(hits);
  useStore(clock);
  const [scrolled, setScrolled] = useState(0);
  const [scales, setScales] = useState<TopScales>({ tops: [], base: '' });
  const [, resized] = useState(0);
  const body = useRef<HTMLDivElement>(null);
  const map = useRef<HTMLCanvasElement>(null);
  const top = useRef<HTMLCanvasElement>(null);
  const lanes = useRef<HTMLCanvasElement>(null);
  const scroll = useRef<HTMLDivElement>(null);
  const scene = useRef<Scene | null>(null);

  const range = parseWindow(params['sel']);
  const open = useMemo(() => setOf(params['open']), [params['open']]);
  const hidden = useMemo(() => setOf(params['hide']), [params['hide']]);
  const pinned = useMemo(() => pinnedOf(params['pin']), [params['pin']]);
  const procs = idsOf(Kind.proc);
  const threads = idsOf(Kind.thread);

  const layout: Layout = useMemo(
    () =>
      layOut({ procs, threads, pinned, tasks: taskLanes, regions: regionLanes, groups: directory.rows, groupsTotal: directory.total, groupedBy: directory.by, open, hidden, nameOf }),
    [procs.join(), threads.join(), pinned, taskLanes, regionLanes, directory, open, hidden, pinned.map(nameOf).join()],
  );

  useEffect(() => {
    if (!map.current || !top.current || !lanes.current || !scroll.current) return;
    const made = new Scene({ map: map.current, top: top.current, lanes: lanes.current, scroll: scroll.current }, (next) => {
      // Drawn in every frame, but rarely different.
      setScales((old) => (old.base === next.base && old.tops.join() === next.tops.join() ? old : next));
    });
    scene.current = made;
    const size = new ResizeObserver(() => {
      made.measure();
      resized((n) => n + 1);
      made.draw();
    });
    size.observe(scroll.current);
    const stop = view.moves.watch(() => made.draw());
    onNames(() => made.draw());
    // For the tests that measure frames in a browser.
    (window as unknown as Record<string, unknown>)['gotraceScene'] = made;
    return () => {
      stop();
      size.disconnect();
      made.stop();
    };
  }, []);

  const goroutine = shown?.span?.goroutine ?? null;
  useEffect(() => {
    const made = scene.current;
    if (!made) return;
    made.layout = layout;
    made.goroutine = goroutine;
    made.marks = marksOf(found);
    made.draw();
  }, [layout, goroutine, turn, colors, found, shown, flows.get(), now?.done]);

  useViewInAddress(params);
  useGroups(params['by'] ?? 'function', hidden, now?.done === true);
  useBars(pinned);
  useSelection(params);
  useMarks(params, now?.done === true);
  useInput({ body, scene, layout });

  const width = scene.current?.width ?? 1;
  const height = scene.current?.height ?? 600;
  // A little more than is in view, so that a scroll finds labels there.
  const placed: Placed[] = inView(layout, scrolled - 200, scrolled + height + 400);
  return (
    <div class="timeline">
      <Bar range={range} />
      <div class="tl-body" ref={body}>
        <div class="tl-row" style={{ height: `${MAP_HEIGHT}px` }}>
          <div class="gutter-top faint">the whole trace</div>
          <canvas ref={map} class="tl-map" aria-hidden="true" />
        </div>
        <div class="tl-row" style={{ height: `${TOP_HEIGHT}px` }}>
          <TopLabels scales={scales} />
          <canvas ref={top} class="tl-top" aria-hidden="true" />
        </div>
        <div class="tl-scroll" ref={scroll} tabIndex={0} aria-label="lanes; press ? for the list of keys" onScroll={(event) => { setScrolled(event.currentTarget.scrollTop); scene.current?.draw(); }}>
          <div class="tl-space" style={{ height: `${layout.height + 40}px` }}>
            <canvas ref={lanes} class="tl-lanes" role="img" aria-label="lanes of Ps, threads and goroutines over time; the tables of the other pages have the same figures" />
            <Gutter placed={placed} open={open} />
            <div class="tl-end" style={{ top: `${layout.height + 8}px` }}>
              <MoreGroups />
            </div>
          </div>
        </div>
        <Overlay layout={layout} range={range} width={width} />
      </div>
      <Details />
    </div>
  );
}

function TopLabels({ scales }: { scales: TopScales }): JSX.Element {
  return (
    <div class="gutter-top">
      <span style={{ top: '2px' }} title="labels of the axis count from here">
        {scales.base}
      </span>
      {COUNTERS.map((row, i) => (
        <span key={row.label} style={{ top: `${counterY(i)}px` }}>
          {row.label}
          <small class="faint">{scales.tops[i] ? ` up to ${scales.tops[i]}` : ' not known'}</small>
        </span>
      ))}
      {BANDS.map((band, i) => (
        <span key={band.label} class="band" style={{ top: `${bandY(i) - 2}px` }}>
          {band.label}
        </span>
      ))}
    </div>
  );
}
