/** The issuing CA's PKCS#10 (RFC 2986): what goes from its machine to the root's, and proves that the key is there. */
import { createPublicKey, verify } from 'node:crypto';
import { PkiError } from '../errors.ts';
import type { SigningKey } from '../x509/signed.ts';
import { hashOf, signatureAlgorithmDer, signatureAlgorithms, signed } from '../x509/signed.ts';
import { concat, equalBytes, explicit, integer, sequence, type Der } from '../x509/der.ts';
import { childrenOf, expectTag, readBits, readDer } from '../x509/der-reader.ts';
import { decodePem } from '../x509/pem.ts';
import { encodeName, type NameAttribute } from '../x509/name.ts';

export interface CaRequest {
  readonly subject: Der;
  readonly subjectPublicKeyInfo: Der;
}

/** DER of the request, without attributes: what the certificate will hold is the plan's word. */
export function encodeCaRequest(key: SigningKey, subject: readonly NameAttribute[]): Promise<Der> {
  return signed(sequence(integer(0), encodeName(subject), key.publicKey, explicit(0, concat())), key);
}

/** Reads DER or PEM; the signature must hold. Throws csrMalformed, csrSignatureInvalid. */
export function readCaRequest(request: Uint8Array): CaRequest {
  try {
    const der = request[0] === 0x30 ? request : pemOf(request);
    const [content, algorithm, signature] = childrenOf(expectTag(readDer(der), 16), 3);
    const [, subject, publicKey, attributes] = childrenOf(expectTag(content, 16), 4);
    if (content === undefined || subject === undefined || publicKey === undefined || algorithm === undefined)
      throw new PkiError('csrMalformed');
    if ((attributes?.content.length ?? 1) !== 0)
      throw new PkiError('csrMalformed', { reason: 'it asks for attributes' });
    const read = { subject: concat(subject.bytes), subjectPublicKeyInfo: concat(publicKey.bytes) };
    const name = signatureAlgorithms.find(one => equalBytes(signatureAlgorithmDer(one), algorithm.bytes));
    const key = createPublicKey({ key: Buffer.from(publicKey.bytes), format: 'der', type: 'spki' });
    const holds =
      name !== undefined && verify(hashOf(name), content.bytes, key, readBits(expectTag(signature, 3)).bytes);
    if (!holds) throw new PkiError('csrSignatureInvalid');
    return read;
  } catch (error) {
    if (error instanceof PkiError && error.code !== 'derMalformed') throw error;
    throw new PkiError('csrMalformed', { reason: error instanceof Error ? error.message : 'unreadable' });
  }
}

function pemOf(text: Uint8Array): Der {
  return decodePem(new TextDecoder().decode(text), ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST']);
}
