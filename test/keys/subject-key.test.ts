import { createPrivateKey, createPublicKey } from 'node:crypto';
import { expect, it } from 'vitest';
import { generateSubjectKey } from '../../ca-core/keys/subject-key.ts';
import { readPublicKey, type KeyAlgorithm } from '../../ca-core/x509/public-key.ts';

it.each<KeyAlgorithm>(['rsa-2048', 'p-256', 'p-384'])('a subject key of %s is a fit pair', async algorithm => {
  const { subjectPublicKeyInfo, pkcs8 } = await generateSubjectKey(algorithm);
  expect(readPublicKey(subjectPublicKeyInfo).algorithm).toBe(algorithm);
  const privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  expect(publicKey.equals(subjectPublicKeyInfo)).toBe(true);
});
