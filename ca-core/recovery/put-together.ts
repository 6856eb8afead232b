/** All that is still known in any place, put into home and database before the CA core takes a turn. */
import { join } from 'node:path';
import { openAuditKey } from '../audit/audit-key.ts';
import { openCheckpointFiles } from '../audit/checkpoint-files.ts';
import { decodeAuditLeaf } from '../audit/leaf.ts';
import { storedLines } from '../audit/live-log.ts';
import { restoredMarkIn } from '../backup/restored-mark.ts';
import { allOf, type Ca } from '../ca.ts';
import type { UnixTime } from '../clock.ts';
import { PkiError, refusalOf } from '../errors.ts';
import { linesOfLog } from '../home/log-lines.ts';
import { tbsHash, type SignerLogEntry } from '../home/signer-log.ts';
import type { RecoveryStore } from '../store/recovery.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { CertificateRevocationList } from '../x509/crl.ts';
import { folderOf } from './ca-folders.ts';
import { judgeAgain, type JudgedAgain } from './judge-again.ts';
import { mergeCrls, type MergedCrls } from './merge-crls.ts';
import {
  mergeBlockedKeys,
  mergeBrought,
  mergeLogCopy,
  mergeRows,
  ownCertificate,
  type MergedLogs,
} from './merge-logs.ts';
import { putBackCertificates, type LostCase } from './put-back-certificates.ts';
import { reopenAuditLog, type AuditLogOutcome } from './reopen-audit-log.ts';
import { ownCrl, publishedCrls, signsOfSetBack, type StandingGround } from './set-back.ts';

/** What the operator brings; nothing of it is believed without a signature of the CA, but for copies of its own logs. */
export interface RecoverySources {
  /** DER: published CRLs, of any kind. */
  readonly crls: readonly Uint8Array[];
  /** Somebody says that there is none of some issuing CA anywhere. */
  readonly isWithoutCrl?: boolean;
  /** `ca` folders of other times or disks. */
  readonly logs: readonly string[];
  /** DER. */
  readonly certificates: readonly Uint8Array[];
  /** A folder of `kakuin audit export`. */
  readonly auditExport?: string | undefined;
}

export interface RecoveryGround extends StandingGround {
  readonly recovery: RecoveryStore;
  readonly sources: RecoverySources;
  readonly tell: (what: string) => void;
}

/** What became of one issuing CA. */
export interface RecoveredIssuer extends MergedLogs, MergedCrls {
  readonly name: string;
  /** The last CRL that the home knew of before. */
  readonly crlNumberBefore: number;
  /** Certificates that only the database knew. */
  readonly rows: number;
  readonly cases: readonly LostCase[];
}

export interface PutTogether extends JudgedAgain {
  /** Why it was needed. */
  readonly signs: readonly string[];
  readonly issuers: readonly RecoveredIssuer[];
  /** Blocks of keys, and their ends, from other places. */
  readonly keysDecided: number;
  readonly audit: AuditLogOutcome;
  /** Up to when the database knew everything: the time of the backup, or of its newest row. */
  readonly knownUntil: UnixTime;
  /** The newest trace of anything, in any place: what came between may be lost. */
  readonly newestTrace: UnixTime;
}

/** More changes of status than any CA makes between two backups. */
const skipped = 1_000_000;

/** Throws recoveryNeeded, before anything is touched, where a backup was put back and no CRL tells what came after it. */
export async function putTogether(ground: RecoveryGround): Promise<PutTogether> {
  const { ca, settings, recovery, tell } = ground;
  const mark = restoredMarkIn(join(settings.home, 'ca'));
  if (mark !== undefined && ground.sources.isWithoutCrl !== true) await requireCrls(ground);
  const signs = await signsOfSetBack(ground);
  const knownUntil = mark === undefined || mark.backupAt === 0 ? await recovery.newestAt() : mark.backupAt;
  // Followers saw numbers that are gone: what is put back gets others.
  await recovery.skipStatusChanges(skipped);
  const issuers: RecoveredIssuer[] = [];
  const traces: UnixTime[] = [knownUntil];
  for (const one of allOf(ca)) {
    const { issuer, trace } = await recoverIssuer(one, ground);
    issuers.push(issuer);
    traces.push(trace);
  }
  tell('Blocked keys, rolls and orders that were lost');
  let keysDecided = 0;
  for (const copy of ground.sources.logs) keysDecided += await mergeBlockedKeys(ca, copy);
  const judged = await judgeAgain(ca, recovery);
  tell('The audit log');
  const audit = await reopenAuditLog({
    ...{ store: ca.store.audit, recovery, clock: ca.clock, exported: ground.sources.auditExport },
    folder: join(settings.home, 'ca', 'audit'),
    copy: settings.auditCopy,
    key: (await openAuditKey(ground.auditKeys, 'none')).key,
  });
  traces.push(newestCheckpoint(join(settings.home, 'ca', 'audit')), newestCheckpoint(settings.auditCopy));
  const together = { signs, issuers, keysDecided, ...judged, audit, knownUntil, newestTrace: Math.max(...traces) };
  await noteRecovered(ca, together);
  return together;
}

