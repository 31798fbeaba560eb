// Which lanes there are and where: blocks of lanes of one height, so that a group of a million
// goroutines takes no more room here than one of two.
import type { Row } from '../api/types';
import { Kind } from '../api/tile';
import type { Bar } from './bars';
import { keyOf, type Want } from './loader';

/** A lane that is drawn. */
export interface Lane {
  key: string;
  kind: number;
  /** The P, M or goroutine; of a packed lane its number. */
  id: number;
  label: string;
  /** What its tooltip says. */
  title: string;
  indent: number;
  /** How the server is asked for it; null for a lane of bars. */
  want: Want | null;
  /** What is drawn on a lane of tasks or regions. */
  bars: Bar[] | null;
  /** The group, of a group's strip or of its lanes. */
  group: string | null;
}

export interface Block {
  y: number;
  height: number;
  rowHeight: number;
  count: number;
  /** A heading instead of lanes. */
  heading: Heading | null;
  lane(i: number): Lane;
}

export interface Heading {
  section: Section;
  label: string;
  open: boolean;
  note: string;
}

export type Section = 'pinned' | 'procs' | 'threads' | 'tasks' | 'goroutines';

/** How many packed lanes of a group are asked for at once. */
const LANES_AT_ONCE = 32;
/** Browsers cannot scroll much further than 30 million pixels. */
const MOST_LANES = 200_000;

export const HEIGHTS = { heading: 22, proc: 20, thread: 16, group: 18, packed: 15, pinned: 22, regions: 15, tasks: 15 } as const;

export interface LayoutInput {
  procs: number[];
  threads: number[];
  pinned: number[];
  /** Tasks, packed in lanes. */
  tasks: Bar[][];
  /** The regions of pinned goroutines, packed in lanes. */
  regions: ReadonlyMap<number, Bar[][]>;
  groups: Row[];
  groupsTotal: number;
  groupedBy: string;
  open: ReadonlySet<string>;
  hidden: ReadonlySet<string>;
  nameOf(goroutine: number): string | null;
}

export interface Layout {
  blocks: Block[];
  height: number;
}

/** A goroutine's lane. */
function pinnedLane(id: number, name: string | null): Lane {
  const key = keyOf(Kind.goroutine, id);
  return {
    key,
    kind: Kind.goroutine,
    id,
    label: `G${id}${name ? ' ' + name : ''}`,
    title: `goroutine ${id}${name ? ', which began with ' + name : ''}`,
    indent: 0,
    want: { ask: `goroutine:${id}`, keys: [key], kind: Kind.goroutine, byId: true },
    bars: null,
    group: null,
  };
}

/** A lane of tasks or of a goroutine's regions. */
function barLane(kind: number, key: string, id: number, label: string, bars: Bar[]): Lane {
  return { key, kind, id, label, title: label, indent: 1, want: null, bars, group: null };
}

/** The lanes of a group, of which lane `i` is one: asked for some at a time. */
function packedLane(row: Row, i: number): Lane {
  const first = Math.floor(i / LANES_AT_ONCE) * LANES_AT_ONCE;
  const most = Math.min(LANES_AT_ONCE, row.lanes - first);
  const keys = Array.from({ length: most }, (_, k) => `m:${row.key}:${first + k}`);
  return {
    key: `m:${row.key}:${i}`,
    kind: Kind.packed,
    id: i,
    label: '',
    title: `goroutines of ${nameOfGroup(row)}, lane ${i + 1} of ${row.lanes}`,
    indent: 1,
    want: { ask: `members:${row.key}:${first}:${most}`, keys, kind: Kind.packed, byId: false },
    bars: null,
    group: row.key,
  };
}

/** The name of a group: of a task its type and number, since many have one type. */
export function nameOfGroup({ key, name }: Pick<Row, 'key' | 'name'>): string {
  const task = /^t(\d+)$/.exec(key)?.[1];
  if (task !== undefined) return `task ${task} ${name || '(no type)'}`;
  return name || '(unknown)';
}

