// The page in a browser, against the command, on traces of several versions.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { FIGURES, nanos } from './figures.mjs';
import { busiest, runs } from './lanes.mjs';
import { asVersion, browse, data, open, pixels, report, serve, settled, viewOf, watched, width } from './lib.mjs';

const TRACES = [
  asVersion('traces/go1.21/http.trace', '1.11'),
  'traces/go1.21/mixed.trace',
  'traces/go1.22/mixed.trace',
  'traces/go1.27/http.trace',
  'traces/go1.27/gc-gens.trace',
  'traces/go1.27/nostop.trace',
  'bad/cut-gens-second.trace',
  'tasks/go1.27.trace',
  'patterns/go1.24/server.trace',
  // More, such as of Go 1.5 and 1.11, which come with the sources of Go 1.21.
  ...(process.env.GOTRACE_TRACES ?? '').split(',').filter(Boolean),
];

const PAGES = ['overview', 'timeline', 'window', 'goroutines', 'latency', 'procs', 'blocking', 'profiles', 'path', 'tasks', 'regions', 'gc', 'stw', 'mmu', 'metrics', 'search?q=main', 'goroutine?g=1'];

/** A colour of the light palette, as `pixels` tells it. */
const RUNNING = '0,158,115';
const COLLECTING = '204,121,167';

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

