import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from './bootstrap/build.mjs';
import { ensurePackages } from './bootstrap/debian.mjs';
import { checkNode, ensureInstalled } from './bootstrap/install.mjs';
import { alone } from './bootstrap/lock.mjs';
import { inRoot } from './bootstrap/root.mjs';
import { run } from './bootstrap/run.mjs';
import { orStop, say } from './bootstrap/say.mjs';

/** The key screens, by the names that the browser tests give their pictures; each is there in `ja` and `en`. */
const screens = [
  'home',
  'person-full',
  'check-full',
  'status-returned',
  'pick-up',
  'revoke',
  'desk-queue-unassigned',
  'desk-case-ready',
  'desk-case-variant',
  'desk-list',
  'approve-case',
  'lra',
  'bulk-columns',
  'operations-red',
  'crls',
];

const portal = ['applicant-browser', 'desk-browser', 'browser', 'bulk/check-pages', 'operations-browser'];
const others = ['approval-desk/browser', 'crl-publisher/http'];
const tests = [...portal.map(name => `ra-portal/${name}`), ...others].map(name => `test/${name}.test.ts`);
const vitest = [...tests, '--project', 'sqlite'];

/** `npm run screens`: walks through the browser tests and keeps the key screens in docs/screens. */
await orStop(async () => {
  checkNode();
  await alone(async () => {
    await ensureInstalled();
    await ensureBuilt();
  });
  await ensurePackages(['chromium', 'fonts-noto-cjk']);
});
const folder = mkdtempSync(join(tmpdir(), 'kakuin-screens-'));
try {
  await takePictures(folder);
  await keep(folder, inRoot('docs', 'screens'));
  say(`${screens.length} screens in two languages are in docs/screens.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function takePictures(shots) {
  const program = inRoot('node_modules', 'vitest', 'vitest.mjs');
  const { code } = await run(process.execPath, [program, 'run', ...vitest], {
    show: true,
    env: { KAKUIN_SHOTS: shots },
  });
  if (code !== 0) throw new Error('The browser tests did not pass: no picture was replaced.');
}

/** As WebP, which Chromium itself writes: a third of the size of PNG. */
async function keep(from, to) {
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    mkdirSync(to, { recursive: true });
    for (const name of screens.flatMap(screen => [`${screen}-ja`, `${screen}-en`])) {
      const png = readFileSync(join(from, `${name}-1440.png`)).toString('base64');
      const webp = await page.evaluate(toWebp, `data:image/png;base64,${png}`);
      writeFileSync(join(to, `${name}.webp`), Buffer.from(webp, 'base64'));
    }
  } finally {
    await browser.close();
  }
}

/** Runs in the page: the base64 of the same picture as WebP. */
async function toWebp(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext('2d').drawImage(image, 0, 0);
  return canvas.toDataURL('image/webp', 0.85).split(',')[1];
}
