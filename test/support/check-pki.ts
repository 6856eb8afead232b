/**
 * The sceptic: re-derives a whole PKI from its database and the CA core's home, and says everything that does not hold.
 * It reads the files by itself, so that no reader of ours vouches for a writer of ours.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { judgeAuditLog } from '../../ca-core/audit/judge.ts';
import { liveLog } from '../../ca-core/audit/live-log.ts';
import { systemClock, type Clock } from '../../ca-core/clock.ts';
import type { SignerLogEntry } from '../../ca-core/home/signer-log.ts';
import type { JournalEntry } from '../../ca-core/home/journal-entry.ts';
import { openStore } from '../../ca-core/store/store.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { readCrl } from '../../ca-core/x509/crl.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { judge, openssl, type Files } from './openssl.ts';

export interface PkiUnderCheck {
  readonly settings: { readonly home: string };
  readonly database: Knex;
  readonly clock?: Clock;
}

interface Pki {
  readonly database: Knex;
  readonly caHome: string;
  readonly now: number;
  readonly root: X509Certificate;
  readonly issuing: X509Certificate;
  /** SHA-256 of the issuing CA's SubjectPublicKeyInfo, hex. */
  readonly ca: string;
  readonly signed: readonly SignerLogEntry[];
  readonly decided: readonly JournalEntry[];
}

interface CertificateRow {
  readonly issuer: string;
  readonly serial_number: string;
  readonly order_id: string | null;
  readonly case_id: string | null;
  readonly certificate: Buffer;
  readonly not_after: number;
}

/** Every fault in words; an empty list is a PKI whose parts agree. Call it when the CA core has nothing left to do. */
export async function checkPki({ settings, database, clock = systemClock }: PkiUnderCheck): Promise<readonly string[]> {
  const caHome = join(settings.home, 'ca');
  const issuers = await database<{ id: string; role: string; certificate: Buffer }>('issuers');
  const [root, issuing] = ['root', 'issuing'].map(role => issuers.find(issuer => issuer.role === role));
  if (root === undefined || issuing === undefined) return ['there is no root or no issuing CA'];
  const pki: Pki = {
    database,
    caHome,
    now: clock.now(),
    root: new X509Certificate(root.certificate),
    issuing: new X509Certificate(issuing.certificate),
    ca: issuing.id,
    signed: linesOf<SignerLogEntry>(join(caHome, 'signer.log')),
    decided: linesOf<JournalEntry>(join(caHome, 'status.log')),
  };
  const checks = [checkIssuers, checkCertificates, checkIntentions, checkOrders, checkStatus, checkCrls, checkAudit];
  const faults: string[] = [];
  for (const check of checks) faults.push(...(await check(pki)));
  return faults;
}

function checkIssuers({ root, issuing, ca }: Pki): string[] {
  const spki = issuing.publicKey.export({ format: 'der', type: 'spki' });
  return [
    ...unless(root.verify(root.publicKey), 'the root CA certificate does not verify under its own key'),
    ...unless(issuing.verify(root.publicKey), 'the issuing CA certificate does not verify under the root'),
    ...unless(sha256(spki) === ca, 'the issuing CA has another id than its key'),
  ];
}

async function checkCertificates(pki: Pki): Promise<string[]> {
  const rows = await pki.database<CertificateRow>('certificates');
  const own = rows.filter(row => row.issuer === pki.ca);
  return [
    ...rows.filter(row => row.issuer !== pki.ca).map(row => `${row.serial_number} is of another issuer`),
    ...own.flatMap(row => checkCertificate(row, pki)),
    ...twice(own.map(row => row.serial_number)).map(serial => `serial number ${serial} stands twice`),
    ...twice(own.flatMap(row => row.case_id ?? [])).map(id => `case ${id} has two certificates`),
    ...opensslFaults(pki, own),
  ];
}

function checkCertificate(row: CertificateRow, { issuing, signed }: Pki): string[] {
  const { serial_number: serial, certificate } = row;
  const second = new X509Certificate(certificate);
  const read = readCertificate(new Uint8Array(certificate));
  const hash = sha256(read.tbs);
  const kind = row.order_id === null ? 'signer' : 'certificate';
  const logged = signed.some(line => line.kind === kind && line.tbs === hash && line.serialNumber === serial);
  return [
    ...unless(second.verify(issuing.publicKey), `${serial} does not verify under the issuing CA`),
    ...unless(second.checkIssued(issuing), `${serial} was not issued by the issuing CA`),
    ...unless(second.serialNumber.toLowerCase() === serial && read.serialNumber === serial, `${serial} is another`),
    ...unless(read.notAfter === row.not_after, `${serial} ends at another time than its row says`),
    ...unless(logged, `${serial} was signed without a line in the signer log`),
  ];
}

