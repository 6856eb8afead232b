/** Issue in bulk, with an attacker who has the portal and its database: an attestation that he wrote counts for nothing. */
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { encodeDocument } from '../../ca-core/approvals/documents.ts';
import type { ACa } from '../support/a-ca.ts';
import type { Officer } from '../support/an-officer.ts';
import { insertListed } from '../support/attested-list.ts';
import type { ARunningCa } from './support/a-running-ca.ts';
import { anAttestingCa, asRow, otherNumber, type AnAttestingCa } from './support/an-attesting-ca.ts';

let ground: AnAttestingCa;
let running: ARunningCa;
let platform: ACa;
let clock: ARunningCa['clock'];
let lra: Officer;
let otherLra: Officer;
beforeAll(async () => {
  ground = await anAttestingCa();
  ({ running, lra, otherLra } = ground);
  ({ platform, clock } = running);
});
afterEach(() => running.expectSound());
afterAll(() => running.end());

describe('an attestation that an attacker wrote', () => {
  it.each<[string, string, object, () => Promise<string>]>([
    [
      'is missing',
      'attestationMissing',
      {},
      () => insertListed(platform, ground.signedBy(lra), 0, { attestation: null }),
    ],
    [
      'is of an LRA of another organisation',
      'organisationForeign',
      {},
      () => insertListed(platform, ground.signedBy(otherLra), 0),
    ],
    [
      'is of an LRA for another organisation than the one in the claim',
      'organisationForeign',
      {},
      () => insertListed(platform, ground.signedBy(otherLra, { attestation: { organisation: otherNumber } }), 0),
    ],
    ['is of an officer', 'approverUnknown', {}, () => insertListed(platform, ground.signedBy(platform.officers[0]), 0)],
    [
      'is of an officer under the name of the LRA',
      'approverUnknown',
      {},
      () => {
        const list = ground.signedBy(platform.officers[0]);
        return insertListed(platform, { ...list, attested: { ...list.attested, memberId: lra.memberId } }, 0);
      },
    ],
    [
      'is made with a sign-in passkey',
      'approverUnknown',
      {},
      () => {
        const list = ground.signedBy(lra);
        return insertListed(platform, { ...list, attested: lra.approveWithSignIn(list.attestation) }, 0);
      },
    ],
    [
      'is over another root',
      'attestationInvalid',
      { what: 'root' },
      () => insertListed(platform, ground.signedBy(lra, { attestation: { root: 'ab'.repeat(32) } }), 0),
    ],
    [
      'is over another number of rows',
      'attestationInvalid',
      { what: 'root' },
      () => insertListed(platform, ground.signedBy(lra, { attestation: { size: 4 } }), 0),
    ],
    [
      'is for another profile',
      'attestationInvalid',
      { what: 'profile' },
      () => {
        const { profile } = platform.aCase({}, 'organisation-person');
        return insertListed(platform, ground.signedBy(lra, { attestation: { profile } }), 0);
      },
    ],
    [
      'is made ahead of time',
      'attestationInvalid',
      { what: 'attestedAt' },
      () => insertListed(platform, ground.signedBy(lra, { attestation: { attestedAt: clock.now() + 3600 } }), 0),
    ],
    [
      'is not the one that the officers signed',
      'attestationInvalid',
      { what: 'digest' },
      () => insertListed(platform, ground.signedBy(lra, { list: { attestation: 'ab'.repeat(32) } }), 0),
    ],
    [
      'is another document of the LRA',
      'approverUnknown',
      {},
      () => {
        const list = ground.signedBy(lra);
        const attestation = asRow({ text: encodeDocument(list.list), approval: lra.approve(list.list) });
        return insertListed(platform, list, 0, { attestation });
      },
    ],
    [
      'is signed with the verb of a list',
      'assertionInvalid',
      { reason: 'challenge' },
      () => {
        const list = ground.signedBy(lra);
        const approval = lra.approve({ ...list.attestation, kind: 'list' } as never);
        return insertListed(platform, { ...list, attested: approval }, 0);
      },
    ],
    [
      'is nonsense',
      'documentMalformed',
      {},
      () => insertListed(platform, ground.signedBy(lra), 0, { attestation: 'nonsense' }),
    ],
    [
      'leads to a sample that somebody chose',
      'listInvalid',
      { what: 'sample' },
      () => insertListed(platform, ground.signedBy(lra, { list: { sample: [0] } }), 0),
    ],
    [
      'stands beside a list that names none',
      'attestationInvalid',
      { what: 'list' },
      () => insertListed(platform, ground.signedBy(lra, { list: { attestation: undefined, sample: undefined } }), 0),
    ],
    [
      'stands beside a case of its own',
      'attestationInvalid',
      { what: 'list' },
      () => insertListed(platform, ground.signedBy(lra), 0, { list: null }),
    ],
  ])('counts for nothing when it %s', async (_, code, values, place) => {
    await running.expectRefused(await place(), code, values);
  });

  it('counts for nothing once it is over, although the officers signed later', async () => {
    const { attestation, attested, list, cases } = ground.signedBy(lra);
    clock.pass(3601);
    const approvals = platform.officers.map(officer => officer.approve(list));
    const caseId = await insertListed(platform, { attestation, attested, list, cases, approvals }, 0);
    await running.expectRefused(caseId, 'assertionExpired');
  });

  it('does not make one officer enough, nor the LRA an officer', async () => {
    const list = ground.signedBy(lra);
    const [one] = platform.officers;
    const alone = await insertListed(platform, { ...list, approvals: [one.approve(list.list)] }, 0);
    await running.expectRefused(alone, 'approvalsMissing');
    const both = [one.approve(list.list), lra.approve(list.list)];
    await running.expectRefused(await insertListed(platform, { ...list, approvals: both }, 1), 'approverUnknown');
  });
});
