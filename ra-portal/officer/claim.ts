/** Who has a case in hand: one officer at a time, for as long as the policy says after the last step. */
import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent, openStore } from '../../ca-core/index.ts';
import type { CertificateApplication } from '../applications/application.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { findApplication } from '../store/applications.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { deskRowOf, keepClaim, type DeskRow } from '../store/desk.ts';
import { queuePage } from '../store/queue.ts';
import { isOwn, type AtWork } from './at-work.ts';
import { followDesk, followedRow } from './follow-desk.ts';

/** Takes a case that nobody has, or whose claim is over. Throws applicationUnknown, approverIsApplicant, applicationState, caseHeld. */
export async function claim(parts: PortalParts, { caseId, officer }: AtWork): Promise<void> {
  await inOneStep(parts.database, async trx => {
    const application = await findApplication(trx, caseId);
    if (application === null) throw new PkiError('applicationUnknown');
    if (isOwn(application, officer)) throw new PkiError('approverIsApplicant');
    const row = await followedRow(parts, trx, application);
    if (row.stage !== 'open') throw new PkiError('applicationState', { state: application.state });
    await hold(parts, trx, { row, officer });
  });
}

/** The case that is due first and that nobody has; failing that, one that waits for its second approval. Null: none. */
export async function claimNext(parts: PortalParts, officer: Person): Promise<string | null> {
  await followDesk(parts);
  return inOneStep(parts.database, async trx => {
    const now = parts.clock.now();
    for (const tab of ['unassigned', 'second'] as const) {
      const question = { tab, text: '', profile: '', officer: officer.id, now };
      const found = await queuePage(trx, question, { limit: 50, offset: 0 });
      for (const row of found) {
        if (isHeldByAnother(row, officer, now) || isOwn({ claim: row }, officer)) continue;
        if (tab === 'second' && (await hasSigned(trx, row.documentDigest, officer))) continue;
        await hold(parts, trx, { row, officer });
        return row.caseId;
      }
    }
    return null;
  });
}

/** Gives a case back. Nothing happens where the officer does not have it. */
export async function putBack(parts: PortalParts, { caseId, officer }: AtWork): Promise<void> {
  const at = parts.clock.now();
  await inOneStep(parts.database, async trx => {
    const row = await deskRowOf(trx, caseId);
    if (row?.claimedBy !== officer.id) return;
    await keepClaim(trx, caseId, { by: null, until: null });
    await noteClaim(trx, { action: 'case.putBack', at, officer, caseId, from: '' });
  });
}

/** For a step in a case: takes it or keeps it, inside the caller's transaction. Throws caseHeld {holder}. */
export async function holdCase(
  parts: PortalParts,
  trx: Database,
  { application, officer }: { application: CertificateApplication; officer: Person },
): Promise<void> {
  const row = await followedRow(parts, trx, application);
  await hold(parts, trx, { row, officer });
}

async function hold(
  parts: PortalParts,
  trx: Database,
  { row, officer }: { row: DeskRow; officer: Person },
): Promise<void> {
  const at = parts.clock.now();
  if (isHeldByAnother(row, officer, at)) {
    throw new PkiError('caseHeld', { holder: await nameOf(trx, row.claimedBy ?? '') });
  }
  const isMine = row.claimedBy === officer.id && (row.claimedUntil ?? 0) > at;
  await keepClaim(trx, row.caseId, { by: officer.id, until: at + parts.policies.schedule.desk.claimLifetime });
  if (isMine) return;
  const from = row.claimedBy === officer.id ? '' : (row.claimedBy ?? '');
  const action = from === '' ? 'case.claimed' : 'case.takenOver';
  await noteClaim(trx, { action, at, officer, caseId: row.caseId, from });
}

export function isHeldByAnother({ claimedBy, claimedUntil }: DeskRow, officer: Person, now: number): boolean {
  return claimedBy !== null && claimedBy !== officer.id && (claimedUntil ?? 0) > now;
}

/** As the roll has it, or the id. */
export async function nameOf(database: Database, memberId: string): Promise<string> {
  const members = (await openStore(database).rolls.current())?.roll.members ?? [];
  return members.find(({ id }) => id === memberId)?.name ?? memberId;
}

async function hasSigned(trx: Database, digest: string | null, { id }: Person): Promise<boolean> {
  return digest !== null && (await openStore(trx).approvals.of(digest)).some(({ memberId }) => memberId === id);
}

interface ClaimEvent {
  readonly action: string;
  readonly at: number;
  readonly officer: Person;
  readonly caseId: string;
  /** Who had it before; empty for nobody. */
  readonly from: string;
}

async function noteClaim(trx: Database, { action, at, officer, caseId, from }: ClaimEvent): Promise<void> {
  const details = from === '' ? {} : { from };
  await noteEvent(trx, { at, service: 'ra-portal', action, actor: officer.id, subject: caseId, details });
}
