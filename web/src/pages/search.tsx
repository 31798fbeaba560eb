// What a search found, with links; the timeline's minimap marks the same.
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Hit } from '../api/types';
import { Empty, Problem } from '../parts/empty';
import { GoroutineLink, placeHref } from '../parts/places';
import { Table } from '../parts/table';
import { exact, short } from '../lib/time';
import { plural } from '../lib/numbers';
import { useStore } from '../lib/store';
import { href, setParams } from '../state/route';
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
];

export function SearchPage({ params }: { params: Readonly<Record<string, string>> }): JSX.Element {
  const found = useStore(hits);
  const state = useStore(searchState);
  const ready = useStore(meta)?.done === true;
  const text = params['q'] ?? '';
  const kind = params['kind'] ?? '';
  useEffect(() => {
    if (ready) void search(text, kind);
  }, [text, kind, ready]);
  // Until the search has begun, what is there is of another one.
  const busy = state.busy || state.text !== text.trim();
  const placed = found.filter((hit) => hit.start !== null).length;
  return (
    <>
      <nav class="tabs" aria-label="what to search">
        {KINDS.map(([one, label]) => (
          <button type="button" key={one} aria-pressed={one === kind} onClick={() => setParams({ kind: one })}>
            {label}
          </button>
        ))}
      </nav>
      {state.error && <Problem text={state.error} />}
      {!text && <Empty title="Search for part of a function’s, task’s or region’s name, a log’s text, a reason to wait, or a goroutine’s number." />}
      {text && busy && !state.error && <p class="busy" role="status">searching…</p>}
      {text && !busy && !state.error && (
        <>
          <p role="status">
            {plural(found.length, 'hit')} for “{text}”{state.more && ', and there are more'}
            {placed > 0 && (
              <>
                {' '}
                · the <a href={href('timeline', { q: text })}>timeline</a> marks them on the strip above it
              </>
            )}
          </p>
          <Table<Hit>
            label="hits"
            rows={found}
            keyOf={(_, i) => i}
            empty={<Empty title={`Nothing is called “${text}”.`} />}
            columns={[
              { label: 'kind', value: (row) => row.kind },
              { label: 'text', value: (row) => row.text, cell: (row) => <HitText hit={row} /> },
              { label: 'goroutine', value: (row) => row.goroutine, cell: (row) => (row.goroutine === null ? '–' : <GoroutineLink id={row.goroutine} />) },
              { label: 'at', value: (row) => row.start, cell: (row) => (row.start === null ? '–' : <a href={placeHref(row.start, row.end ?? row.start, row.goroutine)}>{exact(row.start)}</a>) },
              { label: 'for', value: (row) => (row.start === null || row.end === null ? null : row.end - row.start), cell: (row) => (row.start === null || row.end === null || row.end <= row.start ? '–' : short(row.end - row.start)), figure: true },
            ]}
          />
        </>
      )}
    </>
  );
}

function HitText({ hit }: { hit: Hit }): JSX.Element {
  if (hit.kind === 'function') return <a href={href('goroutines', { function: hit.text })}>{hit.text}</a>;
  if (hit.kind === 'goroutine' && hit.goroutine !== null) return <GoroutineLink id={hit.goroutine} name={hit.text} />;
  if (hit.kind === 'region') return <a href={href('regions', { type: hit.text })}>{hit.text}</a>;
  if (hit.kind === 'task') return <a href={href('tasks', { type: hit.text })}>{hit.text}</a>;
  return <>{hit.text}</>;
}
