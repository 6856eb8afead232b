/** A restore takes minutes: what somebody puts into its place meanwhile is neither emptied nor passed over. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fileKeyOf } from '../../ca-core/backup/backup-file.ts';
import { drawBackupKey, openBackupKey } from '../../ca-core/backup/backup-key.ts';
import { makeBackup } from '../../ca-core/backup/make-backup.ts';
import { restoreBackup, type RestoreGround } from '../../ca-core/backup/restore.ts';
import { openDatabase } from '../../ca-core/store/database.ts';
import { migratePortal } from '../../ra-portal/store/database.ts';
import { migrateTo } from '../../scripts/tables.ts';
import { aCa, placeOf, type ACa } from '../support/a-ca.ts';

const folder = mkdtempSync(join(tmpdir(), 'kakuin-taken-'));
let platform: ACa;
let file: string;
let fileKey: Uint8Array;

beforeAll(async () => {
  platform = await aCa();
  await migratePortal(platform.database);
  const { privateKey, publicKey } = await drawBackupKey('correct horse battery');
  writeFileSync(join(folder, 'backup.pub'), publicKey);
  const { settings, clock, policies } = platform;
  const where = { home: settings.home, database: settings.database, keyFile: join(folder, 'backup.pub') };
  const made = await makeBackup({ ...where, to: join(folder, 'to'), policy: policies.schedule.backup, clock });
  file = join(folder, 'to', made.file);
  fileKey = await fileKeyOf(file, await openBackupKey(privateKey, 'correct horse battery'));
});
afterAll(async () => {
  await platform.end();
  rmSync(folder, { recursive: true, force: true });
});

async function restore(name: string, change: Partial<RestoreGround>): Promise<string> {
  const home = join(folder, name);
  mkdirSync(home);
  const database = (await placeOf()).database ?? join(home, 'kakuin.db');
  const common = { file, fileKey, home, database, markIn: home, migrate: migrateTo, clock: platform.clock };
  const refused = restoreBackup({ ...common, tell: () => undefined, ...change });
  await expect(refused).rejects.toThrow(/backupUnfit.*(has rows|knows more than a backup)/);
  return database;
}

it('rows', async () => {
  const letter = { id: 'a', mailbox: 'a@example.jp', subject: 'a', body: 'b', attempts: 0, created_at: 1 };
  const location = await restore('rows', {
    migrate: async (database, to) => {
      await migrateTo(database, to);
      await database('letters').insert({ ...letter, next_attempt_at: 1 });
    },
  });
  const database = openDatabase(location);
  expect(await database('letters').pluck('id')).toEqual(['a']);
  expect(await database('issuers')).toEqual([]);
  await database.destroy();
});

it('files', async () => {
  const log = join(folder, 'files', 'ca', 'signer.log');
  await restore('files', {
    tell: what => {
      if (what !== 'Putting back the home') return;
      mkdirSync(join(log, '..'));
      writeFileSync(log, 'newer');
    },
  });
  expect(readFileSync(log, 'utf8')).toBe('newer');
  expect(existsSync(join(folder, 'files', 'portal'))).toBe(false);
});
