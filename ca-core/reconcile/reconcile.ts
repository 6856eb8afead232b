/**
 * Everything that is told of a certificate in different places, compared: signer log, database, audit log, status journal,
 * CRLs, OCSP statuses, deliveries. A walk of short steps over streams; it changes nothing.
 */
import { linesOfLog } from '../home/log-lines.ts';
import type { SignerLogEntry } from '../home/signer-log.ts';
import { readEvents } from './compare-events.ts';
import type { Finding, ReconciledCounts, Reconciliation } from './findings.ts';
import type { Comparison, IssuerPlaces, ReconcileGround } from './ground.ts';
import { Ledger } from './ledger.ts';
import {
  readCertificateRows,
  readCrls,
  readDecisions,
  readOcspStatuses,
  readSignerLog,
  readStatusJournal,
  type CrlTimes,
  type Reading,
} from './read-places.ts';

/** What is being read. */
export interface ReconcileStep {
  readonly stage: string;
  readonly done: number;
}

/** More findings than this are one finding: somebody has to look, not read. */
const mostFindings = 10_000;
const strayAtOnce = 1_000;

interface Found {
  readonly findings: Finding[];
  readonly notCompared: string[];
  readonly counts: { -readonly [Name in keyof ReconciledCounts]: number };
}

export async function* reconcile(ground: ReconcileGround): AsyncGenerator<ReconcileStep, Reconciliation, void> {
  const counts = { signed: 0, certificates: 0, events: 0, decisions: 0, onCrl: 0, ocsp: 0, deliveries: 0 };
  const found: Found = { findings: [], notCompared: [], counts };
  const comparisons = ground.issuers.map(issuer => comparisonOf(ground, issuer, found));
  let done = 0;
  const next = (): number => (done += 1);
  for (const one of comparisons) {
    const times: CrlTimes = { due: { crl: 0, published: 0 } };
    // The database after the logs: what is signed meanwhile is in no place that was read before.
    const readings = [
      ['signer log', readSignerLog(one, times)],
      ['status journal', readStatusJournal(one)],
      ['certificates', readCertificateRows(one)],
      ['statuses', readDecisions(one)],
      ['CRLs', readCrls(one, times)],
      ['OCSP', readOcspStatuses(one)],
    ] as const;
    for (const [stage, reading] of readings) yield* told(reading, `${one.issuer.name}: ${stage}`, next);
    compareStatuses(one, times);
  }
  yield* told(readEvents(comparisons), 'audit log', next);
  comparisons.forEach(compareIssuances);
  comparisons.forEach(compareAudited);
  await findStray(ground, found);
  for (const one of comparisons) yield* nameCases(one, found, next);
  return { findings: found.findings, counts, notCompared: found.notCompared };
}

async function* told(reading: Reading, stage: string, next: () => number): AsyncGenerator<ReconcileStep, void> {
  while ((await reading.next()).done !== true) yield { stage, done: next() };
}

function comparisonOf(
  ground: ReconcileGround,
  issuer: IssuerPlaces,
  { findings, notCompared, counts }: Found,
): Comparison {
  return {
    ground,
    issuer,
    ledger: new Ledger(),
    found: (kind, serialNumber, { caseId = null, what }) => {
      if (findings.length < mostFindings) findings.push({ kind, issuer: issuer.name, serialNumber, caseId, what });
    },
    notCompared: place => void notCompared.push(place),
    count: (what, how) => (counts[what] += how),
  };
}

/** Rows and events of what was signed. */
function compareIssuances({ ledger, found }: Comparison): void {
  for (let at = 0; at < ledger.count; at++) {
    if (!ledger.has(at, 'logged') || ledger.has(at, 'young')) continue;
    const serialNumber = ledger.serialNumberAt(at);
    if (!ledger.has(at, 'recorded')) {
      found('certificateMissing', serialNumber, { what: 'a line in the signer log, no row in the database' });
      continue;
    }
    if (ledger.has(at, 'isSigner')) continue;
    for (const [mark, name] of [
      ['intendedEvent', 'intended'],
      ['issuedEvent', 'issued'],
    ] as const)
      if (!ledger.has(at, mark))
        found('eventMissing', serialNumber, { what: `the audit log does not have it ${name}` });
    const event = ledger.at(at, 'event');
    if (event !== 0 && event !== ledger.at(at, 'der'))
      found('eventDiffers', serialNumber, { what: 'the audit log has the hash of another certificate' });
  }
}

