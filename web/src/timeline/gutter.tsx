// The labels left of the lanes: elements of the page, so that the keyboard and screen readers
// reach what can be opened and closed.
import type { JSX } from 'preact';
import { Kind } from '../api/tile';
import { href, route, setParams } from '../state/route';
import { loadGroups, groups } from './model';
import type { Heading, Lane, Placed } from './layout';

/** Adds to or takes from a list with commas in the address. */
export function toggleIn(name: string, value: string): void {
  const list = (route.get().params[name] ?? '').split(',').filter(Boolean);
  const next = list.includes(value) ? list.filter((one) => one !== value) : [...list, value];
  setParams({ [name]: next.join(',') });
}

export function Gutter({ placed, open }: { placed: Placed[]; open: ReadonlySet<string> }): JSX.Element {
  return (
    <div class="gutter">
      {placed.map((place) => (
        <div class="lane-label" key={place.lane?.key ?? place.heading?.section} style={{ top: `${place.y}px`, height: `${place.height}px` }}>
          {place.heading ? <HeadingLabel heading={place.heading} /> : place.lane && <LaneLabel lane={place.lane} open={open} />}
        </div>
      ))}
    </div>
  );
}

const GROUPINGS: readonly [by: string, label: string][] = [
  ['function', 'function'],
  ['creator', 'creator'],
  ['state', 'state'],
  ['task', 'task'],
];

function HeadingLabel({ heading }: { heading: Heading }): JSX.Element {
  return (
    <span class="heading">
      <button type="button" aria-expanded={heading.open} onClick={() => toggleIn('hide', heading.section)}>
        {heading.open ? '▾' : '▸'} {heading.label}
      </button>
      {heading.section === 'goroutines' && heading.open ? (
        <select
          aria-label="group goroutines by"
          title="group goroutines by"
          value={route.get().params['by'] ?? 'function'}
          onChange={(event) => {
            const by = event.currentTarget.value;
            setParams({ by: by === 'function' ? null : by, open: null });
            void loadGroups(by);
          }}
        >
          {GROUPINGS.map(([by, label]) => (
            <option key={by} value={by}>
              by {label}
            </option>
          ))}
        </select>
      ) : (
        <span class="faint">{heading.note}</span>
      )}
    </span>
  );
}

function LaneLabel({ lane, open }: { lane: Lane; open: ReadonlySet<string> }): JSX.Element {
  if (lane.kind === Kind.group && lane.group !== null) {
    const group = lane.group;
    return (
      <button type="button" class="group" title={lane.title} aria-expanded={open.has(group)} onClick={() => toggleIn('open', group)}>
        <span class="arrow">{open.has(group) ? '▾' : '▸'}</span>
        {lane.label}
      </button>
    );
  }
  if (lane.kind === Kind.goroutine) {
    return (
      <span class="pinned">
        <a href={href('goroutine', { g: lane.id })} title={lane.title}>
          {lane.label}
        </a>
        <button type="button" aria-label={`unpin goroutine ${lane.id}`} title="unpin" onClick={() => toggleIn('pin', String(lane.id))}>
          ×
        </button>
      </span>
    );
  }
  return (
    <span class={lane.indent ? 'indent' : ''} title={lane.title}>
      {lane.label}
    </span>
  );
}

/** Below the lanes: more groups, if there are more than were fetched. */
export function MoreGroups(): JSX.Element | null {
  const now = groups.get();
  if (now.error) return <p class="problem more">{now.error}</p>;
  if (now.rows.length >= now.total) return null;
  return (
    <button type="button" class="more" onClick={() => void loadGroups(now.by, true)}>
      show more of the {now.total} groups
    </button>
  );
}
