/** Issue in bulk, with an attacker who has the portal and its database: nothing that the LRA and two officers did not sign. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, encodeDocument, type CaseDocument } from '../../ca-core/approvals/documents.ts';
import { listPaths } from '../../ca-core/approvals/list.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { mostSlow } from '../../ca-core/store/claims.ts';
import { aCa, aClock, aRequestedKey, settle, type ACa, type Officer } from '../support/a-ca.ts';
import { alarmLog, auditedAbout } from '../support/by-hand.ts';
import {
  anAttestedCase,
  anAttestedList,
  anLra,
  insertListed,
  type AttestedList,
  type ListChange,
} from '../support/attested-list.ts';
import { checkPki } from '../support/check-pki.ts';

const clock = aClock();
const otherNumber = '1180301018771';
let platform: ACa;
let core: OpenCa;
let lra: Officer;
let otherLra: Officer;

beforeAll(async () => {
  platform = await aCa({ clock });
  core = await platform.open({ log: alarmLog() });
  await settle(core);
  lra = await anLra(platform, core);
  otherLra = await anLra(platform, core, { id: 'lra-other', organisations: [otherNumber] });
});
afterEach(async () => {
  await settle(core);
  expect(await checkPki(platform)).toEqual([]);
});
afterAll(async () => {
  await core.close();
  await platform.end();
});

const subjectKey = aRequestedKey();
const aRow = (change: Partial<CaseDocument> = {}): CaseDocument =>
  anAttestedCase(platform, lra, { subjectKey, ...change });
const rows = (count = 3): CaseDocument[] => Array.from({ length: count }, () => aRow());
const signedBy = (by: Officer, change: ListChange = {}): AttestedList => anAttestedList(platform, by, rows(), change);
const asRow = (value: unknown): string => JSON.stringify(value);

async function expectRefused(caseId: string, code: string, values: object = {}): Promise<void> {
  await settle(core);
  const order = await platform.store.orders.ofCase(caseId);
  expect(order).toMatchObject({ state: 'refused', refusal: { code, values } });
  expect(await platform.store.certificates.ofCase(caseId)).toBeUndefined();
  expect(await auditedAbout(platform, caseId)).toContain('order.refused');
}

describe('a list that an LRA attested and two officers signed', () => {
  it('is issued, row by row, also where it is longer than officers could look at', async () => {
    const cases = rows(201);
    const list = anAttestedList(platform, lra, cases);
    for (const position of [0, 100, 200]) await insertListed(platform, list, position);
    await settle(core);
    for (const position of [0, 100, 200]) {
      const caseId = cases[position]?.caseId ?? '';
      expect(await platform.store.orders.ofCase(caseId)).toMatchObject({ state: 'issued' });
    }
  });

  it('is ordered by the desk as it was signed, whole, and each case once', async () => {
    const { store } = platform;
    const cases = rows(201);
    const digests = await store.documents.putAll(cases, clock.now());
    const { attestation, attested, list, approvals } = anAttestedList(platform, lra, cases);
    const attestedDigest = await store.documents.putList(attestation, digests, clock.now());
    await store.approvals.record({ digest: attestedDigest, at: clock.now(), ...attested });
    const digest = await store.documents.putList(list, digests, clock.now());
    await store.documents.void(digests[7] ?? '', clock.now());
    for (const approval of approvals) {
      const progress = await store.approvals.record({ digest, at: clock.now(), ...approval });
      expect(progress.dropped).toEqual(progress.complete ? [cases[7]?.caseId] : []);
    }
    const waiting = (await store.documents.awaiting()).map(one => one.digest);
    expect(waiting.filter(one => digests.includes(one))).toEqual([]);
    expect(await store.attestedLists.progress(digest)).toMatchObject({ waiting: 200 });
    await store.attestedLists.hold(digest, { actor: 'lra-hana', at: clock.now() });
    await settle(core);
    expect(await store.attestedLists.progress(digest)).toMatchObject({ waiting: 200, issued: 0 });
    await store.documents.void(digests[200] ?? '', clock.now());
    await store.attestedLists.goOn(digest, { actor: 'lra-hana', at: clock.now() });
    await settle(core);
    expect(await store.attestedLists.progress(digest)).toMatchObject({ waiting: 0, issued: 199, refused: 1 });
    await expectRefused(cases[200]?.caseId ?? '', 'documentVoided');
  });
});

describe('rows that wait', () => {
  it('go after single cases, and few at a time where they ask for RSA keys', async () => {
    const { store } = platform;
    const sealTo = '5fd47633b5e43fca7bad1bfbe424feacb175d9d4d4a30f166dbd30636f0b446b';
    const key = { from: 'server', algorithm: 'rsa-2048', sealTo, container: 'pkcs12' } as const;
    const cases = Array.from({ length: mostSlow + 1 }, () => aRow({ subjectKey: key }));
    const list = anAttestedList(platform, lra, cases);
    for (const position of cases.keys()) await insertListed(platform, list, position);
    const alone = platform.aCase({ subjectKey });
    await platform.approve(alone);
    const claimed = async (): Promise<readonly string[]> =>
      (await store.orders.claim('another', 200)).map(({ caseId }) => caseId);
    expect(await claimed()).toEqual([alone.caseId]);
    expect(await store.containers.nextRsaKey()).toBe('rsa-2048');
    expect(await claimed()).toHaveLength(mostSlow);
    expect(await claimed()).toHaveLength(1);
    expect(await store.containers.nextRsaKey()).toBeNull();
    await platform.database('issuance_orders').where({ state: 'claimed' }).delete();
  });
});

describe('an attestation that an attacker wrote', () => {
  it.each<[string, string, object, () => Promise<string>]>([
    ['is missing', 'attestationMissing', {}, () => insertListed(platform, signedBy(lra), 0, { attestation: null })],
    [
      'is of an LRA of another organisation',
      'organisationForeign',
      {},
      () => insertListed(platform, signedBy(otherLra), 0),
    ],
    [
      'is of an LRA for another organisation than the one in the claim',
      'organisationForeign',
      {},
      () => insertListed(platform, signedBy(otherLra, { attestation: { organisation: otherNumber } }), 0),
    ],
    ['is of an officer', 'approverUnknown', {}, () => insertListed(platform, signedBy(platform.officers[0]), 0)],
    [
      'is of an officer under the name of the LRA',
      'approverUnknown',
      {},
      () => {
        const list = signedBy(platform.officers[0]);
        return insertListed(platform, { ...list, attested: { ...list.attested, memberId: lra.memberId } }, 0);
      },
    ],
    [
      'is made with a sign-in passkey',
      'approverUnknown',
      {},
      () => {
        const list = signedBy(lra);
        return insertListed(platform, { ...list, attested: lra.approveWithSignIn(list.attestation) }, 0);
      },
    ],
    [
      'is over another root',
      'attestationInvalid',
      { what: 'root' },
      () => insertListed(platform, signedBy(lra, { attestation: { root: 'ab'.repeat(32) } }), 0),
    ],
    [
      'is over another number of rows',
      'attestationInvalid',
      { what: 'root' },
      () => insertListed(platform, signedBy(lra, { attestation: { size: 4 } }), 0),
    ],
    [
      'is for another profile',
      'attestationInvalid',
      { what: 'profile' },
      () => {
        const { profile } = platform.aCase({}, 'organisation-person');
        return insertListed(platform, signedBy(lra, { attestation: { profile } }), 0);
      },
    ],
    [
      'is made ahead of time',
      'attestationInvalid',
      { what: 'attestedAt' },
      () => insertListed(platform, signedBy(lra, { attestation: { attestedAt: clock.now() + 3600 } }), 0),
    ],
    [
      'is not the one that the officers signed',
      'attestationInvalid',
      { what: 'digest' },
      () => insertListed(platform, signedBy(lra, { list: { attestation: 'ab'.repeat(32) } }), 0),
    ],
    [
      'is another document of the LRA',
      'approverUnknown',
      {},
      () => {
        const list = signedBy(lra);
        const attestation = asRow({ text: encodeDocument(list.list), approval: lra.approve(list.list) });
        return insertListed(platform, list, 0, { attestation });
      },
    ],
    [
      'is signed with the verb of a list',
      'assertionInvalid',
      { reason: 'challenge' },
      () => {
        const list = signedBy(lra);
        const approval = lra.approve({ ...list.attestation, kind: 'list' } as never);
        return insertListed(platform, { ...list, attested: approval }, 0);
      },
    ],
    [
      'is nonsense',
      'documentMalformed',
      {},
      () => insertListed(platform, signedBy(lra), 0, { attestation: 'nonsense' }),
    ],
    [
      'leads to a sample that somebody chose',
      'listInvalid',
      { what: 'sample' },
      () => insertListed(platform, signedBy(lra, { list: { sample: [0] } }), 0),
    ],
    [
      'stands beside a list that names none',
      'attestationInvalid',
      { what: 'list' },
      () => insertListed(platform, signedBy(lra, { list: { attestation: undefined, sample: undefined } }), 0),
    ],
    [
      'stands beside a case of its own',
      'attestationInvalid',
      { what: 'list' },
      () => insertListed(platform, signedBy(lra), 0, { list: null }),
    ],
  ])('counts for nothing when it %s', async (_, code, values, place) => {
    await expectRefused(await place(), code, values);
  });

  it('counts for nothing once it is over, although the officers signed later', async () => {
    const { attestation, attested, list, cases } = signedBy(lra);
    clock.pass(3601);
    const approvals = platform.officers.map(officer => officer.approve(list));
    const caseId = await insertListed(platform, { attestation, attested, list, cases, approvals }, 0);
    await expectRefused(caseId, 'assertionExpired');
  });

  it('does not make one officer enough, nor the LRA an officer', async () => {
    const list = signedBy(lra);
    const [one] = platform.officers;
    const alone = await insertListed(platform, { ...list, approvals: [one.approve(list.list)] }, 0);
    await expectRefused(alone, 'approvalsMissing');
    const both = [one.approve(list.list), lra.approve(list.list)];
    await expectRefused(await insertListed(platform, { ...list, approvals: both }, 1), 'approverUnknown');
  });
});

describe('a row that an attacker wrote', () => {
  it('is refused when it changed after it was signed, or has another place or another path', async () => {
    const list = signedBy(lra);
    const other = signedBy(lra);
    const changed = { ...aRow(), claim: { ...aRow().claim, romanName: 'Kakuno Taro' } };
    const text = encodeDocument(changed);
    const row = { document: text, digest: digestOf(text), case_id: changed.caseId };
    await insertListed(platform, list, 0, row);
    await expectRefused(changed.caseId, 'listInvalid', { what: 'path' });
    const path = listPaths(other.cases.map(one => digestOf(encodeDocument(one))))[1];
    const place = asRow({ text: encodeDocument(list.list), position: 1, path });
    await expectRefused(await insertListed(platform, list, 1, { list: place }), 'listInvalid', { what: 'path' });
    const elsewhere = asRow({ text: encodeDocument(other.list), position: 2, path });
    await expectRefused(await insertListed(platform, list, 2, { list: elsewhere }), 'assertionInvalid');
  });

  it.each<[string, string, object, () => Partial<CaseDocument>]>([
    ['does not name the LRA as its editor', 'attestationInvalid', { what: 'editors' }, () => ({ editors: [] })],
    [
      'is the LRA itself',
      'approverIsApplicant',
      {},
      () => ({ claim: { ...aRow().claim, mailbox: `${lra.memberId.toUpperCase()}@operator.example` } }),
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
      () => ({ evidence: aRow().evidence.map(one => ({ ...one, seenBy: otherLra.memberId })) }),
    ],
    [
      'rests on what an LRA may not attest',
      'identityInsufficient',
      {},
      () => ({ evidence: aRow().evidence.map(one => ({ ...one, method: 'image' })) }),
    ],
    [
      'has spellings that nobody looked at',
      'attestationInvalid',
      { what: 'confirmedVariations' },
      () => ({ confirmedVariations: [{ field: 'organisationName', confirmedBy: platform.officers[0].memberId }] }),
    ],
    ['rests on nothing', 'identityInsufficient', {}, () => ({ evidence: [] })],
  ])('is refused when it %s', async (_, code, values, change) => {
    const list = anAttestedList(platform, lra, [aRow(change())]);
    await expectRefused(await insertListed(platform, list, 0), code, values);
  });

  it('is refused for a profile that has no bulk', async () => {
    const profile = 'jcan-organisation-role';
    const hash = platform.policies.profiles.get(profile)?.hash ?? '';
    const list = anAttestedList(platform, lra, [aRow({ profile: { name: profile, hash } })]);
    await expectRefused(await insertListed(platform, list, 0), 'attestationInvalid', { what: 'profile' });
  });
});

describe('what an LRA saw, without its attestation', () => {
  it('is refused in a case and in a list that officers signed', async () => {
    const alone = aRow();
    await platform.approve(alone);
    await expectRefused(alone.caseId, 'attestationMissing');
    const plain = signedBy(lra, { list: { attestation: undefined, sample: undefined } });
    const approvals = platform.officers.map(officer => officer.approve(plain.list));
    const caseId = await insertListed(platform, { ...plain, approvals }, 0, { attestation: null });
    await expectRefused(caseId, 'attestationMissing');
  });

  it('makes no list longer than 200 that nobody attested', async () => {
    const list = anAttestedList(platform, lra, rows(201), { list: { attestation: undefined, sample: undefined } });
    await expectRefused(await insertListed(platform, list, 0, { attestation: null }), 'documentMalformed');
  });
});

it('one person is not both an officer and the LRA of a list', async () => {
  const twin = await anLra(platform, core, { id: 'lra-twin' });
  const { store, database } = platform;
  const current = (await store.rolls.current())?.roll;
  if (current === undefined) throw new Error('no roll');
  const [one] = platform.officers;
  const mailbox = current.members.find(({ id }) => id === one.memberId)?.mailbox ?? '';
  const members = current.members.map(member => (member.id === twin.memberId ? { ...member, mailbox } : member));
  const previous = (await store.rolls.current())?.digest ?? null;
  await platform.approve({ ...current, number: current.number + 1, previous, members });
  await settle(core);
  const cases = [anAttestedCase(platform, twin, { subjectKey })];
  const caseId = await insertListed(platform, anAttestedList(platform, twin, cases), 0, { id: randomUUID() });
  await expectRefused(caseId, 'approverIsEditor');
  expect(await database('rolls').max('number as n')).toEqual([{ n: current.number + 1 }]);
});
