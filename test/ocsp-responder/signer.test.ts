import { createHash, createPublicKey, verify } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import canonicalize from 'canonicalize';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PkiError } from '../../ca-core/errors.ts';
import { silentLog } from '../../ca-core/log.ts';
import type { Certificate } from '../../ca-core/x509/certificate.ts';
import { concat, fromHex, toHex } from '../../ca-core/x509/der.ts';
import { firstResponderKey, openResponderKeys } from '../../ocsp-responder/keys.ts';
import { openSigner, type Signer } from '../../ocsp-responder/signer.ts';
import { checkSigner, isAnswerSigner } from '../../ca-core/x509/ocsp-signer.ts';
import { signerRecordFile } from '../../ocsp-responder/signer-record.ts';
import { ecKey } from '../support/certificates.ts';
import { aSmallCa, type SmallCa } from '../support/small-ca.ts';
import { aSmallPki, day, realNow, type SignerChange } from '../support/small-pki.ts';

const policy = { key: 'p-256' as const, maxLifetime: 7 * day, renewBefore: 3 * day };
const clock = { at: realNow(), now: () => clock.at };
let ca: SmallCa;
let pinned: Uint8Array;

beforeEach(async () => {
  ca = await aSmallCa();
  clock.at = realNow();
  writeFileSync(join(ca.home, 'passphrase'), 'a long passphrase\n', { mode: 0o600 });
  pinned = await firstResponderKey(keySettings());
});
afterEach(() => ca.close());

const keySettings = () => ({ home: ca.home, passphraseFile: join(ca.home, 'passphrase') });

async function open(): Promise<Signer> {
  const keys = (await openResponderKeys(keySettings())).of(ca.home);
  const record = signerRecordFile(join(ca.home, 'signer.json'));
  const parts = { keys, record, requests: ca.store.signers, issuer: ca.pki.issuing, ca: ca.pki.ca, policy, clock };
  return openSigner({ ...parts, log: silentLog });
}

/** What the CA core does with the requests that wait, `spoil` aside: the statement must hold under the pinned key. */
async function answer(
  spoil: SignerChange & { readonly publicKey?: Uint8Array } = {},
): Promise<Certificate | undefined> {
  let last: Certificate | undefined;
  for (const request of await ca.store.signers.waiting()) {
    const statement = JSON.parse(request.statement) as { publicKey: string; previous: string; ca: string };
    expect(canonicalize(statement)).toBe(request.statement);
    expect(statement.ca).toBe(ca.pki.ca);
    const key = createPublicKey({ key: Buffer.from(pinned), format: 'der', type: 'spki' });
    const holds = verify('sha256', Buffer.from(request.statement), key, request.signature);
    const event = {
      at: clock.at,
      service: 'ca-core',
      action: 'signer.issued',
      actor: 'ca-core',
      subject: 'x',
      details: {},
    };
    if (!holds || statement.previous !== createHash('sha256').update(pinned).digest('hex')) {
      await ca.store.signers.refuse(request.id, new PkiError('signerUnfit'), event);
      continue;
    }
    last = await ca.pki.signer(concat(spoil.publicKey ?? fromHex(statement.publicKey)), {
      startsIn: clock.at - realNow(),
      ...spoil,
    });
    pinned = fromHex(statement.publicKey);
    const ids = { issuer: ca.pki.ca, orderId: null, caseId: null, profile: 'ocsp-signer', crlShard: 0 };
    const { der, serialNumber, notBefore, notAfter } = last;
    await ca.store.signers.issue(request.id, { ...ids, serialNumber, certificate: der, notBefore, notAfter }, event);
  }
  return last;
}

