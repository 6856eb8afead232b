/** Each place in turn, read as a stream into the ledger; what is wrong by itself is found at once. Every step is short. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { linesOfLog } from '../home/log-lines.ts';
import type { JournalEntry } from '../home/journal-entry.ts';
import type { SignerLogEntry } from '../home/signer-log.ts';
import { ocspStatusLine } from '../ocsp-status-line.ts';
import { PkiError, refusalOf } from '../errors.ts';
import type { CertificateRow } from '../store/certificates.ts';
import { readCertificate, verifyCertificate, type Certificate } from '../x509/certificate.ts';
import { readCrl, verifyCrl, type CertificateRevocationList } from '../x509/crl.ts';
import { grace, type Comparison } from './ground.ts';
import { fingerprint, hashPrints, statusPrint, type Place } from './ledger.ts';
import { compareDelivery } from './compare-deliveries.ts';

/** Something was read; whoever walks may do other things now. */
export type Reading = AsyncGenerator<void, void>;

const linesPerStep = 500;

export async function* readSignerLog({ ground, issuer, ledger, count }: Comparison, times: CrlTimes): Reading {
  let read = 0;
  for await (const line of linesOfLog<SignerLogEntry>(issuer.signerLog)) {
    if (++read % linesPerStep === 0) yield;
    if (line.kind === 'crl') {
      if (line.full === undefined && line.found === undefined) continue;
      times.due.crl = line.at;
      if (line.at <= ground.now - grace) times.due.published = line.at;
      continue;
    }
    const at = ledger.enter(line.serialNumber);
    ledger.say(at, 'notAfter', line.notAfter);
    if (line.kind === 'lost') {
      ledger.mark(at, 'recovered');
      continue;
    }
    count('signed', 1);
    ledger.mark(at, 'logged');
    const [tbs, more] = hashPrints(line.tbs);
    ledger.say(at, 'tbs', tbs);
    ledger.say(at, 'tbsMore', more);
    if (line.kind === 'signer') ledger.mark(at, 'isSigner');
    else ledger.say(at, 'case', fingerprint(line.caseId));
    if (line.at > ground.now - grace) ledger.mark(at, 'young');
  }
}

export async function* readStatusJournal({ ground, issuer, ledger, count }: Comparison): Reading {
  let read = 0;
  for await (const entry of linesOfLog<JournalEntry>(issuer.statusJournal)) {
    if (++read % linesPerStep === 0) yield;
    count('decisions', 1);
    const at = ledger.enter(entry.serialNumber);
    ledger.say(at, 'journal', statusPrint(entry.change === 'revoked' ? entry : undefined));
    ledger.say(at, 'notAfter', entry.notAfter);
    ledger.say(at, 'decidedAt', entry.at);
    if (entry.at > ground.now - grace) ledger.mark(at, 'decidedLately');
    else ledger.unmark(at, 'decidedLately');
  }
}

const rowsAtOnce = 200;

export async function* readCertificateRows(comparison: Comparison): Reading {
  const { ground, issuer, count } = comparison;
  for (let after = '', isLast = false; !isLast;) {
    const rows = await ground.certificates.page(issuer.id, after, rowsAtOnce);
    for (const row of rows) readRow(comparison, row);
    count('certificates', rows.length);
    await compareDeliveries(comparison, rows);
    after = rows.at(-1)?.serialNumber ?? '';
    isLast = rows.length < rowsAtOnce;
    yield;
  }
}

function readRow({ issuer, ledger, found }: Comparison, row: CertificateRow): void {
  const { serialNumber, caseId } = row;
  const certificate = certificateIn(row.certificate);
  const isOwn = certificate?.serialNumber === serialNumber && verifyCertificate(certificate, issuer.publicKey);
  const at = ledger.find(serialNumber);
  if (at === undefined || !ledger.has(at, 'logged')) {
    const kind = isOwn ? ('certificateUnlogged' as const) : ('certificateForeign' as const);
    found(kind, serialNumber, { caseId, what: 'a row in the database, no line in the signer log' });
    return;
  }
  ledger.mark(at, 'recorded');
  ledger.say(at, 'der', fingerprint(sha256(row.certificate)));
  const [tbs, more] = certificate === undefined ? [0, 0] : hashPrints(sha256(certificate.tbs));
  if (!isOwn || ledger.at(at, 'tbs') !== tbs || ledger.at(at, 'tbsMore') !== more)
    found('certificateAltered', serialNumber, { what: 'its row does not hold what the signer log says was signed' });
  const isSameCase = ledger.has(at, 'isSigner') ? caseId === null : fingerprint(caseId ?? '') === ledger.at(at, 'case');
  if (!isSameCase) found('caseDiffers', serialNumber, { what: `its row names the case ${caseId ?? 'none'}` });
}

