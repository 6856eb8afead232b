/** Certificate and CRL extensions as whole Extension TLVs, ready for encodeTbsCertificate (RFC 5280 §4.2, §5.2.5). */
import { boolean, concat, contextPrimitive, explicit, ia5String, implicit, integer, namedBits } from './der.ts';
import { nullValue, octetString, oid, sequence, type Der } from './der.ts';
import { uriName } from './general-names.ts';
import { oids } from './oids.ts';

/** Bit names of KeyUsage in the order of RFC 5280 §4.2.1.3: the index is the bit. */
export const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;
export type KeyUsage = (typeof keyUsages)[number];

export interface CertificatePolicy {
  /** Dotted OID of the policy. */
  readonly oid: string;
  /** Where its certification practice statement is, or nothing. */
  readonly cpsUri?: string;
}

/** Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue }: any extension of which the value is known. */
export function extension(id: string, criticality: 'critical' | 'nonCritical', value: Der): Der {
  const identifier = oid(id);
  return criticality === 'critical'
    ? sequence(identifier, boolean(true), octetString(value))
    : sequence(identifier, octetString(value));
}

/** Critical basicConstraints of a CA; without `pathLength` any number of CAs may follow (§4.2.1.9). */
export function caBasicConstraints(pathLength?: number): Der {
  const length = pathLength === undefined ? [] : [integer(pathLength)];
  return extension(oids.basicConstraints, 'critical', sequence(boolean(true), ...length));
}

/** Critical basicConstraints of an end entity: an empty SEQUENCE, since cA is FALSE by default. */
export function endEntityBasicConstraints(): Der {
  return extension(oids.basicConstraints, 'critical', sequence());
}

/** Critical keyUsage; at least one bit must be named (§4.2.1.3). */
export function keyUsage(usages: readonly KeyUsage[]): Der {
  if (usages.length === 0) throw new RangeError('keyUsage without a bit');
  return extension(oids.keyUsage, 'critical', namedBits(usages.map(usage => keyUsages.indexOf(usage))));
}

/** extendedKeyUsage from dotted OIDs, not critical (§4.2.1.12). */
export function extendedKeyUsage(purposes: readonly string[]): Der {
  return extension(oids.extendedKeyUsage, 'nonCritical', sequence(...purposes.map(oid)));
}

/** subjectAltName around GeneralNames; critical only when the subject is an empty name (§4.2.1.6). */
export function subjectAltName(generalNames: Der, criticality: 'critical' | 'nonCritical' = 'nonCritical'): Der {
  return extension(oids.subjectAltName, criticality, generalNames);
}

/** certificatePolicies, each with a CPS pointer where it has one (§4.2.1.4). */
export function certificatePolicies(policies: readonly CertificatePolicy[]): Der {
  const information = policies.map(policy =>
    policy.cpsUri === undefined
      ? sequence(oid(policy.oid))
      : sequence(oid(policy.oid), sequence(sequence(oid(oids.cpsUri), ia5String(policy.cpsUri)))),
  );
  return extension(oids.certificatePolicies, 'nonCritical', sequence(...information));
}

/** authorityInfoAccess with the URLs that are given (§4.2.2.1). */
export function authorityInfoAccess(urls: { readonly ocsp?: string; readonly caIssuers?: string }): Der {
  const ocsp = urls.ocsp === undefined ? [] : [sequence(oid(oids.ocsp), uriName(urls.ocsp))];
  const caIssuers = urls.caIssuers === undefined ? [] : [sequence(oid(oids.caIssuers), uriName(urls.caIssuers))];
  return extension(oids.authorityInfoAccess, 'nonCritical', sequence(...ocsp, ...caIssuers));
}

/** cRLDistributionPoints, one DistributionPoint for each URL (§4.2.1.13). */
export function crlDistributionPoints(urls: readonly string[]): Der {
  const points = urls.map(url => sequence(distributionPointName(url)));
  return extension(oids.cRLDistributionPoints, 'nonCritical', sequence(...points));
}

/** freshestCRL: where the delta CRL is that goes with this certificate or CRL (§4.2.1.15, §5.2.6). */
export function freshestCrl(url: string): Der {
  return extension(oids.freshestCRL, 'nonCritical', sequence(sequence(distributionPointName(url))));
}

/** authorityKeyIdentifier with the issuer's key identifier only (§4.2.1.1). */
export function authorityKeyIdentifier(keyIdentifier: Uint8Array): Der {
  return extension(oids.authorityKeyIdentifier, 'nonCritical', sequence(contextPrimitive(0, keyIdentifier)));
}

/** subjectKeyIdentifier (§4.2.1.2). */
export function subjectKeyIdentifier(keyIdentifier: Uint8Array): Der {
  return extension(oids.subjectKeyIdentifier, 'nonCritical', octetString(keyIdentifier));
}

/** id-pkix-ocsp-nocheck: the responder's certificate itself need not be checked (RFC 6960 §4.2.2.2.1). */
export function ocspNocheck(): Der {
  return extension(oids.ocspNocheck, 'nonCritical', nullValue());
}

/** Critical issuingDistributionPoint of a sharded CRL: where it is published, and whose certificates it holds (§5.2.5). */
export function issuingDistributionPoint(scope: {
  readonly url: string;
  readonly only?: 'userCertificates' | 'caCertificates';
}): Der {
  const only = scope.only === undefined ? [] : [implicit(scope.only === 'userCertificates' ? 1 : 2, boolean(true))];
  const value = sequence(concat(distributionPointName(scope.url), ...only));
  return extension(oids.issuingDistributionPoint, 'critical', value);
}

/** Critical deltaCRLIndicator: the number of the full CRL that the delta goes with (§5.2.4). */
export function deltaCrlIndicator(baseNumber: bigint): Der {
  return extension(oids.deltaCRLIndicator, 'critical', integer(baseNumber));
}

/** [0] DistributionPointName, which as a CHOICE is tagged explicitly, holding [0] IMPLICIT GeneralNames. */
function distributionPointName(url: string): Der {
  return explicit(0, explicit(0, uriName(url)));
}
