/** What must hold before a CRL replaces the one that is out. Nothing in the database is believed without a signature. */
import { lintTbsCertList, readSubjectKeyIdentifier, oids, SerialNumbers, verifyCrl } from '../ca-core/index.ts';
import type { Certificate, CertificateRevocationList, CrlScope } from '../ca-core/index.ts';
import type { UnixTime } from '../ca-core/clock.ts';
import type { Violation } from '../ca-core/errors.ts';

export interface PublishedState {
  readonly issuer: Certificate;
  readonly scope: CrlScope;
  /** The CRL that is out; undefined before the first. */
  readonly current: CertificateRevocationList | undefined;
  /** The full CRL that a delta would be put upon. */
  readonly full: CertificateRevocationList | undefined;
  readonly now: UnixTime;
}

/** Every reason against publishing this CRL, but for entries that vanished (see vanishedEntries). */
export function checkCrl(crl: CertificateRevocationList, state: PublishedState): Violation[] {
  const { issuer, scope, current, full, now } = state;
  if (!verifyCrl(crl, issuer.subjectPublicKeyInfo)) return [{ rule: 'RFC 5280 §5.1.1.3', field: 'signatureValue' }];
  const identifier = issuer.extensions.get(oids.subjectKeyIdentifier);
  const isBackInTime = current !== undefined && crl.thisUpdate < current.thisUpdate;
  const isAheadOfFull = crl.baseNumber !== null && (full === undefined || full.crlNumber < crl.baseNumber);
  return [
    ...(isBackInTime ? [{ rule: 'crlThisUpdate', field: 'thisUpdate', found: String(crl.thisUpdate) }] : []),
    ...(isAheadOfFull ? [{ rule: 'crlScope', field: 'deltaCRLIndicator', found: 'its full CRL is not out' }] : []),
    ...lintTbsCertList(crl.tbs, {
      issuer: issuer.subject,
      authorityKeyIdentifier: identifier === undefined ? new Uint8Array(0) : readSubjectKeyIdentifier(identifier.value),
      scope,
      ...(current === undefined ? {} : { previousNumber: current.crlNumber }),
      // What is out already was dated by a clock that was further; the next one is no worse.
      now: Math.max(now, current?.thisUpdate ?? 0),
    }),
  ];
}

/** Serial numbers that the CRL which is out lists and the next one does not. */
export function vanishedEntries(next: CertificateRevocationList, current: CertificateRevocationList): string[] {
  const listed = new SerialNumbers();
  for (const { serialNumber } of next.entries) listed.add(serialNumber);
  const vanished: string[] = [];
  for (const { serialNumber } of current.entries) {
    if (listed.find(serialNumber) === undefined) vanished.push(serialNumber);
  }
  return vanished;
}
