// Trees that come as a list, in which each names the place of its parent.

/** The places and depths of all, each behind its parent and what came of that before. */
export function walk(parents: readonly (number | null)[]): [place: number, depth: number][] {
  const below = new Map<number | null, number[]>();
  parents.forEach((parent, i) => below.set(parent, [...(below.get(parent) ?? []), i]));
  const visit = (i: number, depth: number): [number, number][] => [[i, depth], ...(below.get(i) ?? []).flatMap((child) => visit(child, depth + 1))];
  return (below.get(null) ?? []).flatMap((i) => visit(i, 1));
}
