/** A re-key campaign asks on whose renewal ended without a certificate. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { campaignProgress } from '../../ra-portal/campaigns/rekey-campaign.ts';
import { inviteToRekey } from '../../ra-portal/campaigns/invite.ts';
import type { PortalParts } from '../../ra-portal/parts.ts';
import { addCampaign } from '../../ra-portal/store/rekey-campaigns.ts';
import { addRenewal } from '../../ra-portal/store/renewals.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { apply, proveMailbox, review, type Applied } from './support/an-application.ts';
import { partsOf } from './support/parts-of.ts';

const week = 7 * 86_400;

let world: APortal;
let parts: PortalParts;
let officers: readonly [PortalOfficer, PortalOfficer];
let held: Applied;
let campaign: string;
beforeAll(async () => {
  world = await aPortal();
  parts = partsOf(world);
  officers = await world.officers();
  held = await apply(world);
  await proveMailbox(world, held);
  await issue(held);
  const now = world.clock.now();
  const { serialNumber = '' } = (await world.store.certificates.ofCase(held.caseId)) ?? {};
  const certificates = [{ serialNumber, caseId: held.caseId }];
  const begun = { chosenBy: 'list', createdBy: 'officer', createdAt: now, revokeAt: now + 100 * week };
  campaign = await addCampaign(world.database, { ...begun, certificates });
  expect(await inviteToRekey(parts)).toBe(1);
});
afterAll(() => world.end());

async function issue({ caseId }: Applied): Promise<void> {
  for (const officer of officers) await officer.signIn();
  const digest = await review(world, officers[0], caseId);
  for (const officer of officers) await officer.approve(digest);
  await world.work();
}

/** An application that renews what is held. */
async function renewing(): Promise<Applied> {
  const applied = await apply(world);
  await addRenewal(world.database, { caseId: applied.caseId, renews: held.caseId, at: world.clock.now() });
  return applied;
}

/** How far it is, and how many letters go out another week later. */
async function told(): Promise<readonly [string | undefined, number, number]> {
  const { invitations, left } = await campaignProgress(parts, campaign);
  world.clock.pass(week + 1);
  return [invitations[0]?.step, left, await inviteToRekey(parts)];
}

const stateOf = ({ caseId }: Applied, columns: object) =>
  world.database('applications').where('case_id', caseId).update(columns);

it('counts who applied, and no longer where that was withdrawn, rejected, or left lying until it was erased', async () => {
  const withdrawn = await renewing();
  await withdrawn.visitor.json(`/applications/${withdrawn.caseId}/withdraw`, {}).expect(200);
  expect(await told()).toEqual(['invited', 1, 1]);
  for (const ended of [{ state: 'rejected' }, { erased_at: world.clock.now() }]) {
    const other = await renewing();
    expect(await told()).toEqual(['applied', 0, 0]);
    await stateOf(other, ended);
    expect(await told()).toEqual(['invited', 1, 1]);
  }
});

it('counts the one of several that came to a certificate', async () => {
  const last = await renewing();
  await proveMailbox(world, last);
  await issue(last);
  expect(await told()).toEqual(['issued', 0, 0]);
  expect((await campaignProgress(parts, campaign)).invitations).toMatchObject([{ renewal: last.caseId }]);
});
