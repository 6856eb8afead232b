/** Writes to the subscribers of campaigns: once to ask, and again each week until they have applied or the day has come. */
import { noteEvent } from '../../ca-core/index.ts';
import { rekeyLetter } from '../mail/rekey-letter.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication } from '../store/applications.ts';
import { inOneStep } from '../store/database.ts';
import { postLetter } from '../store/letters.ts';
import { invitationsDue, noteInvitation, type DueInvitation } from '../store/rekey-campaigns.ts';

const atOnce = 100;
const week = 7 * 86_400;

/**
 * How many letters. Letter and note are one step: a portal that is killed, or several at once, write nobody twice.
 */
export async function inviteToRekey(parts: PortalParts): Promise<number> {
  const at = parts.clock.now();
  const remindBefore = at - week;
  const due = await invitationsDue(parts.database, { now: at, remindBefore, limit: atOnce });
  const revoked = new Set<string>();
  for (const { id } of due.length === 0 ? [] : await parts.ca.issuers.list()) {
    const serials = due.map(one => one.serialNumber);
    for (const serialNumber of (await parts.ca.status.revokedAmong(id, serials)).keys()) revoked.add(serialNumber);
  }
  let posted = 0;
  for (const one of due)
    posted += (await write(parts, one, { at, remindBefore, isRevoked: revoked.has(one.serialNumber) })) ? 1 : 0;
  if (posted > 0) parts.sendLetters();
  return posted;
}

interface Moment {
  readonly at: number;
  readonly remindBefore: number;
  readonly isRevoked: boolean;
}

function write({ database, settings }: PortalParts, one: DueInvitation, moment: Moment): Promise<boolean> {
  const { at, isRevoked } = moment;
  return inOneStep(database, async trx => {
    if (!(await noteInvitation(trx, one, moment))) return false;
    const application = await findApplication(trx, one.caseId);
    // Whose certificate is gone, or whose data are, is not written to; the note keeps them from being looked at each round.
    if (isRevoked || application === null || application.claim.mailbox === '') return false;
    const letter = rekeyLetter(application, { ...one, portalUrl: settings.url });
    await postLetter(trx, { ...letter, at });
    const action = one.isReminder ? 'rekey.reminded' : 'rekey.invited';
    const event = { at, service: 'ra-portal', action, actor: 'ra-portal', subject: one.caseId };
    await noteEvent(trx, { ...event, details: { campaign: one.campaignId, serialNumber: one.serialNumber } });
    return true;
  });
}
