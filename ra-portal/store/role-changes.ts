import type { GivenRole } from '../people/roles.ts';
import type { Database } from './database.ts';

/** What two people decide about a third: a role given or taken, an account opened again, new means to sign in. */
export const roleChangeKinds = ['grant', 'withdraw', 'reinstate', 'recover'] as const;
export type RoleChangeKind = (typeof roleChangeKinds)[number];

export interface RoleChange {
  readonly id: string;
  readonly personId: string;
  readonly change: RoleChangeKind;
  /** Of grant and withdraw. */
  readonly role: GivenRole | null;
  /** Person id of an administrator, or `operator:` and the operator's name. */
  readonly proposedBy: string;
  readonly proposedAt: number;
  readonly confirmedBy: string | null;
  readonly confirmedAt: number | null;
  readonly declinedAt: number | null;
}

interface Row {
  id: string;
  person_id: string;
  change: RoleChangeKind;
  role: GivenRole | null;
  proposed_by: string;
  proposed_at: number;
  confirmed_by: string | null;
  confirmed_at: number | null;
  declined_by: string | null;
  declined_at: number | null;
}

const table = 'role_changes';

export type Proposal = Pick<RoleChange, 'id' | 'personId' | 'change' | 'role' | 'proposedBy' | 'proposedAt'>;

export async function addRoleChange(database: Database, proposal: Proposal): Promise<void> {
  const { id, personId, change, role, proposedBy, proposedAt } = proposal;
  await database<Row>(table).insert({
    id,
    person_id: personId,
    change,
    role,
    proposed_by: proposedBy,
    proposed_at: proposedAt,
  });
}

export async function findRoleChange(database: Database, id: string): Promise<RoleChange | null> {
  const row = await database<Row>(table).where({ id }).first();
  return row === undefined ? null : changeOf(row);
}

/** Those that wait for a second person, oldest first. */
export async function waitingRoleChanges(database: Database): Promise<readonly RoleChange[]> {
  const rows = await database<Row>(table).where({ confirmed_at: null, declined_at: null }).orderBy('proposed_at');
  return rows.map(changeOf);
}

/** Newest first. */
export async function roleChangesOf(database: Database, personId: string): Promise<readonly RoleChange[]> {
  return (await database<Row>(table).where({ person_id: personId }).orderBy('proposed_at', 'desc')).map(changeOf);
}

/** False where somebody else ended it first. */
export async function noteConfirmed(database: Database, id: string, by: { by: string; at: number }): Promise<boolean> {
  const open = database<Row>(table).where({ id, confirmed_at: null, declined_at: null });
  return (await open.update({ confirmed_by: by.by, confirmed_at: by.at })) === 1;
}

/** False where somebody else ended it first. */
export async function noteDeclined(database: Database, id: string, by: { by: string; at: number }): Promise<boolean> {
  const open = database<Row>(table).where({ id, confirmed_at: null, declined_at: null });
  return (await open.update({ declined_by: by.by, declined_at: by.at })) === 1;
}

const changeOf = (row: Row): RoleChange => ({
  id: row.id,
  personId: row.person_id,
  change: row.change,
  role: row.role,
  proposedBy: row.proposed_by,
  proposedAt: row.proposed_at,
  confirmedBy: row.confirmed_by,
  confirmedAt: row.confirmed_at,
  declinedAt: row.declined_at,
});
