/**
 * The proof that a key is in other hands: a PKCS#10 signed with it whose subject's common name is nothing but
 * `Proof of key compromise`. A request for a certificate, which anybody may have seen, has another name and proves nothing.
 */
import { createHash } from 'node:crypto';
import { PkiError } from '../errors.ts';
import { readCertificationRequest } from '../x509/certification-request.ts';
import { childrenOf, readDer } from '../x509/der-reader.ts';
import { decodeName } from '../x509/name.ts';

export const proofName = 'Proof of key compromise';

/** SHA-256 (hex) of the SubjectPublicKeyInfo that is proved to be compromised. Throws proofInvalid {reason}. */
export function provenKey(request: Uint8Array): string {
  try {
    const { proof, subjectPublicKeyInfo } = readCertificationRequest(request);
    const [, subject] = childrenOf(readDer(proof.signedPart));
    const names = subject === undefined ? [] : decodeName(subject.bytes);
    const isMeant = names.length === 1 && names[0]?.type === 'CN' && names[0].value === proofName;
    if (!isMeant) throw new PkiError('proofInvalid', { reason: `its name is not CN=${proofName}` });
    return createHash('sha256').update(subjectPublicKeyInfo).digest('hex');
  } catch (error) {
    if (!(error instanceof PkiError) || error.code === 'proofInvalid') throw error;
    throw new PkiError('proofInvalid', { reason: error.message });
  }
}
