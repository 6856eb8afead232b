/** The restore drill: yesterday's backup is put back in each way in which things are lost, and time does not go back. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CaseDocument, RevocationReason } from '../../ca-core/approvals/documents.ts';
import { exportAuditLog } from '../../ca-core/audit/export.ts';
import { fileKeyOf } from '../../ca-core/backup/backup-file.ts';
import { drawBackupKey, openBackupKey } from '../../ca-core/backup/backup-key.ts';
import { makeBackup } from '../../ca-core/backup/make-backup.ts';
import { restoreBackup } from '../../ca-core/backup/restore.ts';
import { takeMarksAway } from '../../ca-core/backup/restored-mark.ts';
import { silentLog } from '../../ca-core/log.ts';
import { openCa, type OpenCa } from '../../ca-core/open-ca.ts';
import type { RecoverySources } from '../../ca-core/recovery/put-together.ts';
import { recover, type RecoveryReport } from '../../ca-core/recovery/recover.ts';
import type { CaSettings } from '../../ca-core/settings.ts';
import { openDatabase } from '../../ca-core/store/database.ts';
import { openStore, type Store } from '../../ca-core/store/store.ts';
import { readCrl } from '../../ca-core/x509/crl.ts';
import { migratePortal } from '../../ra-portal/store/database.ts';
import { migrateTo } from '../../scripts/tables.ts';
import { aCa, aClock, aRequestedKey, placeOf, settle, type ACa } from '../support/a-ca.ts';
import { checkPki } from '../support/check-pki.ts';
import { compareAllPlaces, followAsResponder } from '../support/every-place.ts';

const clock = aClock();
clock.pass(-2 * 86_400);
const folder = mkdtempSync(join(tmpdir(), 'kakuin-recover-'));
const hours = 3600;
let platform: ACa;
let settings: CaSettings;
let fileKey: Uint8Array;
let file: string;
/** Approved before the backup, issued after it. */
let waiting: CaseDocument;
const cases: Record<string, { readonly caseId: string; readonly serialNumber: string; readonly der: Uint8Array }> = {};
let published: Uint8Array;
let revoked: readonly string[];

const subjectKey = aRequestedKey();

async function issue(core: OpenCa, name: string): Promise<void> {
  const document = platform.aCase({ subjectKey: name === 'D' ? subjectKey : aRequestedKey() });
  await platform.approve(document);
  await settle(core);
  await remember(name, document);
}
async function approveAt(store: Store, document: CaseDocument, until = clock.now()): Promise<void> {
  const digest = await store.documents.put(document, clock.now());
  for (const officer of platform.officers)
    await store.approvals.record({ digest, at: clock.now(), ...officer.approve(document, until) });
}
async function remember(name: string, { caseId }: CaseDocument): Promise<void> {
  const row = await platform.store.certificates.ofCase(caseId);
  if (row === undefined) throw new Error(`${name} was not issued`);
  cases[name] = { caseId, serialNumber: row.serialNumber, der: row.certificate };
}
async function revoke(core: OpenCa, name: string, reason: RevocationReason): Promise<void> {
  const { serialNumber = '' } = cases[name] ?? {};
  const about = { kind: 'revocation', version: 1, ca: platform.ca, serialNumber, requestedAt: clock.now() } as const;
  await platform.approve({ ...about, reason, invalidityDate: null }, [platform.officers[0]]);
  clock.pass(60);
  await settle(core);
}
const entriesOf = (der: Uint8Array): string[] =>
  [...readCrl(der).entries]
    .map(({ serialNumber, revokedAt, reason }) => `${serialNumber} ${revokedAt} ${reason}`)
    .sort();
const newestCrl = async (store: Store) => {
  const row = await store.crls.newest(platform.ca);
  if (row === undefined) throw new Error('no CRL');
  return row;
};

