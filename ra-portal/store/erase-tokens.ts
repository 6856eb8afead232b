/** Takes a case's person away from USB tokens: the token stays in the inventory with its history, for nobody. */
import type { Database } from './database.ts';

type Row = Readonly<Record<string, unknown>>;

/** What is told of a token that somebody else has by now stays. The rows as they were, for the hash on record. */
export async function takeFromTokens(trx: Database, caseId: string): Promise<readonly Row[]> {
  const jobs = await trx<JobRow>('token_jobs').where('case_id', caseId).select('id', 'serial', 'label', 'reason');
  await trx<JobRow>('token_jobs').where('case_id', caseId).update({ label: '', reason: null });
  const serials = [...new Set(jobs.map(({ serial }) => serial))];
  const rows: Row[] = [...jobs, ...(await takeHolder(trx, caseId, serials))];
  for (const serial of serials) rows.push(...(await takeNotes(trx, caseId, serial)));
  return rows;
}

interface JobRow {
  id: string;
  serial: string;
  case_id: string;
  label: string;
  reason: string | null;
  given_at: number;
}

interface TokenRow {
  serial: string;
  case_id: string | null;
  issuer: string | null;
  serial_number: string | null;
  holder_name: string | null;
  holder_mailbox: string | null;
  organisation_name: string | null;
}

/** A token that ended before its certificate names no case: it is this one's by its certificate, or by its last job. */
async function takeHolder(trx: Database, caseId: string, serials: readonly string[]): Promise<readonly Row[]> {
  const candidates = await trx<TokenRow>('usb_tokens')
    .where('case_id', caseId)
    .orWhere(nobodys => void nobodys.whereNull('case_id').whereIn('serial', serials))
    .select('serial', 'case_id', 'issuer', 'serial_number', 'holder_name', 'holder_mailbox', 'organisation_name');
  const taken: TokenRow[] = [];
  for (const token of candidates) if (await isOf(trx, caseId, token)) taken.push(token);
  await trx<TokenRow>('usb_tokens')
    .whereIn(
      'serial',
      taken.map(({ serial }) => serial),
    )
    .update({ holder_name: null, holder_mailbox: null, organisation_name: null });
  return taken.map(token => ({ ...token }));
}

async function isOf(trx: Database, caseId: string, token: TokenRow): Promise<boolean> {
  const { serial, case_id: named, issuer, serial_number: serialNumber } = token;
  if (named !== null) return named === caseId;
  if (issuer !== null && serialNumber !== null) {
    const query = trx<{ issuer: string; serial_number: string; case_id: string | null }>('certificates');
    const certificate = await query.where({ issuer, serial_number: serialNumber }).first('case_id');
    return certificate?.case_id === caseId;
  }
  const newest = await trx<JobRow>('token_jobs')
    .where({ serial })
    .orderBy([
      { column: 'given_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .first('case_id');
  return newest?.case_id === caseId;
}

interface EventRow {
  id: number;
  serial: string;
  act: string;
  details: string;
}

/** Of the time in which the token was this case's: from its giving until it is made blank, or given to another. */
async function takeNotes(trx: Database, caseId: string, serial: string): Promise<readonly Row[]> {
  const events = await trx<EventRow>('token_events').where({ serial }).orderBy('id').select('id', 'act', 'details');
  const taken: Row[] = [];
  let of = '';
  for (const { id, act, details } of events) {
    const { note, ...left } = JSON.parse(details) as Readonly<Partial<Record<string, string>>>;
    of = left['case'] ?? of;
    if (of === caseId && note !== undefined) {
      taken.push({ id, details });
      await trx<EventRow>('token_events')
        .where({ id })
        .update({ details: JSON.stringify(left) });
    }
    if (act === 'clear' || act === 'takeBack') of = '';
  }
  return taken;
}
