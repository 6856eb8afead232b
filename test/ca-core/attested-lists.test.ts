/** Issue in bulk: lists that an LRA attested and two officers signed, in their turn; nobody in two parts. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mostSlow } from '../../ca-core/store/claims.ts';
import type { ACa } from '../support/a-ca.ts';
import type { Officer } from '../support/an-officer.ts';
import { anAttestedCase, anAttestedList, anLra, insertListed } from '../support/attested-list.ts';
import type { ARunningCa } from './support/a-running-ca.ts';
import { anAttestingCa, subjectKey, type AnAttestingCa } from './support/an-attesting-ca.ts';

let ground: AnAttestingCa;
let running: ARunningCa;
let platform: ACa;
let clock: ARunningCa['clock'];
let lra: Officer;
beforeAll(async () => {
  ground = await anAttestingCa();
  ({ running, lra } = ground);
  ({ platform, clock } = running);
});
afterEach(() => running.expectSound());
afterAll(() => running.end());

describe('a list that an LRA attested and two officers signed', () => {
  it('is issued, row by row, also where it is longer than officers could look at', async () => {
    const cases = ground.rows(201);
    const list = anAttestedList(platform, lra, cases);
    for (const position of [0, 100, 200]) await insertListed(platform, list, position);
    await running.settle();
    for (const position of [0, 100, 200]) {
      const caseId = cases[position]?.caseId ?? '';
      expect(await platform.store.orders.ofCase(caseId)).toMatchObject({ state: 'issued' });
    }
  });

  it('is ordered by the desk as it was signed, whole, and each case once', async () => {
    const { store } = platform;
    const cases = ground.rows(201);
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
    await running.settle();
    expect(await store.attestedLists.progress(digest)).toMatchObject({ waiting: 200, issued: 0 });
    await store.documents.void(digests[200] ?? '', clock.now());
    await store.attestedLists.goOn(digest, { actor: 'lra-hana', at: clock.now() });
    await running.settle();
    expect(await store.attestedLists.progress(digest)).toMatchObject({ waiting: 0, issued: 199, refused: 1 });
    await running.expectRefused(cases[200]?.caseId ?? '', 'documentVoided');
  });
});

describe('rows that wait', () => {
  it('go after single cases, and few at a time where they ask for RSA keys', async () => {
    const { store } = platform;
    const sealTo = '5fd47633b5e43fca7bad1bfbe424feacb175d9d4d4a30f166dbd30636f0b446b';
    const key = { from: 'server', algorithm: 'rsa-2048', sealTo, container: 'pkcs12' } as const;
    const cases = Array.from({ length: mostSlow + 1 }, () => ground.aRow({ subjectKey: key }));
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

describe('what an LRA saw, without its attestation', () => {
  it('is refused in a case and in a list that officers signed', async () => {
    const alone = ground.aRow();
    await platform.approve(alone);
    await running.expectRefused(alone.caseId, 'attestationMissing');
    const plain = ground.signedBy(lra, { list: { attestation: undefined, sample: undefined } });
    const approvals = platform.officers.map(officer => officer.approve(plain.list));
    const caseId = await insertListed(platform, { ...plain, approvals }, 0, { attestation: null });
    await running.expectRefused(caseId, 'attestationMissing');
  });

  it('makes no list longer than 200 that nobody attested', async () => {
    const list = anAttestedList(platform, lra, ground.rows(201), {
      list: { attestation: undefined, sample: undefined },
    });
    await running.expectRefused(await insertListed(platform, list, 0, { attestation: null }), 'documentMalformed');
  });
});

it('one person is not both an officer and the LRA of a list', async () => {
  const twin = await anLra(platform, running.core, { id: 'lra-twin' });
  const { store, database } = platform;
  const current = (await store.rolls.current())?.roll;
  if (current === undefined) throw new Error('no roll');
  const [one] = platform.officers;
  const mailbox = current.members.find(({ id }) => id === one.memberId)?.mailbox ?? '';
  const members = current.members.map(member => (member.id === twin.memberId ? { ...member, mailbox } : member));
  const previous = (await store.rolls.current())?.digest ?? null;
  await platform.approve({ ...current, number: current.number + 1, previous, members });
  await running.settle();
  const cases = [anAttestedCase(platform, twin, { subjectKey })];
  const caseId = await insertListed(platform, anAttestedList(platform, twin, cases), 0, { id: randomUUID() });
  await running.expectRefused(caseId, 'approverIsEditor');
  expect(await database('rolls').max('number as n')).toEqual([{ n: current.number + 1 }]);
});
