/** What an LRA saw needs its attestation, also when it is on the roll no more. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { aCa, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { anAttestedCase, anLra } from '../support/attested-list.ts';

let platform: ACa;
let core: OpenCa;
beforeAll(async () => {
  platform = await aCa();
  core = await platform.open();
  await settle(core);
});
afterAll(async () => {
  await core.close();
  await platform.end();
});

it('is refused in a case that officers signed after the LRA left', async () => {
  const lra = await anLra(platform, core);
  const current = await platform.store.rolls.current();
  if (current === undefined) throw new Error('no roll');
  const members = current.roll.members.filter(({ id }) => id !== lra.memberId);
  await platform.approve({ ...current.roll, number: current.roll.number + 1, previous: current.digest, members });
  await settle(core);
  expect((await platform.store.rolls.current())?.roll.members).toHaveLength(members.length);
  const left = anAttestedCase(platform, lra, { subjectKey: aRequestedKey() });
  await platform.approve(left);
  await settle(core);
  const order = await platform.store.orders.ofCase(left.caseId);
  expect(order).toMatchObject({ state: 'refused', refusal: { code: 'attestationMissing' } });
});
