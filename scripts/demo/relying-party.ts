import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { HttpClient } from './http-client.ts';
import { runOpenssl } from './openssl.ts';

/** Someone who was sent a certificate and asks what became of it; keeps what is answered in files. */
export interface RelyingParty {
  /** Fetches a published file. */
  readonly fetch: (url: string, file: string) => Promise<void>;
  /** Asks OCSP by POST, with a SHA-1 CertID, until the answer has that status; keeps that answer. Throws after 90 s. */
  readonly askOcsp: (status: 'good' | 'revoked', file: string) => Promise<void>;
  /** Fetches the CRL until it holds the certificate. Throws after 90 s. */
  readonly awaitOnCrl: (url: string, file: string) => Promise<void>;
}

const lookEvery = 500;
/** A cache in front may keep a list for a minute. */
const looks = 180;

/** `folder` holds issuing.cer and subscriber.cer by the time it is asked. */
export function openRelyingParty(client: HttpClient, folder: string, ocspUrl: string): RelyingParty {
  const keep = (file: string, bytes: Uint8Array): void => writeFileSync(join(folder, file), bytes);
  const fetch = async (url: string, file: string): Promise<void> => keep(file, (await client.ask(url)).body);
  const askOcsp = async (status: string, file: string): Promise<void> => {
    const headers = { 'content-type': 'application/ocsp-request' };
    const body = await encodeRequest(folder);
    await until(`OCSP did not say ${status}`, async () => {
      keep(file, (await client.ask(ocspUrl, { method: 'POST', body, headers })).body);
      const { output } = await runOpenssl(folder, [...about, '-respin', file, '-noverify']);
      return output.includes(`subscriber.cer: ${status}`);
    });
  };
  const awaitOnCrl = async (url: string, file: string): Promise<void> => {
    const { output } = await runOpenssl(folder, [
      'x509',
      '-in',
      'subscriber.cer',
      '-inform',
      'DER',
      '-noout',
      '-serial',
    ]);
    const serial = output.trim().replace('serial=', '');
    await until('The CRL did not show the revocation', async () => {
      await fetch(url, file);
      const { output: text } = await runOpenssl(folder, ['crl', '-in', file, '-inform', 'DER', '-noout', '-text']);
      return text.includes(serial);
    });
  };
  return { fetch, askOcsp, awaitOnCrl };
}

const about = ['ocsp', '-issuer', 'issuing.cer', '-cert', 'subscriber.cer', '-no_nonce'];

async function encodeRequest(folder: string): Promise<Uint8Array> {
  const file = join(folder, 'request.der');
  const { code, output } = await runOpenssl(folder, [...about, '-reqout', file]);
  if (code !== 0) throw new Error(output);
  const request = readFileSync(file);
  rmSync(file);
  return request;
}

async function until(complaint: string, holds: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < looks; look += 1) {
    if (await holds()) return;
    await pause(lookEvery);
  }
  throw new Error(`${complaint} within ${(looks * lookEvery) / 1000} s.`);
}
