/** How a job ended at the station. */
import { PkiError } from '../../ca-core/errors.ts';
import { openStore } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { inOneStep } from '../store/database.ts';
import { keepTokenJob, type StandingJob } from '../store/token-jobs.ts';
import { keepUsbToken, type UsbToken } from '../store/usb-tokens.ts';
import { certificateOf, endJob, endToken, returnCase } from './end-token.ts';
import { nobodys } from './enter-tokens.ts';
import { knownToken, noteTokenEvent, stateAfterAct } from './known-token.ts';
import { jobAt, jobStateOf } from './token-job.ts';

export interface Report {
  readonly id: string;
  readonly outcome: 'active' | 'damaged' | 'failed';
  /** Plain English. */
  readonly reason: string;
}

/**
 * The same report again changes nothing. Throws tokenJobUnknown, stationForeign, tokenJobState {state}, tokenState
 * {state}, notYetIssued, alreadyRevoked.
 */
export async function reportJob(parts: PortalParts, station: Person, report: Report): Promise<StandingJob> {
  return inOneStep(parts.database, async trx => {
    const inside = { ...parts, database: trx, ca: openStore(trx) };
    const job = await jobAt(trx, station, report.id);
    if (job.state === report.outcome) return job;
    const token = await knownToken(trx, station, job.serial);
    const atStation = { job, token, station };
    if (report.outcome === 'active') await activate(inside, atStation);
    if (report.outcome === 'failed') await giveUp(inside, atStation, report.reason);
    if (report.outcome === 'damaged') await damage(inside, atStation, report.reason);
    return jobAt(trx, station, report.id);
  });
}

interface AtStation {
  readonly job: StandingJob;
  readonly token: UsbToken;
  readonly station: Person;
}

async function activate(parts: PortalParts, { job, token, station }: AtStation): Promise<void> {
  if (job.state !== 'open') throw new PkiError('tokenJobState', { state: job.state });
  const certificate = await certificateOf(parts, job);
  if (certificate === null) throw new PkiError('notYetIssued');
  const { issuer, serialNumber } = certificate;
  if ((await parts.ca.status.of(issuer, serialNumber))?.status === 'revoked') throw new PkiError('alreadyRevoked');
  const at = parts.clock.now();
  const state = stateAfterAct(parts, 'activate', token);
  await keepUsbToken(parts.database, { ...token, state, certificate, changedAt: at });
  await endJob(parts, job, 'active', '');
  const details = { case: job.caseId, job: job.id, serialNumber };
  const event = { serial: token.serial, at, actor: station.id, act: 'activate', state, details } as const;
  await noteTokenEvent(parts.database, event);
}

/** The token is as it was; the case goes back. Throws tokenJobState where the key may be certified yet. */
async function giveUp(parts: PortalParts, { job, token, station }: AtStation, reason: string): Promise<void> {
  const state = jobStateOf(job);
  const mayGiveUp = state === 'unapproved' || state === 'ready' || state === 'refused';
  if (!mayGiveUp) throw new PkiError('tokenJobState', { state });
  const at = parts.clock.now();
  const next = token.state === 'unformatted' ? token.state : stateAfterAct(parts, 'clear', token);
  await returnCase(parts.database, job, at);
  await endJob(parts, job, 'failed', reason);
  await keepUsbToken(parts.database, { ...token, ...nobodys, state: next, changedAt: at });
  const details = { case: job.caseId, job: job.id, note: reason };
  const event = { serial: token.serial, at, actor: station.id, act: 'clear', state: next, details } as const;
  await noteTokenEvent(parts.database, event);
}

/** Also after it was active, as long as nobody was given it. */
async function damage(parts: PortalParts, { job, token, station }: AtStation, reason: string): Promise<void> {
  const isHere = job.state === 'open' || (job.state === 'active' && token.state === 'active' && token.handed === null);
  if (!isHere) throw new PkiError('tokenJobState', { state: job.state });
  await endToken(parts, station, { token, act: 'damage', reason: 'superseded', note: reason });
  if (job.state === 'active') await endJob(parts, job, 'damaged', reason);
}

/** The PIN letter was made at the station; the PIN itself never comes here. Again: the same. Throws tokenJobState. */
export async function noteLetter(parts: PortalParts, station: Person, id: string): Promise<StandingJob> {
  const at = parts.clock.now();
  return inOneStep(parts.database, async trx => {
    const job = await jobAt(trx, station, id);
    if (job.state !== 'active') throw new PkiError('tokenJobState', { state: jobStateOf(job) });
    if (job.letterMadeAt !== null) return job;
    const { state } = await knownToken(trx, station, job.serial);
    await keepTokenJob(trx, { ...job, letterMadeAt: at });
    const event = { serial: job.serial, at, actor: station.id, act: 'letter', state } as const;
    await noteTokenEvent(trx, { ...event, details: { job: id } });
    return jobAt(trx, station, id);
  });
}
