/** What programs asked for under which key, and what they were answered: so that asking twice does it once. */
import type { Database } from './database.ts';

export interface AskedRequest {
  /** Who asks: member id of an officer, or id in the people table. */
  readonly subject: string;
  /** SHA-256, hex. */
  readonly keyHash: string;
  readonly requestHash: string;
}

export interface KeptRequest {
  readonly requestHash: string;
  readonly begunAt: number;
  /** Sealed, base64; null while it runs. */
  readonly answer: string | null;
}

interface AnswerRow {
  subject: string;
  key_hash: string;
  request_hash: string;
  begun_at: number;
  answer: string | null;
}

const table = 'api_answers';
const placeOf = ({ subject, keyHash }: Pick<AskedRequest, 'subject' | 'keyHash'>) => ({ subject, key_hash: keyHash });

/** True where nobody had begun it. */
export async function beginRequest(database: Database, asked: AskedRequest, at: number): Promise<boolean> {
  const begun = await database<AnswerRow>(table)
    .insert({ ...placeOf(asked), request_hash: asked.requestHash, begun_at: at })
    .onConflict(['subject', 'key_hash'])
    .ignore()
    .returning('begun_at');
  return begun.length === 1;
}

export async function findRequest(database: Database, asked: AskedRequest): Promise<KeptRequest | null> {
  const row = await database<AnswerRow>(table).where(placeOf(asked)).first();
  return row === undefined ? null : { requestHash: row.request_hash, begunAt: row.begun_at, answer: row.answer };
}

/** Takes over what another began and never ended; false where somebody else was quicker. */
export async function resumeRequest(
  database: Database,
  asked: AskedRequest,
  { from, at }: { readonly from: number; readonly at: number },
): Promise<boolean> {
  const open = { ...placeOf(asked), begun_at: from, answer: null };
  return (await database<AnswerRow>(table).where(open).update({ begun_at: at })) === 1;
}

/** False where it was taken over, or answered, meanwhile. */
export async function keepAnswer(
  database: Database,
  asked: AskedRequest,
  { begunAt, answer }: { readonly begunAt: number; readonly answer: string },
): Promise<boolean> {
  const open = { ...placeOf(asked), begun_at: begunAt, answer: null };
  return (await database<AnswerRow>(table).where(open).update({ answer })) === 1;
}

/** Lets the same key be tried again. */
export async function forgetRequest(database: Database, asked: AskedRequest, begunAt: number): Promise<void> {
  await database<AnswerRow>(table)
    .where({ ...placeOf(asked), begun_at: begunAt, answer: null })
    .delete();
}

export async function dropAnswersBefore(database: Database, at: number): Promise<number> {
  return database<AnswerRow>(table).where('begun_at', '<', at).delete();
}
