import { createHash } from 'node:crypto';
import { PkiError, type Violation } from '../errors.ts';
import type { ExtensionValue, TbsCertificateFields } from '../x509/certificate.ts';
import { childrenOf, readBits, readDer } from '../x509/der-reader.ts';
import { equalBytes } from '../x509/der.ts';
import {
  readAuthorityInfoAccess,
  readAuthorityKeyIdentifier,
  readBasicConstraints,
  readCertificatePolicies,
  readCrlDistributionPoints,
  readExtendedKeyUsage,
  readKeyUsage,
  readSubjectKeyIdentifier,
} from '../x509/extension-values.ts';
import { decodeGeneralNames } from '../x509/general-names.ts';
import { oids } from '../x509/oids.ts';
import type { LintGround } from './lint-ground.ts';
import type { CertificateProfile } from './profile.ts';

export interface ExtensionGround extends LintGround {
  readonly profile: CertificateProfile;
  readonly family: 'rsa' | 'ec';
}

/** One extension as the profile wants it. */
interface Demand {
  readonly name: string;
  readonly id: string;
  readonly critical: boolean;
  /** Whether the extension's value is what it must be; what the reader throws counts as no. */
  readonly holds: (value: Uint8Array, fields: TbsCertificateFields, ground: ExtensionGround) => boolean;
}

/** Exactly the extensions that the profile demands, each with its criticality and its value; no other, none missing. */
export function lintExtensions(fields: TbsCertificateFields, ground: ExtensionGround): readonly Violation[] {
  const demands = demandsOf(ground.profile);
  const demanded = new Set(demands.map(demand => demand.id));
  const unexpected = Array.from(fields.extensions.keys()).filter(id => !demanded.has(id));
  return [
    ...unexpected.map(id => ({ rule: 'extensionUnexpected', field: 'extensions', found: id })),
    ...demands.flatMap(demand => {
      const rule = wrongWith(demand, fields, ground);
      return rule === null ? [] : [{ rule, field: demand.name }];
    }),
  ];
}

function wrongWith(demand: Demand, fields: TbsCertificateFields, ground: ExtensionGround): string | null {
  const extension: ExtensionValue | undefined = fields.extensions.get(demand.id);
  if (extension === undefined) return 'extensionMissing';
  if (extension.critical !== demand.critical) return 'extensionCriticality';
  try {
    return demand.holds(extension.value, fields, ground) ? null : 'extensionValue';
  } catch (error) {
    if (error instanceof PkiError) return 'extensionMalformed';
    throw error;
  }
}

const known = new WeakMap<CertificateProfile, readonly Demand[]>();

function demandsOf(profile: CertificateProfile): readonly Demand[] {
  const demands = known.get(profile) ?? makeDemands(profile);
  known.set(profile, demands);
  return demands;
}

function makeDemands(profile: CertificateProfile): readonly Demand[] {
  return [
    ...(profile.authorityKeyIdentifier ? [authorityKeyIdentifier] : []),
    subjectKeyIdentifier,
    ...(profile.basicConstraints === null ? [] : [basicConstraints]),
    keyUsage,
    ...(profile.extendedKeyUsage.length === 0 ? [] : [extendedKeyUsage]),
    ...(profile.certificatePolicies.length === 0 ? [] : [certificatePolicies]),
    ...(profile.ocspNocheck ? [ocspNocheck] : []),
    ...(profile.subjectAltName === null ? [] : [subjectAltName]),
    ...(profile.crlDistributionPoint ? [cRLDistributionPoints] : []),
    ...(profile.authorityInfoAccess.length === 0 ? [] : [authorityInfoAccess]),
  ];
}

const authorityKeyIdentifier: Demand = {
  name: 'authorityKeyIdentifier',
  id: oids.authorityKeyIdentifier,
  critical: false,
  holds: (value, _, { issuer }) => equalBytes(readAuthorityKeyIdentifier(value), issuer.keyIdentifier),
};

