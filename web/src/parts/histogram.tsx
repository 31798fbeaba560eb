// A histogram as bars, with a text for each that screen readers and pointers get.
import type { JSX } from 'preact';
import { count as countText } from '../lib/numbers';
import { short } from '../lib/time';

export interface Bin {
  from: number;
  to: number | null;
  count: number;
}

/** Leaves out the empty bins at both ends, and joins bins so that at most `most` are left. */
export function tidy(bins: readonly Bin[], most: number): Bin[] {
  let first = bins.findIndex((bin) => bin.count > 0);
  if (first < 0) return [];
  let last = bins.length - 1;
  while ((bins[last] as Bin).count === 0) last--;
  const kept = bins.slice(first, last + 1);
  const each = Math.ceil(kept.length / most);
  const out: Bin[] = [];
  for (let i = 0; i < kept.length; i += each) {
    const part = kept.slice(i, i + each);
    out.push({ from: (part[0] as Bin).from, to: (part.at(-1) as Bin).to, count: part.reduce((sum, bin) => sum + bin.count, 0) });
  }
  first = 0;
  return out;
}

export function Histogram({ bins, label }: { bins: readonly Bin[]; label: string }): JSX.Element | null {
  const shown = tidy(bins, 48);
  if (shown.length === 0) return null;
  const most = Math.max(...shown.map((bin) => bin.count));
  return (
    <figure class="histogram" aria-label={label}>
      <div class="bars" role="list">
        {shown.map((bin) => {
          const text = `${short(bin.from)} to ${bin.to === null ? 'more' : short(bin.to)}: ${countText(bin.count)}`;
          return (
            <div role="listitem" aria-label={text} title={text} key={bin.from}>
              <i style={{ height: bin.count === 0 ? '0' : `max(2px, ${(bin.count / most) * 100}%)` }} />
            </div>
          );
        })}
      </div>
      <figcaption>
        <span>{short(shown[0]?.from)}</span>
        <span class="faint">
          {label}; the highest bar is {countText(most)}
        </span>
        <span>{shown.at(-1)?.to === null ? 'more' : short(shown.at(-1)?.to)}</span>
      </figcaption>
    </figure>
  );
}

/** The bins of a report's `{bounds_seconds, counts}`, of which the outermost are open. */
export function binsOfBounds(bounds: readonly (number | null)[], counts: readonly number[]): Bin[] {
  // As many counts as bounds and one more: what is below the first bound, and above the last.
  const edges: (number | null)[] = bounds.map((bound) => (bound === null ? null : bound * 1e9));
  const shift = counts.length > bounds.length ? 1 : 0;
  return counts.map((count, i) => ({ from: (i - shift < 0 ? 0 : edges[i - shift]) ?? 0, to: edges[i - shift + 1] ?? null, count }));
}

/** The bins of a report's list of buckets that tell where they begin. */
export function binsOfBuckets(buckets: readonly { from: number; count: number }[]): Bin[] {
  const step = 10 ** 0.2;
  return buckets.map((bucket, i) => ({ from: bucket.from, to: buckets[i + 1]?.from ?? Math.round(bucket.from * step), count: bucket.count }));
}
