/** What a station brings of a job: that it is at it, and the PKCS#10 of the key that it made. */
import { PkiError } from '../../ca-core/errors.ts';
import {
  checkCertificationRequest,
  checkStationRequest,
  openStore,
  readCertificationRequest,
  type CaseDocument,
  type StationRequest,
} from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { keepTokenJob, type StandingJob } from '../store/token-jobs.ts';
import { keepUsbToken } from '../store/usb-tokens.ts';
import { knownToken, noteTokenEvent, stateAfterAct } from './known-token.ts';
import { expectOpen, jobAt, keyHashOf } from './token-job.ts';

/** Before the token is initialised. Throws tokenJobUnknown, stationForeign, tokenJobState {state}, tokenState {state}. */
export async function takeJob(parts: PortalParts, station: Person, id: string): Promise<StandingJob> {
  const at = parts.clock.now();
  return inOneStep(parts.database, async trx => {
    const job = await jobAt(trx, station, id);
    expectOpen(job);
    if (job.order === null) throw new PkiError('tokenJobState', { state: 'unapproved' });
    const { state } = await knownToken(trx, station, job.serial);
    stateAfterAct(parts, 'format', { state });
    if (job.takenAt !== null) return job;
    await keepTokenJob(trx, { ...job, takenAt: at });
    const event = { serial: job.serial, at, actor: station.id, act: 'take', state } as const;
    await noteTokenEvent(trx, { ...event, details: { case: job.caseId, job: id } });
    return jobAt(trx, station, id);
  });
}

/**
 * Keeps the first request for a job and lets the order go on; the same statement again changes nothing. All that the CA
 * core will check of it is checked here first, so that nothing bad takes that one place. Throws what takeJob throws,
 * tokenKeyTwice, tokenUnlike, documentMalformed, csrMalformed, csrSignatureInvalid, csrExtensionRefused, keyUnacceptable.
 */
export async function takeRequest(
  parts: PortalParts,
  station: Person,
  { id, request }: { readonly id: string; readonly request: StationRequest },
): Promise<StandingJob> {
  const at = parts.clock.now();
  return inOneStep(parts.database, async trx => {
    const job = await jobAt(trx, station, id);
    if (job.order === null)
      throw new PkiError('tokenJobState', { state: job.state === 'open' ? 'unapproved' : job.state });
    const keyHash = await checkRequest(parts, trx, { job, request });
    const ca = openStore(trx);
    if (job.requestedAt === null) expectOpen(job);
    if (!(await ca.stationRequests.add(job.caseDigest ?? '', request, at))) throw new PkiError('tokenKeyTwice');
    if (job.requestedAt !== null) return job;
    const token = await knownToken(trx, station, job.serial);
    const state = stateAfterAct(parts, 'format', token);
    await keepUsbToken(trx, { ...token, state, changedAt: at });
    await keepTokenJob(trx, { ...job, takenAt: job.takenAt ?? at, requestedAt: at, keyHash });
    const event = { serial: job.serial, at, actor: station.id, act: 'format', state } as const;
    await noteTokenEvent(trx, { ...event, details: { case: job.caseId, job: id } });
    return jobAt(trx, station, id);
  });
}

interface Brought {
  readonly job: StandingJob;
  readonly request: StationRequest;
}

/** The hash of its key. */
async function checkRequest({ policies }: PortalParts, trx: Database, { job, request }: Brought): Promise<string> {
  const document = JSON.parse(job.order?.document ?? '{}') as CaseDocument;
  const { subjectKey } = document;
  const current = await openStore(trx).rolls.current();
  const profile = policies.profiles.get(document.profile.name);
  if (subjectKey.from !== 'station' || current === undefined || profile === undefined) {
    throw new PkiError('tokenUnlike');
  }
  const ground = { ca: document.ca, caseDigest: job.caseDigest ?? '', subjectKey, roll: current.roll };
  const certificationRequest = readCertificationRequest(checked(() => checkStationRequest(request, ground)));
  const { mailbox } = document.claim;
  const algorithm = checkCertificationRequest(certificationRequest, { profile, mailbox, policies });
  if (algorithm !== subjectKey.algorithm) throw new PkiError('keyUnacceptable', { reason: algorithm });
  return keyHashOf(certificationRequest.subjectPublicKeyInfo);
}

/** That the statement is about something else has words of its own here. */
function checked<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof PkiError && error.code === 'digestMismatch') throw new PkiError('tokenUnlike', error.values);
    throw error;
  }
}
