/** What the administrator's desk shows: who there is, what awaits a second person, what was decided before. */
import { PkiError } from '../../ca-core/errors.ts';
import { authenticatorsOf, type Member, type Store } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { allPeople, findPerson, type PersonRecord } from '../store/people.ts';
import { roleChangesOf, waitingRoleChanges, type RoleChange } from '../store/role-changes.ts';
import { passkeysOf } from '../store/sign-in-means.ts';
import { officersOf } from './accounts.ts';
import { givenRoles, isForbiddenPair, type GivenRole } from './roles.ts';

/** Names beside ids, for people to read. */
export interface AwaitingChange extends RoleChange {
  readonly personName: string;
  readonly proposerName: string;
  readonly confirmerName: string;
}

export interface OfficerLine {
  readonly id: string;
  readonly name: string;
  readonly mailbox: string;
  /** Passkeys to sign in and to approve with. */
  readonly signIn: number;
  readonly approve: number;
  /** Authenticators: the fewer of the two. */
  readonly authenticators: number;
}

export interface PersonFile {
  readonly person: PersonRecord;
  readonly passkeys: number;
  /** Roles that could be proposed now. */
  readonly grantable: readonly GivenRole[];
  /** Newest first. */
  readonly changes: readonly AwaitingChange[];
}

export async function changesAwaiting({ database }: Pick<PortalParts, 'database'>): Promise<readonly AwaitingChange[]> {
  return named(await allPeople(database), await waitingRoleChanges(database));
}

export async function officerLines(ca: Store): Promise<readonly OfficerLine[]> {
  return (await officersOf(ca)).map(officer => lineOf(officer));
}

export function lineOf({ id, name, mailbox, credentials }: Member): OfficerLine {
  return {
    id,
    name,
    mailbox,
    signIn: countOf(credentials, 'signIn'),
    approve: countOf(credentials, 'approve'),
    authenticators: authenticatorsOf({ credentials }),
  };
}

/** Throws personUnknown. */
export async function personFile({ database }: Pick<PortalParts, 'database'>, id: string): Promise<PersonFile> {
  const person = await findPerson(database, id);
  if (person === null) throw new PkiError('personUnknown');
  const changes = named(await allPeople(database), await roleChangesOf(database, id));
  const isGrantable = (role: GivenRole): boolean =>
    !person.roles.some(held => held === role || isForbiddenPair(held, role)) &&
    (role === 'lra') === (person.organisation !== null);
  const passkeys = (await passkeysOf(database, id)).length;
  return { person, passkeys, grantable: givenRoles.filter(isGrantable), changes };
}

function named(people: readonly PersonRecord[], changes: readonly RoleChange[]): readonly AwaitingChange[] {
  const names = new Map(people.map(({ id, name }) => [id, name]));
  const nameOf = (id: string | null): string => (id === null ? '' : (names.get(id) ?? id));
  return changes.map(change => ({
    ...change,
    personName: nameOf(change.personId),
    proposerName: nameOf(change.proposedBy),
    confirmerName: nameOf(change.confirmedBy),
  }));
}

const countOf = (credentials: Member['credentials'], use: 'signIn' | 'approve'): number =>
  credentials.filter(credential => credential.use === use).length;
