// A flame graph, with the root on top: each function as wide as its share of the whole.
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { FlameNode } from '../api/types';
import { percent } from '../lib/numbers';

export interface Box {
  node: FlameNode;
  /** The names from the root to it. */
  path: string;
  depth: number;
  /** Share of the shown whole, from 0 to 1. */
  left: number;
  width: number;
}

/** Boxes narrower than that are left out. */
const LEAST = 0.0008;
const MOST = 3000;

/** Lays out what is below `root` (the root itself is row 0). Names of a path are joined by U+0000. */
export function layFlame(root: FlameNode, base: string): { boxes: Box[]; depth: number } {
  const boxes: Box[] = [];
  let depth = 0;
  // A list of work instead of recursion: stacks of traces can be deep.
  const todo: Box[] = [{ node: root, path: base, depth: 0, left: 0, width: 1 }];
  while (todo.length > 0 && boxes.length < MOST) {
    const box = todo.pop() as Box;
    boxes.push(box);
    depth = Math.max(depth, box.depth);
    let left = box.left;
    const children = [...(box.node.children ?? [])].sort((a, b) => b.value - a.value);
    for (const child of children) {
      const width = root.value > 0 ? child.value / root.value : 0;
      if (width >= LEAST) todo.push({ node: child, path: box.path + '\0' + child.name, depth: box.depth + 1, left, width });
      left += width;
    }
  }
  return { boxes, depth };
}

/** The node at a path of names; null if there is none. */
export function nodeAt(root: FlameNode, path: string): FlameNode | null {
  let node = root;
  for (const name of path.split('\0').slice(1)) {
    const next = node.children?.find((child) => child.name === name);
    if (!next) return null;
    node = next;
  }
  return node;
}

const HUES = [14, 30, 44, 190, 212, 265, 330];

/** A colour of the function's package, so that packages are told apart. */
function colorOf(name: string): string {
  const at = name.lastIndexOf('/');
  const end = name.indexOf('.', at + 1);
  const pack = end > 0 ? name.slice(0, end) : name;
  let hash = 0;
  for (let i = 0; i < pack.length; i++) hash = (hash * 31 + pack.charCodeAt(i)) >>> 0;
  return `hsl(${HUES[hash % HUES.length]} var(--flame))`;
}

const ROW = 19;

export function FlameGraph({ root, text }: { root: FlameNode; text(value: number): string }): JSX.Element {
  const [path, setPath] = useState('');
  const shown = nodeAt(root, path) ?? root;
  const { boxes, depth } = useMemo(() => layFlame(shown, path), [shown, path]);
  const names = path.split('\0').slice(1);
  return (
    <div class="flame-box">
      <p class="faint">
        {names.length > 0 ? (
          <>
            <button type="button" class="link" onClick={() => setPath('')}>
              all
            </button>{' '}
            › {names.slice(-3).join(' › ')}: {text(shown.value)}, {percent(shown.value / (root.value || 1))} of all
          </>
        ) : (
          <>{text(root.value)} in all. A click on a function shows what is below it.</>
        )}
      </p>
      <div class="flame" style={{ height: `${(depth + 1) * ROW}px` }}>
        {boxes.map((box) => {
          const label = box.node.name || 'all';
          const title = `${label}: ${text(box.node.value)}, ${percent(box.node.value / (root.value || 1))}`;
          return (
            <button
              type="button"
              key={box.path}
              title={title}
              aria-label={title}
              style={{ left: `${box.left * 100}%`, width: `${box.width * 100}%`, top: `${box.depth * ROW}px`, background: colorOf(label) }}
              onClick={() => setPath(box.path)}
            >
              {box.width > 0.02 ? label : ''}
            </button>
          );
        })}
      </div>
    </div>
  );
}
