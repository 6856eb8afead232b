/** Design §1: an attacker wrote the rows. Approvals by hand, and orders changed after they were approved, get nothing signed. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { digestOf, encodeDocument, type CaseDocument } from '../../ca-core/approvals/documents.ts';
import { sequence, toHex } from '../../ca-core/x509/der.ts';
import { aRequestedKey, type ACa } from '../support/a-ca.ts';
import { insertOrder } from '../support/by-hand.ts';
import { ecKey } from '../support/certificates.ts';
import { aRunningCa, type ARunningCa } from './support/a-running-ca.ts';

let running: ARunningCa;
let platform: ACa;
let clock: ARunningCa['clock'];
beforeAll(async () => {
  running = await aRunningCa();
  ({ platform, clock } = running);
});
afterEach(() => running.expectSound());
afterAll(() => running.end());

describe('an approval written by hand', () => {
  it.each<[string, string, (document: CaseDocument) => unknown]>([
    ['is missing', 'approvalsMissing', () => []],
    ['is one officer alone', 'approvalsMissing', document => [platform.officers[0].approve(document)]],
    [
      'is one officer twice',
      'approverTwice',
      document => [platform.officers[0].approve(document), platform.officers[0].approve(document)],
    ],
    [
      'is one officer under two names',
      'approverUnknown',
      document => [
        platform.officers[0].approve(document),
        { ...platform.officers[0].approve(document), memberId: platform.officers[1].memberId },
      ],
    ],
    [
      'is copied from another case',
      'assertionInvalid',
      document => [platform.officers[0].approve(document), platform.officers[1].approve(platform.aCase())],
    ],
    [
      'was made with the sign-in passkey',
      'approverUnknown',
      document => [platform.officers[0].approve(document), platform.officers[1].approveWithSignIn(document)],
    ],
    [
      'was made with the sign-in passkey and names the other one',
      'assertionInvalid',
      document => {
        const [one, other] = running.bothApprove(document);
        const credentialId = other?.assertion.credentialId;
        const { assertion } = platform.officers[1].approveWithSignIn(document);
        return [one, { ...other, assertion: { ...assertion, credentialId } }];
      },
    ],
    [
      'has its expiry put off',
      'assertionInvalid',
      document => running.bothApprove(document).map(approval => ({ ...approval, expiry: approval.expiry + 86_400 })),
    ],
    [
      'carries a signature of nobody',
      'assertionInvalid',
      document =>
        running.bothApprove(document).map(one => ({ ...one, assertion: { ...one.assertion, signature: 'AAAA' } })),
    ],
  ])('counts for nothing when it %s', async (_, code, approvals) => {
    const document = platform.aCase();
    await running.expectRefused(await insertOrder(platform, document, { approvals: approvals(document) }), code);
  });

  it('counts for nothing once it is over', async () => {
    const document = platform.aCase();
    const approvals = running.bothApprove(document);
    clock.pass(3601);
    await running.expectRefused(await insertOrder(platform, document, { approvals }), 'assertionExpired');
  });

  it('counts for nothing from the applicant', async () => {
    const { claim } = platform.aCase();
    const mailbox = `${platform.officers[0].memberId.toUpperCase()}@operator.example`;
    const document = platform.aCase({ claim: { ...claim, mailbox } });
    const caseId = await insertOrder(platform, document, { approvals: running.bothApprove(document) });
    await running.expectRefused(caseId, 'approverIsApplicant');
  });

  it('does not complete what one officer approved at the desk', async () => {
    const document = platform.aCase();
    const digest = await platform.store.documents.put(document, clock.now());
    const { memberId, assertion, expiry } = platform.officers[1].approveWithSignIn(document);
    const row = { id: randomUUID(), digest, member_id: memberId, assertion: JSON.stringify(assertion) };
    await platform.database('approvals').insert({ ...row, expires_at: expiry, created_at: clock.now() });
    await platform.store.approvals.record({ digest, at: clock.now(), ...platform.officers[0].approve(document) });
    await running.expectRefused(document.caseId, 'approverUnknown');
  });
});

describe('an approved order changed by hand', () => {
  const keyOfAttacker = '09'.padEnd(64, '0');
  it.each<[string, string, (document: CaseDocument) => CaseDocument]>([
    [
      'the key it is sealed to',
      'assertionInvalid',
      document => ({ ...document, subjectKey: { from: 'server', algorithm: 'p-256', sealTo: keyOfAttacker } }),
    ],
    ['the public key', 'assertionInvalid', document => ({ ...document, subjectKey: aRequestedKey() })],
    ['the case', 'assertionInvalid', document => ({ ...document, caseId: `K26-${randomUUID().slice(0, 8)}` })],
    ['the mailbox', 'assertionInvalid', document => ({ ...document, subjectAltName: '3000' })],
    ['the profile', 'assertionInvalid', document => ({ ...document, profile: { ...document.profile, name: 'other' } })],
    ['the CA', 'documentMalformed', document => ({ ...document, ca: '0'.repeat(64) })],
  ])('is refused when it is %s', async (_, code, change) => {
    const document = platform.aCase();
    const approvals = running.bothApprove(document);
    const changed = change(document);
    const signedDigest = digestOf(encodeDocument(document));
    await running.expectRefused(await insertOrder(platform, changed, { approvals, digest: signedDigest }), code);
    await platform.database('issuance_orders').where({ case_id: changed.caseId }).delete();
    await running.expectRefused(await insertOrder(platform, changed, { approvals }), code);
  });

  it('is refused under another digest or another case id', async () => {
    const document = platform.aCase();
    await insertOrder(platform, document, { approvals: running.bothApprove(document), digest: '0'.repeat(64) });
    await running.expectRefused(document.caseId, 'digestMismatch');
    const other = platform.aCase();
    await insertOrder(platform, other, { approvals: running.bothApprove(other), case_id: 'K26-1111-1111' });
    await running.expectRefused('K26-1111-1111', 'documentMalformed');
  });

  it('is refused where both officers signed a key or a name that the CA core does not find', async () => {
    const requested = aRequestedKey();
    if (requested.from !== 'csr') throw new Error('no request');
    const order = async (change: Partial<CaseDocument>): Promise<string> => {
      const document = platform.aCase(change);
      return insertOrder(platform, document, { approvals: running.bothApprove(document) });
    };
    const wrongKey = { ...requested, subjectPublicKeyInfo: toHex(ecKey().spki) };
    await running.expectRefused(await order({ subjectKey: wrongKey }), 'csrMalformed');
    const garbage = { ...requested, certificationRequest: '30820000' };
    await running.expectRefused(await order({ subjectKey: garbage }), 'csrMalformed');
    const lowOrder = { from: 'server', algorithm: 'p-256', sealTo: '0'.repeat(64) } as const;
    await running.expectRefused(await order({ subjectKey: lowOrder }), 'keyUnacceptable');
    await running.expectRefused(await order({ subject: toHex(sequence()) }), 'digestMismatch');
  });
});
