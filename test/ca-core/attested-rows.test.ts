/** Issue in bulk, with an attacker who has the portal and its database: a row that he wrote is refused. */
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { digestOf, encodeDocument, type CaseDocument } from '../../ca-core/approvals/documents.ts';
import { listPaths } from '../../ca-core/approvals/list.ts';
import type { ACa } from '../support/a-ca.ts';
import type { Officer } from '../support/an-officer.ts';
import { anAttestedList, insertListed } from '../support/attested-list.ts';
import type { ARunningCa } from './support/a-running-ca.ts';
import { anAttestingCa, asRow, type AnAttestingCa } from './support/an-attesting-ca.ts';

let ground: AnAttestingCa;
let running: ARunningCa;
let platform: ACa;
let lra: Officer;
let otherLra: Officer;
beforeAll(async () => {
  ground = await anAttestingCa();
  ({ running, lra, otherLra } = ground);
  ({ platform } = running);
});
afterEach(() => running.expectSound());
afterAll(() => running.end());

describe('a row that an attacker wrote', () => {
  it('is refused when it changed after it was signed, or has another place or another path', async () => {
    const list = ground.signedBy(lra);
    const other = ground.signedBy(lra);
    const changed = { ...ground.aRow(), claim: { ...ground.aRow().claim, romanName: 'Kakuno Taro' } };
    const text = encodeDocument(changed);
    const row = { document: text, digest: digestOf(text), case_id: changed.caseId };
    await insertListed(platform, list, 0, row);
    await running.expectRefused(changed.caseId, 'listInvalid', { what: 'path' });
    const path = listPaths(other.cases.map(one => digestOf(encodeDocument(one))))[1];
    const place = asRow({ text: encodeDocument(list.list), position: 1, path });
    await running.expectRefused(await insertListed(platform, list, 1, { list: place }), 'listInvalid', {
      what: 'path',
    });
    const elsewhere = asRow({ text: encodeDocument(other.list), position: 2, path });
    await running.expectRefused(await insertListed(platform, list, 2, { list: elsewhere }), 'assertionInvalid');
  });

  it.each<[string, string, object, () => Partial<CaseDocument>]>([
    ['does not name the LRA as its editor', 'attestationInvalid', { what: 'editors' }, () => ({ editors: [] })],
    [
      'is the LRA itself',
      'approverIsApplicant',
      {},
      () => ({ claim: { ...ground.aRow().claim, mailbox: `${lra.memberId.toUpperCase()}@operator.example` } }),
    ],
    [
      'rests on what an officer saw of the person',
      'identityInsufficient',
      {},
      () => ({ evidence: platform.aCase().evidence.map(one => ({ ...one, seenBy: platform.officers[0].memberId })) }),
    ],
    [
      'rests on what another LRA saw',
      'attestationInvalid',
      { what: 'seenBy' },
      () => ({ evidence: ground.aRow().evidence.map(one => ({ ...one, seenBy: otherLra.memberId })) }),
    ],
    [
      'rests on what an LRA may not attest',
      'identityInsufficient',
      {},
      () => ({ evidence: ground.aRow().evidence.map(one => ({ ...one, method: 'image' })) }),
    ],
    [
      'has spellings that nobody looked at',
      'attestationInvalid',
      { what: 'confirmedVariations' },
      () => ({ confirmedVariations: [{ field: 'organisationName', confirmedBy: platform.officers[0].memberId }] }),
    ],
    ['rests on nothing', 'identityInsufficient', {}, () => ({ evidence: [] })],
  ])('is refused when it %s', async (_, code, values, change) => {
    const list = anAttestedList(platform, lra, [ground.aRow(change())]);
    await running.expectRefused(await insertListed(platform, list, 0), code, values);
  });

  it('is refused for a profile that has no bulk', async () => {
    const profile = 'jcan-organisation-role';
    const hash = platform.policies.profiles.get(profile)?.hash ?? '';
    const list = anAttestedList(platform, lra, [ground.aRow({ profile: { name: profile, hash } })]);
    await running.expectRefused(await insertListed(platform, list, 0), 'attestationInvalid', { what: 'profile' });
  });
});
