/** Backups by the timetable: the CA core makes them beside its turns, and says how it went. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drawBackupKey } from '../../ca-core/backup/backup-key.ts';
import { silentLog } from '../../ca-core/log.ts';
import { openCa, type OpenCa } from '../../ca-core/open-ca.ts';
import { aCa, aClock, settle, type ACa } from '../support/a-ca.ts';

const clock = aClock();
const folder = mkdtempSync(join(tmpdir(), 'kakuin-rounds-'));
const to = join(folder, 'to');
let platform: ACa;
let core: OpenCa;

beforeAll(async () => {
  platform = await aCa({ clock });
  writeFileSync(join(folder, 'backup.pub'), (await drawBackupKey('correct horse battery')).publicKey);
  const backup = { to, keyFile: join(folder, 'backup.pub') };
  core = await openCa({ ...platform.settings, backup }, { log: silentLog, clock });
});
afterAll(async () => {
  await core.close();
  await platform.end();
  rmSync(folder, { recursive: true, force: true });
});

const backups = (): number => (existsSync(to) ? readdirSync(to).filter(name => name.endsWith('.kakuin')).length : 0);
const state = async () => (await platform.store.states.all()).find(({ service }) => service === 'backup');

/** Turns until it is so; a backup is made beside them. */
async function turnsUntil(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (const giveUpAt = performance.now() + 30_000; !(await holds());) {
    if (performance.now() > giveUpAt) throw new Error('it does not come');
    await settle(core);
    await pause(20);
  }
}

it('makes one at once where there is none, the next after an hour and not before, and says so', async () => {
  await turnsUntil(async () => backups() === 1 && (await state())?.state === 'green');
  clock.pass(1800);
  await settle(core);
  await pause(200);
  expect(backups()).toBe(1);
  clock.pass(1801);
  await turnsUntil(() => backups() === 2);
});

it('turns red where it cannot, goes on with its work, and is green again when it can', async () => {
  const key = join(folder, 'backup.pub');
  rmSync(key);
  clock.pass(3601);
  await turnsUntil(async () => (await state())?.state === 'red');
  expect((await state())?.detail).toContain('cannot be read');
  writeFileSync(key, (await drawBackupKey('correct horse battery')).publicKey);
  clock.pass(301);
  await turnsUntil(async () => (await state())?.state === 'green');
  expect(readdirSync(to).filter(name => name.endsWith('.new'))).toEqual([]);
});
