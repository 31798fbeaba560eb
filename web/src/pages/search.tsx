// What a search found, with links; the timeline's minimap marks the same.
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Hit } from '../api/types';
import { Empty, Problem } from '../parts/empty';
import { timeColumn } from '../parts/figures';
import { GoroutineLink, placeHref } from '../parts/places';
import { Table } from '../parts/table';
import { exact } from '../lib/time';
import { plural } from '../lib/numbers';
import { useStore } from '../lib/store';
import { href, setParams } from '../state/route';
import { askedOf, isAsked, keyOfSearch, wordsOf, type Asked } from '../lib/asked';
import { hits, search, searchState } from '../state/search';
import { meta } from '../state/trace';

const KINDS: readonly [kind: string, label: string][] = [
  ['', 'everything'],
  ['function', 'functions'],
  ['goroutine', 'goroutines'],
  ['task', 'tasks'],
  ['region', 'regions'],
  ['log', 'logs'],
  ['reason', 'reasons to wait'],
  ['span', 'spans of a state'],
];

export function SearchPage({ params }: { params: Readonly<Record<string, string>> }): JSX.Element {
  const found = useStore(hits);
  const state = useStore(searchState);
  const ready = useStore(meta)?.done === true;
  const asked = askedOf(params);
  const key = keyOfSearch(asked);
  useEffect(() => {
    if (ready) void search(asked);
  }, [key, ready]);
  // Until the search has begun, what is there is of another one.
  const busy = state.busy || keyOfSearch(state.asked) !== key;
  const placed = found.filter((hit) => hit.start !== null).length;
  return (
    <>
      <nav class="tabs" aria-label="what to search">
        {KINDS.map(([one, label]) => (
          <button type="button" key={one} aria-pressed={one === (asked.kind ?? '')} onClick={() => setParams({ kind: one })}>
            {label}
          </button>
        ))}
      </nav>
      <Filters asked={asked} />
      {state.error && !busy && <Problem text={state.error} />}
      {!isAsked(asked) && <Empty title="Search for part of a function’s, task’s or region’s name, a log’s text, a reason to wait, or a goroutine’s number; or for what lasted long, or overlapped a collection." />}
      {isAsked(asked) && busy && <p class="busy" role="status">searching…</p>}
      {isAsked(asked) && !busy && !state.error && (
        <>
          <p role="status">
            {plural(found.length, 'hit')} for {wordsOf(asked)}
            {state.more && ', and there are more'}
            {placed > 0 && (
              <>
                {' '}
                · the <a href={href('timeline', asked)}>timeline</a> marks them on the strip above it
              </>
            )}
          </p>
          <Table<Hit>
            label="hits"
            rows={found}
            keyOf={(_, i) => i}
            empty={<Empty title={`There is nothing of the kind: ${wordsOf(asked)}.`} />}
            columns={[
              { label: 'kind', value: (row) => row.kind },
              { label: 'text', value: (row) => row.text, cell: (row) => <HitText hit={row} /> },
              { label: 'goroutine', value: (row) => row.goroutine, cell: (row) => (row.goroutine === null ? '–' : <GoroutineLink id={row.goroutine} name={row.function ?? null} />) },
              { label: 'at', value: (row) => row.start, cell: (row) => (row.start === null ? '–' : <a href={placeHref(row.start, row.end ?? row.start, row.goroutine)}>{exact(row.start)}</a>) },
              timeColumn('for', (row) => (row.start === null || row.end === null || row.end <= row.start ? null : row.end - row.start)),
            ]}
          />
        </>
      )}
    </>
  );
}

/** What the hits have to be besides. */
function Filters({ asked }: { asked: Asked }): JSX.Element {
  const choice = (name: 'state' | 'overlaps', label: string, options: readonly [string, string][]): JSX.Element => (
    <label>
      {label}{' '}
      <select value={asked[name] ?? ''} onChange={(event) => setParams({ [name]: event.currentTarget.value })}>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
  const input = (name: 'reason' | 'longer', label: string, example: string): JSX.Element => (
    <label>
      {label} <input value={asked[name] ?? ''} placeholder={example} size={12} onChange={(event) => setParams({ [name]: event.currentTarget.value.trim() })} />
    </label>
  );
  return (
    <form class="filters" aria-label="filters" onSubmit={(event) => event.preventDefault()}>
      {asked.kind === 'span' && choice('state', 'state', [['', 'any'], ['running', 'running'], ['runnable', 'runnable'], ['waiting', 'waiting'], ['syscall', 'in a system call']])}
      {asked.kind === 'span' && input('reason', 'reason', 'chan receive')}
      {input('longer', 'at least', '1ms')}
      {choice('overlaps', 'overlaps', [['', 'anything'], ['gc', 'GC marking'], ['stw', 'a stop of the world']])}
    </form>
  );
}

function HitText({ hit }: { hit: Hit }): JSX.Element {
  if (hit.kind === 'function') return <a href={href('goroutines', { function: hit.text })}>{hit.text}</a>;
  if (hit.kind === 'goroutine' && hit.goroutine !== null) return <GoroutineLink id={hit.goroutine} name={hit.text} />;
  if (hit.kind === 'region') return <a href={href('regions', { type: hit.text })}>{hit.text}</a>;
  if (hit.kind === 'task') return <a href={href('tasks', { type: hit.text })}>{hit.text}</a>;
  return <>{hit.text}</>;
}