beforeAll(async () => {
  platform = await aCa({ clock });
  await migratePortal(platform.database);
  settings = { ...platform.settings, auditCopy: join(folder, 'audit-copy') };
  const key = await drawBackupKey('correct horse battery');
  writeFileSync(join(folder, 'backup.pub'), key.publicKey);
  const open = (): Promise<OpenCa> => openCa(settings, { log: silentLog, clock });

  const yesterday = await open();
  await issue(yesterday, 'A');
  await issue(yesterday, 'B');
  await revoke(yesterday, 'A', 'superseded');
  await yesterday.close();
  waiting = platform.aCase({ subjectKey: aRequestedKey() });
  await approveAt(platform.store, waiting, clock.now() + 24 * hours);
  const where = { home: settings.home, database: settings.database, keyFile: join(folder, 'backup.pub') };
  const made = await makeBackup({ ...where, to: join(folder, 'to'), policy: platform.policies.schedule.backup, clock });
  file = join(folder, 'to', made.file);
  fileKey = await fileKeyOf(file, await openBackupKey(key.privateKey, 'correct horse battery'));

  clock.pass(23 * hours);
  const today = await open();
  await settle(today);
  await remember('waiting', waiting);
  await issue(today, 'C');
  await issue(today, 'D');
  await revoke(today, 'B', 'keyCompromise');
  await revoke(today, 'C', 'cessationOfOperation');
  await revoke(today, 'D', 'certificateHold');
  await today.close();
  clock.pass(600);
  published = (await newestCrl(platform.store)).crl;
  revoked = entriesOf(published);
  await exportAuditLog(platform.store.audit, join(settings.home, 'ca', 'audit'), join(folder, 'audit-export'));
});
afterAll(async () => {
  await platform.end();
  rmSync(folder, { recursive: true, force: true });
});

/** What is left after a disaster, to be restored into. */
interface Place {
  readonly settings: CaSettings;
  readonly restore: (only?: 'database' | 'home') => Promise<void>;
  readonly open: () => Promise<OpenCa>;
  readonly recover: (sources?: Partial<RecoverySources>) => Promise<RecoveryReport>;
  readonly withStore: <T>(work: (store: Store, database: ReturnType<typeof openDatabase>) => Promise<T>) => Promise<T>;
}

let places = 0;

async function aPlace(
  left: { readonly home?: true; readonly database?: true; readonly copy?: true } = {},
): Promise<Place> {
  const own = join(folder, `place-${++places}`);
  const home = join(own, 'home');
  mkdirSync(home, { recursive: true });
  cpSync(settings.passphraseFile, join(home, 'passphrase'));
  if (left.home) cpSync(join(settings.home, 'ca'), join(home, 'ca'), { recursive: true });
  if (left.copy) cpSync(join(folder, 'audit-copy'), join(own, 'copy'), { recursive: true });
  const database = left.database ? settings.database : ((await placeOf()).database ?? join(home, 'kakuin.db'));
  const there = { ...settings, home, database, passphraseFile: join(home, 'passphrase') };
  const at = { ...there, auditCopy: left.copy ? join(own, 'copy') : undefined };
  return {
    settings: at,
    restore: async only => {
      const where = { home: only === 'database' ? undefined : home, database: only === 'home' ? undefined : database };
      const rest = { markIn: home, migrate: migrateTo, clock, tell: () => undefined };
      await restoreBackup({ file, fileKey, ...where, ...rest });
    },
    open: () => openCa(at, { log: silentLog, clock }),
    recover: async sources => {
      const all = { crls: [], isWithoutCrl: true, logs: [], certificates: [], ...sources };
      const report = await recover(at, all, { clock, log: silentLog, tell: () => undefined });
      await takeMarksAway(home);
      return report;
    },
    withStore: async work => {
      const opened = openDatabase(database);
      return work(openStore(opened), opened).finally(() => opened.destroy());
    },
  };
}

