// The page's frame: head, navigation, progress, and the page that the address names.
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useStore } from './lib/store';
import { bytes, count, percent } from './lib/numbers';
import { exact, short } from './lib/time';
import { BlockingBody } from './pages/blocking';
import { ExportPage } from './pages/export';
import { GcBody } from './pages/gc';
import { GoroutinePage } from './pages/goroutine';
import { GoroutinesPage } from './pages/goroutines';
import { LatencyBody } from './pages/latency';
import { LogPage } from './pages/log';
import { CollectorPage, SchedulerPage } from './pages/log-tables';
import { MetricsBody } from './pages/metrics';
import { MmuPage } from './pages/mmu';
import { OverviewPage } from './pages/overview';
import { PathPage } from './pages/path';
import { ProcsBody } from './pages/procs';
import { ProfilesPage } from './pages/profiles';
import { RegionsPage } from './pages/regions';
import { SearchPage } from './pages/search';
import { StwBody } from './pages/stw';
import { TaskPage } from './pages/task';
import { TasksPage } from './pages/tasks';
import { WindowPage } from './pages/window';
import { Empty, EmptyTrace, Problem } from './parts/empty';
import { HelpDialog } from './parts/help';
import type { Window } from './parts/report';
import { formatWindow, href, navigate, parseWindow, route, setParams, type Route } from './state/route';
import { palette, toggleTheme } from './state/theme';
import { failure, meta } from './state/trace';
import { TimelinePage } from './timeline/timeline';

interface Page {
  id: string;
  /** What the navigation says; null for a page that others link to. */
  nav: string | null;
  title(route: Route): string;
  view(props: { win: Window | null; params: Readonly<Record<string, string>> }): JSX.Element;
  /** Whether it may be of a window. */
  windowed: boolean;
}

type View = Page['view'];

const page = (id: string, nav: string | null, view: View, windowed = true, title?: Page['title']): Page => ({ id, nav, view, windowed, title: title ?? (() => nav ?? id) });

const PAGES: readonly Page[] = [
  page('overview', 'Overview', OverviewPage),
  page('timeline', 'Timeline', TimelinePage, false),
  page('window', 'Window', WindowPage, false, () => 'A window of time'),
  page('goroutines', 'Goroutines', GoroutinesPage),
  page('latency', 'Latency', LatencyBody),
  page('procs', 'Procs', ProcsBody),
  page('blocking', 'Blocking', BlockingBody, true, () => 'System calls and blocking'),
  page('profiles', 'Profiles', ProfilesPage),
  page('path', 'Critical path', PathPage),
  page('tasks', 'Tasks', TasksPage),
  page('regions', 'Regions', RegionsPage),
  page('gc', 'GC', GcBody, true, () => 'Garbage collection'),
  page('stw', 'Stop-the-world', StwBody),
  page('mmu', 'MMU', MmuPage, true, () => 'Minimum mutator utilization'),
  page('metrics', 'Metrics', MetricsBody),
  page('export', 'Export', ExportPage, true, () => 'Export for other viewers'),
  page('goroutine', null, ({ win, params }) => <GoroutinePage id={Number(params['g'] ?? NaN)} win={win} />, true, ({ params }) => `Goroutine ${params['g'] ?? ''}`),
  page('task', null, ({ params }) => <TaskPage id={Number(params['id'] ?? NaN)} />, false, ({ params }) => `Task ${params['id'] ?? ''}`),
  page('search', null, SearchPage, false, () => 'Search'),
];

/** The pages of a GODEBUG log. */
const LOG_PAGES: readonly Page[] = [
  page('overview', 'Overview', LogPage, false),
  page('scheduler', 'Scheduler', SchedulerPage, false),
  page('gc', 'GC', CollectorPage, false, () => 'Garbage collection'),
];

/** The file's name without its folders, of a path of any system. */
function fileName(path: string | undefined): string {
  return path?.split(/[\\/]/).at(-1) || path || '';
}

export function App(): JSX.Element {
  const now = useStore(route);
  const known = useStore(meta);
  const problem = useStore(failure);
  const pages = known?.kind === 'log' ? LOG_PAGES : PAGES;
  const found = pages.find((one) => one.id === now.page);
  const win = parseWindow(now.params['win']);
  const title = found?.title(now) ?? 'Not found';
  useEffect(() => {
    document.title = `${title} · ${fileName(known?.name) || 'trace'} · gotrace`;
  }, [title, known?.name]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus(); }}>
        to the content
      </a>
      <Head />
      <Navigation pages={pages} now={now} win={win} />
      <main id="main" tabIndex={-1} class={now.page === 'timeline' ? 'full' : ''}>
        {problem && <Problem text={problem} />}
        <h1 class={now.page === 'timeline' || now.page === 'overview' ? 'unseen' : ''}>{title}</h1>
        {found?.windowed && win && <WindowNote win={win} />}
        <Content found={found} win={win} now={now} />
      </main>
      <HelpDialog />
    </>
  );
}

