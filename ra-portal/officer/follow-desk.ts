import { openStore } from '../../ca-core/index.ts';
import type { CertificateApplication } from '../applications/application.ts';
import type { PortalParts } from '../parts.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { deskRowOf, keepDeskRow, noteFollowed, unfollowed, type DeskRow, type DeskStage } from '../store/desk.ts';
import { foldForSearch } from './fold-search.ts';
import { addWorkingTime, workingTimeBetween } from './working-time.ts';

const batch = 200;

/** Lets the desk see what changed in applications since. Returns how many did. */
export async function followDesk(parts: PortalParts): Promise<number> {
  let followed = 0;
  for (let round = batch; round === batch; followed += round) {
    if ((await unfollowed(parts.database, 1)).length === 0) return followed;
    round = await inOneStep(parts.database, trx => followChanges(parts, trx));
  }
  return followed;
}

/** Reads with every change seen, and keeps nothing of it: a page that is looked at changes no table. */
export async function readFollowed<T>(parts: PortalParts, read: (database: Database) => Promise<T>): Promise<T> {
  if ((await unfollowed(parts.database, 1)).length === 0) return read(parts.database);
  const answers: T[] = [];
  await inOneStep(parts.database, async trx => {
    answers.length = 0;
    await followChanges(parts, trx);
    answers.push(await read(trx));
    throw new NothingKept();
  }).catch((error: unknown) => {
    if (!(error instanceof NothingKept)) throw error;
  });
  return answers[0] as T;
}

class NothingKept extends Error {}

/** The case's row, with every change seen, inside the caller's step. */
export async function followedRow(
  parts: PortalParts,
  trx: Database,
  application: CertificateApplication,
): Promise<DeskRow> {
  const row = await nextRow(parts, trx, application);
  await keepDeskRow(trx, row);
  await noteFollowed(trx, application.caseId);
  return row;
}

async function followChanges(parts: PortalParts, trx: Database): Promise<number> {
  const changed = await unfollowed(trx, batch);
  for (const application of changed) await followedRow(parts, trx, application);
  return changed.length;
}

async function nextRow(parts: PortalParts, trx: Database, application: CertificateApplication): Promise<DeskRow> {
  const { caseId, submittedAt, changedAt, profile } = application;
  const before = await deskRowOf(trx, caseId);
  const stage = stageOf(application);
  const isSame = before?.stage === stage;
  const claim = isSame
    ? { claimedBy: before.claimedBy, claimedUntil: before.claimedUntil }
    : { claimedBy: null, claimedUntil: null };
  const clock = isSame ? { dueAt: before.dueAt, timeLeft: before.timeLeft } : clockOf(parts, stage, before, changedAt);
  const searchText = await searchTextOf(parts, trx, application);
  return { caseId, stage, submittedAt, changedAt, ...clock, ...claim, profile, searchText };
}

/** The applicant is waited for where something was returned, and until the mailbox is proved. */
export function stageOf({ state, mailboxProvedAt }: CertificateApplication): DeskStage {
  switch (state) {
    case 'submitted':
    case 'inReview':
      return mailboxProvedAt === null ? 'applicant' : 'open';
    case 'draft':
    case 'returned':
      return 'applicant';
    case 'approved':
    case 'rejected':
    case 'withdrawn':
    case 'issued':
    case 'delivered':
      return 'done';
  }
}

function clockOf(
  { policies }: Pick<PortalParts, 'policies'>,
  stage: DeskStage,
  before: DeskRow | null,
  at: number,
): Pick<DeskRow, 'dueAt' | 'timeLeft'> {
  const { desk } = policies.schedule;
  const left =
    before === null
      ? desk.reviewWithin
      : before.dueAt === null
        ? (before.timeLeft ?? 0)
        : workingTimeBetween(at, before.dueAt, desk);
  if (stage !== 'open') return { dueAt: null, timeLeft: left };
  return { dueAt: left > 0 ? addWorkingTime(at, left, desk) : at + left, timeLeft: null };
}

/** Names and numbers, each folded; the certificate's serial number once there is one. */
async function searchTextOf(
  { policies }: Pick<PortalParts, 'policies'>,
  trx: Database,
  { caseId, claim, state }: CertificateApplication,
): Promise<string> {
  const isIssued = state === 'issued' || state === 'delivered';
  const certificate = isIssued ? await openStore(trx).certificates.ofCase(caseId) : undefined;
  const { kanjiName, kanaName, romanName, organisationName, corporateNumber, mailbox } = claim;
  return [caseId, kanjiName, kanaName, romanName, organisationName, corporateNumber, mailbox]
    .concat(certificate?.serialNumber ?? [])
    .map(text => foldForSearch(text, policies))
    .join(' ');
}