/** After a recovery: what was signed and revoked is there, and what comes next is new. */
async function expectOnward(
  place: Place,
  expected: { readonly revoked: readonly string[]; readonly above: number },
): Promise<void> {
  const core = await place.open();
  const document = platform.aCase({ subjectKey: aRequestedKey() });
  await place.withStore(async (store, database) => {
    await approveAt(store, document);
    clock.pass(60);
    await settle(core);
    await store.crls.order(platform.ca, 'a test', clock.now());
    await settle(core);
    const next = await store.certificates.ofCase(document.caseId);
    expect(next).toBeDefined();
    expect(Object.values(cases).map(one => one.serialNumber)).not.toContain(next?.serialNumber);
    const crl = await newestCrl(store);
    expect(crl.crlNumber).toBeGreaterThan(expected.above);
    expect(entriesOf(crl.crl)).toEqual(expected.revoked);
    for (const entry of expected.revoked) {
      const [serialNumber = ''] = entry.split(' ');
      expect(await store.status.of(platform.ca, serialNumber)).toMatchObject({ status: 'revoked' });
    }
    await core.close();
    expect(await checkPki({ settings: place.settings, database, clock })).toEqual([]);
    clock.pass(600);
    const places = { home: place.settings.home, database, ca: platform.ca, clock };
    await followAsResponder(places);
    expect((await compareAllPlaces(places)).findings).toEqual([]);
  });
}

const numberOut = (): number => Number(readCrl(published).crlNumber);
const named = (...names: string[]): string[] => names.map(name => cases[name]?.serialNumber ?? '').sort();

describe('where all is lost but the backup, the CRL that is out and the second place', () => {
  let place: Place;
  beforeAll(async () => {
    place = await aPlace({ copy: true });
    await place.restore();
  });

  it('nothing is issued, nor any CRL made, before a recovery', async () => {
    await expect(place.open()).rejects.toThrow(/recoveryNeeded.*a backup of .* was put back.*kakuin recover/);
    await place.withStore(async store => expect(await store.crls.newest(platform.ca)).toBeUndefined());
  });

  it('and then no serial number comes again, the CRL’s number is higher, every revocation is there', async () => {
    const report = await place.recover({ crls: [published] });
    const [issuer] = report.issuers;
    expect(issuer?.revoked.toSorted()).toEqual(named('B', 'C', 'D'));
    expect(issuer?.unknown.toSorted()).toEqual(named('C', 'D'));
    expect(issuer).toMatchObject({ highest: numberOut(), cases: [] });
    expect(report.crlNumbers['issuing']).toBe(numberOut() + 1);
    expect(report.newestTrace - report.knownUntil).toBeGreaterThan(22 * hours);
    expect(report.audit.lost?.to).toBeGreaterThan(report.audit.lost?.from ?? Infinity);
    expect(report.audit.origin).toMatch(/\/r2$/);
    await expectOnward(place, { revoked, above: numberOut() });
  });

  it('may be recovered once more, which changes nothing', async () => {
    const report = await place.recover({ crls: [published] });
    expect(report).toMatchObject({ signs: [], judgedAgain: 0, audit: { lost: undefined } });
    expect(report.issuers[0]).toMatchObject({ revoked: [], unknown: [], cases: [], rows: 0 });
    await expectOnward(place, { revoked, above: numberOut() + 1 });
  });
});

