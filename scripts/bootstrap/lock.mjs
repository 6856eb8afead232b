import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from './root.mjs';
import { say } from './say.mjs';

const folder = join(tmpdir(), `kakuin-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.lock`);

/** No installation takes longer: an older lock was left by a program whose number another one now has. */
const longest = 20 * 60_000;

/** Two commands started at once must not install or compile over each other: the second waits for the first. */
export async function alone(work) {
  await take();
  try {
    return await work();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function take() {
  for (let turn = 0; !taken(); turn += 1) {
    if (abandoned()) rmSync(folder, { recursive: true, force: true });
    else if (turn % 20 === 0) say('Another command is installing or compiling; waiting for it …');
    await pause(200);
  }
  writeFileSync(join(folder, 'pid'), String(process.pid));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
}

function taken() {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function abandoned() {
  try {
    if (Date.now() - statSync(folder).mtimeMs > longest) return true;
    process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
