// What the page does whatever the trace: its keys, groups, downloads, policy and token.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { nanos } from './figures.mjs';
import { browse, data, open, report, serve, settled, viewOf, watched } from './lib.mjs';

let browser;
let context;
before(async () => {
  browser = await browse();
  context = await browser.context({ bypassCSP: true, colorScheme: 'light' });
});
after(async () => {
  await context.close();
  browser.stop();
});

test('groups open, goroutines are stepped through, and the wheel zooms', async () => {
  const server = await serve(data('traces/go1.27/mixed.trace'));
  const { page, faults } = await watched(context, server.origin);
  try {
    await open(page, server, 'timeline?hide=threads,tasks');
    await settled(page);
    const group = page.locator('.lane-label .group').first();
    const before = await page.locator('.lane-label').count();
    await group.click();
    await settled(page);
    assert.equal(await group.getAttribute('aria-expanded'), 'true');
    assert.ok((await page.locator('.lane-label').count()) > before);
    for (const by of ['creator', 'state', 'task']) {
      await page.selectOption('.lane-label select', by);
      await settled(page);
      await page.locator('.lane-label .group').first().click();
      await settled(page);
      assert.equal(await page.locator('.tl-bar .problem').count(), 0, by);
    }
    const whole = await viewOf(page);
    const box = await page.locator('.tl-lanes').boundingBox();
    await page.mouse.move(box.x + box.width / 4, box.y + 40);
    await page.keyboard.down('Control');
    for (let i = 0; i < 6; i++) await page.mouse.wheel(0, -150);
    await page.keyboard.up('Control');
    await settled(page);
    const zoomed = await viewOf(page);
    assert.ok(zoomed.to - zoomed.from < (whole.to - whole.from) / 10);
    // The moment under the pointer stays there.
    const at = (view) => view.from + (view.to - view.from) / 4;
    assert.ok(Math.abs(at(whole) - at(zoomed)) < (whole.to - whole.from) / 100);
    await open(page, server, 'timeline?from=40000000&to=45000000&pin=16&lane=goroutine:16&at=41600000');
    await page.waitForSelector('.details .facts');
    const seen = new Set();
    for (let i = 0; i < 4; i++) {
      seen.add(await page.textContent('.details .facts'));
      await page.keyboard.press(']');
      await page.waitForTimeout(400);
    }
    assert.equal(seen.size, 4);
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !document.querySelector('.details'));
    await page.keyboard.press('?');
    await page.waitForSelector('dialog[open]');
    assert.deepEqual(faults, []);
  } finally {
    page.removeAllListeners();
    await page.goto('about:blank');
    await server.stop();
  }
});

test('spans are searched for by length, and marked on the strip above the timeline', async () => {
  const trace = data('traces/go1.27/mixed.trace');
  const server = await serve(trace);
  const { page, faults } = await watched(context, server.origin);
  try {
    await open(page, server, 'search?kind=span&state=runnable');
    await page.getByLabel('at least').fill('500us');
    await page.keyboard.press('Tab');
    const waits = report(['latency', '--worst=2000'], trace).worst.filter((wait) => wait.nanos >= 500_000);
    await page.waitForFunction((many) => document.querySelector('main [role=status]')?.textContent?.startsWith(`${many} hits`), waits.length);
    const longest = await page.$eval('main tbody tr td.figure span', (cell) => cell.title);
    assert.equal(nanos(longest), Math.max(...waits.map((wait) => wait.nanos)));
    await page.selectOption('main select >> nth=1', 'gc');
    await page.waitForFunction((many) => !document.querySelector('.busy') && !document.querySelector('main [role=status]')?.textContent?.startsWith(`${many} hits`), waits.length);
    await page.locator('main [role=status] a').click();
    await settled(page);
    assert.match(page.url(), /kind=span.*longer=500us.*overlaps=gc/);
    const marks = await page.$eval('.tl-map', (map) => {
      const row = map.getContext('2d').getImageData(0, 7, map.width, 1).data;
      return [...Array(map.width).keys()].filter((x) => `${row[4 * x]},${row[4 * x + 1]},${row[4 * x + 2]}` === '31,79,216').length;
    });
    assert.ok(marks > 0, 'no marks');
    await page.getByRole('button', { name: 'the next hit' }).click();
    await page.waitForSelector('.details .facts');
    assert.match(await page.textContent('.details h3'), /runnable/);
    const view = await viewOf(page);
    assert.ok(view.to - view.from < 50e6);
    await page.goto(page.url());
    await page.reload();
    await page.waitForSelector('.tl-bar .selected');
    assert.deepEqual(faults, []);
  } finally {
    page.removeAllListeners();
    await page.goto('about:blank');
    await server.stop();
  }
});

test('the chain of wakings leads from one goroutine to the next', async () => {
  const server = await serve(data('traces/go1.27/mixed.trace'));
  const { page, faults } = await watched(context, server.origin);
  try {
    await open(page, server, 'timeline?from=40000000&to=45000000&lane=goroutine:16&at=41600000');
    await page.waitForSelector('.details .facts');
    const waker = /woken by (G\d+)/.exec(await page.textContent('.details'))[1];
    await page.locator('.chain button').click();
    await page.waitForSelector('.chain li[aria-current]');
    const steps = await page.$$eval('.chain li', (all) => all.map((one) => [one.hasAttribute('aria-current'), one.querySelector('button')?.textContent ?? '']));
    const asked = steps.findIndex(([isIt]) => isIt);
    assert.match(steps[asked][1], /^G16 /);
    assert.ok(steps[asked - 1][1].startsWith(waker + ' '), steps.join('; '));
    await page.locator('.chain li button').nth(asked - 1 - steps.slice(0, asked).filter(([, name]) => !name).length).click();
    await page.waitForFunction((name) => document.querySelector('.details .facts a')?.textContent?.startsWith(name + ' '), waker);
    await page.getByRole('button', { name: 'Pin these goroutines' }).click();
    await page.waitForTimeout(400);
    assert.match(page.url(), new RegExp(`pin=[\\d,]*${waker.slice(1)}`));
    assert.deepEqual(faults, []);
  } finally {
    page.removeAllListeners();
    await page.goto('about:blank');
    await server.stop();
  }
});

