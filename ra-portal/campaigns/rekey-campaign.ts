/** Asking the subscribers of chosen certificates to apply anew before those are revoked. */
import { PkiError } from '../../ca-core/errors.ts';
import { encodeSerialList, noteEvent, openStore } from '../../ca-core/index.ts';
import { endOfDay, isoDate } from '../applications/as-typed.ts';
import { dryRun, type ChosenList } from '../officer/choose-many.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { inOneStep } from '../store/database.ts';
import {
  addCampaign,
  endCampaign,
  findCampaign,
  invitationsOf,
  type RekeyCampaign,
  type RekeyInvitation,
} from '../store/rekey-campaigns.ts';

/** Begins one over the certificates that a dry run shows now. Its id. Throws dateInvalid, listInvalid {what: empty}. */
export async function beginCampaign(
  parts: PortalParts,
  officer: Person,
  { revokeOn, ...chosen }: ChosenList & { readonly revokeOn: string },
): Promise<string> {
  const at = parts.clock.now();
  const day = isoDate(revokeOn);
  const revokeAt = day === null ? 0 : endOfDay(day);
  if (revokeAt <= at) throw new PkiError('dateInvalid');
  const { serialNumbers } = await dryRun(parts, chosen);
  const outlines = await parts.ca.outlines.of(serialNumbers);
  const certificates = outlines.filter(({ caseId }) => caseId !== '');
  if (certificates.length === 0) throw new PkiError('listInvalid', { what: 'empty' });
  return inOneStep(parts.database, async trx => {
    const common = { chosenBy: chosen.chosenBy.slice(0, 255), createdBy: officer.id, createdAt: at };
    const id = await addCampaign(trx, { ...common, revokeAt, certificates });
    const details = { certificates: String(certificates.length), revokeAt: String(revokeAt) };
    const what = { action: 'rekeyCampaign.begun', actor: officer.id, subject: id };
    await noteEvent(trx, { at, service: 'ra-portal', ...what, details });
    return id;
  });
}

/** How far each of them is. */
export type RekeyStep = 'waiting' | 'invited' | 'applied' | 'issued' | 'revoked';

export interface CampaignProgress {
  readonly campaign: RekeyCampaign;
  readonly invitations: readonly (RekeyInvitation & { readonly step: RekeyStep })[];
  readonly counts: Readonly<Record<RekeyStep, number>>;
  /** Who has not applied, and whose certificate still counts. */
  readonly left: number;
}

/** Throws documentUnknown. */
export async function campaignProgress(
  parts: Pick<PortalParts, 'database' | 'ca'>,
  id: string,
): Promise<CampaignProgress> {
  const campaign = await findCampaign(parts.database, id);
  if (campaign === null) throw new PkiError('documentUnknown');
  const invitations = await invitationsOf(parts.database, id);
  const revoked = await revokedOf(parts, invitations);
  const counts = { waiting: 0, invited: 0, applied: 0, issued: 0, revoked: 0 };
  const steps = invitations.map(one => ({ ...one, step: stepOf(one, revoked.has(one.serialNumber)) }));
  for (const { step } of steps) counts[step]++;
  return { campaign, invitations: steps, counts, left: counts.waiting + counts.invited };
}

function stepOf({ isIssued, renewal, invitedAt }: RekeyInvitation, isRevoked: boolean): RekeyStep {
  if (isIssued) return 'issued';
  if (renewal !== null) return 'applied';
  if (isRevoked) return 'revoked';
  return invitedAt === null ? 'waiting' : 'invited';
}

async function revokedOf(
  { ca }: Pick<PortalParts, 'ca'>,
  invitations: readonly RekeyInvitation[],
): Promise<ReadonlySet<string>> {
  const serials = invitations.map(one => one.serialNumber);
  const revoked = new Set<string>();
  for (const { id } of await ca.issuers.list())
    for (const serialNumber of (await ca.status.revokedAmong(id, serials)).keys()) revoked.add(serialNumber);
  return revoked;
}

/** Nobody is reminded any more; what was planned is the officers' to decide. */
export async function endRekeyCampaign(parts: PortalParts, officer: Person, id: string): Promise<void> {
  const at = parts.clock.now();
  await inOneStep(parts.database, async trx => {
    if (!(await endCampaign(trx, id, at))) return;
    const what = { action: 'rekeyCampaign.ended', actor: officer.id, subject: id, details: {} };
    await noteEvent(trx, { at, service: 'ra-portal', ...what });
  });
}

/** The certificates of a campaign as a list for a mass revocation. */
export async function listOfCampaign(parts: PortalParts, id: string): Promise<ChosenList> {
  const { campaign, invitations } = await campaignProgress(parts, id);
  const text = encodeSerialList(invitations.map(one => one.serialNumber));
  const list = await openStore(parts.database).massRevocations.putSerials(text, parts.clock.now());
  return { list, reason: 'superseded', since: '', chosenBy: `re-key campaign ${campaign.id}` };
}
