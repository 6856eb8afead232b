/** Exactly the extensions that the profile demands, each with its criticality and its value; no other, none missing. */
import { createHash } from 'node:crypto';
import { childrenOf, readBits, readDer } from '../../x509/der-reader.ts';
import { equalBytes } from '../../x509/der.ts';
import { oids } from '../../x509/oids.ts';
import type { CertificateProfile } from '../profile.ts';
import { extensionNames, type ExtensionName, type Reading } from './reading.ts';
import { nothing, type CertificateRule, type Finding } from './rule.ts';

/** RFC 5280 §4.2.1: these are critical in a CA of today, the others never. */
const critical: readonly ExtensionName[] = ['keyUsage', 'basicConstraints'];

export const extensionRules: readonly CertificateRule[] = [
  {
    id: 'extensionUnexpected',
    source: 'profile',
    level: 'must',
    says: 'No extension stands there that the profile does not name.',
    find: ({ fields, profile }) => {
      const demanded = demandsOf(profile);
      const found: Finding[] = [];
      for (const id of fields.extensions.keys()) {
        if (!demanded.ids.has(id)) found.push({ field: 'extensions', found: id });
      }
      return found;
    },
  },
  {
    id: 'extensionMissing',
    source: 'profile; RFC 5280 §4.2.1.1, §4.2.1.2',
    level: 'must',
    says: 'Every extension that the profile names is there, subjectKeyIdentifier always.',
    find: ({ fields, profile }) =>
      fieldsOf(demandsOf(profile).names.filter(name => !fields.extensions.has(oids[name]))),
  },
  {
    id: 'extensionCriticality',
    source: 'RFC 5280 §4.2.1',
    level: 'must',
    says: 'keyUsage and basicConstraints are critical, every other extension is not.',
    find: ({ fields }) =>
      fieldsOf(
        extensionNames.filter(name => {
          const extension = fields.extensions.get(oids[name]);
          return extension !== undefined && extension.critical !== critical.includes(name);
        }),
      ),
  },
  {
    id: 'extensionMalformed',
    source: 'RFC 5280 §4.2.1, A.2',
    level: 'must',
    says: "An extension's value is DER of its own type, without parts that no profile has a use for.",
    find: ({ unreadable }) => fieldsOf(unreadable),
  },
  valueRule('authorityKeyIdentifier', {
    source: 'RFC 5280 §4.2.1.1',
    says: "authorityKeyIdentifier is the issuing CA's subjectKeyIdentifier.",
    holds: (value, { ground }) => equalBytes(value, ground.issuer.keyIdentifier),
  }),
  valueRule('subjectKeyIdentifier', {
    source: 'RFC 5280 §4.2.1.2',
    says: "subjectKeyIdentifier is the SHA-1 of the key's bits.",
    holds: (value, reading) => typeof reading.key === 'string' || equalBytes(value, identifierOf(reading)),
  }),
  valueRule('basicConstraints', {
    source: 'profile; RFC 5280 §4.2.1.9',
    says: 'basicConstraints say CA with the path length of the profile.',
    holds: (value, { profile }) => value.ca && value.pathLength === profile.basicConstraints?.pathLength,
  }),
  valueRule('keyUsage', {
    source: 'profile; RFC 5280 §4.2.1.3',
    says: "keyUsage has the bits of the profile for the key's family.",
    holds: (value, { profile, key }) => typeof key === 'string' || isSameSet(value, profile.keyUsage[key.family]),
  }),
  valueRule('extendedKeyUsage', {
    source: 'profile; RFC 5280 §4.2.1.12',
    says: 'extendedKeyUsage has the purposes of the profile.',
    holds: (value, { profile }) => isSameSet(value, demandsOf(profile).purposes),
  }),
  valueRule('certificatePolicies', {
    source: 'profile; RFC 5280 §4.2.1.4',
    says: 'certificatePolicies have the OIDs and the CPS addresses of the profile.',
    holds: (value, { profile }) => isSameSet(value.map(policyText), demandsOf(profile).policies),
  }),
  valueRule('ocspNocheck', {
    source: 'RFC 6960 §4.2.2.2.1',
    says: 'id-pkix-ocsp-nocheck is NULL.',
    holds: value => equalBytes(value, Uint8Array.of(0x05, 0x00)),
  }),
  valueRule('subjectAltName', {
    source: 'profile; RFC 5280 §4.2.1.6',
    says: 'subjectAltName holds one mailbox.',
    holds: value => value.length === 1,
  }),
  valueRule('cRLDistributionPoints', {
    source: 'profile; RFC 5280 §4.2.1.13',
    says: "There is one address for CRLs, the issuing CA's own.",
    holds: (value, { ground: { urls } }) => isTheOne(value, urls?.crl),
  }),
  valueRule('freshestCRL', {
    source: 'profile; RFC 5280 §4.2.1.15',
    says: "There is one address for delta CRLs, the one that the issuing CA's CRLs name.",
    holds: (value, { ground: { urls } }) => isTheOne(value, urls?.freshestCrl),
  }),
  valueRule('authorityInfoAccess', {
    source: 'profile; RFC 5280 §4.2.2.1',
    says: "There is one address for each access method of the profile, the issuing CA's own.",
    holds: (value, { profile, ground: { urls } }) =>
      (['ocsp', 'caIssuers'] as const).every(method =>
        profile.authorityInfoAccess.includes(method)
          ? isTheOne(value[method], urls?.[method])
          : value[method].length === 0,
      ),
  }),
];

