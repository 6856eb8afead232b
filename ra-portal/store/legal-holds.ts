/** Cases of which nothing is deleted while somebody may need it, at court or for an audit. */
import { randomUUID } from 'node:crypto';
import type { Database } from './database.ts';

export interface LegalHold {
  readonly id: string;
  readonly caseId: string;
  readonly reason: string;
  /** Member id of an officer; officers alone place holds, by two. */
  readonly placedBy: string;
  readonly placedAt: number;
  /** The second officer; null while it waits. */
  readonly confirmedBy: string | null;
  readonly confirmedAt: number | null;
  /** Who asked to end it. */
  readonly releaseBy: string | null;
  readonly releasedBy: string | null;
  readonly releasedAt: number | null;
}

interface HoldRow {
  id: string;
  case_id: string;
  reason: string;
  placed_by: string;
  placed_at: number;
  confirmed_by: string | null;
  confirmed_at: number | null;
  release_by: string | null;
  release_asked_at: number | null;
  released_by: string | null;
  released_at: number | null;
}

const table = 'legal_holds';

/** Waits for a second person. */
export async function addHold(
  database: Database,
  hold: { caseId: string; reason: string; by: string; at: number },
): Promise<string> {
  const id = randomUUID();
  await database<HoldRow>(table).insert({
    id,
    case_id: hold.caseId,
    reason: hold.reason,
    placed_by: hold.by,
    placed_at: hold.at,
    confirmed_by: null,
    confirmed_at: null,
  });
  return id;
}

/** The one that is not ended; null where there is none. */
export async function openHold(database: Database, caseId: string): Promise<LegalHold | null> {
  const row = await database<HoldRow>(table).where({ case_id: caseId, released_at: null }).first();
  return row === undefined ? null : holdOf(row);
}

/** Newest first. */
export async function openHolds(database: Database, limit: number): Promise<readonly LegalHold[]> {
  const rows = await database<HoldRow>(table).whereNull('released_at').orderBy('placed_at', 'desc').limit(limit);
  return rows.map(holdOf);
}

/** Each is false where somebody else did it first. */
export async function confirmHold(database: Database, id: string, { by, at }: HoldStep): Promise<boolean> {
  const open = database<HoldRow>(table).where({ id, confirmed_at: null, released_at: null }).whereNot('placed_by', by);
  return (await open.update({ confirmed_by: by, confirmed_at: at })) === 1;
}

export async function askRelease(database: Database, id: string, { by, at }: HoldStep): Promise<boolean> {
  const open = database<HoldRow>(table).where({ id, released_at: null, release_by: null });
  return (await open.update({ release_by: by, release_asked_at: at })) === 1;
}

export async function releaseHold(database: Database, id: string, { by, at }: HoldStep): Promise<boolean> {
  const open = database<HoldRow>(table).where({ id, released_at: null });
  return (await open.update({ released_by: by, released_at: at })) === 1;
}

export interface HoldStep {
  readonly by: string;
  readonly at: number;
}

const holdOf = (row: HoldRow): LegalHold => ({
  id: row.id,
  caseId: row.case_id,
  reason: row.reason,
  placedBy: row.placed_by,
  placedAt: row.placed_at,
  confirmedBy: row.confirmed_by,
  confirmedAt: row.confirmed_at,
  releaseBy: row.release_by,
  releasedBy: row.released_by,
  releasedAt: row.released_at,
});
