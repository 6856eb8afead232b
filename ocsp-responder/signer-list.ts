/** Who signed the answers that are stored: a slot holds an index into this list, which only grows. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signatureAlgorithms, toHex, type SignatureAlgorithm } from '../ca-core/index.ts';
import { readBy, z } from '../ca-core/schema.ts';
import type { FitSigner } from './signer.ts';

export interface ListedSigner {
  readonly algorithm: SignatureAlgorithm;
  /** DER, hex. */
  readonly certificate: string;
}

export interface SignerList {
  /** Oldest first. */
  readonly all: () => readonly ListedSigner[];
  /** The index of this signer, who is put at the end when new. */
  readonly indexOf: (signer: FitSigner) => number;
}

const listed = z.array(z.strictObject({ algorithm: z.enum(signatureAlgorithms), certificate: z.string() }));

export function openSignerList(folder: string): SignerList {
  const file = join(folder, 'signers.json');
  const all: ListedSigner[] = existsSync(file)
    ? readBy(listed, JSON.parse(readFileSync(file, 'utf8')), 'storeUnavailable')
    : [];
  return {
    all: () => all,
    indexOf: ({ key, certificate }) => {
      const hex = toHex(certificate.der);
      const known = all.findIndex(one => one.certificate === hex);
      if (known !== -1) return known;
      all.push({ algorithm: key.algorithm, certificate: hex });
      writeFileSync(`${file}.new`, JSON.stringify(all), { mode: 0o600, flush: true });
      renameSync(`${file}.new`, file);
      return all.length - 1;
    },
  };
}