/** Every revocation has its event: its own, or that it was put back. */
function compareAudited({ ledger, found }: Comparison): void {
  for (let at = 0; at < ledger.count; at++) {
    if (ledger.at(at, 'journal') === 0 || ledger.has(at, 'revokedEvent') || ledger.has(at, 'decidedLately')) continue;
    found('revocationUnaudited', ledger.serialNumberAt(at), { what: 'the audit log does not have it revoked' });
  }
}

/** What was decided, against everybody who tells of it. */
function compareStatuses(comparison: Comparison, times: CrlTimes): void {
  const { ledger, found, ground } = comparison;
  const isOcspThere = existsAny(comparison);
  for (let at = 0; at < ledger.count; at++) {
    const serialNumber = ledger.serialNumberAt(at);
    const decided = ledger.at(at, 'journal');
    if (ledger.has(at, 'decidedLately') || ledger.has(at, 'young')) continue;
    const told = ledger.at(at, 'database');
    if (decided !== 0 && told === 0)
      found('revocationVanished', serialNumber, { what: 'revoked in the journal, not in the database' });
    if (decided === 0 && told !== 0)
      found('revocationInvented', serialNumber, { what: 'revoked in the database, not in the journal' });
    if (decided !== 0 && told !== 0 && decided !== told)
      found('revocationAltered', serialNumber, { what: 'reason or time are not those of the journal' });
    for (const place of ['crl', 'published'] as const) {
      const made = times[place];
      if (made === undefined || ledger.at(at, 'decidedAt') > times.due[place]) continue;
      const isDue = decided !== 0 && ledger.at(at, 'notAfter') >= made;
      const listed = ledger.at(at, place);
      if (!(isDue && listed !== decided) && !(decided === 0 && listed !== 0)) continue;
      const kind = place === 'crl' ? ('crlDiffers' as const) : ('publishedCrlDiffers' as const);
      found(kind, serialNumber, {
        what: listed === 0 ? 'revoked, and not on it' : 'it lists it otherwise than was decided',
      });
    }
    if (!isOcspThere) continue;
    const isIssued = ledger.has(at, 'recorded') && ledger.at(at, 'notAfter') > ground.now;
    if (isIssued && !ledger.has(at, 'ocspKnown')) found('ocspMissing', serialNumber, { what: 'OCSP answers unknown' });
    const says = ledger.at(at, 'ocsp');
    if (ledger.has(at, 'ocspKnown') && says !== decided)
      found('ocspDiffers', serialNumber, {
        what: `OCSP says ${says === 0 ? 'good' : 'revoked'}${decided === 0 ? '' : ', and it is revoked'}`,
      });
  }
}

/** Whether the responder's statuses were read at all. */
function existsAny({ ledger }: Comparison): boolean {
  for (let at = 0; at < ledger.count; at++) if (ledger.has(at, 'ocspKnown')) return true;
  return false;
}

async function findStray({ deliveries }: ReconcileGround, { findings }: Found): Promise<void> {
  const what = 'a delivery without a certificate';
  for (const caseId of await deliveries.stray(strayAtOnce))
    findings.push({ kind: 'deliveryStray', issuer: '', serialNumber: '', caseId, what });
}

/** The signer log is read once more for the cases of what was found; nothing is where nothing was. */
async function* nameCases(
  { issuer }: Comparison,
  { findings }: Found,
  done: () => number,
): AsyncGenerator<ReconcileStep, void> {
  const nameless = new Map<string, number[]>();
  findings.forEach((one, index) => {
    if (one.issuer === issuer.name && one.caseId === null && one.serialNumber !== '')
      nameless.set(one.serialNumber, [...(nameless.get(one.serialNumber) ?? []), index]);
  });
  if (nameless.size === 0) return;
  for await (const line of linesOfLog<SignerLogEntry>(issuer.signerLog)) {
    if (line.kind !== 'certificate') continue;
    for (const index of nameless.get(line.serialNumber) ?? []) {
      const one = findings[index];
      if (one !== undefined) findings[index] = { ...one, caseId: line.caseId };
    }
    yield { stage: `${issuer.name}: cases`, done: done() };
  }
}
