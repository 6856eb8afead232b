import { PkiError } from '../errors.ts';
import { childrenOf, expectTag, readDer, readOid } from '../x509/der-reader.ts';
import type { Der } from '../x509/der.ts';
import * as extensions from '../x509/extensions.ts';
import { oids } from '../x509/oids.ts';
import { keyIdentifier } from '../x509/public-key.ts';
import type { CertificateProfile } from './profile.ts';

/** Addresses that a certificate names; which of them stand in it is the profile's word. */
export interface CertificateUrls {
  readonly ocsp?: string;
  readonly caIssuers?: string;
  readonly crl?: string;
  /** Of the delta that goes with that CRL. */
  readonly freshestCrl?: string;
}

export interface ExtensionInput {
  readonly subjectPublicKeyInfo: Der;
  /** The issuer's subjectKeyIdentifier, 20 octets. */
  readonly issuerKeyIdentifier: Uint8Array;
  /** DER of the GeneralNames, or null where the profile has none. */
  readonly subjectAltName: Der | null;
  readonly urls: CertificateUrls;
}

/**
 * The extensions that the profile demands, as whole TLVs in the order they shall have. Throws keyUnacceptable for a key
 * of neither family, fieldMissing {subjectAltName}, settingsInvalid for a URL that is not there.
 */
export function certificateExtensions(profile: CertificateProfile, input: ExtensionInput): Der[] {
  const { subjectPublicKeyInfo, issuerKeyIdentifier, subjectAltName, urls } = input;
  const family = familyOf(subjectPublicKeyInfo);
  if ((profile.subjectAltName === null) !== (subjectAltName === null)) {
    throw new PkiError('fieldMissing', { field: 'subjectAltName' });
  }
  return [
    ...(profile.authorityKeyIdentifier ? [extensions.authorityKeyIdentifier(issuerKeyIdentifier)] : []),
    extensions.subjectKeyIdentifier(keyIdentifier(subjectPublicKeyInfo)),
    ...constantsOf(profile)[family],
    ...(subjectAltName === null ? [] : [extensions.subjectAltName(subjectAltName)]),
    ...addressesOf(profile, urls),
  ];
}

/** Only which family: whether the key is fit is judged before (readPublicKey) and after (lint), and costs its time. */
function familyOf(subjectPublicKeyInfo: Der): 'rsa' | 'ec' {
  const [algorithmIdentifier] = childrenOf(readDer(subjectPublicKeyInfo), 2);
  const [algorithm] = childrenOf(expectTag(algorithmIdentifier, 16));
  const id = readOid(expectTag(algorithm, 6));
  if (id === oids.rsaEncryption) return 'rsa';
  if (id === oids.ecPublicKey || id === oids.ed25519) return 'ec';
  throw new PkiError('keyUnacceptable', { reason: 'algorithm' });
}

function addressesOf(profile: CertificateProfile, urls: CertificateUrls): Der[] {
  const access = profile.authorityInfoAccess.map(method => [method, demanded(urls, method)] as const);
  return [
    ...(profile.crlDistributionPoint ? [extensions.crlDistributionPoints([demanded(urls, 'crl')])] : []),
    ...(profile.freshestCrl ? [extensions.freshestCrl(demanded(urls, 'freshestCrl'))] : []),
    ...(access.length === 0 ? [] : [extensions.authorityInfoAccess(Object.fromEntries(access))]),
  ];
}

function demanded(urls: CertificateUrls, name: keyof CertificateUrls): string {
  const url = urls[name];
  if (url === undefined) throw new PkiError('settingsInvalid', { mistakes: [`no URL for ${name}`] });
  return url;
}

/** What is the same in every certificate of a profile and a key family, encoded once. */
type Constants = Readonly<Record<'rsa' | 'ec', readonly Der[]>>;

const known = new WeakMap<CertificateProfile, Constants>();

function constantsOf(profile: CertificateProfile): Constants {
  const constants = known.get(profile) ?? { rsa: constantFor(profile, 'rsa'), ec: constantFor(profile, 'ec') };
  known.set(profile, constants);
  return constants;
}

function constantFor(profile: CertificateProfile, family: 'rsa' | 'ec'): readonly Der[] {
  const { basicConstraints, certificatePolicies, extendedKeyUsage } = profile;
  const policies = certificatePolicies.map(({ oid, cps }) => (cps === null ? { oid } : { oid, cpsUri: cps }));
  return [
    ...(basicConstraints === null ? [] : [extensions.caBasicConstraints(basicConstraints.pathLength ?? undefined)]),
    extensions.keyUsage(profile.keyUsage[family]),
    ...(extendedKeyUsage.length === 0 ? [] : [extensions.extendedKeyUsage(extendedKeyUsage.map(use => oids[use]))]),
    ...(policies.length === 0 ? [] : [extensions.certificatePolicies(policies)]),
    ...(profile.ocspNocheck ? [extensions.ocspNocheck()] : []),
  ];
}
