import { X509Certificate } from 'node:crypto';
import type { Violation } from '../errors.ts';
import type { TbsCertificateFields } from '../x509/certificate.ts';
import { bitString, sequence, type Der } from '../x509/der.ts';
import { decodeGeneralNames } from '../x509/general-names.ts';
import { decodeName, type NameAttributeType } from '../x509/name.ts';
import { oids } from '../x509/oids.ts';
import { signatureAlgorithmDer } from '../x509/signed.ts';

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

const throwAwaySignature = bitString(new Uint8Array(64));

/** OpenSSL reads the same subject, mailbox, serial number, validity and CA-ness: the TBS goes to it under a throw-away signature. */
export function secondReading(tbs: Der, fields: TbsCertificateFields): readonly Violation[] {
  const certificate = readByOpenSsl(
    sequence(tbs, signatureAlgorithmDer(fields.signatureAlgorithm), throwAwaySignature),
  );
  if (certificate === null) return [{ rule: 'secondReaderRefuses', field: 'tbsCertificate' }];
  const readings: readonly (readonly [
    field: string,
    ours: string | number | boolean,
    theirs: string | number | boolean,
  ])[] = [
    ['serialNumber', fields.serialNumber, certificate.serialNumber.toLowerCase()],
    ['subject', openSslSubject(fields.subject), certificate.subject],
    ['subjectAltName', openSslAltName(fields), certificate.subjectAltName ?? ''],
    ['notBefore', fields.notBefore, Date.parse(certificate.validFrom) / 1000],
    ['notAfter', fields.notAfter, Date.parse(certificate.validTo) / 1000],
    ['basicConstraints', fields.extensions.has(oids.basicConstraints), certificate.ca],
  ];
  return readings
    .filter(([, ours, theirs]) => ours !== theirs)
    .map(([field, , theirs]) => ({ rule: 'secondReaderDiffers', field, found: String(theirs) }));
}

function readByOpenSsl(der: Der): X509Certificate | null {
  try {
    return new X509Certificate(der);
  } catch {
    return null;
  }
}

/** One attribute to a line, escaped as RFC 2253 does. */
function openSslSubject(subject: Der): string {
  return decodeName(subject)
    .map(({ type, value }) => {
      const escaped = value.replace(/[\\,+"<>;]/g, '\\$&').replace(/^[ #]| $/g, '\\$&');
      return `${openSslNames[type]}=${escaped}`;
    })
    .join('\n');
}

function openSslAltName({ extensions }: TbsCertificateFields): string {
  const extension = extensions.get(oids.subjectAltName);
  if (extension === undefined) return '';
  return decodeGeneralNames(extension.value)
    .rfc822Names.map(name => `email:${quoted(name)}`)
    .join(', ');
}

/** Node quotes a name in which a comma or a quote could be taken for the end of it. */
const quoted = (name: string): string => (/["'\\,]/.test(name) ? JSON.stringify(name) : name);
