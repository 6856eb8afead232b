import { generatePrivateKey, signingKeyOf } from '../../ca-core/keys/software-key.ts';
import { bitString, implicit, integer, sequence, toHex, type Der } from '../../ca-core/x509/der.ts';
import { encodeName } from '../../ca-core/x509/name.ts';
import { signatureAlgorithmDer, signatureOver } from '../../ca-core/x509/signed.ts';
import type { SubjectKey } from '../../ca-core/index.ts';

/** P-256 keys of applicants, each with its PKCS#10 (RFC 2986), as they stand in a case document. */
export async function makeRequests(count: number): Promise<readonly SubjectKey[]> {
  return Promise.all(Array.from({ length: count }, () => makeRequest()));
}

async function makeRequest(): Promise<SubjectKey> {
  const key = signingKeyOf(await generatePrivateKey('p-256'), 'p-256');
  const subject = encodeName([{ type: 'CN', value: 'applicant' }]);
  const requestInfo = sequence(integer(0), subject, key.publicKey, noAttributes());
  const signature = bitString(await signatureOver(requestInfo, key));
  const request = sequence(requestInfo, signatureAlgorithmDer(key.algorithm), signature);
  return { from: 'csr', subjectPublicKeyInfo: toHex(key.publicKey), certificationRequest: toHex(request) };
}

/** [0] IMPLICIT SET OF Attribute, empty. */
function noAttributes(): Der {
  return implicit(0, sequence());
}
