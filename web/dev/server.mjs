// A stand-in for `gotrace view`, to work on the page without a trace: made-up lanes by the
// contract of docs/view-api.md. Reports are those of a real trace, if GOTRACE names the
// command and TRACE a file. `node dev/server.mjs`, then `npm run dev` or its own address.
//
// With BACKEND, the origin of a `gotrace view` that runs, it answers with that one's answers:
// a page that was just built, before real traces.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { encodeTile } from './tiles.mjs';

const SPAN = 2e9;
const PROCS = 4;
const THREADS = [29375, 29377, 29386];
const GROUPS = ['main.worker', 'main.(*server).handle', 'net/http.(*conn).serve', 'runtime.gcBgMarkWorker'];

/** Numbers that look random, and are the same each time. */
function random(seed) {
  let x = (seed * 2654435761) >>> 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

/** Spans of a lane in a stretch, one after the other, the same whatever the stretch. */
function spans(lane, from, to, states, mean) {
  const out = [];
  const piece = mean * 64;
  for (let p = Math.floor(from / piece); p * piece < to; p++) {
    const next = random(lane * 7919 + p + 1);
    let at = p * piece;
    while (at < (p + 1) * piece) {
      const end = Math.min((p + 1) * piece, at + mean * (0.1 + next() * 2));
      const state = states[Math.floor(next() * states.length)];
      const label = 1 + Math.floor(next() * 60);
      if (state && end > from && at < to) out.push({ at: Math.max(at, from), end: Math.min(end, to), state, label });
      at = end;
    }
  }
  return out;
}

function lane(kind, id, from, to, cells, states, mean) {
  const cell = (to - from) / cells;
  const items = [];
  for (const span of spans(kind * 1000 + id, from, to, states, Math.max(mean, cell))) {
    items.push({ start: Math.round(span.at - from), duration: Math.max(1, Math.round(span.end - span.at)), label: span.label, spans: 1, state: span.state, fill: 255, flags: 0 });
  }
  return { kind, id, items };
}

function counters(from, to, cells) {
  const step = (to - from) / Math.min(cells, 400);
  const wave = (id, time) => [2 + 2 * Math.sin(time / 3e7), 6 + 5 * Math.sin(time / 2e8), 40, 2, 2e7 + 1e7 * ((time % 2e8) / 2e8), 3.2e7, 3, 1, 4][id];
  return Array.from({ length: 9 }, (_, id) => ({
    kind: 8,
    id,
    steps: Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => [from + i * step, Math.round(wave(id, from + i * step))]),
  }));
}

function lanes(asked, from, to, cells) {
  return asked.flatMap((one) => {
    const [name, key, first, count] = one.split(':');
    if (name === 'procs') return Array.from({ length: PROCS }, (_, id) => lane(0, id, from, to, cells, [1, 1, 1, 4, 5, 7, 0], 3e5));
    if (name === 'threads') return THREADS.map((id) => lane(1, id, from, to, cells, [1, 1, 4, 0], 5e5));
    if (name === 'counters') return counters(from, to, cells);
    if (name === 'bands') return [lane(5, 0, from, to, cells, [8, ...Array(60).fill(0)], 2e6), lane(5, 1, from, to, cells, [9, 0, 0, 0], 4e7)];
    if (name === 'goroutine') return [lane(2, Number(key), from, to, cells, [1, 2, 3, 3, 3], 4e6)];
    if (name === 'group') return [lane(3, 0, from, to, cells, [1, 2, 3], 1e7)];
    if (name === 'members') return Array.from({ length: Number(count) }, (_, i) => lane(4, Number(first) + i, from, to, cells, [1, 2, 3, 3], 6e6));
    return [];
  });
}

const tile = (asked, from, to, cells) => Buffer.from(encodeTile({ from, to, cell: (to - from) / cells, unit: 1, lanes: lanes(asked, from, to, cells) }));

const meta = {
  kind: 'trace', name: 'made-up.trace', bytes: 1234567, format: 'Go 1.26', v1: false, go: 'go1.27.3', wallStart: null, start: 0,
  generations: 4, readGenerations: 4, readBytes: 1234567, done: true, span: SPAN, estimatedSpan: SPAN, events: 1e6, goroutines: 60, threads: 3, procs: PROCS,
  has: { tasks: true, regions: true, logs: true, samples: false, stacks: true }, warnings: [], error: null,
};

