/**
 * Keys that leave in a PKCS#12. Key and password are drawn when the certificate is intended; between that and the recorded
 * certificate they rest wrapped under a key of the home, so that a crash loses neither; then only the PKCS#12 is left, and
 * its password sealed to whoever keeps the passwords.
 */
import type { CaseDocument } from './approvals/documents.ts';
import type { Ca } from './ca.ts';
import { newPassword } from './delivery/password.ts';
import { encodePkcs12 } from './delivery/pkcs12.ts';
import { sealTo } from './delivery/seal.ts';
import type { Wrapped } from './home/wrapping-key.ts';
import { keyHash } from './home/signer-log.ts';
import type { SubjectKeyPair } from './keys/subject-key.ts';
import { compatiblePkcs12, usualPkcs12 } from './pkcs12-forms.ts';
import type { RecordedCertificate } from './store/certificates.ts';
import type { Container } from './store/containers.ts';
import type { Intention } from './store/orders.ts';
import { readCertificate, verifyCertificate } from './x509/certificate.ts';
import { equalBytes, type Der } from './x509/der.ts';

export interface KeyToWrap {
  readonly document: CaseDocument;
  readonly caseDigest: string;
  readonly pair: SubjectKeyPair;
  /** X25519 public key of whoever keeps the password, hex. */
  readonly sealTo: string;
  readonly isCompatible: boolean;
}

/** Draws the password, seals it, wraps all that the PKCS#12 will need. Throws keyUnacceptable for a sealTo that is none. */
export async function wrapKey(ca: Ca, { document, caseDigest, pair, ...wish }: KeyToWrap): Promise<Uint8Array> {
  const { caseId, claim } = document;
  const password = newPassword();
  const plaintext = Buffer.from(password);
  const sealedPassword = await sealTo({ publicKey: wish.sealTo, caseId, caseDigest, plaintext });
  const friendlyName = [claim.romanName, caseId].find(isShown) ?? '';
  const form = wish.isCompatible ? 'compatible' : 'usual';
  const parts = [pair.pkcs8, plaintext, sealedPassword, Buffer.from(friendlyName), Buffer.from(form)];
  const bundle = framed(parts);
  try {
    return ca.home.wrappingKey.wrap({ caseId, caseDigest, key: keyHash(pair.subjectPublicKeyInfo) }, bundle);
  } finally {
    bundle.fill(0);
    plaintext.fill(0);
  }
}

export interface WrappedIntention {
  readonly intention: Intention;
  readonly subjectPublicKeyInfo: Der;
  readonly wrappedKey: Uint8Array;
}

/** The PKCS#12 of a certificate that was signed; undefined where what is in the row was not wrapped by this home for it. */
export async function makeContainer(
  ca: Ca,
  { intention, subjectPublicKeyInfo, wrappedKey }: WrappedIntention,
  { certificate }: Pick<RecordedCertificate, 'certificate'>,
): Promise<Container | undefined> {
  const { caseId, caseDigest } = intention;
  const about: Wrapped = { caseId, caseDigest, key: keyHash(subjectPublicKeyInfo) };
  const bundle = ca.home.wrappingKey.unwrap(about, wrappedKey);
  const [privateKey, password, sealedPassword, friendlyName, form] = bundle === undefined ? [] : unframed(bundle);
  if (!privateKey || !password || !sealedPassword || !friendlyName || !form) return undefined;
  const content = {
    privateKey,
    certificate,
    chain: await chainOf(ca),
    friendlyName: friendlyName.toString(),
    password: password.toString(),
  };
  const isCompatible = form.toString() === 'compatible';
  const pkcs12 = await encodePkcs12(content, isCompatible ? compatiblePkcs12 : usualPkcs12);
  const kept = Uint8Array.from(sealedPassword);
  bundle?.fill(0);
  return { caseId, pkcs12, sealedPassword: kept, isCompatible };
}

/** What certificate stores show as it is. */
const isShown = (name: string): boolean => /^[\x20-\x7e]{1,64}$/.test(name);

/** The issuing CA's certificate, and the root's: that one only if its key made the other, whoever wrote the row. */
async function chainOf({ issuer, store }: Ca): Promise<readonly Der[]> {
  const { certificate } = issuer;
  const known = chains.get(certificate.der);
  if (known !== undefined) return known;
  const rows = (await store.issuers.list()).filter(({ role }) => role === 'root');
  const root = rows
    .map(row => readCertificate(row.certificate))
    .find(
      one => equalBytes(one.subject, certificate.issuer) && verifyCertificate(certificate, one.subjectPublicKeyInfo),
    );
  const chain = root === undefined ? [certificate.der] : [certificate.der, root.der];
  chains.set(certificate.der, chain);
  return chain;
}

const chains = new WeakMap<Der, readonly Der[]>();

/** Parts with their lengths (4 octets, big-endian) before them. */
function framed(parts: readonly Uint8Array[]): Buffer {
  const lengths = parts.map(part => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    return length;
  });
  return Buffer.concat(parts.flatMap((part, at) => [lengths[at] ?? Buffer.alloc(0), part]));
}

function unframed(octets: Uint8Array): Buffer[] {
  const all = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
  const parts: Buffer[] = [];
  for (let at = 0; at + 4 <= all.length;) {
    const end = at + 4 + all.readUInt32BE(at);
    parts.push(all.subarray(at + 4, end));
    at = end;
  }
  return parts;
}
