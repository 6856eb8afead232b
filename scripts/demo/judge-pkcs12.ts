import { createPublicKey } from 'node:crypto';
import type { Judge } from './judge.ts';

const opened = ['pkcs12', '-in', 'subscriber.p12', '-passin', 'file:password.txt'];

/** The PKCS#12: its password opens it, key and certificate belong together and say so by the same localKeyID. */
export async function judgePkcs12(judge: Judge): Promise<void> {
  const text = await judge.ask({
    title: 'the password opens the PKCS#12, protected with AES-256 and a SHA-2 MAC',
    openssl: [...opened, '-info', '-noenc'],
    must: [/MAC: sha(256|384|512)/i, /AES-256-CBC/, /BEGIN PRIVATE KEY/, /BEGIN CERTIFICATE/],
  });
  const ids = [...text.matchAll(/localKeyID: ([0-9A-F ]+)/g)].map(([, id]) => id?.trim());
  const same = ids.length === 2 && ids[0] === ids[1];
  judge.compare(
    'key and certificate carry the same localKeyID',
    same ? undefined : `found ${ids.join(' and ') || 'none'}`,
  );
  await judge.ask({
    title: 'another password does not open it',
    openssl: ['pkcs12', '-in', 'subscriber.p12', '-passin', 'pass:wrong', '-noout'],
    verdict: 'refuses',
  });
  const ofCertificate = await judge.ask({
    title: 'the public key of the certificate can be read',
    openssl: ['x509', '-in', 'subscriber.cer', '-inform', 'DER', '-noout', '-pubkey'],
  });
  judge.compare('the key belongs to the certificate', publicHalf(text) === ofCertificate ? undefined : 'it does not');
}

function publicHalf(text: string): string | undefined {
  const pem = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(text)?.[0];
  return pem === undefined ? undefined : createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
}
