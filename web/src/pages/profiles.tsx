// Flame graphs of where goroutines spend their time, and the files for other programs.
import type { JSX } from 'preact';
import { query, type Params } from '../api/client';
import type { Flame } from '../api/types';
import { Empty, Problem } from '../parts/empty';
import { FlameGraph } from '../parts/flame';
import { useAnswer, windowParams, type Window } from '../parts/report';
import { Save } from '../parts/save';
import { count } from '../lib/numbers';
import { short } from '../lib/time';
import { useStore } from '../lib/store';
import { setParams } from '../state/route';
import { meta } from '../state/trace';
import { exactly } from './goroutines';

export const PROFILES: readonly [kind: string, label: string, what: string][] = [
  ['wall', 'all time', 'All of the goroutines’ time, by state.'],
  ['sched', 'waiting for a P', 'Time that goroutines could run and waited for a P (/sched of go tool trace).'],
  ['sync', 'blocked', 'Time blocked on channels, locks, select and the like (/block of go tool trace).'],
  ['net', 'network', 'Time waiting for the network (/io of go tool trace).'],
  ['syscall', 'system calls', 'Time in system calls (/syscall of go tool trace).'],
  ['cpu', 'CPU samples', 'Samples of the CPU profiler, if it ran while the trace was taken.'],
];

/** The filters of a profile in the address. */
const FILTERS = [
  ['function', 'function (begins with)'],
  ['region', 'region'],
  ['task', 'task'],
] as const;

export function ProfilesPage({ win, params }: { win: Window | null; params: Readonly<Record<string, string>> }): JSX.Element {
  const kind = PROFILES.some(([one]) => one === params['kind']) ? (params['kind'] as string) : 'wall';
  const filters: Params = {};
  if (params['function']) filters['function'] = exactly(params['function']);
  if (params['region']) filters['region'] = params['region'];
  if (params['task']) filters['task'] = params['task'];
  return (
    <>
      <nav class="tabs" aria-label="profiles">
        {PROFILES.map(([one, label]) => (
          <button type="button" key={one} aria-pressed={one === kind} onClick={() => setParams({ kind: one })}>
            {label}
          </button>
        ))}
      </nav>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        {FILTERS.map(([name, label]) => (
          <label key={name}>
            {label} <input value={params[name] ?? ''} onChange={(event) => setParams({ [name]: event.currentTarget.value.trim() })} />
          </label>
        ))}
      </form>
      <p>{PROFILES.find(([one]) => one === kind)?.[2]}</p>
      <FlamePanel kind={kind} win={win} params={filters} />
    </>
  );
}

export function FlamePanel({ kind, win, params }: { kind: string; win: Window | null; params: Params }): JSX.Element {
  const all = { ...params, ...windowParams(win) };
  const { data, error } = useAnswer<Flame>('flame', { kind, ...all });
  const has = useStore(meta)?.has;
  if (error) return <Problem text={error} />;
  if (!data) return <p class="busy">counting…</p>;
  if (data.root.value === 0) {
    if (kind === 'cpu' && !has?.samples) {
      return (
        <Empty title="There are no CPU samples in this trace.">
          <p>A trace has them if the CPU profiler runs while it is taken: call pprof.StartCPUProfile before trace.Start, or fetch /debug/pprof/profile at the same time.</p>
        </Empty>
      );
    }
    return <Empty title="No time was spent so here." />;
  }
  return (
    <>
      <Save path={`pprof/${kind}`} params={all} file={`${kind}.pb.gz`}>
        for `go tool pprof -http=: {kind}.pb.gz`
      </Save>
      <Save path={`export/speedscope/${kind}`} params={all} file={`${kind}.speedscope.json`}>
        for speedscope.app
      </Save>
      <Save path={`export/folded/${kind}`} params={all} file={`${kind}.folded`}>
        for flamegraph.pl and inferno
      </Save>
      <FlameGraph key={kind + query(all)} root={data.root} text={data.unit === 'ns' ? short : (value) => `${count(value)} ${data.unit}`} />
    </>
  );
}
