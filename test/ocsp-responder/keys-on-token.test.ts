import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Certificate } from '../../ca-core/x509/certificate.ts';
import { readOcspRequest } from '../../ca-core/x509/ocsp-request.ts';
import { firstResponderKey, openResponderKeys } from '../../ocsp-responder/keys.ts';
import { opensslRequest, opensslVerdict } from '../support/ocsp.ts';
import { day } from '../support/small-pki.ts';
import { softHsm, type SoftHsm } from '../support/soft-hsm.ts';
import { aWholeResponder, type WholeResponder } from '../support/whole-responder.ts';

let hsm: SoftHsm;
let whole: WholeResponder;
let leaf: Certificate;
beforeEach(async () => {
  hsm = softHsm('shim');
  whole = await aWholeResponder({}, { keys: hsm.uri() });
  leaf = await whole.ca.issue('80aa0102');
  await whole.turn();
});
afterEach(async () => {
  await whole.end();
  hsm.end();
});

const requestBy = (...options: string[]) => opensslRequest(whole.ca.pki.issuing, [leaf], options);
const verdictOf = async (...options: string[]) =>
  opensslVerdict(whole.ca.pki, leaf, (await whole.ask(requestBy(...options))).body);
/** Whether the answer has the nonce that it was asked for. */
async function isFresh(): Promise<boolean> {
  const request = requestBy('-nonce');
  const { body } = await whole.ask(request);
  return body.includes(Buffer.from(readOcspRequest(request).nonce ?? 'none'));
}

async function until(wanted: 'green' | 'red'): Promise<void> {
  for (let waited = 0; whole.ocsp().state().state !== wanted; waited += 100) {
    if (waited > 30_000) throw new Error(whole.ocsp().state().detail);
    await pause(100);
    await whole
      .ocsp()
      .round()
      .catch(() => undefined);
  }
}

it('signs beforehand and on demand with a key on the token, which no file holds', async () => {
  expect(existsSync(join(whole.home, 'signer-1.key.json'))).toBe(false);
  expect(await verdictOf('-no_nonce')).toMatch(/Response verify OK[\s\S]*good/);
  expect(await verdictOf('-nonce')).toMatch(/Response verify OK[\s\S]*good/);
  expect(await isFresh()).toBe(true);
});

it('renews its certificate with a new key on the token', async () => {
  const first = whole.ocsp().news()[0]?.signer;
  whole.clock.at += 5 * day;
  await whole.turn();
  await whole.certify();
  await whole.turn();
  const second = whole.ocsp().news()[0]?.signer;
  expect([first?.label, second?.label]).toEqual(['signer-1', 'signer-2']);
  expect(second?.certificate).not.toBe(first?.certificate);
  const { status, life } = await whole.ask(requestBy('-no_nonce'));
  expect(status).toBe('successful');
  expect((life?.nextUpdate ?? 0) - whole.clock.at).toBe(day);
  expect(await isFresh()).toBe(true);
});

it('a lost token is an alarm; what was signed goes on, without nonce; back without a restart', async () => {
  hsm.spoil('removed');
  await until('red');
  expect(whole.ocsp().state().detail).toContain("the signer's key is out of reach");
  expect(await verdictOf('-no_nonce')).toMatch(/Response verify OK[\s\S]*good/);
  expect(await isFresh()).toBe(false);
  expect(await verdictOf('-nonce')).toMatch(/Response verify OK[\s\S]*good/);
  expect((await whole.ask(requestBy('-nonce', '-sha512'))).status).toBe('tryLater');
  hsm.mend();
  await until('green');
  expect(await isFresh()).toBe(true);
});

it('starts while the token is away, and signs once it is there', async () => {
  await whole.reopen({}, () => hsm.spoil('removed'));
  expect(whole.ocsp().state()).toMatchObject({ state: 'red' });
  expect(await verdictOf('-nonce')).toMatch(/Response verify OK[\s\S]*good/);
  hsm.mend();
  await until('green');
  expect(await isFresh()).toBe(true);
});

it('keys of several issuing CAs have labels of their own', async () => {
  const place = { home: whole.home, passphraseFile: '', keys: hsm.uri() };
  const folder = join(whole.home, 'issuers', 'issuing-2');
  mkdirSync(folder, { recursive: true });
  const second = await firstResponderKey({ ...place, folder });
  expect(await firstResponderKey({ ...place, folder })).toEqual(second);
  expect(await firstResponderKey(place)).not.toEqual(second);
  const keys = await openResponderKeys(place);
  expect(await keys.of(folder).labels()).toEqual(['signer-1']);
  expect((await keys.of(folder).open('signer-1')).publicKey).toEqual(second);
  await keys.close();
});
