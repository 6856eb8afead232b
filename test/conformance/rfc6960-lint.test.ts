/** The lint that an OCSP answer passes before it is kept: RFC 6960 field by field. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { nullValue } from '../../ca-core/x509/der.ts';
import { lintResponseData } from '../../ca-core/x509/ocsp-lint.ts';
import { encodeResponseData, type CertStatus } from '../../ca-core/x509/ocsp-response.ts';
import { keyIdentifier } from '../../ca-core/x509/public-key.ts';
import type { ResponderRig } from '../support/ocsp.ts';
import { anRfc6960Ground, type Rfc6960Ground } from './support/rfc6960-ground.ts';

let ground: Rfc6960Ground;
let rig: ResponderRig;
beforeAll(async () => {
  ground = await anRfc6960Ground();
  ({ rig } = ground);
});

describe('the lint that answers pass before they are kept', () => {
  const expectation = () => ({
    responderId: { byKey: keyIdentifier(rig.key.publicKey) },
    certIds: [ground.certIdWith([])],
    nonce: null,
    now: rig.clock.at,
    signerNotAfter: rig.clock.at + 7 * 86_400,
    validity: 86_400,
  });
  const single = () => ({
    certId: ground.certIdWith([]),
    status: { status: 'good' } as CertStatus,
    thisUpdate: rig.clock.at,
    nextUpdate: rig.clock.at + 86_400,
  });
  const whole = () => ({
    responderId: expectation().responderId,
    producedAt: rig.clock.at,
    responses: [single()],
    nonce: null as Uint8Array | null,
  });

  it('finds nothing in a right one', () => {
    expect(lintResponseData(encodeResponseData(whole()), expectation())).toEqual([]);
  });

  it.each<[string, (at: number) => Partial<ReturnType<typeof whole>>, string]>([
    ['another responder', () => ({ responderId: { byKey: new Uint8Array(20) } }), 'responderID'],
    ['made in the future', at => ({ producedAt: at + 1 }), 'producedAt'],
    ['no answer', () => ({ responses: [] }), 'responses'],
    ['another CertID', () => ({ responses: [{ ...single(), certId: ground.certIdWith([nullValue()]) }] }), 'certID'],
    ['known in the future', at => ({ responses: [{ ...single(), thisUpdate: at + 1 }] }), 'thisUpdate'],
    ['already over', at => ({ responses: [{ ...single(), nextUpdate: at }] }), 'nextUpdate'],
    ['valid for too long', at => ({ responses: [{ ...single(), nextUpdate: at + 86_401 }] }), 'nextUpdate'],
    [
      'revoked in the future',
      at => ({ responses: [{ ...single(), status: { status: 'revoked', revokedAt: at + 1, reason: null } }] }),
      'revocationTime',
    ],
    [
      'a reason of delta CRLs',
      at => ({ responses: [{ ...single(), status: { status: 'revoked', revokedAt: at, reason: 'removeFromCRL' } }] }),
      'revocationReason',
    ],
    ['a nonce that nobody sent', () => ({ nonce: new Uint8Array(16) }), 'nonce'],
  ])('finds %s', (_, spoil, field) => {
    const responseData = encodeResponseData({ ...whole(), ...spoil(rig.clock.at) });
    expect(lintResponseData(responseData, expectation()).map(violation => violation.field)).toContain(field);
  });

  it('never throws', () => {
    const right = encodeResponseData(whole());
    fc.assert(
      fc.property(fc.nat(right.length - 1), fc.nat(255), (at, value) => {
        const spoiled = new Uint8Array(right);
        spoiled[at] = value;
        expect(Array.isArray(lintResponseData(spoiled, expectation()))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
