/** What OpenSSL reads, against what our own reader reads: the TBS goes to it under a throw-away signature. */
import { X509Certificate, type KeyObject } from 'node:crypto';
import { PkiError } from '../../errors.ts';
import { bitString, sequence, type Der } from '../../x509/der.ts';
import type { NameAttributeType } from '../../x509/name.ts';
import { signatureAlgorithmDer } from '../../x509/signed.ts';
import type { Reading } from './reading.ts';
import { nothing, type CertificateRule, type Finding } from './rule.ts';
import { attributes } from './subject-rules.ts';

/** What OpenSSL calls the attributes. */
const openSslNames: Readonly<Record<NameAttributeType, string>> = {
  C: 'C',
  ST: 'ST',
  L: 'L',
  O: 'O',
  OU: 'OU',
  CN: 'CN',
  organizationIdentifier: 'organizationIdentifier',
  givenName: 'GN',
  surname: 'SN',
  serialNumber: 'serialNumber',
  pseudonym: 'pseudonym',
  title: 'title',
  E: 'emailAddress',
};

const namesById = new Map(
  (Object.keys(openSslNames) as NameAttributeType[]).map(type => [attributes[type][0], openSslNames[type]]),
);

export const secondReaderRules: readonly CertificateRule[] = [
  {
    id: 'secondReaderRefuses',
    source: 'house',
    level: 'must',
    says: 'OpenSSL can read the certificate.',
    find: reading => (readByOpenSsl(reading) === null ? [{ field: 'tbsCertificate' }] : nothing),
  },
  {
    id: 'secondReaderDiffers',
    source: 'house',
    level: 'must',
    says: 'OpenSSL reads the same serial number, subject, mailbox, validity and CA-ness.',
    find: differences,
  },
];

type Value = string | number | boolean;

/** Also for a reading whose octets are others than those it was taken from, which only a fault of a reader could give. */
export function differences(reading: Reading): readonly Finding[] {
  const certificate = readByOpenSsl(reading);
  if (certificate === null) return nothing;
  const { fields } = reading;
  const readings: readonly (readonly [field: string, ours: Value, theirs: Value])[] = [
    ['serialNumber', fields.serialNumber, certificate.serialNumber.toLowerCase()],
    ['subject', openSslSubject(reading), reading.subject.length === 0 ? '' : certificate.subject],
    ['subjectAltName', openSslAltName(reading), certificate.subjectAltName ?? ''],
    ['notBefore', fields.notBefore, Date.parse(certificate.validFrom) / 1000],
    ['notAfter', fields.notAfter, Date.parse(certificate.validTo) / 1000],
    ['basicConstraints', maySignCertificates(reading), certificate.ca],
  ];
  return readings
    .filter(([, ours, theirs]) => ours !== theirs)
    .map(([field, , theirs]) => ({ field, found: String(theirs) }));
}

const throwAwaySignature = bitString(new Uint8Array(64));
const known = new WeakMap<Der, X509Certificate | null>();

/** Both rules look at one reading of the octets. */
function readByOpenSsl({ tbs, fields }: Reading): X509Certificate | null {
  const found = known.get(tbs);
  if (found !== undefined) return found;
  const certificate = orNull(
    () => new X509Certificate(sequence(tbs, signatureAlgorithmDer(fields.signatureAlgorithm), throwAwaySignature)),
  );
  known.set(tbs, certificate);
  return certificate;
}

/** The subject's key as OpenSSL read it in the lint of these octets. Throws lintFailed where it did not. */
export function keyReadFrom(tbs: Der): KeyObject {
  const certificate = known.get(tbs);
  if (certificate === undefined || certificate === null) throw new PkiError('lintFailed');
  return certificate.publicKey;
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** One attribute to a line, escaped as RFC 2253 does. */
function openSslSubject({ subject }: Reading): string {
  return subject.map(rdn => (rdn ?? []).map(openSslAttribute).join(' + ')).join('\n');
}

function openSslAttribute({ id, text }: { readonly id: string; readonly text: string | null }): string {
  const escaped = (text ?? '').replace(/[\\,+"<>;]/g, '\\$&').replace(/^[ #]| $/g, '\\$&');
  return `${namesById.get(id) ?? id}=${escaped}`;
}

const openSslAltName = ({ says }: Reading): string =>
  (says.subjectAltName ?? []).map(name => `email:${quoted(name)}`).join(', ');

/** OpenSSL's X509_check_ca: a CA that may sign certificates where keyUsage is there. */
const maySignCertificates = ({ says }: Reading): boolean =>
  (says.basicConstraints?.ca ?? false) && (says.keyUsage?.includes('keyCertSign') ?? true);

/** Node quotes a name in which a comma or a quote could be taken for the end of it. */
const quoted = (name: string): string => (/["'\\,]/.test(name) ? JSON.stringify(name) : name);
