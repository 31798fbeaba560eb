// What ran on each P, from `gotrace events`: the truth that the timeline's pixels are held to.
import { events } from './lib.mjs';

/**
 * Spans in which a goroutine ran on a P, by P, from transitions that say where; times since the
 * trace's start.
 */
export function runs(trace, start, from, to) {
  const running = new Map();
  const out = new Map();
  for (const event of events(trace, from, to)) {
    if (event.kind !== 'StateTransition' || event.resource !== 'goroutine') continue;
    // A new generation says again what runs.
    if (event.from === event.to) continue;
    const time = event.time - start;
    if (event.to === 'Running' && event.from !== 'Undetermined' && event.proc !== undefined) {
      running.set(event.id, { start: time, proc: event.proc });
    } else if (event.from === 'Running' && running.has(event.id)) {
      const begun = running.get(event.id);
      running.delete(event.id);
      if (!out.has(begun.proc)) out.set(begun.proc, []);
      out.get(begun.proc).push({ start: begun.start, end: time, goroutine: event.id });
    }
  }
  for (const spans of out.values()) spans.sort((a, b) => a.start - b.start);
  return out;
}

/** A stretch in which many of those spans are wide enough to see. */
export function busiest(byProc, pixels) {
  const all = [...byProc.values()].flat().sort((a, b) => a.end - a.start - b.end + b.start);
  if (all.length === 0) return null;
  const middle = all[Math.floor(all.length * 0.7)];
  // Such a span is about a thirtieth of the window.
  const length = Math.max(middle.end - middle.start, 50) * 30;
  const from = Math.max(0, Math.round(middle.start - length / 2));
  return { from, to: Math.round(from + length), least: (length / pixels) * 4 };
}
