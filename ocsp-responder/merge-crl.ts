/** What a CRL that the CA signed says of certificates: it overrules the database, in both directions. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Certificate, CertificateRevocationList, CrlEntry } from '../ca-core/index.ts';
import type { OwnStatuses } from './status-store.ts';
import type { KnownStatus } from './status.ts';

const entriesAtOnce = 5_000;

/**
 * Learns every entry, then releases whom the CRL shows released. `certificateOf` gives a certificate that was verified.
 * The CRL must have been verified and be newer than the last one.
 */
export async function mergeCrl(
  crl: CertificateRevocationList,
  statuses: OwnStatuses,
  certificateOf: (serialNumber: string) => Promise<Certificate | undefined>,
): Promise<void> {
  const seen = new Set(statuses.releasesSeen());
  const waiting = new Set(seen);
  // Learning a status forgets a release seen before; a CRL that still lists a hold leaves the release to the next one.
  const learn = (news: Map<string, KnownStatus>): Promise<void> => {
    const releasesSeen = [...news.keys()].filter(serialNumber => seen.has(serialNumber));
    return statuses.learn({ statuses: news, releasesSeen, reached: statuses.reached() });
  };
  let learnt = new Map<string, KnownStatus>();
  let walked = 0;
  for (const entry of crl.entries) {
    waiting.delete(entry.serialNumber);
    const status = statusOf(entry, crl, statuses.of(entry.serialNumber));
    if (status !== undefined) learnt.set(entry.serialNumber, status);
    if (++walked % entriesAtOnce > 0) continue;
    await learn(learnt);
    learnt = new Map();
    await breathe();
  }
  await learn(learnt);
  const releasedOnes = new Map<string, KnownStatus>();
  for (const serialNumber of waiting) {
    const released = await releasedStatus(serialNumber, crl, { statuses, certificateOf });
    if (released !== undefined) releasedOnes.set(serialNumber, released);
  }
  const reached = { ...statuses.reached(), crlNumber: crl.crlNumber };
  await statuses.learn({ statuses: releasedOnes, releasesSeen: [], reached });
}

/** Undefined where the entry says nothing new. A hold on the CRL does not soften what was since revoked for good. */
function statusOf(
  entry: CrlEntry,
  { crlNumber }: CertificateRevocationList,
  known: KnownStatus | undefined,
): KnownStatus | undefined {
  if (known?.status === 'revoked') {
    const isSame =
      known.revokedAt === entry.revokedAt &&
      known.invalidityDate === entry.invalidityDate &&
      (known.reason ?? 'unspecified') === (entry.reason ?? 'unspecified');
    const isSofter = entry.reason === 'certificateHold' && known.reason !== 'certificateHold';
    if (isSame || isSofter) return undefined;
  }
  const { revokedAt, reason, invalidityDate } = entry;
  const notAfter = known?.notAfter ?? null;
  return { status: 'revoked', revokedAt, reason, invalidityDate, afterCrl: crlNumber, notAfter };
}

/**
 * Good again, if the CRL came after the revocation and does not list it although the certificate had not expired:
 * an expired one is left out without having been released.
 */
async function releasedStatus(
  serialNumber: string,
  crl: CertificateRevocationList,
  {
    statuses,
    certificateOf,
  }: { statuses: OwnStatuses; certificateOf: (serial: string) => Promise<Certificate | undefined> },
): Promise<KnownStatus | undefined> {
  const known = statuses.of(serialNumber);
  if (known?.status !== 'revoked' || known.reason !== 'certificateHold') return undefined;
  if (crl.crlNumber <= known.afterCrl || crl.thisUpdate <= known.revokedAt) return undefined;
  const certificate = await certificateOf(serialNumber);
  if (certificate === undefined || certificate.notAfter < crl.thisUpdate) return undefined;
  return { status: 'good', notAfter: certificate.notAfter };
}
