/** Doors that nobody's guesses can close: devices that opened an application before, and passes that were mailed. */
import { createHash, randomBytes } from 'node:crypto';
import type { Database } from './database.ts';

interface DeviceRow {
  token_hash: string;
  case_id: string;
  created_at: number;
}

interface PassRow {
  case_id: string;
  hash: string;
  expires_at: number;
}

/** Returns the token for the cookie; the database keeps only its hash. */
export async function rememberDevice(database: Database, caseId: string, at: number): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await database<DeviceRow>('known_devices').insert({ token_hash: hashOf(token), case_id: caseId, created_at: at });
  return token;
}

export async function isKnownDevice(database: Database, caseId: string, token: string): Promise<boolean> {
  const row = await database<DeviceRow>('known_devices')
    .where({ token_hash: hashOf(token), case_id: caseId })
    .first();
  return row !== undefined;
}

export async function keepPass(
  database: Database,
  caseId: string,
  pass: { readonly hash: string; readonly expiresAt: number },
): Promise<void> {
  await database<PassRow>('entry_passes')
    .insert({ case_id: caseId, hash: pass.hash, expires_at: pass.expiresAt })
    .onConflict('case_id')
    .merge();
}

export async function passOf(database: Database, caseId: string): Promise<{ hash: string; expiresAt: number } | null> {
  const row = await database<PassRow>('entry_passes').where('case_id', caseId).first();
  return row === undefined ? null : { hash: row.hash, expiresAt: row.expires_at };
}

const hashOf = (token: string): string => createHash('sha256').update(token, 'utf8').digest('hex');
