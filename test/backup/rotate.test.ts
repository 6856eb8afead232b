/** Which backups a folder loses, by their names; above all when the clock lies. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { backupName, rotate } from '../../ca-core/backup/kept-backups.ts';

const [hour, day] = [3600, 86_400];
const policy = { keepAll: 48 * hour, keepDaily: 35 * day, keepMonthly: 400 * day };
const now = Date.parse('2026-11-22T12:00:00Z') / 1000;
let folder: string;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'kakuin-rotate-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** One more backup, by a clock that says so. */
async function backUp(at: number): Promise<number> {
  writeFileSync(join(folder, backupName(at)), '');
  await rotate(folder, policy, at);
  return readdirSync(folder).length;
}

it('takes old ones away while one is made every hour', async () => {
  for (let at = now - 60 * hour; at < now; at += hour) writeFileSync(join(folder, backupName(at)), '');
  // All of 48 hours, and the first of the day before.
  expect(await backUp(now)).toBe(49 + 1);
});

it('takes none away where the clock is over a year ahead, nor when it is right again', async () => {
  for (let at = now - 47 * hour; at <= now; at += hour) writeFileSync(join(folder, backupName(at)), '');
  const ahead = now + 401 * day;
  for (const at of [ahead, ahead + hour, ahead + 2 * hour]) await backUp(at);
  expect(readdirSync(folder)).toHaveLength(48 + 3);
  expect(await backUp(now + hour)).toBe(48 + 4);
});

it('believes a clock by which backups were made for as long as all of them stay', async () => {
  writeFileSync(join(folder, backupName(now - 500 * day)), '');
  for (let at = now - 47 * hour; at < now; at += hour) expect(await backUp(at)).toBeGreaterThan(1);
  expect(readdirSync(folder)).toContain(backupName(now - 500 * day));
  await backUp(now + hour);
  expect(readdirSync(folder)).not.toContain(backupName(now - 500 * day));
});
