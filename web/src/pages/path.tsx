// The critical path of a task, a region or a goroutine: where its time went, across the goroutines
// that it waited for.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Path, PathPart, Paths, PathStep } from '../api/reports';
import { Empty } from '../parts/empty';
import { Time } from '../parts/figures';
import { GoroutineLink, Moment, placeHref } from '../parts/places';
import { Report, type Window } from '../parts/report';
import { count, percent } from '../lib/numbers';
import { exact, short } from '../lib/time';
import { useStore } from '../lib/store';
import { formatWindow, href, navigate } from '../state/route';
import { clock } from '../state/trace';

/** So many segments are drawn, the longest. */
const DRAWN = 600;
/** Parts below this share of the whole are folded away. */
const SMALL = 0.005;

export function PathPage({ win, params }: { win: Window | null; params: Readonly<Record<string, string>> }): JSX.Element {
  const { g, task, region } = params;
  const of = { goroutine: task === undefined && region === undefined ? g : undefined, task, region };
  return (
    <>
      <Choice key={`${task} ${region}`} task={task} region={region} win={win} />
      <Report<Paths> name="path" params={{ ...of, segments: true, slowest: 3 }} win={win}>
        {(data) => (
          <>
            {data.comparison && data.durations && <Comparison data={data} />}
            {data.paths.map((path, i) => <OnePath key={i} path={path} />)}
            {data.paths.length === 0 && <Empty title="There is no path." />}
          </>
        )}
      </Report>
    </>
  );
}

/** A form for what the path is of. */
function Choice({ task, region, win }: { task: string | undefined; region: string | undefined; win: Window | null }): JSX.Element {
  const [kind, setKind] = useState(region === undefined ? 'task' : 'region');
  const [name, setName] = useState(region ?? task ?? '');
  return (
    <form
      class="filters"
      onSubmit={(event) => {
        event.preventDefault();
        navigate('path', { ...(name ? { [kind]: name } : {}), win: win ? formatWindow(win[0], win[1]) : null });
      }}
    >
      <label>
        of{' '}
        <select value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
          <option value="task">tasks of type, or number</option>
          <option value="region">regions of type</option>
        </select>
      </label>{' '}
      <input type="search" size={30} aria-label="type" placeholder="none: the main goroutine" value={name} onInput={(event) => setName(event.currentTarget.value)} /> <button type="submit">show</button>
    </form>
  );
}

const CLASSES: Record<PathStep, string> = {
  running: 'running',
  mark_assist: 'assist',
  runnable: 'runnable',
  stop_the_world: 'assist',
  syscall: 'syscall',
  waiting: 'waiting',
  woken: 'waiting',
  created: 'waiting',
  unknown: 'nothing',
};

/** What the time of a part or segment went to, in words; as the command says it. */
export function words(part: { step: PathStep; function: string | null; place: string | null; reason: string | null; is_guess?: boolean | null }): string {
  const name = part.function ?? '(unknown function)';
  const place = part.place ? ` in ${part.place}` : '';
  const reason = part.reason ? ` (${part.reason})` : '';
  switch (part.step) {
    case 'running':
      return `${name} running${part.place && part.place !== name ? `, until ${part.place}` : ''}`;
    case 'mark_assist':
      return `${name} assisting the collector`;
    case 'runnable':
      return `${name} waiting for a P`;
    case 'stop_the_world':
      return `the world stopped${reason}`;
    case 'syscall':
      return `in a system call${place}`;
    case 'waiting':
      return `waiting${reason}${place}`;
    case 'woken':
      return `waiting${reason}${place}, woken by ${name}${part.is_guess ? '?' : ''}`;
    case 'created':
      return `yet to be created by ${name}`;
    default:
      return 'nothing is known';
  }
}

function OnePath({ path }: { path: Path }): JSX.Element {
  const zero = useStore(clock) ?? 0;
  return (
    <section>
      <h2>
        {path.task !== null && <a href={href('task', { id: path.task })}>task {path.task}</a>}
        {path.task !== null && ' on '}
        <GoroutineLink id={path.goroutine} /> <span class="faint">{path.function}</span>: <Time ns={path.nanos} />
      </h2>
      <p>
        from <Moment at={path.start} length={path.nanos} goroutine={path.goroutine} />
        {path.is_complete === false && ', cut off by an end of the trace'}
      </p>
      <Track path={path} zero={zero} />
      <Parts parts={path.parts} all={path.nanos} paths={1} open={3} />
    </section>
  );
}

