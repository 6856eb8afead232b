/** The sceptic about status: journal, database and CRLs of each issuing CA say the same. */
import type { X509Certificate } from 'node:crypto';
import type { AuditEvent } from '../../ca-core/audit/leaf.ts';
import { openStore } from '../../ca-core/store/store.ts';
import { readCrl } from '../../ca-core/x509/crl.ts';
import { judge } from './openssl.ts';
import { crlLines, sha256, twice, unless, type IssuerUnderCheck, type Pki } from './pki-under-check.ts';

/** What the CA core decided, and what the database tells everybody, are one. */
export async function checkStatus({ database, issuers }: Pki): Promise<string[]> {
  const { status } = openStore(database);
  const faults: string[] = [];
  for (const { id, decided } of issuers) {
    const last = new Map(decided.map(entry => [entry.serialNumber, entry]));
    for (const [serial, entry] of last) {
      const told = await status.of(id, serial);
      const expected =
        entry.change === 'revoked'
          ? { status: 'revoked', reason: entry.reason, revokedAt: entry.revokedAt }
          : { status: 'good' };
      if (JSON.stringify(told) !== JSON.stringify(expected))
        faults.push(`${serial} is ${JSON.stringify(told)} in the database, ${JSON.stringify(expected)} in the journal`);
    }
    const changes = database<{ issuer: string; serial_number: string }>('status_changes').where({ issuer: id });
    const known: string[] = await changes.distinct().pluck('serial_number');
    for (const serial of known.filter(one => !last.has(one))) {
      const told = await status.of(id, serial);
      if (told?.status === 'revoked') faults.push(`${serial} is revoked although the CA core never revoked it`);
    }
  }
  return faults;
}

interface CrlRow {
  readonly issuer: string;
  readonly crl_number: number;
  readonly lists: string | null;
  readonly complete: string | null;
  readonly this_update: number;
}

/** `events`: all of the audit log. */
export async function checkCrls(pki: Pki, events: readonly AuditEvent[]): Promise<string[]> {
  const faults: string[] = [];
  for (const issuer of pki.issuers) faults.push(...(await checkCrlsOf(pki, issuer, events)));
  return faults;
}

async function checkCrlsOf(pki: Pki, issuer: IssuerUnderCheck, events: readonly AuditEvent[]): Promise<string[]> {
  const rows = await pki.database<CrlRow>('crls').where({ issuer: issuer.id }).orderBy('crl_number');
  const lines = crlLines(issuer);
  const numbers = lines.map(line => line.crlNumber);
  const rising = rows.every((row, index) => row.this_update >= (rows[index - 1]?.this_update ?? 0));
  const lists = await Promise.all(
    rows.map(async row => ({ crl_number: row.crl_number, crl: await completeOf(pki, row) })),
  );
  const whole = lists.filter(({ crl }) => crl.length > 0);
  const newest = whole.at(-1);
  return [
    ...twice(numbers.map(String)).map(number => `CRL number ${number} was signed twice`),
    ...unless(rising, 'CRLs with higher numbers are older'),
    ...whole
      .filter(row => !isLogged(issuer, row))
      .map(row => `CRL ${row.crl_number} was signed without a line in the signer log`),
    ...notRecorded(issuer, rows, events),
    ...unless((rows.at(-1)?.crl_number ?? 0) === Math.max(0, ...numbers), 'the newest CRL is not the last one signed'),
    ...(newest === undefined
      ? unless(rows.length === 0, 'no complete CRL is recorded')
      : checkNewestCrl(issuer, pki.now, newest.crl)),
  ];
}

/** What was signed has a row; a number that a crash cost its row stands in the audit log with the hash of its TBSCertList. */
function notRecorded(issuer: IssuerUnderCheck, rows: readonly CrlRow[], events: readonly AuditEvent[]): string[] {
  const recorded = new Set(rows.map(row => row.crl_number));
  const told = events.filter(({ action }) => action === 'crl.issued' || action === 'crl.notRecorded');
  const noted = new Set(told.map(({ details }) => details['tbs']));
  return crlLines(issuer)
    .filter(line => !recorded.has(line.crlNumber) && !noted.has(line.tbs))
    .map(line => `CRL ${line.crlNumber} was signed, and nothing tells of it`);
}

/** Empty where the number has none, or its octets gave way to later ones. */
async function completeOf({ database }: Pki, row: CrlRow): Promise<Buffer> {
  if (row.lists !== null && row.complete === null) return Buffer.alloc(0);
  const mark = { issuer: row.issuer, crlNumber: row.crl_number };
  const pieces: Uint8Array[] = [];
  for await (const piece of openStore(database).crls.octets(mark, row.complete ?? '0')) pieces.push(piece);
  return Buffer.concat(pieces);
}

function isLogged(issuer: IssuerUnderCheck, row: { readonly crl_number: number; readonly crl: Buffer }): boolean {
  try {
    const hash = sha256(readCrl(row.crl).tbs);
    return crlLines(issuer).some(line => line.tbs === hash && line.crlNumber === row.crl_number);
  } catch {
    return false;
  }
}

/** A CRL may be this much behind a revocation, in seconds (schedule.yaml, madeWithin). */
const behind = 30;

function checkNewestCrl({ certificate, decided }: IssuerUnderCheck, now: number, der: Buffer): string[] {
  const crl = readCrl(der);
  const listed = new Set([...crl.entries].map(entry => `${entry.serialNumber} ${entry.revokedAt} ${entry.reason}`));
  const before = decided.filter(entry => entry.at < crl.thisUpdate || entry.at < now - behind);
  const isSettled = before.length === decided.length;
  const last = new Map(decided.map(entry => [entry.serialNumber, entry]));
  const revoked = [...last.values()].filter(entry => entry.change === 'revoked' && entry.notAfter >= crl.thisUpdate);
  const expected = revoked.map(entry => `${entry.serialNumber} ${entry.revokedAt} ${reasonOnCrl(entry.reason)}`);
  const missing = expected.filter(entry => !listed.has(entry));
  const foreign = [...listed].filter(entry => !last.has(entry.split(' ')[0] ?? ''));
  return [
    ...opensslCrlFaults(certificate, der),
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