test('a profile is saved', async () => {
  const server = await serve(data('traces/go1.27/http.trace'));
  const { page, faults } = await watched(context, server.origin);
  try {
    await open(page, server, 'profiles?kind=sched');
    const save = async (file) => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: `save ${file}` }).click()]);
      assert.equal(download.suggestedFilename(), file);
      return readFileSync(await download.path());
    };
    assert.deepEqual([...(await save('sched.pb.gz')).subarray(0, 2)], [0x1f, 0x8b]);
    assert.match((await save('sched.folded')).toString(), /^\S.* \d+$/m);
    assert.equal(JSON.parse(await save('sched.speedscope.json')).profiles[0].type, 'sampled');
    await open(page, server, 'export?win=1000000-2000000');
    // The first packet of a trace: field 1, a length, and then its own fields.
    assert.equal((await save('trace.pftrace'))[0], 0x0a);
    assert.ok(JSON.parse(await save('trace.json')).traceEvents.length > 10);
    assert.deepEqual(faults, []);
  } finally {
    page.removeAllListeners();
    await page.goto('about:blank');
    await server.stop();
  }
});

/** A stand-in for ui.perfetto.dev, which is not asked: it says PONG late, and keeps what it is given. */
const PERFETTO = `<title>none</title><script>
  let asked = 0;
  addEventListener('message', (event) => {
    if (event.data === 'PING' && ++asked > 3) event.source.postMessage('PONG', event.origin);
    if (event.data.perfetto) {
      const { buffer, title, fileName } = event.data.perfetto;
      document.title = [title, fileName, buffer.byteLength, new Uint8Array(buffer)[0], (window.messages = (window.messages ?? 0) + 1)].join(' ');
    }
  });
</script>`;

test('a trace is handed to Perfetto', async () => {
  const server = await serve(data('traces/go1.27/hello.trace'));
  const { page, faults } = await watched(context, server.origin);
  try {
    await context.route('https://ui.perfetto.dev/**', (route) => route.fulfill({ contentType: 'text/html', body: PERFETTO }));
    await open(page, server, 'export');
    const [perfetto] = await Promise.all([page.waitForEvent('popup'), page.getByRole('button', { name: 'Open in Perfetto' }).click()]);
    await perfetto.waitForFunction(() => document.title !== 'none');
    assert.match(await perfetto.title(), /^hello\.trace hello\.trace\.pftrace \d{4,} 10 1$/);
    await perfetto.close();
    // One that is closed before it answers is told.
    await context.unroute('https://ui.perfetto.dev/**');
    await context.route('https://ui.perfetto.dev/**', (route) => route.fulfill({ contentType: 'text/html', body: '' }));
    const [silent] = await Promise.all([page.waitForEvent('popup'), page.getByRole('button', { name: 'Open in Perfetto' }).click()]);
    await silent.close();
    await page.waitForSelector('.problem');
    assert.match(await page.textContent('.problem'), /was closed/);
    assert.deepEqual(faults.filter((fault) => !fault.includes('ui.perfetto.dev')), []);
  } finally {
    await context.unroute('https://ui.perfetto.dev/**');
    page.removeAllListeners();
    await page.goto('about:blank');
    await server.stop();
  }
});

test('text of a trace is never markup', async () => {
  const server = await serve(data('traces/go1.27/annotations.trace'));
  const { page, faults } = await watched(context, server.origin);
  try {
    for (const path of ['tasks', 'regions', 'search?q=a&kind=log', 'timeline']) {
      await open(page, server, path);
      await page.waitForFunction(() => !document.querySelector('.busy'));
      assert.equal(await page.locator('main script, main img, main iframe').count(), 0);
    }
    assert.deepEqual(faults, []);
  } finally {
    page.removeAllListeners();
    await page.goto('about:blank');
    await server.stop();
  }
});

test('the page runs under its own policy, and asks nobody else', async () => {
  const server = await serve(data('traces/go1.27/http.trace'));
  const strict = await browser.context({ bypassCSP: false });
  try {
    const { page, faults } = await watched(strict, server.origin);
    const answer = await page.goto(server.url);
    const policy = answer.headers()['content-security-policy'] ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'sha256-/);
    await page.waitForSelector('.tiles');
    await page.getByRole('link', { name: 'Timeline', exact: true }).click();
    await page.waitForSelector('.tl-lanes');
    await page.waitForTimeout(1000);
    await page.getByRole('link', { name: 'MMU', exact: true }).click();
    await page.waitForSelector('h1');
    await page.waitForTimeout(500);
    assert.deepEqual(faults, []);
  } finally {
    await strict.close();
    await server.stop();
  }
});

test('without the token there is a clear word', async () => {
  const server = await serve(data('traces/go1.27/hello.trace'));
  const fresh = await browser.context({ bypassCSP: true });
  try {
    const page = fresh.pages()[0] ?? (await fresh.newPage());
    await page.goto(server.origin + '/');
    await page.waitForSelector('.problem');
    assert.match(await page.textContent('.problem'), /open the address that the command printed/);
  } finally {
    await fresh.close();
    await server.stop();
  }
});
