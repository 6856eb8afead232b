/** Backups of a CA and its portal: what is in them, for whom, and that they come back the same. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileKeyOf, readBackup } from '../../ca-core/backup/backup-file.ts';
import { drawBackupKey, openBackupKey } from '../../ca-core/backup/backup-key.ts';
import type { BackupLine } from '../../ca-core/backup/backup-lines.ts';
import { lastBackupIn, timesToKeep, type LastBackup } from '../../ca-core/backup/kept-backups.ts';
import { makeBackup, type BackupGround } from '../../ca-core/backup/make-backup.ts';
import { restoreBackup, type RestoreGround } from '../../ca-core/backup/restore.ts';
import { openDatabase } from '../../ca-core/store/database.ts';
import { withSnapshot } from '../../ca-core/store/snapshot.ts';
import { migratePortal } from '../../ra-portal/store/database.ts';
import { migrateTo } from '../../scripts/tables.ts';
import { aCa, placeOf, settle, type ACa } from '../support/a-ca.ts';

const passphrase = 'correct horse battery';
const folder = mkdtempSync(join(tmpdir(), 'kakuin-backup-'));
let platform: ACa;
let ground: BackupGround;
let last: LastBackup;
let privateKey: Uint8Array;
const file = (): string => join(folder, 'to', last.file);

beforeAll(async () => {
  platform = await aCa();
  await migratePortal(platform.database);
  const { settings, clock, policies } = platform;
  const container = {
    from: 'server',
    algorithm: 'p-256',
    sealTo: '5fd47633b5e43fca7bad1bfbe424feacb175d9d4d4a30f166dbd30636f0b446b',
  } as const;
  for (const subjectKey of [container, container]) await platform.approve(platform.aCase({ subjectKey }));
  const core = await platform.open();
  await settle(core);
  await core.close();
  mkdirSync(join(settings.home, 'portal'));
  writeFileSync(join(settings.home, 'portal', 'upload-key'), 'ab'.repeat(32));
  await platform.database('letters').insert(letter());
  const key = await drawBackupKey(passphrase);
  writeFileSync(join(folder, 'backup.pub'), key.publicKey);
  privateKey = await openBackupKey(key.privateKey, passphrase);
  const { home, database } = settings;
  ground = {
    home,
    database,
    to: join(folder, 'to'),
    keyFile: join(folder, 'backup.pub'),
    policy: policies.schedule.backup,
    clock,
  };
  last = await makeBackup(ground);
});
afterAll(async () => {
  await platform.end();
  rmSync(folder, { recursive: true, force: true });
});

const letter = (): object => ({
  id: 'a',
  mailbox: 'taro@example.jp',
  subject: '角印',
  body: '𠮷野',
  attempts: 0,
  created_at: 1,
  next_attempt_at: 1,
});

async function linesOf(): Promise<readonly BackupLine[]> {
  const lines: BackupLine[] = [];
  await readBackup(file(), await fileKeyOf(file(), privateKey), line => void lines.push(line));
  return lines;
}

describe('a backup', () => {
  it('is recorded beside, with what it reaches to', () => {
    expect(lastBackupIn(ground.to)).toEqual(last);
    expect(readdirSync(ground.to).sort()).toEqual([last.file, 'last-backup.json'].sort());
    expect(last.treeSize).toBeGreaterThan(5);
    expect(last.crlNumbers[platform.ca]).toBe(1);
  });

  it('holds no passphrase, PIN or key that opens subscribers’ keys, whoever opens it', async () => {
    const paths = (await linesOf()).flatMap(line => (line.is === 'file' ? [line.path] : []));
    expect(paths).toEqual(
      expect.arrayContaining(['ca/signer.log', 'ca/status.log', 'ca/intention.key', 'portal/upload-key']),
    );
    expect(paths.some(path => path.startsWith('ca/keys/'))).toBe(true);
    expect(paths.filter(path => /passphrase|wrapping|\.lock|\.pid|restored/.test(path))).toEqual([]);
  });

  it('shows nothing of what is in it', () => {
    const octets = readFileSync(file());
    const secrets = [
      'ab'.repeat(32),
      readFileSync(join(ground.home, 'ca', 'intention.key'), 'utf8').trim(),
      'taro@example.jp',
      '-----BEGIN',
      '𠮷野',
      'CREATE',
    ];
    for (const secret of secrets) expect(octets.includes(secret)).toBe(false);
  });

  it('is opened by the operators’ key alone', async () => {
    const other = await openBackupKey((await drawBackupKey(passphrase)).privateKey, passphrase);
    await expect(fileKeyOf(file(), other)).rejects.toThrow('backupUnfit');
    const key = (await drawBackupKey(passphrase)).privateKey;
    await expect(openBackupKey(key, 'another passphrase')).rejects.toThrow('passphraseWrong');
  });

  it.each([
    ['an octet was changed', (octets: Buffer) => octets.fill(octets[2000] === 0 ? 1 : 0, 2000, 2001)],
    ['its tail was cut', (octets: Buffer) => octets.subarray(0, -100)],
    ['a piece was cut off whole', (octets: Buffer) => octets.subarray(0, octets.indexOf(10) + 1)],
    ['something was added', (octets: Buffer) => Buffer.concat([octets, Buffer.from('x')])],
    [
      'its time was changed',
      (octets: Buffer) => Buffer.from(octets.toString('latin1').replace(/"at":1/, '"at":2'), 'latin1'),
    ],
  ])('is refused where %s', async (_, spoil) => {
    const spoiled = join(folder, 'spoiled');
    writeFileSync(spoiled, spoil(Buffer.from(readFileSync(file()))));
    const reading = fileKeyOf(spoiled, privateKey).then(key => readBackup(spoiled, key, () => undefined));
    await expect(reading).rejects.toThrow('backupUnfit');
  });

  it('of another moment sees all of a row or nothing, while others write', async () => {
    const busy = platform.database('letters').insert({ ...letter(), id: 'b' });
    const [again] = await Promise.all([makeBackup({ ...ground, to: join(folder, 'again') }), busy]);
    expect(again.rows - last.rows).toBeLessThanOrEqual(1);
    await platform.database('letters').where({ id: 'b' }).delete();
  });
});

describe('a restored backup', () => {
  let place: Pick<RestoreGround, 'home' | 'database'> & { readonly home: string; readonly database: string };
  const restore = async (change: Partial<RestoreGround> = {}): Promise<unknown> =>
    restoreBackup({
      ...{ file: file(), fileKey: await fileKeyOf(file(), privateKey), markIn: place.home, ...place },
      ...{ migrate: migrateTo, clock: platform.clock, tell: () => undefined },
      ...change,
    });
  beforeAll(async () => {
    const home = join(folder, 'home');
    place = { home, database: (await placeOf()).database ?? join(home, 'kakuin.db') };
    mkdirSync(home);
    await restore();
  });

  it('has every row as it was, but the CRLs of the issuing CAs', async () => {
    const rowsOf = (location: string): Promise<Record<string, unknown[]>> =>
      withSnapshot(location, async ({ tables, rowsOf: pages }) => {
        const all: Record<string, unknown[]> = {};
        for (const table of tables.filter(name => !['crls', 'crl_parts', 'service_states'].includes(name))) {
          all[table] = [];
          for await (const { columns, rows } of pages(table))
            all[table].push(...rows.map(row => JSON.stringify(columns.map((name, at) => [name, row[at]]).sort())));
          all[table].sort();
        }
        return all;
      });
    const [before, after] = [await rowsOf(ground.database), await rowsOf(place.database)];
    expect(after).toEqual(before);
    const database = openDatabase(place.database);
    expect(await database('crls').where({ issuer: platform.ca })).toEqual([]);
    await database.destroy();
  });

  it('has the files as they were, for their owner only, and is marked', () => {
    for (const path of ['ca/signer.log', 'ca/audit/checkpoint', 'ca/issuers/000001.json', 'portal/upload-key'])
      expect(readFileSync(join(place.home, path))).toEqual(readFileSync(join(ground.home, path)));
    expect(readdirSync(join(place.home, 'ca'))).toContain('restored.json');
    expect(readdirSync(place.home).filter(name => name.startsWith('.'))).toEqual([]);
  });

  it('takes no place that is taken', async () => {
    await expect(restore()).rejects.toThrow(/ca is there: it knows more than a backup/);
    await expect(restore({ home: undefined })).rejects.toThrow('the database has rows');
  });

  it('made by a later release is left to that one', async () => {
    const database = openDatabase(place.database);
    const to = { ca_migrations: ['0001-the-ca', '9999-later'], portal_migrations: [] };
    await expect(migrateTo(database, to)).rejects.toThrow('9999-later');
    await database.destroy();
  });
});

describe('which backups stay', () => {
  const hour = 3600;
  const policy = { keepAll: 4 * hour, keepDaily: 3 * 24 * hour, keepMonthly: 60 * 24 * hour };
  const now = Date.parse('2026-11-22T12:00:00Z') / 1000;

  it('is all of the last hours, one of each day, one of each month, and the newest whatever happens', () => {
    const times = Array.from({ length: 90 * 24 }, (_, index) => now - index * hour);
    const kept = timesToKeep(times, policy, now).map(at => new Date(at * 1000).toISOString().slice(0, 13));
    expect(kept).toEqual([
      '2026-10-01T00',
      '2026-11-01T00',
      '2026-11-20T00',
      '2026-11-21T00',
      '2026-11-22T00',
      ...['08', '09', '10', '11', '12'].map(one => `2026-11-22T${one}`),
    ]);
    expect(timesToKeep([1, 2], policy, now)).toEqual([2]);
  });
});
