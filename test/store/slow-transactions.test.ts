/** Backup and restore of a large home: a database that ends transactions which idle does not end these (PostgreSQL). */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fileKeyOf } from '../../ca-core/backup/backup-file.ts';
import { drawBackupKey, openBackupKey } from '../../ca-core/backup/backup-key.ts';
import { makeBackup } from '../../ca-core/backup/make-backup.ts';
import { restoreBackup } from '../../ca-core/backup/restore.ts';
import { openDatabase } from '../../ca-core/store/database.ts';
import { migratePortal } from '../../ra-portal/store/database.ts';
import { migrateTo } from '../../scripts/tables.ts';
import { aCa, type ACa } from '../support/a-ca.ts';
import { aPostgres } from '../support/postgres.ts';

const folder = mkdtempSync(join(tmpdir(), 'kakuin-slow-'));
let platform: ACa;

beforeAll(async () => {
  platform = await aCa({ database: 'postgresql' });
  await migratePortal(platform.database);
});
afterAll(async () => {
  await platform.end();
  rmSync(folder, { recursive: true, force: true });
});

/** The same database for sessions that may idle in a transaction for a tenth of a second, not a minute. */
const impatient = (url: string): string => `${url}?idle_in_transaction_session_timeout=100`;

/** As slow as a large home at the first word that begins so; nothing else is done meanwhile. */
function slowAt(beginning: string): (what: string) => void {
  let isLeft = true;
  return what => {
    if (!isLeft || !what.startsWith(beginning)) return;
    isLeft = false;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  };
}

it('reads the files in the snapshot’s transaction, and the backup in that of its rows', async () => {
  const { privateKey, publicKey } = await drawBackupKey('correct horse battery');
  writeFileSync(join(folder, 'backup.pub'), publicKey);
  const { settings, clock, policies } = platform;
  const where = { home: settings.home, to: join(folder, 'to'), keyFile: join(folder, 'backup.pub') };
  const database = impatient(settings.database);
  const tell = slowAt('File ');
  const made = await makeBackup({ ...where, database, policy: policies.schedule.backup, clock, tell });
  const file = join(folder, 'to', made.file);
  const fileKey = await fileKeyOf(file, await openBackupKey(privateKey, 'correct horse battery'));
  const home = join(folder, 'home');
  mkdirSync(home);
  const other = await (await aPostgres()).database();
  const restored = await restoreBackup({
    ...{ file, fileKey, home, database: impatient(other), markIn: home, migrate: migrateTo, clock },
    tell: slowAt('Table '),
  });
  expect(restored.rows).toBe(made.rows);
  const opened = openDatabase(other);
  expect((await opened('issuers')).length).toBe((await platform.database('issuers')).length);
  await opened.destroy();
});
