import type { Database } from './database.ts';

/** A one-time link to an account: its hash, and the code that went another way. */
export interface PersonInvitation {
  /** SHA-256 of the link, hex. */
  readonly linkHash: string;
  readonly personId: string;
  /** scrypt. */
  readonly code: string;
  readonly expiresAt: number;
}

interface Row {
  link_hash: string;
  person_id: string;
  code: string;
  expires_at: number;
  closed_at: number | null;
}

/** A new link closes those before it. */
export async function addInvitation(database: Database, invitation: PersonInvitation, at: number): Promise<void> {
  const { linkHash, personId, code, expiresAt } = invitation;
  await database<Row>('person_invitations').where({ person_id: personId, closed_at: null }).update({ closed_at: at });
  await database<Row>('person_invitations').insert({
    link_hash: linkHash,
    person_id: personId,
    code,
    expires_at: expiresAt,
  });
}

/** Null where it is unknown, closed or expired. */
export async function openInvitationOf(
  database: Database,
  linkHash: string,
  now: number,
): Promise<PersonInvitation | null> {
  const row = await database<Row>('person_invitations')
    .where({ link_hash: linkHash, closed_at: null })
    .where('expires_at', '>', now)
    .first();
  if (row === undefined) return null;
  return { linkHash: row.link_hash, personId: row.person_id, code: row.code, expiresAt: row.expires_at };
}

/** False where somebody used it first. */
export async function closeInvitation(database: Database, linkHash: string, at: number): Promise<boolean> {
  const closed = await database<Row>('person_invitations')
    .where({ link_hash: linkHash, closed_at: null })
    .update({ closed_at: at });
  return closed === 1;
}