/** The path along a time axis: a row for each waking away from its own goroutine. */
function Track({ path, zero }: { path: Path; zero: number }): JSX.Element {
  const longest = [...(path.segments ?? [])].sort((a, b) => b.nanos - a.nanos).slice(0, DRAWN);
  const depth = Math.min(8, longest.reduce((most, one) => Math.max(most, one.depth), 0));
  const share = (ns: number): string => `${(ns / Math.max(1, path.nanos)) * 100}%`;
  return (
    <div class="path-track" role="img" aria-label="the path over time: its own goroutine above, the goroutines that it waited for below" style={{ height: `${(depth + 1) * 18}px` }}>
      {longest.map((one) => (
        <a
          key={one.start}
          class={CLASSES[one.step]}
          href={placeHref(one.start - zero, one.start - zero + one.nanos, one.goroutine)}
          title={`${words(one)}\nG${one.goroutine}, ${exact(one.nanos)} from ${exact(one.start - zero)} on`}
          style={{ left: share(one.start - path.start), width: `max(1px, ${share(one.nanos)})`, top: `${Math.min(one.depth, 8) * 18}px` }}
        />
      ))}
    </div>
  );
}

/** Parts of the time of so many paths as a tree, with the times of one of them on average. */
function Parts({ parts, all, paths, open }: { parts: readonly PathPart[]; all: number; paths: number; open: number }): JSX.Element {
  const shown = parts.filter((part, i) => i < 12 && part.nanos >= all * SMALL);
  const rest = parts.slice(shown.length);
  return (
    <ul class="path-parts">
      {shown.map((part, i) => (
        <li key={i}>
          {part.parts.length > 0 ? (
            <details open={open > 0}>
              <summary>
                <PartLine part={part} all={all} paths={paths} />
              </summary>
              <Parts parts={part.parts} all={all} paths={paths} open={open - 1} />
            </details>
          ) : (
            <div class="leaf">
              <PartLine part={part} all={all} paths={paths} />
            </div>
          )}
        </li>
      ))}
      {rest.length > 0 && (
        <li class="faint">
          {percent(rest.reduce((sum, part) => sum + part.nanos, 0) / Math.max(1, all))} in {count(rest.length)} more
        </li>
      )}
    </ul>
  );
}

function PartLine({ part, all, paths }: { part: PathPart; all: number; paths: number }): JSX.Element {
  return (
    <>
      <span class="figure">{percent(part.nanos / Math.max(1, all))}</span> <Time ns={part.nanos / Math.max(1, paths)} /> <i class={CLASSES[part.step]} aria-hidden="true" /> {words(part)}
      <span class="faint"> {count(part.count)}×</span>
    </>
  );
}

/** The typical tasks or regions beside the slowest. */
function Comparison({ data }: { data: Paths }): JSX.Element {
  const { typical, slow } = data.comparison!;
  const of = data.durations!;
  const mean = (tree: typeof slow): number => tree.nanos / Math.max(1, tree.count);
  return (
    <>
      <p>
        {count(of.count)} complete: p50 <Time ns={of.p50} />, p99 <Time ns={of.p99} />, max <Time ns={of.max} />
      </p>
      <div class="sides">
        <section>
          <h2>
            Typical: <span title={exact(mean(typical))}>{short(mean(typical))}</span>
          </h2>
          <p class="faint">the {count(typical.count)} from the 40th to the 60th percentile; one on average</p>
          <Parts parts={typical.parts} all={typical.nanos} paths={typical.count} open={2} />
        </section>
        <section>
          <h2>
            Slow: <span title={exact(mean(slow))}>{short(mean(slow))}</span>
          </h2>
          <p class="faint">the slowest {count(slow.count)}; one on average</p>
          <Parts parts={slow.parts} all={slow.nanos} paths={slow.count} open={2} />
        </section>
      </div>
      <h2>The slowest one by one</h2>
    </>
  );
}
