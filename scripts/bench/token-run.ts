/** Signs with the RSA key on the token of a pkcs11: URI, without a pause, and prints how many signatures a second came. */
import { usualSessions as sessions } from '../../ca-core/keys/open-key-store.ts';
import { openToken } from '../../ca-core/keys/pkcs11-token.ts';
import { readPkcs11Uri } from '../../ca-core/keys/pkcs11-uri.ts';

const seconds = 2;
/** DigestInfo of a SHA-256 hash (RFC 8017 §9.2). */
const input = new Uint8Array(51).fill(7);

const token = openToken({ ...readPkcs11Uri(process.argv[2] ?? ''), sessions, expected: [] });
const [key] = token.find('issuing');
if (key === undefined) throw new Error('The token has no key called issuing.');
const start = performance.now();
let count = 0;
const one = async (): Promise<void> => {
  for (; performance.now() - start < seconds * 1_000; count++) {
    await token.sign({ key: key.id, mechanism: 'rsaPkcs1', input });
  }
};
await Promise.all(Array.from({ length: sessions }, one));
process.stdout.write(`${(count * 1_000) / (performance.now() - start)}\n`);
process.exit(0);
