/** The client certificate that the proxy passes on, and whether it opens anything now: our own records decide. */
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { PkiError } from '../../ca-core/errors.ts';
import {
  equalBytes,
  oids,
  readCertificate,
  readExtendedKeyUsage,
  verifyCertificate,
  type Certificate,
  type IssuerRow,
  type Store,
} from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { cameFromProxy } from './proxy-socket.ts';

export interface CheckedCertificate {
  /** SHA-256 of the issuer's SubjectPublicKeyInfo, hex. */
  readonly issuer: string;
  readonly serialNumber: string;
}

/** RFC 9440 `:base64:`, or PEM with percent signs as nginx writes it. */
const header = 'client-cert';

/** DER, or null where none came with the request or it did not come over the proxy's socket. */
export function presentedCertificate(request: Pick<IncomingMessage, 'headers' | 'socket'>): Uint8Array | null {
  const value = request.headers[header];
  if (!cameFromProxy(request) || typeof value !== 'string' || value === '') return null;
  return decode(value);
}

/**
 * Throws certificateForeign (not issued by this CA, not for client authentication, a broken chain), certificateExpired,
 * certificateRevoked, certificateOnHold.
 */
export async function checkPresented(
  { ca, clock }: Pick<PortalParts, 'ca' | 'clock'>,
  der: Uint8Array,
): Promise<CheckedCertificate> {
  const certificate = readOrRefuse(der);
  const issuer = await issuerOf(ca, certificate, clock.now());
  const { serialNumber, notBefore, notAfter, extensions } = certificate;
  const recorded = await ca.certificates.withSerialNumber(serialNumber);
  if (recorded?.issuer !== issuer.id || !equalBytes(recorded.certificate, der))
    throw new PkiError('certificateForeign');
  const usages = extensions.get(oids.extendedKeyUsage);
  if (usages === undefined || !readExtendedKeyUsage(usages.value).includes(oids.clientAuth)) {
    throw new PkiError('certificateForeign');
  }
  const now = clock.now();
  if (now < notBefore || now > notAfter) throw new PkiError('certificateExpired');
  const status = await ca.status.of(issuer.id, serialNumber);
  if (status === undefined) throw new PkiError('certificateForeign');
  if (status.status === 'revoked') {
    throw new PkiError(status.reason === 'certificateHold' ? 'certificateOnHold' : 'certificateRevoked');
  }
  return { issuer: issuer.id, serialNumber };
}

function decode(value: string): Uint8Array | null {
  const [, structured] = /^:([A-Za-z0-9+/=]{1,20000}):$/.exec(value.trim()) ?? [];
  if (structured !== undefined) return new Uint8Array(Buffer.from(structured, 'base64'));
  try {
    return new Uint8Array(new X509Certificate(decodeURIComponent(value)).raw);
  } catch {
    // Something came that is no certificate: it is refused as a foreign one.
    return new Uint8Array();
  }
}

function readOrRefuse(der: Uint8Array): Certificate {
  try {
    return readCertificate(der);
  } catch (error) {
    if (error instanceof PkiError) throw new PkiError('certificateForeign');
    throw error;
  }
}

/** Our issuing CA that signed it, itself signed by our root and within its time. */
async function issuerOf(ca: Store, certificate: Certificate, now: number): Promise<IssuerRow> {
  const issuers = await ca.issuers.list();
  const roots = issuers.filter(({ role }) => role === 'root').map(row => readCertificate(row.certificate));
  for (const row of issuers.filter(({ role }) => role === 'issuing')) {
    const issuer = readCertificate(row.certificate);
    const isSigned = verifyCertificate(certificate, issuer.subjectPublicKeyInfo);
    if (!isSigned || !equalBytes(certificate.issuer, issuer.subject)) continue;
    const isCertified = roots.some(
      root => isCurrent(root, now) && verifyCertificate(issuer, root.subjectPublicKeyInfo),
    );
    if (isCertified && isCurrent(issuer, now)) return row;
  }
  throw new PkiError('certificateForeign');
}

const isCurrent = ({ notBefore, notAfter }: Certificate, now: number): boolean => now >= notBefore && now <= notAfter;
