import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../ca-core/project-root.ts';

const octets = 256;

/** 500 moduli of RSA-2048 keys that OpenSSL made for this fixture; the private keys were never written. */
export function freshModuli(): readonly bigint[] {
  const file = readFileSync(join(projectRoot, 'test/vectors/rsa-2048-moduli.bin'));
  return Array.from({ length: file.length / octets }, (_, at) =>
    BigInt(`0x${file.toString('hex', at * octets, (at + 1) * octets)}`),
  );
}