/** A few by the outside judge: the oldest and the newest. */
function opensslFaults({ root, issuing }: Pki, rows: readonly CertificateRow[]): string[] {
  const few = [...new Set([...rows.slice(0, 5), ...rows.slice(-5)])];
  if (few.length === 0) return [];
  const named = few.map((row, index) => [`c${index}.pem`, encodePem('CERTIFICATE', new Uint8Array(row.certificate))]);
  const files: Files = {
    'root.pem': root.toString(),
    'issuing.pem': issuing.toString(),
    ...(Object.fromEntries(named) as Files),
  };
  const options = ['-x509_strict', '-no_check_time', '-CAfile', 'root.pem', '-untrusted', 'issuing.pem'];
  try {
    openssl(['verify', ...options, ...named.map(([name]) => name ?? '')], files);
    return [];
  } catch (error) {
    return [`OpenSSL does not trust a certificate: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** No signature without its recorded intention, no case with two TBSCertificates. */
async function checkIntentions({ database, signed }: Pki): Promise<string[]> {
  const intentions = await database<{ order_id: string; case_id: string; tbs_certificate: Buffer }>('intentions');
  const certificates = await database<CertificateRow>('certificates').whereNotNull('order_id');
  const tbsOf = new Map(intentions.map(row => [row.order_id, sha256(row.tbs_certificate)]));
  const recorded = new Map(certificates.map(row => [row.case_id, tbsHashOf(row.certificate)]));
  const lines = signed.filter(line => line.kind === 'certificate');
  const serials = signed.flatMap(line => (line.kind === 'crl' ? [] : [line.serialNumber]));
  return [
    ...certificates
      .filter(row => tbsOf.get(row.order_id ?? '') !== tbsHashOf(row.certificate))
      .map(row => `${row.serial_number} was signed without its recorded intention`),
    ...intentions
      .filter(row => !recorded.has(row.case_id))
      .map(row => `case ${row.case_id} was intended, never issued`),
    ...lines
      .filter(line => recorded.get(line.caseId) !== line.tbs)
      .map(line => `the signer log has a TBSCertificate for case ${line.caseId} that is not recorded`),
    ...twice(lines.map(line => line.caseId)).map(id => `the signer log has case ${id} twice`),
    ...twice(serials).map(serial => `the signer log has serial number ${serial} twice`),
  ];
}

async function checkOrders({ database }: Pki): Promise<string[]> {
  const orders = await database<{ id: string; case_id: string; state: string }>('issuance_orders');
  const certificates = await database<CertificateRow>('certificates').whereNotNull('order_id');
  const issued = new Set(certificates.map(row => row.order_id));
  return orders.flatMap(({ id, case_id: caseId, state }) => {
    if (state !== 'issued' && state !== 'refused') return [`the order of case ${caseId} is ${state}`];
    return unless(
      (state === 'issued') === issued.has(id),
      `the order of case ${caseId} is ${state}, its certificate not`,
    );
  });
}

/** What the CA core decided, and what the database tells everybody, are one. */
async function checkStatus({ database, decided, ca }: Pki): Promise<string[]> {
  const last = new Map(decided.map(entry => [entry.serialNumber, entry]));
  const { status } = openStore(database);
  const faults: string[] = [];
  for (const [serial, entry] of last) {
    const told = await status.of(ca, serial);
    const expected =
      entry.change === 'revoked'
        ? { status: 'revoked', reason: entry.reason, revokedAt: entry.revokedAt }
        : { status: 'good' };
    if (JSON.stringify(told) !== JSON.stringify(expected))
      faults.push(`${serial} is ${JSON.stringify(told)} in the database, ${JSON.stringify(expected)} in the journal`);
  }
  const known: string[] = await database<{ serial_number: string }>('status_changes').distinct().pluck('serial_number');
  for (const serial of known.filter(one => !last.has(one))) {
    const told = await status.of(ca, serial);
    if (told?.status === 'revoked') faults.push(`${serial} is revoked although the CA core never revoked it`);
  }
  return faults;
}

async function checkCrls(pki: Pki): Promise<string[]> {
  const rows = await pki.database<CrlRow>('crls').where({ issuer: pki.ca }).orderBy('crl_number');
  const numbers = pki.signed.flatMap(line => (line.kind === 'crl' ? [line.crlNumber] : []));
  const rising = rows.every((row, index) => row.this_update >= (rows[index - 1]?.this_update ?? 0));
  const newest = rows.at(-1);
  const lists = await Promise.all(
    rows.map(async row => ({ crl_number: row.crl_number, crl: await completeOf(pki, row) })),
  );
  const unlogged = lists.filter(({ crl }) => crl.length > 0 && !isLogged(pki, crl));
  const last = lists.findLast(({ crl }) => crl.length > 0);
  return [
    ...twice(numbers.map(String)).map(number => `CRL number ${number} was signed twice`),
    ...unless(rising, 'CRLs with higher numbers are older'),
    ...unlogged.map(row => `CRL ${row.crl_number} was signed without a line in the signer log`),
    ...(newest === undefined
      ? unless(numbers.length === 0, 'no CRL is recorded')
      : [
          ...unless(newest.crl_number === Math.max(...numbers), 'the newest CRL is not the last one signed'),
          ...(last === undefined ? ['no complete CRL is recorded'] : checkNewestCrl(pki, last.crl)),
        ]),
  ];
}

/** Empty where the number has none, or its octets gave way to later ones. */
async function completeOf({ database }: Pki, row: CrlRow): Promise<Buffer> {
  if (row.lists !== null && row.complete === null) return Buffer.alloc(0);
  const mark = { issuer: row.issuer, crlNumber: row.crl_number };
  const pieces: Uint8Array[] = [];
  for await (const piece of openStore(database).crls.octets(mark, row.complete ?? '0')) pieces.push(piece);
  return Buffer.concat(pieces);
}

interface CrlRow {
  readonly issuer: string;
  readonly crl_number: number;
  readonly lists: string | null;
  readonly complete: string | null;
  readonly this_update: number;
}

const isLogged = ({ signed }: Pki, crl: Buffer): boolean => {
  try {
    const hash = sha256(readCrl(crl).tbs);
    return signed.some(line => line.kind === 'crl' && line.tbs === hash);
  } catch {
    return false;
  }
};

/** A CRL may be this much behind a revocation, in seconds (schedule.yaml, madeWithin). */
const behind = 30;

function checkNewestCrl({ issuing, decided, now }: Pki, der: Buffer): string[] {
  const crl = readCrl(der);
  const listed = [...crl.entries].map(entry => `${entry.serialNumber} ${entry.revokedAt} ${entry.reason}`).sort();
  const before = decided.filter(entry => entry.at < crl.thisUpdate || entry.at < now - behind);
  const isSettled = before.length === decided.length;
  const last = new Map(decided.map(entry => [entry.serialNumber, entry]));
  const revoked = [...last.values()].filter(entry => entry.change === 'revoked' && entry.notAfter >= crl.thisUpdate);
  const expected = revoked.map(entry => `${entry.serialNumber} ${entry.revokedAt} ${reasonOnCrl(entry.reason)}`).sort();
  const missing = expected.filter(entry => !listed.includes(entry));
  const foreign = listed.filter(entry => !last.has(entry.split(' ')[0] ?? ''));
  return [
    ...opensslCrlFaults(issuing, der),
    ...unless(crl.nextUpdate >= now, 'the newest CRL is over'),
    ...(isSettled ? missing.map(entry => `the newest CRL lacks ${entry}`) : []),
    ...foreign.map(entry => `the newest CRL lists ${entry}, which the CA core never revoked`),
  ];
}

/** RFC 5280 §5.3.1: unspecified is written as no reason at all. */
const reasonOnCrl = (reason: string | null): string | null => (reason === 'unspecified' ? null : reason);

/** It tells of a failure in words only. */
function opensslCrlFaults(issuing: X509Certificate, der: Buffer): string[] {
  const command = 'openssl crl -inform DER -in crl -noout -CAfile issuing.pem 2>&1';
  const said = judge('sh', ['-c', command], { crl: der, 'issuing.pem': issuing.toString() }).toString();
  return unless(said.includes('verify OK'), `OpenSSL does not trust the newest CRL: ${said}`);
}

async function checkAudit({ database, caHome }: Pki): Promise<string[]> {
  const log = liveLog(openStore(database).audit, { folder: join(caHome, 'audit') });
  if (log === undefined) return ['the audit log was not begun'];
  const verdict = await judgeAuditLog(log);
  const waiting = (await database('audit_outbox').count<{ n: number }[]>('* as n'))[0]?.n ?? 0;
  return [
    ...verdict.faults.map(fault => `audit log: ${fault.sentence}`),
    ...unless(waiting === 0, `${waiting} audit events still wait in the outbox`),
  ];
}

/** Whole lines of a log; what a crash left of a last one does not count. */
function linesOf<Line>(file: string): Line[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Line);
}

const unless = (holds: boolean, fault: string): string[] => (holds ? [] : [fault]);
const twice = (values: readonly string[]): string[] => [...new Set(values.filter((v, i) => values.indexOf(v) !== i))];
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const tbsHashOf = (certificate: Buffer): string => sha256(readCertificate(new Uint8Array(certificate)).tbs);