/** SHA-1 of the key's bits (§4.2.1.2 method 1), worked out here from the octets under lint. */
const subjectKeyIdentifier: Demand = {
  name: 'subjectKeyIdentifier',
  id: oids.subjectKeyIdentifier,
  critical: false,
  holds: (value, { subjectPublicKeyInfo }) => {
    const [, bits] = childrenOf(readDer(subjectPublicKeyInfo), 2);
    if (bits === undefined) return false;
    const identifier = createHash('sha1').update(readBits(bits).bytes).digest();
    return equalBytes(readSubjectKeyIdentifier(value), identifier);
  },
};

const basicConstraints: Demand = {
  name: 'basicConstraints',
  id: oids.basicConstraints,
  critical: true,
  holds: (value, _, { profile }) => {
    const found = readBasicConstraints(value);
    return found.ca && found.pathLength === profile.basicConstraints?.pathLength;
  },
};

const keyUsage: Demand = {
  name: 'keyUsage',
  id: oids.keyUsage,
  critical: true,
  holds: (value, _, { profile, family }) => isSameSet(readKeyUsage(value), profile.keyUsage[family]),
};

const extendedKeyUsage: Demand = {
  name: 'extendedKeyUsage',
  id: oids.extendedKeyUsage,
  critical: false,
  holds: (value, _, { profile }) =>
    isSameSet(
      readExtendedKeyUsage(value),
      profile.extendedKeyUsage.map(use => oids[use]),
    ),
};

const certificatePolicies: Demand = {
  name: 'certificatePolicies',
  id: oids.certificatePolicies,
  critical: false,
  holds: (value, _, { profile }) => {
    const found = readCertificatePolicies(value).map(policy => `${policy.oid} ${policy.cpsUri ?? ''}`);
    return isSameSet(
      found,
      profile.certificatePolicies.map(({ oid, cps }) => `${oid} ${cps ?? ''}`),
    );
  },
};

const ocspNocheck: Demand = {
  name: 'ocspNocheck',
  id: oids.ocspNocheck,
  critical: false,
  holds: value => equalBytes(value, Uint8Array.of(0x05, 0x00)),
};

/** One mailbox, as RFC 5321 writes it: ASCII, one @, a domain of labels. */
const mailbox = /^[\x21-\x3f\x41-\x7e]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/;

const subjectAltName: Demand = {
  name: 'subjectAltName',
  id: oids.subjectAltName,
  critical: false,
  holds: value => {
    const { rfc822Names } = decodeGeneralNames(value);
    return rfc822Names.length === 1 && rfc822Names.every(name => name.length <= 255 && mailbox.test(name));
  },
};

const cRLDistributionPoints: Demand = {
  name: 'cRLDistributionPoints',
  id: oids.cRLDistributionPoints,
  critical: false,
  holds: (value, _, { urls }) => isOneAddress(readCrlDistributionPoints(value), urls?.crl),
};

const authorityInfoAccess: Demand = {
  name: 'authorityInfoAccess',
  id: oids.authorityInfoAccess,
  critical: false,
  holds: (value, _, { profile, urls }) => {
    const found = readAuthorityInfoAccess(value);
    return (['ocsp', 'caIssuers'] as const).every(method =>
      profile.authorityInfoAccess.includes(method)
        ? isOneAddress(found[method], urls?.[method])
        : found[method].length === 0,
    );
  },
};

/** Over plain HTTP: a relying party that must check a certificate to fetch a status would go in circles (RFC 5280 §8). */
function isOneAddress(found: readonly string[], expected: string | undefined): boolean {
  const [address] = found;
  if (address === undefined || found.length !== 1 || !/^http:\/\/[^/\s]+\//.test(address)) return false;
  return expected === undefined || address === expected;
}

function isSameSet(found: readonly string[], expected: readonly string[]): boolean {
  return found.length === expected.length && found.toSorted().join('\n') === expected.toSorted().join('\n');
}
