// Puts the built page where the command embeds it, and refuses one that is too big or that
// the server's content security policy would not let run.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const page = readFileSync(resolve(here, '../dist/index.html'), 'utf8');

const scripts = page.match(/<script\b[^>]*>/g) ?? [];
if (scripts.length !== 1 || /\bsrc=/.test(scripts[0])) {
  throw new Error(`one inline script is what the policy allows, not ${scripts.join(' ')}`);
}
if (/<link[^>]+href="(?!data:)/.test(page)) throw new Error('a resource outside the page');

const size = Buffer.byteLength(page);
const packed = gzipSync(page, { level: 9 }).length;
const [most, mostPacked] = [200_000, 70_000];
console.log(`page: ${size} bytes, ${packed} compressed`);
if (size > most || packed > mostPacked) {
  throw new Error(`the page may have ${most} bytes, ${mostPacked} compressed`);
}

const out = resolve(here, '../../crates/gotrace-view/page/index.html');
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, page);