describe('where somebody brings more', () => {
  it('certificates, a copy of the logs and an export of the audit log put back all there is', async () => {
    const place = await aPlace({ copy: true });
    await place.restore();
    const report = await place.recover({
      crls: [published],
      certificates: [cases['C']?.der ?? new Uint8Array(0)],
      logs: [join(settings.home, 'ca')],
      auditExport: join(folder, 'audit-export'),
    });
    expect(report.audit.lost).toBeUndefined();
    expect(report.audit.putBack).toBeGreaterThan(5);
    const [issuer] = report.issuers;
    expect(issuer).toMatchObject({ unknown: [], revoked: [] });
    expect(issuer?.cases.map(one => [one.caseId, one.outcome, one.hasOrder]).sort()).toEqual(
      [
        [cases['C']?.caseId, 'recorded', false],
        [cases['D']?.caseId, 'signedAgain', false],
        [cases['waiting']?.caseId, 'signedAgain', true],
      ].sort(),
    );
    await place.withStore(async store => {
      const row = await store.certificates.ofCase(cases['C']?.caseId ?? '');
      expect(Buffer.from(row?.certificate ?? []).equals(cases['C']?.der ?? new Uint8Array(0))).toBe(true);
    });
    await expectOnward(place, { revoked, above: numberOut() });
  });

  it('a certificate that nothing else knows is known again', async () => {
    const place = await aPlace();
    await place.restore();
    const report = await place.recover({ crls: [published], certificates: [cases['D']?.der ?? new Uint8Array(0)] });
    expect(report.issuers[0]?.unknown).toEqual(named('C'));
    expect(report.issuers[0]?.cases).toMatchObject([{ serialNumber: named('D')[0], outcome: 'recorded' }]);
    await expectOnward(place, { revoked, above: numberOut() });
  });

  it('a CRL of another CA, or one that was changed, puts back nothing', async () => {
    const place = await aPlace();
    await place.restore();
    const changed = Uint8Array.from(published, (octet, at) => (at === published.length - 1 ? octet ^ 1 : octet));
    const crls = [changed, new Uint8Array(5)];
    await expect(place.recover({ crls, isWithoutCrl: false })).rejects.toThrow(/no CRL of issuing was given or found/);
    const report = await place.recover({ crls });
    expect(report.issuers[0]).toMatchObject({ highest: 0, revoked: [] });
  });
});

describe('where the database is lost and the home is there', () => {
  let place: Place;
  beforeEach(async () => {
    place = await aPlace({ home: true });
    await place.restore('database');
  });

  it('every certificate is back, the same as it was signed, and each case without its application is named', async () => {
    await expect(place.open()).rejects.toThrow('kakuin recover');
    const report = await place.recover();
    const [issuer] = report.issuers;
    expect(issuer?.cases.map(one => [one.caseId, one.outcome, one.hasOrder]).sort()).toEqual(
      ['C', 'D', 'waiting'].map(name => [cases[name]?.caseId, 'signedAgain', name === 'waiting']).sort(),
    );
    expect(report.audit.lost).toBeDefined();
    await expectOnward(place, { revoked, above: numberOut() });
  });

  it('without a mark issuing waits all the same, while revocations go on', async () => {
    rmSync(join(place.settings.home, 'ca', 'restored.json'));
    const core = await place.open();
    await expect(settle(core)).rejects.toThrow(/auditBroken.*kakuin recover/);
    await core.close();
    await place.withStore(async store => {
      expect((await newestCrl(store)).crlNumber).toBe(numberOut() + 1);
      expect(await store.certificates.ofCase(waiting.caseId)).toBeUndefined();
    });
    await place.recover();
    await expectOnward(place, { revoked, above: numberOut() });
  });
});

describe('where the whole machine was set back and nobody says so', () => {
  it.each(['the second place', 'the CRL that is out'])('%s tells', async what => {
    const place = await aPlace(what === 'the second place' ? { copy: true } : {});
    await place.restore();
    rmSync(join(place.settings.home, 'ca', 'restored.json'));
    const out = join(place.settings.home, 'crl', 'crl', 'issuing');
    mkdirSync(out, { recursive: true });
    if (what === 'the CRL that is out') writeFileSync(join(out, '0.crl'), published);
    await expect(place.open()).rejects.toThrow(/recoveryNeeded.*(audit checkpoint|CRL) .*kakuin recover/);
    await place.recover({ crls: [published] });
    await expectOnward(place, { revoked, above: numberOut() });
  });
});

describe('where the home is lost and the database is there', () => {
  it('the signer log is known again from what the CA signed, and orders to revoke are judged anew', async () => {
    const place = await aPlace({ database: true });
    await place.restore('home');
    await expect(place.open()).rejects.toThrow('kakuin recover');
    const report = await place.recover();
    expect(report.issuers[0]).toMatchObject({ rows: 3, unknown: [] });
    expect(report.audit.lost).toBeUndefined();
    await expectOnward(place, { revoked, above: numberOut() });
  });
});
