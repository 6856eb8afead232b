/** What CRLs that the CA signed say, taken into the home's journal and log: no revocation that was told is ever untold. */
import { createHash } from 'node:crypto';
import type { RevocationReason } from '../approvals/documents.ts';
import type { Ca } from '../ca.ts';
import { tbsHash } from '../home/signer-log.ts';
import type { CertificateRevocationList } from '../x509/crl.ts';
import type { CrlEntry } from '../x509/crl-entries.ts';

export interface MergedCrls {
  /** The highest number that was found; 0 for none. */
  readonly highest: number;
  /** Serial numbers whose revocation the journal had lost. */
  readonly revoked: readonly string[];
  /** Of those, the ones that the signer log had lost, too: nothing else tells of their certificates. */
  readonly unknown: readonly string[];
}

/** `crls`: lists of this CA, complete or of a part, full or deltas, in any order. */
export async function mergeCrls(ca: Ca, crls: readonly CertificateRevocationList[]): Promise<MergedCrls> {
  const { signerLog, statusJournal } = ca.home;
  const newest = newestOf(crls);
  if (newest !== undefined && Number(newest.crlNumber) > signerLog.lastCrl().crlNumber) {
    const crlNumber = Number(newest.crlNumber);
    const at = Math.max(newest.thisUpdate, signerLog.lastCrl().at);
    await signerLog.append([{ kind: 'crl', at, crlNumber, tbs: tbsHash(newest.tbs), found: true }]);
  }
  const revoked: string[] = [];
  const unknown: string[] = [];
  for (const entry of revokedBy(crls)) {
    const last = statusJournal.of(entry.serialNumber);
    const isNews =
      last?.change !== 'revoked' || (last.reason === 'certificateHold' && entry.reason !== 'certificateHold');
    // A release that the journal has is younger than a hold that a CRL has.
    if (!isNews || (last?.change === 'released' && last.at >= entry.revokedAt)) continue;
    if (signerLog.notAfterOf(entry.serialNumber) === undefined) {
      unknown.push(entry.serialNumber);
      await signerLog.append([lostLine(ca, entry)]);
    }
    await statusJournal.append([{ entry: decisionOf(ca, entry), last }]);
    revoked.push(entry.serialNumber);
  }
  return { highest: Number(newest?.crlNumber ?? 0n), revoked, unknown };
}

/** The newest full one; of those with one number the complete one. */
function newestOf(crls: readonly CertificateRevocationList[]): CertificateRevocationList | undefined {
  return crls.toSorted(inTime).at(-1);
}

/** Rising numbers; deltas and parts of a number before its complete list. */
function inTime(one: CertificateRevocationList, other: CertificateRevocationList): number {
  if (one.crlNumber !== other.crlNumber) return one.crlNumber < other.crlNumber ? -1 : 1;
  return rankOf(one) - rankOf(other);
}

const rankOf = ({ baseNumber, distributionPoint }: CertificateRevocationList): number =>
  baseNumber !== null ? 0 : distributionPoint !== null ? 1 : 2;

/** Who is revoked when all lists have been walked in their order: a hold that a later list leaves out was released. */
function revokedBy(crls: readonly CertificateRevocationList[]): Iterable<CrlEntry> {
  const entries = new Map<string, CrlEntry>();
  for (const crl of crls.toSorted(inTime)) {
    const listed = new Set<string>();
    for (const entry of crl.entries) {
      listed.add(entry.serialNumber);
      if (entry.reason === 'removeFromCRL') entries.delete(entry.serialNumber);
      else entries.set(entry.serialNumber, entry);
    }
    if (rankOf(crl) < 2) continue;
    for (const [serialNumber, { reason }] of entries)
      if (reason === 'certificateHold' && !listed.has(serialNumber)) entries.delete(serialNumber);
  }
  return entries.values();
}

function lostLine(ca: Ca, { serialNumber }: CrlEntry) {
  // How long it is good for nobody knows: no longer than the CA.
  const { notAfter } = ca.issuer.certificate;
  return { kind: 'lost', at: ca.clock.now(), serialNumber, notAfter } as const;
}

function decisionOf(ca: Ca, { serialNumber, revokedAt, reason, invalidityDate }: CrlEntry) {
  const { signerLog } = ca.home;
  const notAfter = signerLog.notAfterOf(serialNumber) ?? ca.issuer.certificate.notAfter;
  const shard = signerLog.shardOf(serialNumber);
  const about = ['kakuin/found on a CRL', ca.id, serialNumber, revokedAt, reason];
  const key = reason === 'keyCompromise' ? signerLog.keyOf(serialNumber) : undefined;
  return {
    at: ca.clock.now(),
    serialNumber,
    change: 'revoked',
    reason: (reason ?? 'unspecified') as RevocationReason,
    revokedAt,
    invalidityDate,
    notAfter,
    ...(shard === 0 ? {} : { shard }),
    ...(key === undefined ? {} : { key }),
    askedBy: 'officer',
    digest: createHash('sha256').update(JSON.stringify(about)).digest('hex'),
  } as const;
}