async function requireCrls({ ca, settings, sources }: RecoveryGround): Promise<void> {
  const reasons: string[] = [];
  for (const one of allOf(ca)) {
    if ((await crlsOf(one, settings, sources)).length > 0) continue;
    const what = `no CRL of ${folderOf(one).name} was given or found, so what was revoked since the backup is not known`;
    reasons.push(`${what} (--crl names the newest that was out; --crl none says that there is none anywhere)`);
  }
  if (reasons.length > 0) throw new PkiError('recoveryNeeded', { reasons, command: 'kakuin recover --crl' });
}

async function recoverIssuer(
  ca: Ca,
  { settings, recovery, sources, tell }: RecoveryGround,
): Promise<{ readonly issuer: RecoveredIssuer; readonly trace: UnixTime }> {
  const { name, folder } = folderOf(ca);
  const crlNumberBefore = ca.home.signerLog.lastCrl().crlNumber;
  tell(`${name}: logs of other places`);
  const merged = { signed: 0, decided: 0 };
  for (const copy of sources.logs) {
    const { signed, decided } = await mergeLogCopy(ca, copy);
    merged.signed += signed;
    merged.decided += decided;
  }
  tell(`${name}: certificates in the database`);
  const rows = await mergeRows(ca, recovery);
  const own = certificatesOf(ca, sources);
  await mergeBrought(ca, own);
  tell(`${name}: published CRLs`);
  const crls = await crlsOf(ca, settings, sources);
  const mergedCrls = await mergeCrls(ca, crls);
  tell(`${name}: certificates that the database lost`);
  const brought = new Map(own.map(one => [tbsHash(one.tbs), one]));
  const cases: LostCase[] = [];
  for await (const lost of putBackCertificates({ ca, recovery, home: settings.home, brought })) cases.push(lost);
  const logged = await noteUntoldCrls(ca, recovery, join(settings.home, 'ca', folder, 'signer.log'));
  const trace = Math.max(logged, ca.home.statusJournal.latestAt(), ...crls.map(({ thisUpdate }) => thisUpdate));
  return { issuer: { name, crlNumberBefore, ...merged, rows, ...mergedCrls, cases }, trace };
}

async function crlsOf(
  ca: Ca,
  settings: RecoveryGround['settings'],
  { crls }: RecoverySources,
): Promise<readonly CertificateRevocationList[]> {
  const row = await ca.store.crls.newest(ca.id);
  const published = publishedCrls(ca, settings).map(({ crl }) => crl);
  return [...published, ...[...crls, row?.crl].flatMap(der => ownCrl(ca, der) ?? [])];
}

const certificatesOf = (ca: Ca, { certificates }: RecoverySources): Certificate[] =>
  certificates.flatMap(der => ownCertificate(ca, der) ?? []);

/** CRLs of the signer log of which neither a row nor an event tells; when the newest line was written. */
async function noteUntoldCrls(ca: Ca, recovery: RecoveryStore, file: string): Promise<UnixTime> {
  const told = await toldCrls(ca);
  const recorded = await recovery.crlNumbers(ca.id);
  let newest: UnixTime = 0;
  for await (const line of linesOfLog<SignerLogEntry>(file)) {
    newest = Math.max(newest, line.kind === 'lost' ? 0 : line.at);
    if (line.kind !== 'crl' || told.has(line.tbs) || recorded.has(line.crlNumber)) continue;
    const what = { action: 'crl.notRecorded', actor: 'recovery', subject: String(line.crlNumber) };
    await ca.store.audit.note({ at: ca.clock.now(), service: 'ca-core', ...what, details: { tbs: line.tbs } });
  }
  return newest;
}

async function toldCrls({ store }: Ca): Promise<ReadonlySet<string>> {
  const told = new Set<string>();
  for await (const { leaf } of storedLines(store.audit)) {
    const event = eventIn(leaf);
    const isOfCrl = event?.action === 'crl.issued' || event?.action === 'crl.notRecorded';
    const tbs = isOfCrl && event.service === 'ca-core' ? event.details['tbs'] : undefined;
    if (tbs !== undefined) told.add(tbs);
  }
  return told;
}

function eventIn(leaf: Uint8Array) {
  try {
    return decodeAuditLeaf(leaf);
  } catch (error) {
    refusalOf(error);
    return undefined;
  }
}

const newestCheckpoint = (folder: string | undefined): UnixTime =>
  folder === undefined ? 0 : (openCheckpointFiles(folder).all().at(-1)?.at ?? 0);

async function noteRecovered(
  ca: Ca,
  { issuers, rollsLost, audit, knownUntil, newestTrace }: PutTogether,
): Promise<void> {
  const details = {
    knownUntil: String(knownUntil),
    newestTrace: String(newestTrace),
    certificates: String(issuers.reduce((sum, { cases }) => sum + cases.length, 0)),
    revocations: String(issuers.reduce((sum, { revoked }) => sum + revoked.length, 0)),
    rollsLost: rollsLost.map(({ number }) => number).join(' '),
    eventsLost: String(audit.lost === undefined ? 0 : audit.lost.to - audit.lost.from + 1),
  };
  const what = { action: 'ca.recovered', actor: 'operator', subject: 'ca-core', details };
  await ca.store.audit.note({ at: ca.clock.now(), service: 'ca-core', ...what });
}
