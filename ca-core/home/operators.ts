import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { NumberedFiles } from './numbered-files.ts';

/** The people who may mend the roll at the console when an officer lost every authenticator; two act together. */
export interface OperatorHash {
  readonly name: string;
  /** hex. */
  readonly salt: string;
  /** scrypt(secret, salt, N = 2^15, r = 8, p = 1), 32 octets, hex. */
  readonly hash: string;
}

const scryptAsync = promisify<Buffer, Buffer, number, object, Buffer>(scrypt);
const cost = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

/** A new operator's secret (160 random bits, hex) and what the home keeps of it. */
export async function drawOperator(name: string): Promise<{ readonly secret: string; readonly kept: OperatorHash }> {
  const secret = randomBytes(20).toString('hex');
  const salt = randomBytes(16);
  const hash = await scryptAsync(Buffer.from(secret), salt, 32, cost);
  return { secret, kept: { name, salt: salt.toString('hex'), hash: hash.toString('hex') } };
}

/** The name of the operator whose secret this is; constant time for each. */
export async function operatorOf(
  operators: NumberedFiles<readonly OperatorHash[]>,
  secret: string,
): Promise<string | undefined> {
  let found: string | undefined;
  for (const { name, salt, hash } of operators.newest()?.content ?? []) {
    const derived = await scryptAsync(Buffer.from(secret.trim()), Buffer.from(salt, 'hex'), 32, cost);
    if (timingSafeEqual(derived, Buffer.from(hash, 'hex'))) found = name;
  }
  return found;
}
