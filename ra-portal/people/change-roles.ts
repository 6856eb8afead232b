/** Roles change by two: one proposes, another confirms, and neither is the one it is about. */
import { randomUUID } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent, openStore } from '../../ca-core/index.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { addPerson, findPerson, giveRole, noteSuspended, personOfMailbox, takeRole } from '../store/people.ts';
import type { PersonRecord } from '../store/people.ts';
import {
  addRoleChange,
  findRoleChange,
  noteConfirmed,
  noteDeclined,
  waitingRoleChanges,
  type RoleChange,
} from '../store/role-changes.ts';
import { endSessionsOf } from '../store/sessions.ts';
import { endMeansOf, passkeysOf } from '../store/sign-in-means.ts';
import { isOfficersMailbox } from './accounts.ts';
import { endTokensOf } from './api-tokens.ts';
import { invite, type InvitationGround, type PersonLink } from './invite.ts';
import type { NewPerson, RoleWish } from './read-person.ts';
import { isForbiddenPair } from './roles.ts';

/** Who does it: an administrator's person id, or `operator:` and the operator's name at the console. */
export interface Doer {
  readonly by: string;
  readonly at: number;
}

export interface ChangeGround {
  readonly database: Database;
  readonly invitation: Omit<InvitationGround, 'at'>;
}

/** Puts somebody new on the list, without any right yet, and returns the proposed change. Throws personKnown, rolesForbidden. */
export async function proposePerson({ database }: ChangeGround, wish: NewPerson, doer: Doer): Promise<RoleChange> {
  return inOneStep(database, async trx => {
    if ((await personOfMailbox(trx, wish.mailbox)) !== null) throw new PkiError('personKnown');
    const { name, mailbox, organisation, role } = wish;
    const id = randomUUID();
    await addPerson(trx, { id, name, mailbox, organisation, createdAt: doer.at });
    return propose(trx, { personId: id, change: 'grant', role }, doer);
  });
}

/** Throws personUnknown, ownRole, rolesForbidden, fieldInvalid (nothing would change). */
export function proposeChange({ database }: ChangeGround, wish: RoleWish, doer: Doer): Promise<RoleChange> {
  return inOneStep(database, trx => propose(trx, wish, doer));
}

async function propose(trx: Database, wish: RoleWish, doer: Doer): Promise<RoleChange> {
  if (doer.by === wish.personId) throw new PkiError('ownRole');
  await check(trx, wish);
  const id = randomUUID();
  await addRoleChange(trx, { id, ...wish, proposedBy: doer.by, proposedAt: doer.at });
  await note(trx, 'roleChange.proposed', { doer, wish, id });
  const change = await findRoleChange(trx, id);
  if (change === null) throw new PkiError('personUnknown');
  return change;
}

/**
 * The second person: it happens now, and every session of the person ends. A link comes back where the person has
 * nothing yet to sign in with. Throws personUnknown, ownRole, roleChangeTakesTwo, rolesForbidden, fieldInvalid.
 */
export async function confirmChange(ground: ChangeGround, changeId: string, doer: Doer): Promise<PersonLink | null> {
  return inOneStep(ground.database, async trx => {
    const change = await openChange(trx, changeId);
    if (change.personId === doer.by) throw new PkiError('ownRole');
    if (change.proposedBy === doer.by) throw new PkiError('roleChangeTakesTwo');
    const person = await check(trx, change);
    if (!(await noteConfirmed(trx, changeId, doer))) throw new PkiError('personUnknown');
    await apply(trx, change, doer.at);
    await endAllOf(trx, change.personId, doer);
    await note(trx, 'roleChange.confirmed', { doer, wish: change, id: changeId });
    if (change.change === 'withdraw' || (await passkeysOf(trx, person.id)).length > 0) return null;
    return invite(trx, person, { ...ground.invitation, at: doer.at });
  });
}

/** Takes a proposal back or turns it down; that takes one, whom it is not about. Throws personUnknown, ownRole. */
export async function declineChange({ database }: ChangeGround, changeId: string, doer: Doer): Promise<void> {
  await inOneStep(database, async trx => {
    const change = await openChange(trx, changeId);
    if (change.personId === doer.by) throw new PkiError('ownRole');
    if (!(await noteDeclined(trx, changeId, doer))) throw new PkiError('personUnknown');
    await note(trx, 'roleChange.declined', { doer, wish: change, id: changeId });
  });
}

/** Shuts an account at once: that takes one, and opening it again takes two. Throws personUnknown, ownRole. */
export async function suspend({ database }: ChangeGround, personId: string, doer: Doer): Promise<void> {
  await inOneStep(database, async trx => {
    if (personId === doer.by) throw new PkiError('ownRole');
    if ((await findPerson(trx, personId)) === null) throw new PkiError('personUnknown');
    await noteSuspended(trx, personId, doer.at);
    await endAllOf(trx, personId, doer);
    await noteEvent(trx, {
      ...{ at: doer.at, service: serviceOf(doer), action: 'person.suspended' },
      ...{ actor: doer.by, subject: personId, details: {} },
    });
  });
}

/** Sessions of browsers and tokens of programs. */
async function endAllOf(trx: Database, subject: string, doer: Doer): Promise<void> {
  await endSessionsOf(trx, { kind: 'person', subject }, doer.at);
  await endTokensOf(trx, { kind: 'person', subject }, doer);
}

async function openChange(trx: Database, changeId: string): Promise<RoleChange> {
  const change = (await waitingRoleChanges(trx)).find(({ id }) => id === changeId);
  if (change === undefined) throw new PkiError('personUnknown');
  return change;
}

/** The person, where this change is still to be made and allowed: asked when it is proposed and when it is confirmed. */
async function check(trx: Database, { personId, change, role }: RoleWish): Promise<PersonRecord> {
  const person = await findPerson(trx, personId);
  if (person === null) throw new PkiError('personUnknown');
  const isHeld = role !== null && person.roles.includes(role);
  const isIdle = {
    grant: role === null || isHeld || (role === 'lra') !== (person.organisation !== null),
    withdraw: !isHeld,
    reinstate: person.suspendedAt === null,
    recover: false,
  }[change];
  if (isIdle) throw new PkiError('fieldInvalid', { field: 'role' });
  if (change !== 'grant' || role === null) return person;
  const isForbidden = person.roles.some(held => isForbiddenPair(held, role));
  if (isForbidden || (await isOfficersMailbox(openStore(trx), person.mailbox))) throw new PkiError('rolesForbidden');
  return person;
}

async function apply(trx: Database, { id, personId, change, role }: RoleChange, at: number): Promise<void> {
  if (change === 'grant' && role !== null) await giveRole(trx, { personId, role, changeId: id, at });
  if (change === 'withdraw' && role !== null) await takeRole(trx, personId, role);
  if (change === 'reinstate') await noteSuspended(trx, personId, null);
  if (change === 'recover') await endMeansOf(trx, personId, at);
}

const serviceOf = ({ by }: Doer): string => (by.startsWith('operator:') ? 'console' : 'ra-portal');

interface Noted {
  readonly doer: Doer;
  readonly wish: RoleWish;
  readonly id: string;
}

async function note(trx: Database, action: string, { doer, wish, id }: Noted): Promise<void> {
  const details = { change: wish.change, role: wish.role ?? '', id };
  const { by: actor, at } = doer;
  await noteEvent(trx, { at, service: serviceOf(doer), action, actor, subject: wish.personId, details });
}
