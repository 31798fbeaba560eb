// What the timeline does beside drawing: the address follows the view and the view the
// address, and the directory of goroutines, tasks and regions is fetched when it is shown.
import { useEffect } from 'preact/hooks';
import { useStore } from '../lib/store';
import { askedOf, isAsked, keyOfSearch } from '../lib/asked';
import { search } from '../state/search';
import { route, setParams } from '../state/route';
import { clock, meta, spanOf } from '../state/trace';
import { pack, regionBars, taskBars, type Bar } from './bars';
import { detail, drawn, loadGroups, redraw, regions, tasks, view } from './model';
import { loadFlows, selectNothing, selectSpan } from './select';

type Params = Readonly<Record<string, string>>;

/** The address that the view wrote last: what differs from it came from elsewhere. */
let written = '';

function windowText(from: string | undefined, to: string | undefined): string {
  return `${from ?? ''} ${to ?? ''}`;
}

export function useViewInAddress(params: Params): void {
  const now = useStore(meta);
  useStore(drawn);
  const span = spanOf(now);
  const [from, to] = [params['from'], params['to']];
  useEffect(() => view.grow(span), [span]);
  useEffect(() => {
    if (windowText(from, to) === written) return;
    written = windowText(from, to);
    const [a, b] = [Number(from), Number(to)];
    if (from !== undefined && to !== undefined && b > a) view.show(a, b);
    else if (view.chosen) view.whole();
  }, [from, to, span]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const write = (): void => {
      if (route.get().page !== 'timeline') return;
      const next = view.chosen ? { from: String(Math.floor(view.from * 1000) / 1000), to: String(Math.ceil(view.to * 1000) / 1000) } : { from: undefined, to: undefined };
      written = windowText(next.from, next.to);
      setParams(next);
      const goroutine = detail.get()?.span?.goroutine;
      if (goroutine) void loadFlows(goroutine);
    };
    const stop = view.moves.watch(() => {
      clearTimeout(timer);
      timer = setTimeout(write, 150);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, []);
}

/** Fetches the groups when the trace has been read and their section is open. */
export function useGroups(by: string, hidden: ReadonlySet<string>, done: boolean): void {
  const wanted = done && !hidden.has('goroutines');
  useEffect(() => {
    if (wanted) void loadGroups(by);
  }, [by, wanted]);
}

/** Fetches tasks, and the regions of the pinned goroutines. */
export function useBars(pinned: number[]): void {
  const start = useStore(clock);
  const now = useStore(meta);
  const done = now?.done === true;
  const has = now?.has;
  useEffect(() => {
    if (!done || start === null || !has?.tasks || tasks.get().length > 0) return;
    taskBars(start, view.span).then((bars) => tasks.set(pack(bars)), ignore);
  }, [done, start, has?.tasks]);
  useEffect(() => {
    if (!done || start === null || !has?.regions) return;
    for (const id of pinned) {
      if (regions.get().has(id)) continue;
      regionBars(id, start, view.span).then((bars) => setRegions(id, pack(bars)), ignore);
    }
  }, [done, start, has?.regions, pinned]);
}

function setRegions(id: number, lanes: Bar[][]): void {
  regions.set(new Map(regions.get()).set(id, lanes));
  redraw();
}

/** Lanes of bars are an addition: their pages say what is wrong with the reports. */
function ignore(): void {}

/** The address's selection, shown in detail: so that a link to a span opens it. */
let selected = '';

export function useSelection(params: Params): void {
  const text = params['lane'] && params['at'] ? `${params['lane']} ${params['at']}` : '';
  useEffect(() => {
    if (text === selected) return;
    selected = text;
    if (text) void selectSpan(params['lane'] as string, Number(params['at']));
    else if (detail.get()?.span) selectNothing();
  }, [text]);
  useEffect(
    () =>
      detail.watch(() => {
        if (route.get().page !== 'timeline') return;
        const span = detail.get()?.span;
        if (!span || span.goroutine === null) {
          if (!detail.get()) {
            selected = '';
            setParams({ lane: null, at: null });
          }
          return;
        }
        const lane = `goroutine:${span.goroutine}`;
        const at = String(Math.floor(span.start));
        selected = `${lane} ${at}`;
        setParams({ lane, at });
      }),
    [],
  );
}

/** What the address searches for is marked on the minimap, also after the page was loaded anew. */
export function useMarks(params: Params, done: boolean): void {
  const asked = askedOf(params);
  useEffect(() => {
    if (done && isAsked(asked)) void search(asked);
  }, [keyOfSearch(asked), done]);
}