function Content({ found, win, now }: { found: Page | undefined; win: Window | null; now: Route }): JSX.Element | null {
  const known = useStore(meta);
  const problem = useStore(failure);
  // Until it is known to be a log, it may not have that page.
  if (!found && known && !known.done && !known.error) return <p class="busy">asking the server…</p>;
  if (!found) return <Empty title="There is no such page."><p><a href={href('overview')}>To the first page</a></p></Empty>;
  if (!known) return problem ? null : <p class="busy">asking the server…</p>;
  if (known.done && known.events === 0 && found.id !== 'overview') return <EmptyTrace problem={problem} />;
  const View = found.view;
  return <View key={found.id + (found.id === 'goroutine' || found.id === 'task' ? JSON.stringify(now.params) : '')} win={win} params={now.params} />;
}

function WindowNote({ win }: { win: Window }): JSX.Element {
  return (
    <p class="window-note">
      Only from {exact(win[0])} to {exact(win[1])} ({short(win[1] - win[0])}).{' '}
      <button type="button" class="link" onClick={() => setParams({ win: null })}>
        the whole trace
      </button>{' '}
      · <a href={href('window', { win: formatWindow(win[0], win[1]) })}>beside the whole trace</a>
    </p>
  );
}

function Head(): JSX.Element {
  const known = useStore(meta);
  const now = useStore(route);
  const dark = useStore(palette).dark;
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || (event.target as HTMLElement | null)?.closest?.('input, select, textarea')) return;
      event.preventDefault();
      input.current?.select();
      input.current?.focus();
    };
    document.addEventListener('keydown', key);
    return () => document.removeEventListener('keydown', key);
  }, []);
  return (
    <header>
      <a class="brand" href={href('overview')}>
        gotrace
      </a>
      <span class="file" title={known?.name}>
        {fileName(known?.name)}
      </span>
      {known && (
        <span class="faint about" title={known.wallStart ? `began ${known.wallStart}` : undefined}>
          {[known.format, bytes(known.bytes), known.span ? short(known.span) : '', `${count(known.events)} ${known.kind === 'log' ? 'lines of the runtime' : 'events'}`].filter(Boolean).join(' · ')}
        </span>
      )}
      <Progress />
      {known?.kind !== 'log' && <form
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          const q = input.current?.value.trim() ?? '';
          if (q) navigate('search', { q });
        }}
      >
        <input ref={input} type="search" placeholder="Search  /" aria-label="search functions, goroutines, tasks, regions, logs and reasons" defaultValue={now.params['q'] ?? ''} />
      </form>}
      <button type="button" onClick={toggleTheme} aria-label={dark ? 'light colours' : 'dark colours'} title={dark ? 'light colours' : 'dark colours'}>
        {dark ? '☀' : '☾'}
      </button>
    </header>
  );
}

function Progress(): JSX.Element | null {
  const known = useStore(meta);
  if (!known || known.done || known.error) return null;
  const share = known.bytes > 0 ? Math.min(1, known.readBytes / known.bytes) : 0;
  return (
    <span class="progress">
      <progress max={1} value={share} aria-label="how much of the trace has been read" /> {percent(share)}
    </span>
  );
}

function Navigation({ pages, now, win }: { pages: readonly Page[]; now: Route; win: Window | null }): JSX.Element {
  const known = useStore(meta);
  // A log stays at the run that was chosen.
  const { program, run } = known?.kind === 'log' ? now.params : {};
  return (
    <nav class="pages" aria-label="pages">
      {pages.filter((one) => one.nav !== null).map((one) => {
        const none = known?.done && ((one.id === 'tasks' && !known.has.tasks) || (one.id === 'regions' && !known.has.regions));
        return (
          <a key={one.id} href={href(one.id, { program, run, win: win && one.id !== 'timeline' ? formatWindow(win[0], win[1]) : null })} aria-current={one.id === now.page ? 'page' : undefined} class={none ? 'none' : ''}>
            {one.nav}
          </a>
        );
      })}
    </nav>
  );
}
