/** A CA that was backed up yesterday and went on since, and what of it is outside: a CRL, the second place, an export of the audit log. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CaseDocument, RevocationReason } from '../../../ca-core/approvals/documents.ts';
import { exportAuditLog } from '../../../ca-core/audit/export.ts';
import { fileKeyOf } from '../../../ca-core/backup/backup-file.ts';
import { drawBackupKey, openBackupKey } from '../../../ca-core/backup/backup-key.ts';
import { makeBackup } from '../../../ca-core/backup/make-backup.ts';
import { silentLog } from '../../../ca-core/log.ts';
import { openCa, type OpenCa } from '../../../ca-core/open-ca.ts';
import type { CaSettings } from '../../../ca-core/settings.ts';
import type { Store } from '../../../ca-core/store/store.ts';
import { readCrl } from '../../../ca-core/x509/crl.ts';
import { migratePortal } from '../../../ra-portal/store/database.ts';
import { aCa, aClock, aRequestedKey, settle, type ACa } from '../../support/a-ca.ts';

const hours = 3600;

interface IssuedCase {
  readonly caseId: string;
  readonly serialNumber: string;
  readonly der: Uint8Array;
}

/** A and B are of before the backup, C, D and `waiting` of after it; A to D are revoked, of which A alone before it. */
export interface RestoreDrill {
  readonly platform: ACa;
  readonly clock: ReturnType<typeof aClock>;
  /** With a second place for the audit log. */
  readonly settings: CaSettings;
  readonly cases: Readonly<Record<string, IssuedCase>>;
  /** Approved before the backup, issued after it. */
  readonly waiting: CaseDocument;
  readonly backup: { readonly file: string; readonly fileKey: Uint8Array };
  /** The newest CRL that is out, and what is on it. */
  readonly published: Uint8Array;
  readonly revoked: readonly string[];
  /** Where places to restore into may be made, beside `audit-copy` and `audit-export`. */
  readonly folder: string;
  readonly end: () => Promise<void>;
}

export async function aRestoreDrill(): Promise<RestoreDrill> {
  const clock = aClock();
  clock.pass(-2 * 86_400);
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-recover-'));
  const platform = await aCa({ clock });
  await migratePortal(platform.database);
  const settings = { ...platform.settings, auditCopy: join(folder, 'audit-copy') };
  const cases: Record<string, IssuedCase> = {};
  const ground = { platform, clock, settings, cases, folder };
  const waiting = await liveYesterday(ground);
  const backup = await backUp(ground);
  clock.pass(23 * hours);
  await liveToday(ground, waiting);
  clock.pass(600);
  const published = (await newestCrl(ground, platform.store)).crl;
  await exportAuditLog(platform.store.audit, join(settings.home, 'ca', 'audit'), join(folder, 'audit-export'));
  return {
    ...{ ...ground, waiting, backup, published, revoked: entriesOf(published) },
    end: async () => {
      await platform.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Ground extends Pick<RestoreDrill, 'platform' | 'clock' | 'settings' | 'folder'> {
  readonly cases: Record<string, IssuedCase>;
}

const open = ({ settings, clock }: Ground): Promise<OpenCa> => openCa(settings, { log: silentLog, clock });

async function liveYesterday(ground: Ground): Promise<CaseDocument> {
  const core = await open(ground);
  await issue(ground, core, { A: aRequestedKey(), B: aRequestedKey() });
  await revoke(ground, core, { A: 'superseded' });
  await core.close();
  const waiting = ground.platform.aCase({ subjectKey: aRequestedKey() });
  await approveAt(ground, ground.platform.store, waiting, ground.clock.now() + 24 * hours);
  return waiting;
}

async function backUp({ platform, settings, clock, folder }: Ground): Promise<RestoreDrill['backup']> {
  const key = await drawBackupKey('correct horse battery');
  const keyFile = join(folder, 'backup.pub');
  writeFileSync(keyFile, key.publicKey);
  const { home, database } = settings;
  const policy = platform.policies.schedule.backup;
  const made = await makeBackup({ home, database, keyFile, to: join(folder, 'to'), policy, clock });
  const file = join(folder, 'to', made.file);
  return { file, fileKey: await fileKeyOf(file, await openBackupKey(key.privateKey, 'correct horse battery')) };
}

async function liveToday(ground: Ground, waiting: CaseDocument): Promise<void> {
  const core = await open(ground);
  await settle(core);
  await remember(ground, 'waiting', waiting);
  await issue(ground, core, { C: aRequestedKey(), D: aRequestedKey() });
  await revoke(ground, core, { B: 'keyCompromise', C: 'cessationOfOperation', D: 'certificateHold' });
  await core.close();
}

async function issue(ground: Ground, core: OpenCa, keys: Record<string, CaseDocument['subjectKey']>): Promise<void> {
  for (const [name, subjectKey] of Object.entries(keys)) {
    const document = ground.platform.aCase({ subjectKey });
    await ground.platform.approve(document);
    await settle(core);
    await remember(ground, name, document);
  }
}

async function remember({ platform, cases }: Ground, name: string, { caseId }: CaseDocument): Promise<void> {
  const row = await platform.store.certificates.ofCase(caseId);
  if (row === undefined) throw new Error(`${name} was not issued`);
  cases[name] = { caseId, serialNumber: row.serialNumber, der: row.certificate };
}

async function revoke(ground: Ground, core: OpenCa, reasons: Record<string, RevocationReason>): Promise<void> {
  const { platform, clock, cases } = ground;
  for (const [name, reason] of Object.entries(reasons)) {
    const { serialNumber = '' } = cases[name] ?? {};
    const about = { kind: 'revocation', version: 1, ca: platform.ca, serialNumber, requestedAt: clock.now() } as const;
    await platform.approve({ ...about, reason, invalidityDate: null }, [platform.officers[0]]);
    clock.pass(60);
    await settle(core);
  }
}

/** Signed by both officers in this store, and good until then. */
export async function approveAt(
  { platform, clock }: Pick<RestoreDrill, 'platform' | 'clock'>,
  store: Store,
  document: CaseDocument,
  until = clock.now(),
): Promise<void> {
  const digest = await store.documents.put(document, clock.now());
  for (const officer of platform.officers)
    await store.approvals.record({ digest, at: clock.now(), ...officer.approve(document, until) });
}

export async function newestCrl({ platform }: Pick<RestoreDrill, 'platform'>, store: Store) {
  const row = await store.crls.newest(platform.ca);
  if (row === undefined) throw new Error('no CRL');
  return row;
}

/** As `7f01 1790000000 superseded`. */
export const entriesOf = (der: Uint8Array): string[] =>
  [...readCrl(der).entries]
    .map(({ serialNumber, revokedAt, reason }) => `${serialNumber} ${revokedAt} ${reason}`)
    .sort();
