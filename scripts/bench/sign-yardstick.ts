import { generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

/** P-256 signatures made and verified per second by one thread: no CA that checks what it signs can be faster on it. */
export function signAndVerifyPerSecond(milliseconds = 1_000): number {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const message = Buffer.alloc(700, 7);
  const start = performance.now();
  let count = 0;
  for (; performance.now() - start < milliseconds; count += 1) {
    verify('sha256', message, publicKey, sign('sha256', message, privateKey));
  }
  return (count * 1_000) / (performance.now() - start);
}

/** Signatures per second of all cores together, four under way at a time, nothing else being done. */
export async function signaturesPerSecond(kind: 'rsa-2048', milliseconds = 2_000): Promise<number> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: Number(kind.slice(4)) });
  const message = Buffer.alloc(250, 7);
  const signAsync = promisify<string, Uint8Array, KeyObject, Buffer>(sign);
  const start = performance.now();
  let count = 0;
  const one = async (): Promise<void> => {
    while (performance.now() - start < milliseconds) {
      await signAsync('sha256', message, privateKey);
      count++;
    }
  };
  await Promise.all([one(), one(), one(), one()]);
  return (count * 1_000) / (performance.now() - start);
}
