/** How a station sees its work. */
import { createHash } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import type { Refusal } from '../../ca-core/index.ts';
import type { Person } from '../people/person.ts';
import type { Database } from '../store/database.ts';
import { findTokenJob, jobsAtStation, type StandingJob } from '../store/token-jobs.ts';

/**
 * unapproved: two officers have not signed yet · ready: the key can be made · ordered: the request is handed in · issued ·
 * refused: the CA core will not issue · active, damaged, failed: how it ended.
 */
export const tokenJobStates = [
  'unapproved',
  'ready',
  'ordered',
  'issued',
  'refused',
  'active',
  'damaged',
  'failed',
] as const;
export type TokenJobState = (typeof tokenJobStates)[number];

export function jobStateOf({ state, order, isIssued, requestedAt }: StandingJob): TokenJobState {
  if (state !== 'open') return state;
  if (isIssued) return 'issued';
  if (order === null) return 'unapproved';
  if (order.state === 'refused') return 'refused';
  return requestedAt === null ? 'ready' : 'ordered';
}

/** Throws tokenJobUnknown, stationForeign. */
export async function jobAt(database: Database, station: Person, id: string): Promise<StandingJob> {
  const job = await findTokenJob(database, id);
  if (job === null) throw new PkiError('tokenJobUnknown');
  if (job.station !== station.id) throw new PkiError('stationForeign', { station: job.station });
  return job;
}

export interface StationWork {
  /** Those that two officers approved and that are not at their end. */
  readonly jobs: readonly StandingJob[];
  /** Of all lots that one of these belongs to. */
  readonly counts: Readonly<Record<TokenJobState, number>>;
}

export async function workAt(database: Database, station: Person): Promise<StationWork> {
  const jobs = await jobsAtStation(database, station.id);
  const states = jobs.map(jobStateOf);
  const counts = Object.fromEntries(
    tokenJobStates.map(state => [state, states.filter(one => one === state).length]),
  ) as Record<TokenJobState, number>;
  const isShown = (job: StandingJob): boolean => job.state === 'open' && jobStateOf(job) !== 'unapproved';
  return { jobs: jobs.filter(isShown).slice(0, 1_000), counts };
}

/** Of the case and CA that the station's statement has to name; null before two officers approved. */
export function approvedCase({ order, caseDigest }: StandingJob): { ca: string; caseDigest: string } | null {
  if (order === null || caseDigest === null) return null;
  const { ca } = JSON.parse(order.document) as { ca: string };
  return { ca, caseDigest };
}

/** Throws tokenJobState {state} where it is not open. */
export function expectOpen(job: StandingJob): void {
  if (job.state !== 'open') throw new PkiError('tokenJobState', { state: job.state });
}

/** What the CA core refused it with. */
export const refusalOf = ({ order, state }: StandingJob): Refusal | null =>
  state === 'open' && order?.state === 'refused' ? (order.refusal ?? { code: 'orderUnknown', values: {} }) : null;

/** SHA-256 of a SubjectPublicKeyInfo, hex. */
export const keyHashOf = (subjectPublicKeyInfo: Uint8Array): string =>
  createHash('sha256').update(subjectPublicKeyInfo).digest('hex');