function certificateIn(der: Uint8Array): Certificate | undefined {
  try {
    return readCertificate(der);
  } catch (error) {
    refusalOf(error);
    return undefined;
  }
}

async function compareDeliveries(comparison: Comparison, rows: readonly CertificateRow[]): Promise<void> {
  const { ground, ledger, count } = comparison;
  const settled = rows.filter(({ serialNumber }) => {
    const at = ledger.find(serialNumber);
    return at !== undefined && !ledger.has(at, 'young');
  });
  const told = await ground.deliveries.of(settled.flatMap(({ caseId }) => caseId ?? []));
  for (const { caseId, serialNumber } of settled) {
    const one = caseId === null ? undefined : told.get(caseId);
    if (one === undefined) continue;
    if (one.delivery !== undefined) count('deliveries', 1);
    compareDelivery(comparison, serialNumber, one);
  }
}

export async function* readDecisions({ ground, issuer, ledger }: Comparison): Reading {
  for (let seq = 0; ;) {
    const decisions = await ground.status.decisionsAfter(issuer.id, seq, 1000);
    for (const one of decisions)
      ledger.say(ledger.enter(one.serialNumber), 'database', statusPrint(one.change === 'revoked' ? one : undefined));
    const last = decisions.at(-1);
    if (last === undefined) return;
    seq = last.seq;
    yield;
  }
}

/** When each CRL that was read was made; undefined where there is none. */
export interface CrlTimes {
  crl?: number;
  published?: number;
  /** When the full CRL that should stand there was made, by the signer log: what was decided later is on the next one. */
  readonly due: { crl: number; published: number };
}

export async function* readCrls(comparison: Comparison, times: CrlTimes): Reading {
  const { ground, issuer } = comparison;
  const row = await ground.crls.newest(issuer.id);
  yield* readEntries(comparison, { der: row?.crl, place: 'crl', where: 'the newest CRL in the database', times });
  if (!existsSync(issuer.publishedCrl)) {
    comparison.notCompared(`${issuer.name}: ${issuer.publishedCrl} (published CRL)`);
    return;
  }
  const der = new Uint8Array(readFileSync(issuer.publishedCrl));
  yield* readEntries(comparison, { der, place: 'published', where: issuer.publishedCrl, times });
}

interface CrlPlace {
  readonly der: Uint8Array | undefined;
  readonly place: Place & ('crl' | 'published');
  readonly where: string;
  readonly times: CrlTimes;
}

function* readEntries(comparison: Comparison, { der, place, where, times }: CrlPlace): Generator<void, void> {
  const { issuer, ledger, found, count } = comparison;
  const crl = der === undefined ? undefined : ownCrl(der, issuer.publicKey);
  if (crl === undefined) {
    const kind = place === 'crl' ? ('crlDiffers' as const) : ('publishedCrlDiffers' as const);
    found(kind, '', { what: `${where} is missing, or not a complete CRL that this CA signed` });
    return;
  }
  times[place] = crl.thisUpdate;
  let read = 0;
  for (const entry of crl.entries) {
    if (++read % linesPerStep === 0) yield;
    ledger.say(ledger.enter(entry.serialNumber), place, statusPrint(entry));
  }
  if (place === 'crl') count('onCrl', read);
}

function ownCrl(der: Uint8Array, publicKey: Uint8Array): CertificateRevocationList | undefined {
  try {
    const crl = readCrl(der);
    return verifyCrl(crl, publicKey) ? crl : undefined;
  } catch (error) {
    if (!(error instanceof PkiError)) refusalOf(error);
    return undefined;
  }
}

export async function* readOcspStatuses({ issuer, ledger, count, notCompared }: Comparison): Reading {
  if (!existsSync(issuer.ocspStatuses)) {
    notCompared(`${issuer.name}: ${issuer.ocspStatuses} (OCSP statuses)`);
    return;
  }
  let read = 0;
  for await (const text of linesOfLog<unknown>(issuer.ocspStatuses)) {
    if (++read % linesPerStep === 0) yield;
    const line = ocspStatusLine.parse(text);
    if (line.is !== 'good' && line.is !== 'revoked') continue;
    const at = ledger.enter(line.serialNumber);
    if (!ledger.has(at, 'ocspKnown')) count('ocsp', 1);
    ledger.mark(at, 'ocspKnown');
    ledger.say(at, 'ocsp', statusPrint(line.is === 'revoked' ? line : undefined));
  }
}

const sha256 = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex');