function groupLane(row: Row): Lane {
  const key = `s:${row.key}`;
  return {
    key,
    kind: Kind.group,
    id: 0,
    label: nameOfGroup(row),
    title: `${nameOfGroup(row)}: ${row.goroutines} goroutine${row.goroutines === 1 ? '' : 's'}`,
    indent: 0,
    want: { ask: `group:${row.key}`, keys: [key], kind: Kind.group, byId: false },
    bars: null,
    group: row.key,
  };
}

export function layOut(input: LayoutInput): Layout {
  const blocks: Block[] = [];
  let y = 0;
  const add = (rowHeight: number, count: number, lane: (i: number) => Lane, heading: Heading | null = null): void => {
    if (count <= 0) return;
    blocks.push({ y, height: rowHeight * count, rowHeight, count, heading, lane });
    y += rowHeight * count;
  };
  const section = (name: Section, label: string, note = ''): boolean => {
    const open = !input.hidden.has(name);
    add(HEIGHTS.heading, 1, () => { throw new Error('a heading is no lane'); }, { section: name, label, open, note });
    return open;
  };

  if (input.pinned.length > 0 && section('pinned', 'Pinned goroutines')) {
    for (const id of input.pinned) {
      add(HEIGHTS.pinned, 1, () => pinnedLane(id, input.nameOf(id)));
      const bars = input.regions.get(id) ?? [];
      add(HEIGHTS.regions, bars.length, (i) => barLane(Kind.regions, `r:${id}:${i}`, id, i === 0 ? 'regions' : '', bars[i] ?? []));
    }
  }
  if (section('procs', 'Procs (P)', String(input.procs.length))) {
    const want: Want = { ask: 'procs', keys: input.procs.map((id) => keyOf(Kind.proc, id)), kind: Kind.proc, byId: true };
    add(HEIGHTS.proc, input.procs.length, (i) => simpleLane(Kind.proc, input.procs[i] ?? 0, 'P', want));
  }
  if (input.threads.length > 0 && section('threads', 'Threads (M)', String(input.threads.length))) {
    const want: Want = { ask: 'threads', keys: input.threads.map((id) => keyOf(Kind.thread, id)), kind: Kind.thread, byId: true };
    add(HEIGHTS.thread, input.threads.length, (i) => simpleLane(Kind.thread, input.threads[i] ?? 0, 'M', want));
  }
  if (input.tasks.length > 0 && section('tasks', 'Tasks')) {
    add(HEIGHTS.tasks, input.tasks.length, (i) => barLane(Kind.tasks, `t:${i}`, i, '', input.tasks[i] ?? []));
  }
  if (section('goroutines', 'Goroutines', input.groups.length > 0 ? `${input.groupsTotal} groups` : '')) {
    for (const row of input.groups) {
      add(HEIGHTS.group, 1, () => groupLane(row));
      if (input.open.has(row.key)) add(HEIGHTS.packed, Math.min(row.lanes, MOST_LANES), (i) => packedLane(row, i));
    }
  }
  return { blocks, height: y };
}

function simpleLane(kind: number, id: number, letter: string, want: Want): Lane {
  const long = letter === 'P' ? 'P' : 'thread';
  return { key: keyOf(kind, id), kind, id, label: `${letter} ${id}`, title: `${long} ${id}`, indent: 0, want, bars: null, group: null };
}

/** A lane or a heading in view. */
export interface Placed {
  y: number;
  height: number;
  lane: Lane | null;
  heading: Heading | null;
}

/** What of the layout is between `top` and `bottom`. */
export function inView(layout: Layout, top: number, bottom: number): Placed[] {
  const out: Placed[] = [];
  for (const block of layout.blocks) {
    if (block.y + block.height <= top || block.y >= bottom) continue;
    const first = Math.max(0, Math.floor((top - block.y) / block.rowHeight));
    const last = Math.min(block.count, Math.ceil((bottom - block.y) / block.rowHeight));
    for (let i = first; i < last; i++) {
      const lane = block.heading ? null : block.lane(i);
      out.push({ y: block.y + i * block.rowHeight, height: block.rowHeight, lane, heading: block.heading });
    }
  }
  return out;
}

/** The requests for lanes, each once. */
export function wantsOf(placed: Placed[]): Want[] {
  const out = new Map<string, Want>();
  for (const { lane } of placed) if (lane?.want && !out.has(lane.want.ask)) out.set(lane.want.ask, lane.want);
  return [...out.values()];
}
