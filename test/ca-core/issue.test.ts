import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../ca-core/clock.ts';
import { openSealed, pickUpPublicKey, drawPickUpSecret } from '../../ca-core/delivery/seal.ts';
import { aCa, type ACa } from '../support/a-ca.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';

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
    const secret = drawPickUpSecret();
    const sealTo = await pickUpPublicKey(secret);
    const document = platform.aCase({ subjectKey: { from: 'server', algorithm: 'p-256', sealTo } });
    const caseDigest = await platform.approve(document);
    while (await core.turn());
    expect(await platform.store.orders.ofCase(document.caseId)).toEqual({ state: 'issued', refusal: null });
    const row = await platform.store.certificates.ofCase(document.caseId);
    const sealed = await platform.store.deliveries.take(document.caseId, systemClock.now());
    const pkcs8 = await openSealed({ secret, caseId: document.caseId, caseDigest, sealed });
    expect(pkcs8.length).toBeGreaterThan(100);
    await expect(platform.store.deliveries.take(document.caseId, systemClock.now())).rejects.toThrow('alreadyPickedUp');
    expect(row).toBeDefined();
  });
});
