import type { GivenRole } from '../people/roles.ts';
import type { Database } from './database.ts';

/** Somebody with an account who is no officer. */
export interface PersonRecord {
  readonly id: string;
  readonly name: string;
  /** Trimmed, NFKC, lower case. */
  readonly mailbox: string;
  /** Corporate Number, of an LRA only. */
  readonly organisation: string | null;
  readonly createdAt: number;
  /** Unix seconds since when nothing of this account opens anything. */
  readonly suspendedAt: number | null;
  readonly roles: readonly GivenRole[];
}

interface PersonRow {
  id: string;
  name: string;
  mailbox: string;
  organisation: string | null;
  created_at: number;
  suspended_at: number | null;
}

interface RoleRow {
  person_id: string;
  role: GivenRole;
  change_id: string;
  given_at: number;
}

export async function addPerson(
  database: Database,
  person: Omit<PersonRecord, 'suspendedAt' | 'roles'>,
): Promise<void> {
  const { id, name, mailbox, organisation, createdAt } = person;
  await database<PersonRow>('people').insert({ id, name, mailbox, organisation, created_at: createdAt });
}

export const findPerson = async (database: Database, id: string): Promise<PersonRecord | null> =>
  (await peopleWhere(database, { id }))[0] ?? null;

/** `mailbox` folded. */
export const personOfMailbox = async (database: Database, mailbox: string): Promise<PersonRecord | null> =>
  (await peopleWhere(database, { mailbox }))[0] ?? null;

/** Of one organisation's desk, by name; without those that are suspended. */
export const lrasOf = async (database: Database, organisation: string): Promise<readonly PersonRecord[]> =>
  (await peopleWhere(database, { organisation, suspended_at: null })).filter(({ roles }) => roles.includes('lra'));

/** Everybody, by name. */
export const allPeople = (database: Database): Promise<readonly PersonRecord[]> => peopleWhere(database, {});

export async function giveRole(
  database: Database,
  given: { personId: string; role: GivenRole; changeId: string; at: number },
): Promise<void> {
  const { personId, role, changeId, at } = given;
  await database<RoleRow>('person_roles').insert({ person_id: personId, role, change_id: changeId, given_at: at });
}

export async function takeRole(database: Database, personId: string, role: GivenRole): Promise<void> {
  await database<RoleRow>('person_roles').where({ person_id: personId, role }).delete();
}

/** `at` null lets the account open things again. */
export async function noteSuspended(database: Database, personId: string, at: number | null): Promise<void> {
  await database<PersonRow>('people').where('id', personId).update({ suspended_at: at });
}

async function peopleWhere(database: Database, where: Partial<PersonRow>): Promise<readonly PersonRecord[]> {
  const rows = await database<PersonRow>('people').where(where).orderBy(['name', 'id']);
  const ids = rows.map(({ id }) => id);
  const held = await database<RoleRow>('person_roles').whereIn('person_id', ids).orderBy('role');
  return rows.map(row => ({
    id: row.id,
    name: row.name,
    mailbox: row.mailbox,
    organisation: row.organisation,
    createdAt: row.created_at,
    suspendedAt: row.suspended_at,
    roles: held.filter(({ person_id }) => person_id === row.id).map(({ role }) => role),
  }));
}
