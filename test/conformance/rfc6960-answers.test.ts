/** RFC 6960 §2.2, §2.3, §4.2: the three answers and the errors, as OpenSSL and another library read them. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Certificate } from '../../ca-core/x509/certificate.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { keyIdentifier } from '../../ca-core/x509/public-key.ts';
import { opensslRequest, opensslVerdict, readAnswer, type ResponderRig } from '../support/ocsp.ts';
import { anRfc6960Ground, onlyLeafIsGood, revokedFor, type Rfc6960Ground } from './support/rfc6960-ground.ts';

let ground: Rfc6960Ground;
let rig: ResponderRig;
let leaf: Certificate;
let other: Certificate;
beforeAll(async () => {
  ground = await anRfc6960Ground();
  ({ rig, leaf, other } = ground);
});
beforeEach(() => onlyLeafIsGood(ground));

describe('§2.2 the three answers, as OpenSSL judges them', () => {
  it.each(['', '-sha256', '-sha384', '-sha512'])('good, by CertID %s', async hash => {
    const request = opensslRequest(rig.pki.issuing, [leaf], ['-no_nonce', ...(hash === '' ? [] : [hash])]);
    const { body, life } = await rig.ask(request);
    const verdict = opensslVerdict(rig.pki, leaf, body, hash);
    expect(verdict).toContain('Response verify OK');
    expect(verdict).toContain('leaf.pem: good');
    expect(verdict).not.toContain('WARNING');
    expect(life).toMatchObject({ thisUpdate: rig.clock.at, nextUpdate: rig.clock.at + 86_400 });
  });

  it('revoked with time and reason, and without one when unspecified', async () => {
    rig.statuses.set(leaf.serialNumber, revokedFor(ground));
    const request = opensslRequest(rig.pki.issuing, [leaf]);
    const verdict = opensslVerdict(rig.pki, leaf, (await rig.ask(request)).body);
    expect(verdict).toContain('Response verify OK');
    expect(verdict).toMatch(/leaf.pem: revoked[\s\S]+Reason: keyCompromise[\s\S]+Revocation Time:/);
    for (const reason of [null, 'unspecified'] as const) {
      rig.statuses.set(leaf.serialNumber, revokedFor(ground, reason));
      const without = opensslVerdict(rig.pki, leaf, (await rig.ask(request)).body);
      expect(without).toContain('leaf.pem: revoked');
      expect(without).not.toContain('Reason');
    }
  });

  it('unknown for what was never issued, never to be kept', async () => {
    const answer = await rig.ask(opensslRequest(rig.pki.issuing, [other]));
    expect(opensslVerdict(rig.pki, other, answer.body)).toMatch(/Response verify OK[\s\S]*leaf.pem: unknown/);
    expect(answer.life).toBeNull();
  });

  it('a status that changes is told at once', async () => {
    const request = opensslRequest(rig.pki.issuing, [leaf]);
    const first = await rig.ask(request);
    expect(await rig.ask(request)).toBe(first);
    rig.statuses.set(leaf.serialNumber, revokedFor(ground, 'certificateHold'));
    expect(opensslVerdict(rig.pki, leaf, (await rig.ask(request)).body)).toContain('certificateHold');
  });

  it('a status that changes while an answer is being signed is not kept', async () => {
    const request = opensslRequest(rig.pki.issuing, [leaf]);
    const signing = rig.ask(request);
    rig.statuses.set(leaf.serialNumber, revokedFor(ground));
    await signing;
    expect(opensslVerdict(rig.pki, leaf, (await rig.ask(request)).body)).toContain('leaf.pem: revoked');
  });
});

describe('§2.3 error answers', () => {
  it('unauthorized for another issuer, the root among them', async () => {
    const request = opensslRequest(rig.pki.root, [rig.pki.issuing]);
    expect(readAnswer((await rig.ask(request)).body).status).toBe(6);
  });

  it('tryLater without a fit signer, and when what is known is too old', async () => {
    const request = opensslRequest(rig.pki.issuing, [leaf]);
    const { signer } = rig.state;
    rig.state.signer = undefined;
    expect(readAnswer((await rig.ask(request)).body).status).toBe(3);
    rig.state.signer = signer;
    rig.state.at = rig.clock.at - 86_400;
    expect(readAnswer((await rig.ask(request)).body).status).toBe(3);
    rig.state.at = rig.clock.at - 86_399;
    expect(readAnswer((await rig.ask(request)).body).status).toBe(0);
    rig.state.at = undefined;
  });

  it('tryLater, not another key, when signing fails', async () => {
    const { signer } = rig.state;
    if (signer === undefined) throw new Error('no signer');
    rig.state.signer = { ...signer, key: { ...signer.key, sign: () => Promise.resolve(new Uint8Array(70)) } };
    expect((await rig.ask(opensslRequest(rig.pki.issuing, [leaf]))).status).toBe('tryLater');
    rig.state.signer = {
      ...signer,
      key: { ...signer.key, sign: () => Promise.reject(new Error('the token is gone')) },
    };
    expect((await rig.ask(opensslRequest(rig.pki.issuing, [leaf]))).status).toBe('internalError');
    rig.state.signer = signer;
  });
});

describe('§4.2 the response as another library reads it', () => {
  it('names the responder by key, carries its certificate only, and whole seconds', async () => {
    const { body } = await rig.ask(opensslRequest(rig.pki.issuing, [leaf]));
    const { basic } = readAnswer(body);
    expect(basic?.certs).toHaveLength(1);
    const keyHash = toHex(keyIdentifier(rig.key.publicKey));
    expect(toHex(body)).toContain(`a2160414${keyHash}`);
    expect(body.toString('latin1')).not.toMatch(/\d{14}\.\d+Z/);
    expect(basic?.tbsResponseData.producedAt.getTime()).toBe(rig.clock.at * 1000);
  });

  it('§4.2.2.1 never promises more than the signer lives', async () => {
    const { signer } = rig.state;
    if (signer === undefined) throw new Error('no signer');
    const at = rig.clock.at;
    rig.clock.at = signer.certificate.notAfter - 600;
    const { life } = await rig.ask(opensslRequest(rig.pki.issuing, [leaf]));
    expect(life?.nextUpdate).toBe(signer.certificate.notAfter);
    rig.clock.at = at;
  });

  it('a kept answer is signed anew after four hours, and repeated while nothing newer is known', async () => {
    const at = rig.clock.at;
    const request = opensslRequest(rig.pki.issuing, [leaf]);
    const first = await rig.ask(request);
    rig.clock.at = at + 4 * 3600 - 1;
    expect(await rig.ask(request)).toBe(first);
    rig.state.at = at;
    rig.clock.at = at + 20 * 3600;
    expect(await rig.ask(request)).toBe(first);
    rig.state.at = undefined;
    expect(await rig.ask(request)).not.toBe(first);
    rig.clock.at = at;
  });
});
