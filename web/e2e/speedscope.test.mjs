// What gotrace exports for speedscope is read by speedscope's own importer, and is what it was.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { browse, data, printed } from './lib.mjs';

const release = join(dirname(createRequire(import.meta.url).resolve('speedscope/package.json')), 'dist/release');
const TRACES = ['traces/go1.27/mixed.trace', 'traces/go1.27/annotations.trace', 'traces/go1.23/http.trace', 'traces/go1.21/mixed.trace'];
const KINDS = ['net', 'sync', 'syscall', 'sched', 'wall', 'cpu'];

let browser;
let context;
before(async () => {
  browser = await browse();
  context = await browser.context({ acceptDownloads: true });
});
after(async () => {
  await context?.close();
  browser?.stop();
});

/** Has speedscope read a file; returns what it then saves: the profiles as it understood them. */
async function read(name, bytes) {
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('dialog', (dialog) => {
    faults.push(dialog.message());
    void dialog.dismiss();
  });
  try {
    // With a path in its address, though there is nothing, it lets itself be given a file.
    await page.goto(`${pathToFileURL(join(release, 'index.html')).href}#localProfilePath=none.js`);
    await page.waitForFunction(() => globalThis.speedscope);
    await page.evaluate(([file, text]) => globalThis.speedscope.loadFileFromBase64(file, text), [name, bytes.toString('base64')]);
    await page.waitForFunction(() => document.title !== 'speedscope' || /wrong|error/i.test(document.body.innerText), null, { timeout: 60_000 });
    await page.waitForSelector('canvas');
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Control+s')]);
    const saved = JSON.parse(readFileSync(await download.path()));
    assert.deepEqual(faults, []);
    return saved;
  } finally {
    await page.close();
  }
}

/** The time of each stack, of a profile that has samples or, as speedscope saves them, openings and closings. */
function stacks({ shared, profiles: [profile] }) {
  const all = new Map();
  const add = (stack, weight) => {
    const key = stack.map((frame) => [shared.frames[frame].name, shared.frames[frame].file, shared.frames[frame].line].join(' ')).join(';');
    if (weight > 0) all.set(key, (all.get(key) ?? 0) + weight);
  };
  profile.samples?.forEach((stack, i) => add(stack, profile.weights[i]));
  const open = [];
  let last = profile.startValue;
  for (const { type, frame, at } of profile.events ?? []) {
    add(open, at - last);
    last = at;
    if (type === 'O') open.push(frame);
    else assert.equal(open.pop(), frame);
  }
  return [...all].sort();
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

test('speedscope reads profiles, and gives back their stacks and weights', async () => {
  for (const trace of TRACES) {
    for (const kind of KINDS) {
      const bytes = printed(['export', 'speedscope', kind, data(trace)]);
      const written = JSON.parse(bytes);
      if (written.profiles[0].weights.length === 0) continue;
      const got = await read('profile.speedscope.json', bytes);
      assert.equal(got.profiles.length, 1);
      const [profile] = got.profiles;
      assert.equal(profile.unit, 'nanoseconds');
      assert.deepEqual(stacks(got), stacks(written), `${trace} ${kind}`);
    }
  }
});

test('speedscope reads folded stacks, with the same total', async () => {
  for (const trace of TRACES) {
    const bytes = printed(['export', 'folded', 'sched', data(trace)]);
    const total = sum(bytes.toString().trim().split('\n').map((line) => Number(line.slice(line.lastIndexOf(' ')))));
    const got = await read('profile.folded', bytes);
    assert.equal(sum(stacks(got).map(([, weight]) => weight)), total, trace);
  }
});

test('speedscope reads the JSON for Chrome, a profile for each track', async () => {
  for (const trace of TRACES) {
    const bytes = printed(['export', 'chrome', data(trace)]);
    const events = JSON.parse(bytes).traceEvents;
    const tracks = new Set(events.filter(({ ph }) => ph === 'X' || ph === 'B').map(({ pid, tid }) => `${pid} ${tid}`));
    const got = await read('trace.json', bytes);
    assert.equal(got.profiles.length, tracks.size, trace);
    assert.ok(got.profiles.some(({ name }) => /P0/.test(name)), got.profiles.map(({ name }) => name).join());
  }
});
