/** A subscriber's key pair, made by the CA core. Its octets exist only until they are sealed; the caller wipes them. */
import { createPublicKey } from 'node:crypto';
import { concat, type Der } from '../x509/der.ts';
import type { KeyAlgorithm } from '../x509/public-key.ts';
import { generatePrivateKey } from './software-key.ts';

export interface SubjectKeyPair {
  readonly subjectPublicKeyInfo: Der;
  /** DER PrivateKeyInfo (RFC 5208). Fill it with zeros after use. */
  readonly pkcs8: Uint8Array<ArrayBuffer>;
}

/** Makes a key pair off the main thread. */
export async function generateSubjectKey(algorithm: KeyAlgorithm): Promise<SubjectKeyPair> {
  const privateKey = await generatePrivateKey(algorithm);
  const exported = privateKey.export({ format: 'der', type: 'pkcs8' });
  const pkcs8 = concat(exported);
  exported.fill(0);
  return {
    subjectPublicKeyInfo: concat(createPublicKey(privateKey).export({ format: 'der', type: 'spki' })),
    pkcs8,
  };
}
