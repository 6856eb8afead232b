/** A case is given a token: from then on its document says that the key will be made on exactly that one. */
import { randomUUID } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import { openStore, type SubjectKey } from '../../ca-core/index.ts';
import type { CertificateApplication } from '../applications/application.ts';
import type { AtWork } from '../officer/at-work.ts';
import { changeCase } from '../officer/change-case.ts';
import type { PortalParts } from '../parts.ts';
import { foldMailbox } from '../people/accounts.ts';
import type { Database } from '../store/database.ts';
import { addTokenJob, formerKeyOf, keepTokenJob, openJobOf, type TokenJobRecord } from '../store/token-jobs.ts';
import { findUsbToken, keepUsbToken, type UsbToken } from '../store/usb-tokens.ts';
import { nobodys } from './enter-tokens.ts';
import { noteTokenEvent } from './known-token.ts';
import type { TokenAlgorithm } from './token-algorithms.ts';

export interface Giving {
  readonly serial: string;
  readonly algorithm: TokenAlgorithm;
  readonly place?: PlaceInLot;
}

/** "Token 3 of 120." */
export interface PlaceInLot {
  readonly lot: string;
  /** From 1. */
  readonly number: number;
  readonly size: number;
}

/**
 * Throws tokenUnknown, tokenState {state} (not blank), tokenTaken (another case has it), stationForeign (its station left
 * the roll), keyUnacceptable (the applicant brought a key, or the profile does not take this one), and what changeCase
 * throws.
 */
export async function giveToken(parts: PortalParts, atWork: AtWork, giving: Giving): Promise<void> {
  const { serial, algorithm } = giving;
  await changeCase(parts, atWork, {
    action: 'token.given',
    details: { serial, algorithm },
    change: async (trx, application, at) => {
      const token = await freeToken(trx, serial, application.caseId);
      checkKey(parts, application, algorithm);
      const before = await openJobOf(trx, { caseId: application.caseId });
      if (before !== null) await endUnstarted(trx, before, { at, actor: atWork.officer.id });
      const formerKey = (await formerKeyOf(trx, application.caseId)) ?? application.subjectKey;
      const job = jobFor(application, { giving, token, formerKey, givenBy: atWork.officer.id, at });
      await addTokenJob(trx, job);
      await keepUsbToken(trx, { ...token, ...heldBy(application), changedAt: at });
      const event = { serial, at, actor: atWork.officer.id, act: 'give', state: token.state } as const;
      await noteTokenEvent(trx, { ...event, details: { case: application.caseId, job: job.id } });
      return { subjectKey: { from: 'station', station: token.station, tokenSerial: serial, algorithm } };
    },
  });
}

/** The key comes from where it was to come from before. Throws tokenJobUnknown, tokenJobState, what changeCase throws. */
export async function takeTokenBack(parts: PortalParts, atWork: AtWork): Promise<void> {
  await changeCase(parts, atWork, {
    action: 'token.takenBack',
    details: {},
    change: async (trx, { caseId }, at) => {
      const formerKey = await formerKeyOf(trx, caseId);
      if (formerKey === null || !isBackPossible(formerKey)) throw new PkiError('tokenJobUnknown');
      const job = await openJobOf(trx, { caseId });
      if (job !== null) await endUnstarted(trx, job, { at, actor: atWork.officer.id });
      return { subjectKey: formerKey };
    },
  });
}

/** A key that was asked for on a token, or sealed to nobody yet, is no way back. */
export const isBackPossible = (former: SubjectKey): boolean => former.from === 'server' && former.sealTo !== '';

/** Whoever looks for it may find it again at another case. Throws tokenUnknown, tokenState, tokenTaken, stationForeign. */
async function freeToken(trx: Database, serial: string, caseId: string): Promise<UsbToken> {
  const token = await findUsbToken(trx, serial);
  if (token === null) throw new PkiError('tokenUnknown');
  const job = await openJobOf(trx, { serial });
  if (job !== null && job.caseId !== caseId) throw new PkiError('tokenTaken', { serial });
  if (token.state !== 'unformatted') throw new PkiError('tokenState', { state: token.state });
  const members = (await openStore(trx).rolls.current())?.roll.members ?? [];
  if (!members.some(({ id, role }) => role === 'station' && id === token.station)) {
    throw new PkiError('stationForeign', { station: token.station });
  }
  return token;
}

/** Who brought a key keeps it: a token is in the place of what the CA core would make. */
function checkKey({ policies }: PortalParts, application: CertificateApplication, algorithm: TokenAlgorithm): void {
  const profile = policies.profiles.get(application.profile);
  if (profile === undefined) throw new PkiError('profileUnknown');
  if (application.subjectKey.from === 'csr' || !profile.deliveries.includes('token')) {
    throw new PkiError('tokenUnwanted');
  }
  if (!profile.keys.includes(algorithm)) throw new PkiError('keyUnacceptable', { reason: algorithm });
}

/** A job that no station has handed a request in for gives its token back. Throws tokenJobState {state}. */
export async function endUnstarted(
  trx: Database,
  job: TokenJobRecord,
  { at, actor }: { readonly at: number; readonly actor: string },
): Promise<void> {
  if (job.requestedAt !== null) throw new PkiError('tokenJobState', { state: 'ordered' });
  const token = await findUsbToken(trx, job.serial);
  if (token === null) throw new PkiError('tokenUnknown');
  await keepTokenJob(trx, { ...job, state: 'failed', endedAt: at, reason: 'the officers took the token back' });
  await keepUsbToken(trx, { ...token, ...nobodys, changedAt: at });
  const event = { serial: job.serial, at, actor, act: 'takeBack', state: token.state } as const;
  await noteTokenEvent(trx, { ...event, details: { case: job.caseId, job: job.id } });
}

interface JobGround {
  readonly giving: Giving;
  readonly token: UsbToken;
  readonly formerKey: SubjectKey;
  readonly givenBy: string;
  readonly at: number;
}

function jobFor({ caseId, claim }: CertificateApplication, ground: JobGround): TokenJobRecord {
  const { giving, token, formerKey, givenBy, at } = ground;
  const { lot, number, size } = giving.place ?? { lot: randomUUID(), number: 1, size: 1 };
  return {
    id: randomUUID(),
    ...{ lot, number, size },
    serial: token.serial,
    station: token.station,
    caseId,
    algorithm: giving.algorithm,
    label: labelOf(claim.romanName),
    state: 'open',
    ...{ formerKey, givenBy, givenAt: at },
    takenAt: null,
    requestedAt: null,
    keyHash: null,
    endedAt: null,
    reason: null,
    letterMadeAt: null,
  };
}

/** What the holder's computer shows of the token: 32 octets, no more (PKCS#11, CK_TOKEN_INFO). */
const labelOf = (name: string): string =>
  name
    .replace(/[^ -~]/g, '')
    .slice(0, 32)
    .trim() || 'Kakuin';

function heldBy({ caseId, claim }: CertificateApplication): Pick<UsbToken, 'caseId' | 'holder'> {
  const { kanjiName: name, mailbox, organisationName, corporateNumber } = claim;
  return { caseId, holder: { name, mailbox: foldMailbox(mailbox), organisationName, corporateNumber } };
}
