import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSealed, pickUpPublicKey, drawPickUpSecret } from '../../ca-core/delivery/seal.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { aCa, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { checkPki } from '../support/check-pki.ts';

let platform: ACa;
let core: OpenCa;

beforeAll(async () => {
  platform = await aCa();
  core = await platform.open();
});

afterAll(async () => {
  await core.close();
  await platform.end();
});

describe('an order that two officers approved', () => {
  it('becomes a certificate that OpenSSL trusts, its key sealed to the applicant', async () => {
    const { store, clock } = platform;
    const secret = drawPickUpSecret();
    const sealTo = await pickUpPublicKey(secret);
    const document = platform.aCase({ subjectKey: { from: 'server', algorithm: 'p-256', sealTo } });
    const caseDigest = await platform.approve(document);
    await settle(core);
    expect(await store.orders.ofCase(document.caseId)).toEqual({ state: 'issued', refusal: null });
    const sealed = await store.deliveries.take(document.caseId, clock.now());
    const pkcs8 = await openSealed({ secret, caseId: document.caseId, caseDigest, sealed });
    expect(pkcs8.length).toBeGreaterThan(100);
    await expect(store.deliveries.take(document.caseId, clock.now())).rejects.toThrow('alreadyPickedUp');
    expect(await store.certificates.ofCase(document.caseId)).toBeDefined();
    await settle(core);
    expect(await checkPki(platform)).toEqual([]);
  });

  it('certifies the key of a PKCS#10 and delivers no key', async () => {
    const subjectKey = aRequestedKey();
    const document = platform.aCase({ subjectKey });
    await platform.approve(document);
    await settle(core);
    expect(await platform.store.certificates.ofCase(document.caseId)).toBeDefined();
    expect(await platform.store.deliveries.state(document.caseId)).toBeUndefined();
    expect(await checkPki(platform)).toEqual([]);
  });
});
