// Starts the command and a browser for the tests in this folder.
//
//   GOTRACE   the command, built with the page; otherwise that of `cargo build`
//   CHROMIUM  a Chromium or Chrome; otherwise one that is installed
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));
const gotrace = process.env.GOTRACE ?? join(root, 'target/debug/gotrace');
const browserPath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** A file below testdata. */
export const data = (path) => join(root, 'testdata', path);

/**
 * A trace of Go 1.21 with the header of an older version, to which it is the same but for what
 * it does not have: events of Go 1.11 to 1.21 are written alike.
 */
export function asVersion(path, version) {
  const bytes = readFileSync(data(path));
  bytes.fill(0, 0, 16).write(`go ${version} trace`);
  const file = join(mkdtempSync(join(tmpdir(), 'gotrace-e2e-')), `go${version}.trace`);
  writeFileSync(file, bytes);
  return file;
}

/** The bytes that the command prints. */
export const printed = (args) => spawnSync(gotrace, args, { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] }).stdout;

/** What the command prints as text. Of a trace that is cut it ends with a status of its own, all the same. */
function output(args) {
  return printed(args).toString();
}

/** What the command prints as JSON. */
export const report = (args, trace) => JSON.parse(output([...args, '--json', trace]));

/** The events of a stretch, as the command prints them: one object a line. */
export function events(trace, from, to) {
  const out = output(['events', '--json', '--from', `${Math.round(from)}ns`, '--to', `${Math.round(to)}ns`, trace]);
  return out.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

/** Runs `gotrace view`, and finds the address in what it prints. */
export async function serve(trace) {
  const child = spawn(gotrace, ['view', '--no-open', trace], { stdio: ['ignore', 'pipe', 'pipe'] });
  const url = await new Promise((done, fail) => {
    let text = '';
    const timer = setTimeout(() => fail(new Error(`no address: ${text}`)), 20_000);
    const read = (chunk) => {
      text += chunk;
      const found = /http:\/\/\S+#token=\w+/.exec(text);
      if (!found) return;
      clearTimeout(timer);
      done(found[0]);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('exit', (code) => fail(new Error(`gotrace view ended with ${code}: ${text}`)));
  });
  return {
    url,
    origin: new URL(url).origin,
    stop: () => new Promise((done) => {
      child.removeAllListeners('exit');
      child.on('exit', done);
      child.kill('SIGINT');
    }),
  };
}

/** A browser of its own, with nothing kept from before. */
export async function browse() {
  const profile = mkdtempSync(join(tmpdir(), 'gotrace-e2e-'));
  const context = (options) => chromium.launchPersistentContext(join(profile, String(Math.random())), { executablePath: browserPath, args: FLAGS, viewport: { width: 1280, height: 800 }, ...options });
  return { context, stop: () => rmSync(profile, { recursive: true, force: true }) };
}

/**
 * A page that notes what must not happen: errors on the console, and requests to anyone but the
 * server. `allowed` are answers that a test expects, such as 404.
 */
export async function watched(context, origin) {
  const page = context.pages()[0] ?? (await context.newPage());
  const faults = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  const waiting = new Set();
  unanswered.set(page, waiting);
  for (const over of ['requestfinished', 'requestfailed']) page.on(over, (request) => waiting.delete(request));
  page.on('request', (request) => {
    const url = request.url();
    waiting.add(request);
    if (!url.startsWith(origin + '/') && !/^(data|blob|about):/.test(url)) faults.push(`request to ${url}`);
  });
  return { page, faults };
}

/** Requests of each page that have no answer yet: they tell why a page does not open. */
const unanswered = new WeakMap();

/** Opens a page of the trace, and waits until it has been read. */
export async function open(page, server, path = '') {
  await page.goto('about:blank');
  await page.goto(server.url + (path ? '/' + path : ''));
  try {
    await page.waitForSelector('header .file:not(:empty)', { timeout: 15_000 });
  } catch (error) {
    const waits = [...(unanswered.get(page) ?? [])].map((request) => request.url());
    const says = await page.evaluate(() => document.querySelector('main')?.innerText);
    throw new Error(`${path} does not open; it waits for ${waits.join(' ') || 'nothing'}; the page says: ${says}`, { cause: error });
  }
  await page.waitForFunction(() => !document.querySelector('header .progress'));
}

/** Waits until the timeline has drawn what it asked for. */
export async function settled(page) {
  await page.waitForSelector('.tl-lanes');
  await page.waitForTimeout(350);
  await page.waitForFunction(() => !document.querySelector('.tl-bar .legend')?.textContent?.includes('loading'));
  await page.waitForTimeout(250);
}

/** The colours of a lane's pixels, as "r,g,b", at shares of the window's width. */
export function pixels(page, label, shares) {
  return page.evaluate(
    ([name, at]) => {
      const lane = [...document.querySelectorAll('.lane-label')].find((one) => one.textContent === name);
      const canvas = document.querySelector('.tl-lanes');
      if (!lane || !canvas) throw new Error('no lane ' + name);
      const [box, frame] = [lane.getBoundingClientRect(), canvas.getBoundingClientRect()];
      const ratio = canvas.width / frame.width;
      // Near the lane's top, where no text is.
      const y = Math.round((box.top + 2.5 - frame.top) * ratio);
      const g = canvas.getContext('2d');
      return at.map((share) => [...g.getImageData(Math.min(canvas.width - 1, Math.floor(share * canvas.width)), y, 1, 1).data.slice(0, 3)].join());
    },
    [label, shares],
  );
}

export const width = (page) => page.evaluate(() => document.querySelector('.tl-lanes').width);

/** The stretch in view. */
export const viewOf = (page) => page.evaluate(() => globalThis.gotraceScene.stretch());
