/** Serial numbers and keys as people bring them in files. */
import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { PkiError } from './errors.ts';
import { decodeCertificationRequest } from './x509/certification-request.ts';

/**
 * Serial numbers, one a line, in hex with or without colons, `0x` and capitals; what stands behind a comma or a `#` is
 * not read. Throws listInvalid {what: line, line}, or {what: empty}.
 */
export function typedSerials(text: string): readonly string[] {
  const found = text.split(/\r?\n/).flatMap((line, at) => {
    const typed = line.replace(/[,;#\t].*$/, '').trim();
    if (typed === '') return [];
    const hex = typed.toLowerCase().replace(/^0x/, '').replaceAll(/[: ]/g, '');
    if (!/^([0-9a-f]{2}){1,20}$/.test(hex)) throw new PkiError('listInvalid', { what: 'line', line: at + 1 });
    return [hex];
  });
  if (found.length === 0) throw new PkiError('listInvalid', { what: 'empty' });
  return found;
}

const hashes = /^\s*([0-9a-f]{64}\s*)+$/i;
const blocks = /-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g;

/**
 * SHA-256 (hex) of each SubjectPublicKeyInfo in a file: of certificates, PKCS#10 requests or public keys, as PEM or one as
 * DER, or such hashes themselves, one a line. Throws keyUnacceptable {reason} for a private key, which is nobody's to
 * bring here, and for what holds no key.
 */
export function namedKeys(octets: Uint8Array): readonly string[] {
  const text = Buffer.from(octets).toString('latin1');
  if (text.includes('PRIVATE KEY')) throw new PkiError('keyUnacceptable', { reason: 'a private key' });
  if (hashes.test(text)) return unique(text.trim().toLowerCase().split(/\s+/));
  const pem = text.match(blocks);
  return unique((pem ?? [octets]).map(one => keyHashOf(typeof one === 'string' ? Buffer.from(one, 'latin1') : one)));
}

const unique = (keys: readonly string[]): readonly string[] => [...new Set(keys)];

function keyHashOf(octets: Uint8Array): string {
  for (const read of readers) {
    const spki = orNothing(() => read(octets));
    if (spki !== undefined) return createHash('sha256').update(spki).digest('hex');
  }
  throw new PkiError('keyUnacceptable', { reason: 'no public key in it' });
}

const asDer = { type: 'spki', format: 'der' } as const;

const readers: readonly ((octets: Uint8Array) => Uint8Array)[] = [
  octets => new X509Certificate(octets).publicKey.export(asDer),
  octets => {
    const isPem = octets[0] === 0x2d;
    return decodeCertificationRequest(isPem ? Buffer.from(octets).toString('latin1') : octets).subjectPublicKeyInfo;
  },
  octets => createPublicKey(Buffer.from(octets)).export(asDer),
  octets => createPublicKey({ key: Buffer.from(octets), ...asDer }).export(asDer),
];

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