describe("the responder's own signer", () => {
  it('asks with the key of the ceremony and is fit once it is certified', async () => {
    const signer = await open();
    expect(signer.fit()).toBeUndefined();
    await signer.advance();
    const [request] = await ca.store.signers.waiting();
    expect(JSON.parse(request?.statement ?? '{}')).toMatchObject({
      kind: 'signer',
      version: 1,
      sequence: 1,
      publicKey: toHex(pinned),
    });
    const certificate = await answer();
    await signer.advance();
    expect(signer.fit()?.certificate.serialNumber).toBe(certificate?.serialNumber);
    expect(signer.fit()).toBe(signer.fit());
    expect((await open()).fit()?.certificate.serialNumber).toBe(certificate?.serialNumber);
  });

  it('asks once while the CA core is away, again where the request has vanished', async () => {
    const signer = await open();
    for (let round = 0; round < 5; round++) {
      await signer.advance();
      clock.at += 100;
    }
    expect(await ca.store.signers.waiting()).toHaveLength(1);
    await ca.database('signer_requests').delete();
    await signer.advance();
    expect(await ca.store.signers.waiting()).toHaveLength(1);
  });

  it('renews with a new key, vouched for by the old one, days before the end, and answers meanwhile', async () => {
    const signer = await open();
    await signer.advance();
    const first = await answer();
    await signer.advance();
    await signer.advance();
    expect(await ca.store.signers.waiting()).toHaveLength(0);
    clock.at += 4 * day;
    await signer.advance();
    expect(signer.fit()?.certificate.serialNumber).toBe(first?.serialNumber);
    const second = await answer();
    await signer.advance();
    expect(signer.fit()?.certificate.serialNumber).toBe(second?.serialNumber);
    expect(toHex(signer.fit()?.certificate.subjectPublicKeyInfo ?? fromHex(''))).not.toBe(
      toHex(first?.subjectPublicKeyInfo ?? fromHex('')),
    );
  });

  it('finds its way back when the answer to a renewal was lost with the database', async () => {
    const signer = await open();
    await signer.advance();
    await answer();
    await signer.advance();
    clock.at += 4 * day;
    await signer.advance();
    await answer();
    await ca.database('signer_requests').delete();
    for (let round = 0; round < 4; round++) {
      clock.at += 61;
      await signer.advance();
      await answer();
      await signer.advance();
    }
    expect(toHex(signer.fit()?.key.publicKey ?? fromHex(''))).toBe(toHex(pinned));
  });

  it('is none once its certificate has ended', async () => {
    const signer = await open();
    await signer.advance();
    await answer();
    await signer.advance();
    clock.at = (signer.fit()?.certificate.notAfter ?? 0) + 1;
    expect(signer.fit()).toBeUndefined();
  });

  it('never takes a certificate over another key', async () => {
    const signer = await open();
    await signer.advance();
    await answer({ publicKey: ecKey().spki });
    await signer.advance();
    expect(signer.fit()).toBeUndefined();
  });
});

describe('RFC 6960 §4.2.2.2 a fit signer', () => {
  const { spki } = ecKey();
  it.each<[string, SignerChange, string]>([
    ['without OCSPSigning', { without: 'OCSPSigning' }, 'extendedKeyUsage'],
    ['without nocheck', { without: 'nocheck' }, 'nocheck'],
    ['without keyUsage', { without: 'keyUsage' }, 'keyUsage'],
    ['for longer than 7 days', { days: 8 }, 'validity'],
    ['not yet valid', { startsIn: 600 }, 'notBefore'],
    ['expired', { startsIn: -8 * day }, 'notAfter'],
    ['signed by another key', { key: ecKey().key }, 'issuer'],
  ])('%s is none', async (_, change, field) => {
    const pki = await aSmallPki();
    const expectation = { issuer: pki.issuing, publicKey: spki, now: realNow(), maxLifetime: 7 * day };
    expect(checkSigner(await pki.signer(spki), expectation)).toEqual([]);
    const violations = checkSigner(await pki.signer(spki, change), expectation);
    expect(violations.map(violation => violation.field)).toEqual([field]);
    expect(isAnswerSigner(await pki.signer(spki, change), pki.issuing, realNow())).toBe(false);
  });

  it('vouches for answers where it is fit; a subscriber of the same CA does not', async () => {
    expect(isAnswerSigner(await ca.pki.signer(ecKey().spki), ca.pki.issuing, realNow())).toBe(true);
    expect(isAnswerSigner(await ca.issue('80aa77'), ca.pki.issuing, realNow())).toBe(false);
  });
});
