import { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../ca-core/log.ts';
import type { Certificate } from '../../ca-core/x509/certificate.ts';
import { openOcspResponder } from '../../ocsp-responder/open-ocsp-responder.ts';
import { opensslRequest, opensslVerdict, readAnswer } from '../support/ocsp.ts';
import { refusalFrom } from '../support/refusal.ts';
import { day } from '../support/small-pki.ts';
import { aWholeResponder, kept, wholePolicy, type WholeResponder } from '../support/whole-responder.ts';

let whole: WholeResponder;
let leaf: Certificate;
beforeEach(async () => {
  whole = await aWholeResponder();
  leaf = await whole.ca.issue('80aa0102');
  await whole.ca.issue('7b');
  await whole.turn();
});
afterEach(() => whole.end());

const hashes = ['', '-sha256', '-sha384', '-sha512'] as const;
const requestBy = (hash: string, nonce = '-no_nonce') =>
  Buffer.from(opensslRequest(whole.ca.pki.issuing, [leaf], [nonce, ...(hash === '' ? [] : [hash])]));
const verdictOf = async (hash = '') =>
  opensslVerdict(whole.ca.pki, leaf, (await whole.ask(requestBy(hash))).body, hash);
const revoke = (reason: 'keyCompromise' | 'certificateHold' = 'keyCompromise') =>
  whole.ca.change({ serialNumber: leaf.serialNumber, change: 'revoked', reason, revokedAt: whole.clock.at - 5 });
const answerFile = () => whole.ocsp().news()[0]?.place.files[0] ?? '';

describe('answers signed beforehand', () => {
  it.each(['', '-sha256'])('are at hand by CertID %s, in the words that OpenSSL knows', async hash => {
    const answer = whole.ocsp().responder.respond(requestBy(hash));
    expect(answer).not.toBeInstanceOf(Promise);
    expect((await answer).life).toMatchObject({ thisUpdate: whole.clock.at, nextUpdate: whole.clock.at + day });
    expect(await verdictOf(hash)).toMatch(/Response verify OK[\s\S]*leaf.pem: good/);
  });

  it('take no more than 1.2 kB for each certificate, and statuses no more than 64 octets', () => {
    const [{ place, statusFile } = { place: { slotLength: 0, files: [] }, statusFile: '' }] = whole.ocsp().news();
    expect(place.slotLength * place.files.length).toBeLessThanOrEqual(1_200 - 64);
    expect(statSync(statusFile).size / 32_768).toBeLessThanOrEqual(52);
  });

  it('survive a restart', async () => {
    const { body } = await whole.ask(requestBy(''));
    await whole.reopen();
    expect((await whole.ask(requestBy(''))).body).toEqual(body);
  });

  it('are made anew before half their life, and not sooner than something newer is known', async () => {
    const at = whole.clock.at;
    whole.clock.at = at + 4 * 3600;
    await whole.ocsp().prepare();
    expect((await whole.ask(requestBy(''))).life?.thisUpdate).toBe(at);
    await whole.turn();
    expect((await whole.ask(requestBy(''))).life?.thisUpdate).toBe(at + 4 * 3600);
  });

  it('never reach past the end of their signer, who is renewed in time', async () => {
    const first = whole.ocsp().news()[0]?.signer?.certificate;
    for (let days = 1; days < 14; days++) {
      whole.clock.at += day;
      await whole.turn();
      await whole.certify();
      await whole.turn();
      const { life, status } = await whole.ask(requestBy(''));
      expect(status).toBe('successful');
      expect((life?.nextUpdate ?? 0) - whole.clock.at).toBeGreaterThan(8 * 3600);
    }
    expect(whole.ocsp().news()[0]?.signer?.certificate).not.toBe(first);
  });
});

describe('a revocation', () => {
  it('is told in every form at once, and a release again', async () => {
    for (const hash of hashes) expect(await verdictOf(hash)).toContain('good');
    await revoke('certificateHold');
    await whole.ocsp().round();
    for (const hash of hashes) expect(await verdictOf(hash)).toMatch(/revoked[\s\S]*certificateHold/);
    await whole.turn();
    expect(whole.ocsp().responder.respond(requestBy(''))).not.toBeInstanceOf(Promise);
    for (const hash of hashes) expect(await verdictOf(hash)).toContain('revoked');
    whole.clock.at += 5;
    await whole.ca.change({ serialNumber: leaf.serialNumber, change: 'released' });
    await whole.ca.recordCrl(await whole.ca.pki.crl({ entries: [], crlNumber: 5n, thisUpdate: whole.clock.at }));
    await whole.turn();
    for (const hash of hashes) expect(await verdictOf(hash)).toContain('good');
  });

  it('that a crash separated from its answers is told all the same', async () => {
    const putBack = kept(join(whole.home, 'answers'));
    await revoke();
    await whole.ocsp().round();
    await whole.reopen({}, putBack);
    for (const hash of hashes) expect(await verdictOf(hash)).toContain('revoked');
  });
});

describe('with everything else off', () => {
  it('answers for the whole span until nextUpdate, then tries later, never stale', async () => {
    const at = whole.clock.at;
    const request = requestBy('');
    const { body } = await whole.ask(request);
    await whole.ca.database.destroy();
    renameSync(join(whole.home, 'signer-1.key.json'), join(whole.home, 'away'));
    await whole.reopen();
    for (const later of [0, 3600, 13 * 3600, day - 1]) {
      whole.clock.at = at + later;
      await expect(whole.turn()).rejects.toThrow();
      expect((await whole.ask(request)).body).toEqual(body);
    }
    whole.clock.at = at + day;
    expect((await whole.ask(request)).status).toBe('tryLater');
    expect(whole.ocsp().state()).toMatchObject({ state: 'red' });
  });

  it('signs again once the key is back', async () => {
    renameSync(join(whole.home, 'signer-1.key.json'), join(whole.home, 'away'));
    await whole.reopen();
    await expect(whole.ocsp().round()).rejects.toThrow();
    // What was signed before, without the nonce, is better than nothing; where nothing was, it is tryLater.
    const { body, life } = await whole.ask(requestBy('', '-nonce'));
    expect(body).toEqual((await whole.ask(requestBy(''))).body);
    expect(life).toBeNull();
    expect((await whole.ask(requestBy('-sha384', '-nonce'))).status).toBe('tryLater');
    renameSync(join(whole.home, 'away'), join(whole.home, 'signer-1.key.json'));
    await whole.turn();
    expect((await whole.ask(requestBy('', '-nonce'))).status).toBe('successful');
  });

  it('a clock that was set back brings no answer from the future', async () => {
    const request = requestBy('');
    whole.clock.at -= 3600;
    const answer = await whole.ask(request);
    expect(answer.life?.thisUpdate ?? 0).toBeLessThanOrEqual(whole.clock.at);
  });
});

describe('rotten files', () => {
  it('a spoiled answer is not given, but made anew', async () => {
    const file = answerFile();
    const bytes = readFileSync(file);
    for (let at = 40; at < bytes.length; at += 97) bytes[at] = (bytes[at] ?? 0) ^ 0x55;
    writeFileSync(file, bytes);
    expect(await verdictOf()).toMatch(/Response verify OK[\s\S]*good/);
    await whole.reopen();
    await whole.turn();
    expect(await verdictOf()).toMatch(/Response verify OK[\s\S]*good/);
  });

  it("another certificate's answer in its place is not given", async () => {
    const file = answerFile();
    const length = whole.ocsp().news()[0]?.place.slotLength ?? 0;
    const bytes = readFileSync(file);
    bytes.copy(bytes, 0, length, 2 * length);
    writeFileSync(file, bytes);
    expect(await verdictOf()).toMatch(/Response verify OK[\s\S]*leaf.pem: good/);
  });

  it('octets behind the last record do no harm', async () => {
    appendFileSync(answerFile(), Buffer.alloc(10_000, 0xa5));
    await whole.reopen();
    await whole.ca.issue('0c');
    await whole.turn();
    expect(await verdictOf()).toContain('good');
  });
});

it('one home has one responder', async () => {
  const { ca } = whole;
  const parts = { store: ca.store, home: whole.home, passphraseFile: join(ca.home, 'passphrase'), policy: wholePolicy };
  const second = openOcspResponder({ ...parts, clock: whole.clock, log: silentLog });
  expect((await refusalFrom(second))?.code).toBe('alreadyRunning');
});

it('a revocation dated in the future is told as of now', async () => {
  await whole.ca.change({ serialNumber: leaf.serialNumber, change: 'revoked', revokedAt: whole.clock.at + 9_999 });
  await whole.turn();
  const { body } = await whole.ask(requestBy(''));
  expect(readAnswer(body).status).toBe(0);
  expect(await verdictOf()).toContain('revoked');
});
