/** A certificate on another card, from a PKCS#12 that the subscriber opens: no one else has the key any more. */
import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { PkiError } from '../ca-core/errors.ts';
import { signedByHolder } from '../ca-core/x509/signed.ts';
import { proofOf } from '../issuing-station/cards/bind-card.ts';
import type { Card } from '../issuing-station/cards/card.ts';
import { openPasses, wrap, type Pass, type PassGround } from './open-passes.ts';

export interface OldPkcs12 {
  readonly file: string;
  readonly password: string;
}

/** Throws pkcs12Unopened, cardUnproven, cardState {state}, certificateUnknown, certificateRevoked. */
export async function rewrap(ground: PassGround, card: Card, old: OldPkcs12): Promise<Pass> {
  const key = createPrivateKey(await pemOf(old, 'key'));
  const serialNumber = serialOf(new X509Certificate(await pemOf(old, 'certificate')));
  ground.folder.checkWritable();
  const proof = await proofOf(ground.portal, card, 'rewrap');
  const message = ['kakuin/rewrap/v1', card.idm, serialNumber, proof.nonce].join('\n');
  const signature = signedByHolder(Buffer.from(message), key).toString('hex');
  await ground.portal.post(`/api/v1/cards/${card.idm}/rewraps`, { ...proof, serialNumber, signature });
  const pass = (await openPasses(ground, card)).find(one => one.serialNumber === serialNumber);
  if (pass === undefined) throw new PkiError('passUnknown');
  return { ...pass, file: await wrap(ground.folder, { ...pass, privateKey: pkcs8Of(key) }), isNew: true };
}

const pkcs8Of = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }));

/** As the portal writes it: small letters, whole octets. */
function serialOf({ serialNumber }: X509Certificate): string {
  const digits = serialNumber.toLowerCase();
  return digits.length % 2 === 0 ? digits : `0${digits}`;
}

/** By OpenSSL; the password goes by standard input, the key stays in memory. */
function pemOf({ file, password }: OldPkcs12, part: 'key' | 'certificate'): Promise<string> {
  const which = part === 'key' ? ['-nocerts', '-nodes'] : ['-clcerts', '-nokeys'];
  const words = ['pkcs12', '-in', file, ...which, '-passin', 'stdin'];
  return new Promise((resolve, reject) => {
    const child = execFile('openssl', words, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(new PkiError('pkcs12Unopened'));
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(`${password}\n`);
  });
}
