// The pages of a GODEBUG log, against the commands.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { nanos } from './figures.mjs';
import { browse, data, open, report, serve, watched } from './lib.mjs';

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

/** Does something with the pages of a log, on which nothing may go wrong. */
async function shown(name, work) {
  const log = data(name);
  const server = await serve(log);
  const { page, faults } = await watched(context, server.origin);
  const to = async (path) => {
    await open(page, server, path);
    await page.waitForFunction(() => document.querySelector('main h2, main table, main .empty') && !document.querySelector('.busy'));
  };
  try {
    await work({ page, log, to });
    // Answers that say that there are no such lines are expected.
    assert.deepEqual(faults.filter((fault) => !/422/.test(fault)), []);
  } finally {
    page.removeAllListeners();
    await page.goto('about:blank');
    await server.stop();
  }
}

const rowsOf = (page, nth) => page.locator('main table').nth(nth).evaluate((table) => [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.querySelector('[title]:not(a)')?.title ?? cell.textContent)));

/** Whether something is drawn on each chart in the colour of its first line. */
const drawn = (page) =>
  page.$$eval('.chart', (charts) =>
    charts.map((chart) => {
      const canvas = chart.querySelector('canvas');
      const wanted = /\d+, \d+, \d+/.exec(getComputedStyle(chart.querySelector('i')).backgroundColor)[0];
      const { data: bytes } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      for (let i = 0; i < bytes.length; i += 4) if (`${bytes[i]}, ${bytes[i + 1]}, ${bytes[i + 2]}` === wanted) return true;
      return false;
    }),
  );

test('a log has charts, findings that lead to them, and the figures of the commands', () =>
  shown('patterns/go1.24/gc.log', async ({ page, log, to }) => {
    const [diagnosis] = report(['diagnose'], log);
    const [sched] = report(['schedtrace', '--rows=1000'], log);
    const gc = report(['gctrace'], log);

    await to('overview');
    const text = await page.textContent('main');
    assert.ok(diagnosis.findings.length > 0);
    for (const finding of diagnosis.findings) assert.ok(text.includes(finding.headline), finding.headline);
    const all = await drawn(page);
    assert.ok(all.length >= 7 && all.every(Boolean), String(all));

    // The cursor of a chart tells what the command does.
    const heap = page.locator('.chart', { has: page.locator('canvas[aria-label^="Heap"]') });
    const box = await heap.locator('canvas').boundingBox();
    let compared = 0;
    for (const share of [0.2, 0.5, 0.9]) {
      await heap.locator('canvas').hover({ position: { x: box.width * share, y: box.height / 2 } });
      const told = await heap.locator('figcaption').textContent();
      const at = nanos(/at (\S+ \S+)$/.exec(told)?.[1]);
      const point = gc.heap.find((one) => one.start - sched.clock_offset === at);
      assert.ok(point, told);
      for (const [label, value] of [['its end', point.peak], ['live after', point.live], ['goal', point.goal]]) {
        assert.equal(Number(new RegExp(`${label} ([\\d.]+) MiB`).exec(told)?.[1]) * 2 ** 20, value, told);
        compared++;
      }
    }
    assert.equal(compared, 9);

    // A finding's time is marked in the charts, and a drag chooses a part.
    const when = diagnosis.findings[0].when.at(-1);
    await page.locator('.finding').first().locator('p a').nth(Math.min(7, diagnosis.findings[0].when.length - 1)).click();
    assert.match(page.url(), new RegExp(`sel=${when.start}-${when.end}`));
    assert.ok((await drawn(page)).every(Boolean));
    const canvas = page.locator('.chart canvas').first();
    await canvas.scrollIntoViewIfNeeded();
    const frame = await canvas.boundingBox();
    await page.mouse.move(frame.x + 200, frame.y + 50);
    await page.mouse.down();
    await page.mouse.move(frame.x + 300, frame.y + 50, { steps: 3 });
    await page.mouse.up();
    await page.waitForTimeout(500);
    const [, from, end] = /from=(\d+)&to=(\d+)/.exec(page.url());
    assert.ok(Number(from) > 0 && Number(end) - Number(from) < sched.span);

    await to('scheduler');
    const lines = await rowsOf(page, 0);
    assert.equal(lines.length, Math.min(sched.rows.length, 50));
    lines.forEach((cells, i) => {
      const row = sched.rows[i];
      const want = [row.line, row.gomaxprocs, row.idleprocs.max, row.threads.max, row.spinningthreads.max, row.idlethreads.max, row.runqueue.max, row.local.max, Math.max(...row.queues), row.goroutines.max, row.gc.count];
      assert.deepEqual(cells.slice(1, 12).map((cell) => Number(cell.replaceAll(',', ''))), want);
      assert.equal(nanos(cells[0]), row.start);
      assert.equal(nanos(cells[12]) ?? 0, row.gc.paused);
    });

    await to('gc');
    const pauses = await rowsOf(page, 0);
    [gc.pauses, gc.cycle_pauses, gc.concurrent].forEach((want, i) => {
      assert.deepEqual([Number(pauses[i][1]), ...pauses[i].slice(2).map(nanos)], [want.count, want.sum, want.p50, want.p99, want.max]);
    });
    const facts = await page.textContent('.tiles');
    assert.ok(facts.includes(`${(gc.cpu.share * 100).toFixed(1)}%`), facts);
    const cycles = await rowsOf(page, 1);
    cycles.forEach((cells, i) => {
      const point = gc.heap[i];
      assert.deepEqual(cells.slice(2, 6).map((cell) => (cell === '0 B' ? 0 : parseFloat(cell) * 2 ** 20)), [point.before, point.peak, point.live, point.goal]);
      assert.deepEqual(cells.slice(6, 9).map(nanos), [point.paused, point.longest_pause, point.cpu]);
    });
  }));

test('where there are no lines of a kind, the page says how to have some', () =>
  shown('patterns/go1.27/stuck.brief.log', async ({ page, to }) => {
    await to('overview');
    assert.match(await page.textContent('main'), /GODEBUG=gctrace=1/);
    assert.ok((await drawn(page)).every(Boolean));
    await to('gc');
    assert.match(await page.textContent('main .empty'), /no gc line.*GODEBUG=gctrace=1/s);
    await to('scheduler');
    assert.ok((await rowsOf(page, 0)).length > 0);
  }));
