/** What must hold before a CRL replaces the one that is out. Nothing in the database is believed without a signature. */
import { lintTbsCertList, readSubjectKeyIdentifier, oids, verifyCrl } from '../ca-core/index.ts';
import type { Certificate, CertificateRevocationList } from '../ca-core/index.ts';
import type { UnixTime } from '../ca-core/clock.ts';
import type { Violation } from '../ca-core/errors.ts';

export interface PublishedState {
  readonly issuer: Certificate;
  /** The CRL that is out; undefined before the first. */
  readonly current: CertificateRevocationList | undefined;
  readonly now: UnixTime;
}

/** Every reason against publishing this CRL, but for entries that vanished (see vanishedEntries). */
export function checkCrl(crl: CertificateRevocationList, { issuer, current, now }: PublishedState): Violation[] {
  if (!verifyCrl(crl, issuer.subjectPublicKeyInfo)) return [{ rule: 'RFC 5280 §5.1.1.3', field: 'signatureValue' }];
  const identifier = issuer.extensions.get(oids.subjectKeyIdentifier);
  return lintTbsCertList(crl.tbs, {
    issuer: issuer.subject,
    authorityKeyIdentifier: identifier === undefined ? new Uint8Array(0) : readSubjectKeyIdentifier(identifier.value),
    ...(current === undefined ? {} : { previousNumber: current.crlNumber }),
    now,
  });
}

/** Serial numbers that the CRL which is out lists and the next one does not. */
export function vanishedEntries(next: CertificateRevocationList, current: CertificateRevocationList): string[] {
  const listed = new Set<string>();
  for (const { serialNumber } of next.entries) listed.add(serialNumber);
  const vanished: string[] = [];
  for (const { serialNumber } of current.entries) if (!listed.has(serialNumber)) vanished.push(serialNumber);
  return vanished;
}
