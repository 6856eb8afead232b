import { chainWith } from './judge-certificates.ts';
import type { Judge } from './judge.ts';

/** The OCSP answer and the CRL from before the revocation: good everywhere. */
export async function judgeGood(judge: Judge): Promise<void> {
  await judge.ask({
    title: 'OCSP says good, signed by a signer that the issuing CA named for it',
    openssl: ocsp('good.ocsp'),
    must: [/Response verify OK/, /: good/],
  });
  await judge.ask({
    title: 'the OCSP answer is for a SHA-1 CertID, its signer has OCSPSigning and nocheck',
    openssl: ['ocsp', '-respin', 'good.ocsp', '-noverify', '-resp_text'],
    must: [/Hash Algorithm: sha1/, /OCSP Signing/, /OCSP No Check/, /Cert Status: good/],
  });
  await judge.ask({
    title: 'the CRL is signed by the issuing CA',
    openssl: crl('before.crl'),
    must: [/verify OK/, /X509v3 CRL Number/],
  });
}

/** After the revocation: revoked everywhere, with the same time and reason. `reason` as OpenSSL writes it in a CRL. */
export async function judgeRevoked(
  judge: Judge,
  reason: { readonly inCrl: string; readonly inOcsp: string },
): Promise<void> {
  await judge.ask({
    title: 'OCSP says revoked, with time and reason',
    openssl: ocsp('revoked.ocsp'),
    must: [/Response verify OK/, /: revoked/, new RegExp(`Reason: ${reason.inOcsp}`), /Revocation Time: /],
  });
  const serial = await serialOf(judge);
  const before = await judge.ask({
    title: 'the CRL from before does not hold the certificate',
    openssl: crl('before.crl'),
    mustNot: [new RegExp(serial)],
  });
  const after = await judge.ask({
    title: 'the CRL from after holds it, with the reason',
    openssl: crl('after.crl'),
    must: [/verify OK/, /Authority Key Identifier/, new RegExp(`Serial Number: ${serial}[\\s\\S]*${reason.inCrl}`)],
  });
  judge.compare(
    'the CRL number has risen',
    numberOf(after) > numberOf(before) ? undefined : `${numberOf(before)} to ${numberOf(after)}`,
  );
  await judge.ask({
    title: 'who looks at the CRL from after no longer trusts the certificate',
    openssl: chainWith('after.crl'),
    must: [/certificate revoked/],
    verdict: 'refuses',
  });
}

function ocsp(file: string): string[] {
  return [
    'ocsp',
    '-respin',
    file,
    '-issuer',
    'issuing.cer',
    '-cert',
    'subscriber.cer',
    '-CAstore',
    'root.cer',
    '-verify_other',
    'issuing.cer',
  ];
}

function crl(file: string): string[] {
  return ['crl', '-in', file, '-inform', 'DER', '-noout', '-text', '-CAstore', 'issuing.cer'];
}

async function serialOf(judge: Judge): Promise<string> {
  const text = await judge.ask({
    title: 'the serial number of the certificate',
    openssl: ['x509', '-in', 'subscriber.cer', '-inform', 'DER', '-noout', '-serial'],
    must: [/serial=[0-9A-F]+/],
  });
  return /serial=([0-9A-F]+)/.exec(text)?.[1] ?? 'none';
}

function numberOf(text: string): number {
  return Number(/CRL Number: ?\s+(0x[0-9A-F]+|\d+)/i.exec(text)?.[1] ?? NaN);
}
