/** What the strict DER reader finds in a TBSCertificate, read once for all rules. */
import { PkiError } from '../../errors.ts';
import { readTbsCertificate, type ExtensionValue, type TbsCertificateFields } from '../../x509/certificate.ts';
import { childrenOf, expectTag, readDer, readOid, readText, type DerNode } from '../../x509/der-reader.ts';
import type { Der } from '../../x509/der.ts';
import * as values from '../../x509/extension-values.ts';
import { decodeGeneralNames } from '../../x509/general-names.ts';
import { oids } from '../../x509/oids.ts';
import { readCaPublicKey, readPublicKey, type CaPublicKey } from '../../x509/public-key.ts';
import type { CertificateProfile } from '../profile.ts';
import type { LintGround } from './ground.ts';

export interface SubjectAttribute {
  /** Dotted OID. */
  readonly id: string;
  /** Its string type: the universal tag, or -1 for a value of another class. */
  readonly tag: number;
  /** Null where it is no UTF8String, PrintableString or IA5String within its alphabet. */
  readonly text: string | null;
}

const readers = {
  authorityKeyIdentifier: values.readAuthorityKeyIdentifier,
  subjectKeyIdentifier: values.readSubjectKeyIdentifier,
  basicConstraints: values.readBasicConstraints,
  keyUsage: values.readKeyUsage,
  extendedKeyUsage: values.readExtendedKeyUsage,
  certificatePolicies: values.readCertificatePolicies,
  ocspNocheck: (value: Uint8Array) => value,
  subjectAltName: (value: Uint8Array) => decodeGeneralNames(value).rfc822Names,
  cRLDistributionPoints: values.readCrlDistributionPoints,
  freshestCRL: values.readCrlDistributionPoints,
  authorityInfoAccess: values.readAuthorityInfoAccess,
} as const;

export type ExtensionName = keyof typeof readers;
type ExtensionSays = { readonly [Name in ExtensionName]?: ReturnType<(typeof readers)[Name]> };

export interface Reading {
  readonly tbs: Der;
  readonly fields: TbsCertificateFields;
  /** The subject's RDNs, each with its attributes; null where an RDN is not a set of attributes. */
  readonly subject: readonly (readonly SubjectAttribute[] | null)[];
  /** The key, or why it is none. */
  readonly key: CaPublicKey | string;
  /** What the extensions say that are there and can be read. */
  readonly says: ExtensionSays;
  /** Names of the extensions that are there and cannot be read. */
  readonly unreadable: readonly ExtensionName[];
  readonly profile: CertificateProfile;
  readonly ground: LintGround;
}

/** Throws derMalformed {what}. */
export function readForLint(tbs: Der, profile: CertificateProfile, ground: LintGround): Reading {
  const fields = readTbsCertificate(tbs);
  const subject = childrenOf(expectTag(readDer(fields.subject), 16)).map(attributesOf);
  return {
    tbs,
    fields,
    subject,
    key: keyOrReason(fields.subjectPublicKeyInfo, profile),
    ...readAll(fields),
    profile,
    ground,
  };
}

export const extensionNames = Object.keys(readers) as readonly ExtensionName[];

function readAll({ extensions }: TbsCertificateFields): Pick<Reading, 'says' | 'unreadable'> {
  const says: Partial<Record<ExtensionName, unknown>> = {};
  const unreadable: ExtensionName[] = [];
  for (const name of extensionNames) {
    const extension: ExtensionValue | undefined = extensions.get(oids[name]);
    if (extension === undefined) continue;
    const read = orNothing(() => readers[name](extension.value));
    if (read === undefined) unreadable.push(name);
    else says[name] = read;
  }
  return { says: says as ExtensionSays, unreadable };
}

function attributesOf(rdn: DerNode): readonly SubjectAttribute[] | null {
  const read = orNothing(() =>
    childrenOf(expectTag(rdn, 17)).map(attribute => {
      const [type, value] = childrenOf(expectTag(attribute, 16), 2);
      return { id: readOid(expectTag(type, 6)), ...textOf(value ?? attribute) };
    }),
  );
  return read ?? null;
}

function textOf(value: DerNode): Pick<SubjectAttribute, 'tag' | 'text'> {
  return { tag: value.tagClass === 'universal' ? value.tagNumber : -1, text: orNothing(() => readText(value)) ?? null };
}

function keyOrReason(subjectPublicKeyInfo: Der, { kind }: CertificateProfile): CaPublicKey | string {
  try {
    const isCa = kind === 'rootCa' || kind === 'issuingCa';
    return isCa ? readCaPublicKey(subjectPublicKeyInfo) : readPublicKey(subjectPublicKeyInfo);
  } catch (error) {
    return error instanceof PkiError ? String(error.values['reason']) : 'unreadable';
  }
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof PkiError) return undefined;
    throw error;
  }
}