function frame(kind, bytes) {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(kind);
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}

/** Sends the overview, a quarter after the other; SLOW is how many ms each takes. */
function overview(response, i) {
  if (i === 4) {
    response.end(frame(3, Buffer.from(JSON.stringify(meta))));
    return;
  }
  const end = ((i + 1) * SPAN) / 4;
  response.write(frame(1, tile(['procs', 'threads', 'counters', 'bands'], end - SPAN / 4, end, 500)));
  response.write(frame(2, Buffer.from(JSON.stringify({ ...meta, done: false, span: null, readGenerations: i + 1, readBytes: (meta.bytes * (i + 1)) / 4 }))));
  setTimeout(() => overview(response, i + 1), Number(process.env.SLOW ?? 0));
}

function report(name, query) {
  const { GOTRACE, TRACE } = process.env;
  if (!GOTRACE || !TRACE) return { error: 'no reports: set GOTRACE and TRACE' };
  const args = [name, '--json'];
  for (const [key, value] of query) args.push(['each', 'leaks', 'per-proc'].includes(key) ? `--${key}` : `--${key}=${value}`);
  return JSON.parse(execFileSync(GOTRACE, [...args, TRACE], { maxBuffer: 1 << 28 }));
}

function answer(path, query) {
  const [from, to] = ['from', 'to'].map((name) => Number(query.get(name)));
  const parts = path.split('/').slice(2);
  switch (parts[0]) {
    case 'meta': return { ...meta, done: !process.env.SLOW };
    case 'tile': return tile(query.get('lanes').split(','), from, to, Number(query.get('cells')));
    case 'rows': return { total: GROUPS.length, rows: GROUPS.map((name, i) => ({ key: 'f' + i, name, goroutines: 12, running: 1, runnable: 2, waiting: 3, syscall: 4, first: 0, last: SPAN, lanes: 5 })) };
    case 'names': return Object.fromEntries(query.get('goroutines').split(',').map((id) => [id, GROUPS[id % GROUPS.length]]));
    case 'flows': return { flows: [{ time: from + (to - from) / 2, from: 3, fromProc: 1, to: 7, toStart: from + (to - from) * 0.55, toProc: 2, reason: 'chan send' }], more: false };
    case 'search': return { hits: [{ kind: 'region', text: query.get('q'), goroutine: 7, start: 1e9, end: 1.1e9 }], more: false };
    case 'flame': return { unit: 'ns', root: { name: '', value: 10, children: [{ name: 'main.main', value: 6, children: [{ name: 'main.work', value: 5 }] }, { name: 'main.worker', value: 4 }] } };
    case 'report': return report(parts[1], query);
    case 'span': {
      const at = Number(query.get('at'));
      const stack = [{ func: 'main.work', file: 'main.go', line: 7 }];
      const by = { goroutine: 3, function: 'main.worker', time: at - 1e5, stack };
      return { goroutine: 7, function: 'main.worker', state: 'waiting', reason: 'chan receive', start: at - 1e6, end: at + 1e6, began: true, ended: true, proc: null, thread: null, stack, endStack: [], unblockedBy: by, unblocked: [by], previous: { start: at - 2e6, state: 'running' }, next: { start: at + 1e6, state: 'runnable' } };
    }
  }
  return null;
}

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(readFileSync(new URL('../dist/index.html', import.meta.url)));
    return;
  }
  if (process.env.BACKEND) {
    const { host: _, ...headers } = request.headers;
    const back = ask(process.env.BACKEND + request.url, { headers }, (from) => {
      response.writeHead(from.statusCode, from.headers);
      from.pipe(response);
    });
    back.on('error', () => response.destroy());
    response.on('close', () => back.destroy());
    back.end();
    return;
  }
  try {
    if (url.pathname === '/api/overview') {
      overview(response, 0);
      return;
    }
    const found = answer(url.pathname, url.searchParams);
    response.statusCode = found === null ? 404 : 200;
    response.end(Buffer.isBuffer(found) ? found : JSON.stringify(found ?? { error: 'not here' }));
  } catch (error) {
    response.statusCode = 400;
    response.end(JSON.stringify({ error: String(error) }));
  }
});
const port = Number(process.env.PORT ?? 7777);
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/#token=dev`));
