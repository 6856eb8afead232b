/** Why an entry may leave a CRL: the certificate expired, or it was released from hold. */
import { equalBytes, readCertificate, verifyCertificate } from '../ca-core/index.ts';
import type { Certificate, CertificateRevocationList, Store } from '../ca-core/index.ts';
import type { Violation } from '../ca-core/errors.ts';
import { vanishedEntries } from './check-crl.ts';

export interface VanishedParts {
  readonly certificates: Pick<Store['certificates'], 'find'>;
  readonly status: Pick<Store['status'], 'decisionsAfter'>;
  readonly issuer: Certificate;
  /** Id of the issuer in the store. */
  readonly ca: string;
}

/** One violation for each entry that left without a reason. */
export async function checkVanished(
  next: CertificateRevocationList,
  current: CertificateRevocationList,
  parts: VanishedParts,
): Promise<Violation[]> {
  const vanished = vanishedEntries(next, current);
  if (vanished.length === 0) return [];
  const onHold = new Set<string>();
  for (const { serialNumber, reason } of current.entries) if (reason === 'certificateHold') onHold.add(serialNumber);
  const released = vanished.some(serialNumber => onHold.has(serialNumber)) ? await releasedOnes(parts) : new Set();
  const violations: Violation[] = [];
  for (const serialNumber of vanished) {
    if (onHold.has(serialNumber) && released.has(serialNumber)) continue;
    if (await hadExpired(serialNumber, current, parts)) continue;
    violations.push({ rule: 'RFC 5280 §3.3', field: 'revokedCertificates', found: `${serialNumber} has vanished` });
  }
  return violations;
}

const changesAtOnce = 1_000;

/** All that were ever released. Releases are rare, so this long look is too. */
async function releasedOnes({ status, ca }: VanishedParts): Promise<Set<string>> {
  const released = new Set<string>();
  for (let seq = 0; ;) {
    const changes = await status.decisionsAfter(ca, seq, changesAtOnce);
    const last = changes.at(-1);
    if (last === undefined) return released;
    for (const change of changes) {
      if (change.change === 'released') released.add(change.serialNumber);
    }
    seq = last.seq;
  }
}

/** It must stand on one CRL made after its end (RFC 5280 §3.3): the CRL that is out was. */
async function hadExpired(
  serialNumber: string,
  current: CertificateRevocationList,
  { certificates, issuer, ca }: VanishedParts,
): Promise<boolean> {
  const row = await certificates.find(ca, serialNumber);
  if (row === undefined) return false;
  const certificate = readCertificate(row.certificate);
  const isOurs =
    certificate.serialNumber === serialNumber &&
    equalBytes(certificate.issuer, issuer.subject) &&
    verifyCertificate(certificate, issuer.subjectPublicKeyInfo);
  return isOurs && certificate.notAfter < current.thisUpdate;
}