for (const name of TRACES) {
  describe(name, () => {
    const trace = name.startsWith('/') ? name : data(name);
    let server;
    let page;
    let faults;
    let summary;
    before(async () => {
      server = await serve(trace);
      ({ page, faults } = await watched(context, server.origin));
      summary = report(['summary'], trace);
    });
    after(async () => {
      page.removeAllListeners();
      await page.goto('about:blank');
      await server.stop();
    });

    test('every page opens, without an error', async () => {
      for (const path of PAGES) {
        await open(page, server, path);
        await page.waitForSelector(path === 'timeline' ? '.tl-lanes' : 'h1');
        await page.waitForFunction(() => !document.querySelector('.busy'), null, { timeout: 30_000 });
        const problems = await page.$$eval('.problem', (all) => all.map((one) => one.textContent));
        assert.deepEqual(problems, [], path);
      }
      assert.deepEqual(faults, []);
    });

    test('the first page has the figures of summary and diagnose', async () => {
      await open(page, server);
      await page.waitForSelector('.tiles');
      const text = await page.textContent('main');
      assert.match(text, new RegExp(`events${summary.events.toLocaleString('en')}`));
      const [diagnosis] = report(['diagnose'], trace);
      for (const finding of diagnosis.findings ?? []) assert.ok(text.includes(finding.headline), finding.headline);
      assert.equal(await page.locator('.warnings').count(), summary.warnings.length > 0 ? 1 : 0);
      for (const group of summary.goroutines.top) if (group.function) assert.ok(text.includes(group.function), group.function);
    });

    test('lanes of Ps show what events tells', async () => {
      await open(page, server, 'timeline');
      await settled(page);
      const byProc = runs(trace, summary.start, 0, summary.span);
      const stretch = busiest(byProc, await width(page));
      if (!stretch || stretch.to <= stretch.from) return;
      await open(page, server, `timeline?from=${stretch.from}&to=${stretch.to}`);
      await settled(page);
      const window = await viewOf(page);
      const share = (time) => (time - window.from) / (window.to - window.from);
      let seen = 0;
      for (const [proc, spans] of byProc) {
        const inView = spans.filter((span) => span.start >= window.from && span.end <= window.to && span.end - span.start > stretch.least);
        if (inView.length === 0) continue;
        const colors = await pixels(page, `P ${proc}`, inView.map((span) => share((span.start + span.end) / 2)));
        colors.forEach((color, i) => assert.ok([RUNNING, COLLECTING].includes(color), `P ${proc} at ${inView[i].start}: ${color}`));
        seen += inView.length;
      }
      assert.ok(seen > 0, 'no span to compare');
    });

    test('tables have the figures of goroutines --json', async () => {
      await open(page, server, 'goroutines');
      await page.waitForSelector('main table');
      const { groups } = report(['goroutines', '--top=0'], trace);
      const rows = await page.$$eval('main table', (tables) => [...tables[0].tBodies[0].rows].map((row) => [row.cells[0].textContent, row.cells[1].textContent, row.cells[2].firstElementChild.title]));
      const known = new Map(rows.map(([name, many, running]) => [name, [many, running]]));
      assert.equal(rows.length, Math.min(groups.length, 50));
      let compared = 0;
      for (const group of groups) {
        const found = known.get(group.name ?? '(unknown)');
        if (!found) continue;
        assert.equal(found[0], group.count.toLocaleString('en'));
        assert.equal(nanos(found[1]), group.stats.running, group.name);
        compared++;
      }
      assert.ok(compared > 0);
    });

    test('each page has the figures of its report', async () => {
      for (const { path, args, of } of FIGURES) {
        await open(page, server, path);
        await page.waitForSelector('main table, main .empty, main .tiles, main .path-parts');
        await page.waitForFunction(() => !document.querySelector('.busy'));
        const shown = new Set((await page.$$eval('main [title]', (all) => all.map((one) => one.title))).map(nanos));
        for (const value of of(report(args, trace))) {
          if (value !== null && value !== undefined) assert.ok(shown.has(value), `${path} does not show ${value}`);
        }
      }
    });

    test('the worst windows of the MMU are those of the command', async () => {
      await open(page, server, 'mmu');
      await page.waitForFunction(() => !document.querySelector('.busy'));
      const { windows } = report(['mmu', '--worst=10'], trace);
      if ((await page.locator('main .table').count()) === 0) return;
      const shown = await page.$$eval('main .table tbody tr', (rows) => rows.map((row) => row.cells[0].textContent));
      const known = new Set(windows.flatMap((one) => one.worst.map((worst) => worst.time - summary.start)));
      for (const moment of shown) assert.ok(known.has(nanos(moment)), moment);
    });

    test('profiles are those of the command', async () => {
      for (const kind of ['wall', 'sched', 'sync', 'net', 'syscall']) {
        await open(page, server, `profiles?kind=${kind}`);
        await page.waitForFunction(() => !document.querySelector('.busy'));
        const { functions, nanos: total } = report(['pprof', kind], trace);
        if (total === 0) {
          assert.match(await page.textContent('main'), /No time was spent so/);
          continue;
        }
        const names = new Set((await page.$$eval('.flame button', (all) => all.map((one) => one.title))).map((title) => title.replace(/: [^:]*$/, '')));
        const heavy = functions.filter((one) => one.cumulative > total * 0.05 && one.function);
        for (const one of heavy) assert.ok(names.has(one.function), `${kind}: ${one.function}`);
      }
      assert.deepEqual(faults, []);
    });

    test('zooming, moving and selecting change the address, which opens the same again', async () => {
      await open(page, server, 'timeline');
      await settled(page);
      const whole = await viewOf(page);
      await page.keyboard.press('w');
      await page.keyboard.press('w');
      const zoomed = await viewOf(page);
      assert.ok(zoomed.to - zoomed.from < (whole.to - whole.from) * 0.6);
      await page.keyboard.press('d');
      const moved = await viewOf(page);
      assert.ok(moved.from > zoomed.from);
      const box = await page.locator('.tl-lanes').boundingBox();
      await page.mouse.move(box.x + 200, box.y + 60);
      await page.mouse.down();
      await page.mouse.move(box.x + 400, box.y + 60, { steps: 5 });
      await page.mouse.up();
      await page.waitForTimeout(700);
      for (const part of [/from=\d/, /to=\d/, /sel=\d+-\d+/]) assert.match(page.url(), part);
      const url = page.url();
      await page.goto('about:blank');
      await page.goto(url);
      await settled(page);
      const again = await viewOf(page);
      assert.ok(Math.abs(again.from - moved.from) <= 1 && Math.abs(again.to - moved.to) <= 1, JSON.stringify([moved, again]));
      await page.keyboard.press('r');
      await page.waitForSelector('.beside.wide table');
      assert.match(page.url(), /window\?win=/);
      assert.deepEqual(faults, []);
    });

    test('a click tells of a span, and a link leads on', async () => {
      const byProc = runs(trace, summary.start, 0, summary.span);
      const spans = [...byProc].flatMap(([proc, all]) => all.map((span) => ({ ...span, proc })));
      if (spans.length === 0) return;
      const span = spans.sort((a, b) => b.end - b.start - (a.end - a.start))[0];
      const length = span.end - span.start;
      await open(page, server, `timeline?from=${Math.max(0, span.start - length)}&to=${span.end + length}`);
      await settled(page);
      const view = await viewOf(page);
      const box = await page.locator('.tl-lanes').boundingBox();
      const lane = await page.locator('.lane-label', { hasText: new RegExp(`^P ${span.proc}$`) }).boundingBox();
      await page.mouse.click(box.x + (((span.start + span.end) / 2 - view.from) / (view.to - view.from)) * box.width, lane.y + lane.height / 2);
      await page.waitForSelector('.details .facts');
      const text = await page.textContent('.details');
      assert.match(text, new RegExp(`G${span.goroutine}(?!\\d)`));
      assert.ok(text.includes('running'), text);
      assert.ok(text.includes(`(${length} ns)`), `${length}: ${text}`);
      await page.locator('.details .facts a').first().click();
      await page.waitForFunction((id) => document.querySelector('h1')?.textContent === `Goroutine ${id}`, span.goroutine);
      await page.waitForSelector('.strip canvas');
      assert.deepEqual(faults, []);
    });

    test('a search finds functions', async () => {
      await open(page, server, 'timeline');
      await page.keyboard.press('/');
      await page.keyboard.type('main.');
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => document.querySelector('h1')?.textContent === 'Search');
      await page.waitForFunction(() => !document.querySelector('.busy'));
      const wanted = summary.goroutines.top.map((group) => group.function).filter((name) => name?.includes('main.'));
      const text = await page.textContent('main');
      for (const name of wanted) assert.ok(text.includes(name), name);
      assert.deepEqual(faults, []);
    });
  });
}
