// Which figures of the command's JSON each page has to show, in nanoseconds.

const distribution = (d) => (d && d.count !== 0 ? [d.sum, d.p50, d.p99, d.max] : []);

/** Pages, the report they are of, and what of it stands there. */
export const FIGURES = [
  { path: 'latency', args: ['latency', '--top=0', '--worst=50'], of: (r) => [...distribution(r), r.mean, r.p90, r.p999, ...r.worst.map((w) => w.nanos), ...r.functions.flatMap(distribution), ...r.causes.flatMap(distribution), ...r.wakers.flatMap(distribution)] },
  { path: 'procs', args: ['procs', '--top=20'], of: (r) => [...r.procs.flatMap((p) => [p.running, p.syscall, p.looking, p.idle, p.longest_run]), ...r.longest_runs.map((run) => run.nanos), ...r.idle_beside.longest.map((one) => one.nanos)] },
  { path: 'blocking', args: ['procs', '--top=20'], of: (r) => [...(r.syscalls.without.count ? [r.syscalls.without.sum, r.syscalls.without.max] : []), ...r.syscalls.stacks.flatMap((at) => [at.without.sum, at.without.max])] },
  { path: 'gc', args: ['gc', '--top=500'], of: (r) => (r.count === 0 ? [] : [r.marking, r.pausing, ...r.payers.map((p) => p.nanos), ...r.cycles.slice(0, 50).flatMap((c) => [c.marking, c.dedicated, c.fractional, c.idle, c.assisting, c.sweeping, c.sweep_termination, c.mark_termination])]) },
  { path: 'stw', args: ['stw', '--top=200'], of: (r) => [...r.kinds.flatMap((kind) => distribution(kind.durations)), ...r.longest.slice(0, 50).map((stop) => stop.nanos)] },
  { path: 'path', args: ['path', '--segments', '--slowest=3'], of: (r) => r.paths.flatMap((path) => [path.nanos, ...path.parts.slice(0, 12).filter((part) => part.nanos >= path.nanos * 0.005).map((part) => part.nanos)]) },
  { path: 'tasks', args: ['tasks', '--top=0'], of: (r) => r.types.flatMap((t) => (t.durations ? [t.durations.mean, t.durations.p50, t.durations.p99, t.durations.max] : [])) },
  { path: 'regions', args: ['regions', '--top=0'], of: (r) => r.types.flatMap((t) => [t.stats.total, ...(t.durations ? [t.durations.p50, t.durations.p99, t.durations.max] : [])]) },
];

/** The nanoseconds of a duration in full precision; null if it is none. */
export function nanos(text) {
  const found = /^(-?[0-9]+)(?:\.([0-9]+))? (ns|µs|ms|s)$/.exec(text ?? '');
  if (!found) return null;
  const digits = { ns: 0, µs: 3, ms: 6, s: 9 }[found[3]];
  return Number(found[1] + (found[2] ?? '').padEnd(digits, '0'));
}