interface ValueRule<Name extends ExtensionName> {
  readonly source: string;
  readonly says: string;
  readonly holds: (value: NonNullable<Reading['says'][Name]>, reading: Reading) => boolean;
}

/** A rule over an extension that is there, demanded and readable; the rules above answer for the others. */
function valueRule<Name extends ExtensionName>(name: Name, { source, says, holds }: ValueRule<Name>): CertificateRule {
  const find = (reading: Reading): readonly Finding[] => {
    const value = reading.says[name];
    if (value === undefined || !demandsOf(reading.profile).ids.has(oids[name])) return nothing;
    return holds(value, reading) ? nothing : [{ field: name }];
  };
  return { id: name, source, level: 'must', says, find };
}

interface Demands {
  readonly names: readonly ExtensionName[];
  readonly ids: ReadonlySet<string>;
  readonly purposes: readonly string[];
  readonly policies: readonly string[];
}

const known = new WeakMap<CertificateProfile, Demands>();

function demandsOf(profile: CertificateProfile): Demands {
  const demands = known.get(profile) ?? makeDemands(profile);
  known.set(profile, demands);
  return demands;
}

function makeDemands(profile: CertificateProfile): Demands {
  const wanted: Readonly<Record<ExtensionName, boolean>> = {
    authorityKeyIdentifier: profile.authorityKeyIdentifier,
    subjectKeyIdentifier: true,
    basicConstraints: profile.basicConstraints !== null,
    keyUsage: true,
    extendedKeyUsage: profile.extendedKeyUsage.length > 0,
    certificatePolicies: profile.certificatePolicies.length > 0,
    ocspNocheck: profile.ocspNocheck,
    subjectAltName: profile.subjectAltName !== null,
    cRLDistributionPoints: profile.crlDistributionPoint,
    freshestCRL: profile.freshestCrl,
    authorityInfoAccess: profile.authorityInfoAccess.length > 0,
  };
  const names = extensionNames.filter(name => wanted[name]);
  return {
    names,
    ids: new Set(names.map(name => oids[name])),
    purposes: profile.extendedKeyUsage.map(use => oids[use]),
    policies: profile.certificatePolicies.map(({ oid, cps }) => (cps === null ? oid : `${oid} ${cps}`)),
  };
}

function identifierOf({ fields }: Reading): Uint8Array {
  const [, bits] = childrenOf(readDer(fields.subjectPublicKeyInfo), 2);
  return bits === undefined ? new Uint8Array(0) : createHash('sha1').update(readBits(bits).bytes).digest();
}

const fieldsOf = (names: readonly string[]): readonly Finding[] =>
  names.length === 0 ? nothing : names.map(field => ({ field }));

const policyText = ({ oid, cpsUri }: { readonly oid: string; readonly cpsUri?: string }): string =>
  cpsUri === undefined ? oid : `${oid} ${cpsUri}`;

const isTheOne = (found: readonly string[], expected: string | undefined): boolean =>
  found.length === 1 && (expected === undefined || found[0] === expected);

const isSameSet = (found: readonly string[], expected: readonly string[]): boolean =>
  found.length === expected.length && expected.every(one => found.includes(one));
