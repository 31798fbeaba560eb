// Measures how long the timeline takes to draw, at 1920x1000 without a GPU: the time that the
// page's code takes for a frame, and from one frame to the next, while the view zooms and moves.
//
//   GOTRACE=target/release/gotrace node web/dev/frames.mjs trace.out ...
import { browse, open, serve, settled, watched } from '../e2e/lib.mjs';

const SIZE = { width: 1920, height: 1000 };
/** So many keys are pressed: each zooms or moves the view, which is drawn at once. */
const KEYS = ['w', 'w', 'd', 'd', 'a', 'w', 'd', 's', 'a', 's', 's', 'w'].flatMap((key) => Array(6).fill(key));

/** Notes how long each callback for a frame takes, and when frames begin. */
function note() {
  globalThis.frames = { drawing: [], between: [] };
  const ask = globalThis.requestAnimationFrame.bind(globalThis);
  let before = 0;
  globalThis.requestAnimationFrame = (draw) =>
    ask((time) => {
      const begun = performance.now();
      draw(time);
      globalThis.frames.drawing.push(performance.now() - begun);
      if (before) globalThis.frames.between.push(time - before);
      before = time;
    });
}

const at = (times, share) => times.sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;

const browser = await browse();
for (const trace of process.argv.slice(2)) {
  const server = await serve(trace);
  const context = await browser.context({ viewport: SIZE });
  await context.addInitScript(note);
  const { page } = await watched(context, server.origin);
  await open(page, server, 'timeline');
  await settled(page);
  const lanes = await page.locator('.lane-label').count();
  await page.evaluate(() => { globalThis.frames.drawing.length = 0; globalThis.frames.between.length = 0; });
  for (const key of KEYS) {
    await page.keyboard.press(key);
    await page.waitForTimeout(8);
  }
  const { drawing, between } = await page.evaluate(() => globalThis.frames);
  const [middle, worst] = [at(drawing, 0.5), at(drawing, 0.95)].map((time) => time.toFixed(1));
  console.log(`${trace}: ${lanes} lanes, ${drawing.length} frames; code ${middle} ms median, ${worst} ms at p95; from frame to frame ${at(between, 0.5).toFixed(1)} ms median`);
  await context.close();
  await server.stop();
}
browser.stop();
process.exit(0);
