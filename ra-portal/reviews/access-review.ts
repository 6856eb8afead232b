/** Every quarter administrators look at who may do what: each right is kept or withdrawn, and the whole signed off. */
import { createHash } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent } from '../../ca-core/index.ts';
import { accessReviewLetter } from '../mail/life-letters.ts';
import type { PortalParts } from '../parts.ts';
import { endTokenBy } from '../people/api-tokens.ts';
import { proposeChange, type ChangeGround } from '../people/change-roles.ts';
import type { Person } from '../people/person.ts';
import { givenRoles } from '../people/roles.ts';
import {
  accessReviews,
  decisionsOf,
  keepDecision,
  openReview,
  overdueReviews,
  signReview,
  type AccessDecision,
  type AccessReview,
  type DecidedAccount,
} from '../store/access-reviews.ts';
import { inOneStep } from '../store/database.ts';
import { postLetter } from '../store/letters.ts';
import { noteReminder } from '../store/lra-reports.ts';
import { allPeople } from '../store/people.ts';
import { accessLines, type AccessLine } from './access-lines.ts';
import { quarterOf, reminderDue } from './years.ts';

export interface ReviewedLine extends AccessLine {
  /** Null, too, where a right stayed that was to be withdrawn: somebody turned the change down. */
  readonly decided: DecidedAccount | null;
}

export interface CurrentReview {
  readonly review: AccessReview;
  readonly lines: readonly ReviewedLine[];
}

/** This quarter's; looking at it writes nothing. */
export async function currentReview(parts: PortalParts): Promise<CurrentReview> {
  const begun = ofQuarter(parts);
  const found = (await accessReviews(parts.database, 1)).find(({ id }) => id === begun.id);
  const review = found ?? { ...begun, signedBy: null, signedAt: null, record: null, hash: null };
  const decided = new Map((await decisionsOf(parts.database, review.id)).map(one => [one.account, one]));
  const lines = (await accessLines(parts)).map(line => ({
    ...line,
    decided: standing(line, decided.get(line.account)),
  }));
  return { review, lines };
}

/** Whose right was to be withdrawn and has it still is decided anew, unless that waits for its second person. */
function standing({ kind, isLeaving }: AccessLine, decided: DecidedAccount | undefined): DecidedAccount | null {
  if (decided === undefined) return null;
  // Who stands on the roll is the officers' to change: the decision is only noted.
  const isDone = decided.decision === 'keep' || kind === 'member' || isLeaving;
  return isDone ? decided : null;
}

/** Its time counts from when it was opened: a portal that is new in the middle of a quarter is not late at once. */
function ofQuarter({ clock, policies }: PortalParts): Pick<AccessReview, 'id' | 'openedAt' | 'dueAt'> {
  const at = clock.now();
  return { id: quarterOf(at).id, openedAt: at, dueAt: at + policies.schedule.life.accessReview.dueAfter };
}

/**
 * One right is kept, or withdrawn: a role by the change that another administrator confirms, a token at once. Who stands
 * on the roll is only noted: officers change the roll. Throws changedMeanwhile (no such right, signed off already),
 * ownRole (one's own right is another administrator's to look at).
 */
export async function decideAccess(
  parts: PortalParts,
  ground: ChangeGround,
  { admin, account, decision }: { readonly admin: Person; readonly account: string; readonly decision: AccessDecision },
): Promise<void> {
  const { review, lines } = await currentReview(parts);
  const line = lines.find(one => one.account === account);
  if (line === undefined || review.signedAt !== null) throw new PkiError('changedMeanwhile');
  if (line.owner === admin.id) throw new PkiError('ownRole');
  const at = parts.clock.now();
  if (decision === 'withdraw') await withdraw(parts, ground, { line, doer: { by: admin.id, at } });
  await inOneStep(parts.database, async trx => {
    await openReview(trx, review);
    await keepDecision(trx, review.id, { account, decision, decidedBy: admin.id, decidedAt: at });
    const event = { at, service: 'ra-portal', action: 'accessReview.decided', actor: admin.id, subject: line.owner };
    await noteEvent(trx, { ...event, details: { review: review.id, account, decision } });
  });
}

async function withdraw(
  parts: PortalParts,
  ground: ChangeGround,
  { line, doer }: { readonly line: AccessLine; readonly doer: { readonly by: string; readonly at: number } },
): Promise<void> {
  if (line.kind === 'token') await endTokenBy(parts, line.id, doer);
  const role = givenRoles.find(known => known === line.right);
  if (line.kind !== 'person' || role === undefined || line.isLeaving) return;
  await proposeChange(ground, { personId: line.id, change: 'withdraw', role }, doer);
}

/** Throws fieldMissing while a right is left undecided, changedMeanwhile where it is signed off already. */
export async function signAccessReview(parts: PortalParts, admin: Person): Promise<void> {
  const { review, lines } = await currentReview(parts);
  if (review.signedAt !== null) throw new PkiError('changedMeanwhile');
  if (lines.some(({ decided }) => decided === null)) throw new PkiError('fieldMissing', { field: 'account' });
  const at = parts.clock.now();
  const record = JSON.stringify(lines);
  const hash = createHash('sha256').update(record, 'utf8').digest('hex');
  await inOneStep(parts.database, async trx => {
    await openReview(trx, review);
    if (!(await signReview(trx, review.id, { by: admin.id, at, record, hash }))) throw new PkiError('changedMeanwhile');
    const event = { at, service: 'ra-portal', action: 'accessReview.signedOff', actor: admin.id, subject: review.id };
    await noteEvent(trx, { ...event, details: { accounts: String(lines.length), sha256: hash } });
  });
}

/** What the portal's state says to whoever watches it; null while no review is overdue. */
export async function overdueReview({
  database,
  clock,
}: Pick<PortalParts, 'database' | 'clock'>): Promise<string | null> {
  const overdue = await overdueReviews(database, clock.now());
  return overdue.length === 0 ? null : `access review ${overdue.map(({ id }) => id).join(', ')} is overdue`;
}

/** Opens this quarter's and reminds every administrator until it is signed off. How many letters. */
export async function remindOfAccessReview(parts: PortalParts): Promise<number> {
  const { database, clock, policies, settings } = parts;
  const at = clock.now();
  const administrators = (await allPeople(database)).filter(
    one => one.roles.includes('administrator') && one.suspendedAt === null,
  );
  if (administrators.length === 0) return 0;
  await openReview(database, ofQuarter(parts));
  const { review } = await currentReview(parts);
  const every = policies.schedule.life.accessReview.remindEvery;
  const number = reminderDue(at, { opens: review.openedAt, due: review.dueAt, every });
  if (review.signedAt !== null || number === null) return 0;
  const posted = await inOneStep(database, async trx => {
    if (!(await noteReminder(trx, { about: `accessReview ${review.id}`, number, at }))) return 0;
    const about = { review: review.id, due: review.dueAt, portalUrl: settings.url };
    for (const { mailbox } of administrators) {
      await postLetter(trx, { ...accessReviewLetter({ mailbox, ...about }), at });
    }
    return administrators.length;
  });
  if (posted > 0) parts.sendLetters();
  return posted;
}
