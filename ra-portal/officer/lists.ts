/** Many cases under one signature: only those of one profile in which nothing is left to look at. */
import { PkiError } from '../../ca-core/errors.ts';
import {
  listRoot,
  mostInList,
  noteEvent,
  openStore,
  registerMatch,
  type CertificateProfile,
} from '../../ca-core/index.ts';
import { issuingCa, type PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { findApplication } from '../store/applications.ts';
import { inOneStep } from '../store/database.ts';
import { queuePage, type QueuedCase } from '../store/queue.ts';
import { isOwn } from './at-work.ts';
import { caseContent, type CaseContent } from './case-file.ts';
import { readFollowed } from './follow-desk.ts';
import { makeCaseDocument } from './make-document.ts';

/** A case that could be approved unseen, as the page shows it. */
export interface GreenCase {
  readonly caseId: string;
  readonly kanjiName: string;
  readonly organisationName: string;
  readonly mailbox: string;
  readonly subjectText: string;
  /** What was shown is what is meant: a case that changed since drops out. */
  readonly changedAt: number;
}

export interface ChosenCases {
  readonly profile: CertificateProfile;
  readonly cases: readonly Pick<GreenCase, 'caseId' | 'changedAt'>[];
  /** How many the officer says they are. */
  readonly typedCount: string;
}

export interface MadeList {
  readonly digest: string;
  readonly size: number;
  /** What is not green any more, or changed since it was shown. */
  readonly dropped: readonly string[];
}

/** How far into the queue green cases are looked for. */
const mostLookedAt = 1_000;

/** The first 200 green cases of a profile that nobody else has in hand, due first. */
export async function greenCases(
  parts: PortalParts,
  profile: CertificateProfile,
  officer: Person,
): Promise<readonly GreenCase[]> {
  const question = { text: '', profile: profile.name, officer: officer.id, now: parts.clock.now() };
  const page = { limit: mostLookedAt, offset: 0 };
  const queued = await readFollowed(parts, async database => [
    ...(await queuePage(database, { ...question, tab: 'mine' }, page)),
    ...(await queuePage(database, { ...question, tab: 'unassigned' }, page)),
  ]);
  const green: GreenCase[] = [];
  for (const row of queued) {
    const found = await greenOf(parts, row, officer);
    if (found !== null) green.push(found);
    if (green.length === mostInList) break;
  }
  return green;
}

/**
 * Writes the cases' documents and the list over them down for two officers to sign. Throws listInvalid where the number
 * typed is not the number chosen, where there are too many, or where nothing is left.
 */
export async function makeList(parts: PortalParts, officer: Person, chosen: ChosenCases): Promise<MadeList> {
  const { profile, cases, typedCount } = chosen;
  const isCounted =
    /^[0-9]{1,3}$/.test(typedCount.normalize('NFKC').trim()) && Number(typedCount.normalize('NFKC')) === cases.length;
  if (!isCounted || cases.length === 0 || cases.length > mostInList)
    throw new PkiError('listInvalid', { what: 'count' });
  const digests = new Map<string, string>();
  const dropped: string[] = [];
  for (const { caseId, changedAt } of cases) {
    const digest = await documentIfGreen(parts, officer, { caseId, changedAt, profile });
    if (digest === null) dropped.push(caseId);
    else digests.set(caseId, digest);
  }
  if (digests.size === 0) throw new PkiError('listInvalid', { what: 'empty' });
  return { ...(await putList(parts, officer, { profile, digests: [...digests.values()] })), dropped };
}

async function putList(
  parts: PortalParts,
  officer: Person,
  { profile, digests }: { profile: CertificateProfile; digests: readonly string[] },
): Promise<Omit<MadeList, 'dropped'>> {
  const at = parts.clock.now();
  return inOneStep(parts.database, async trx => {
    const ca = openStore(trx);
    const [size, root] = [digests.length, listRoot(digests)];
    const { name, hash } = profile;
    const issuer = (await issuingCa(ca)).id;
    const document = { kind: 'list', version: 1, ca: issuer, profile: { name, hash }, size, root } as const;
    const digest = await ca.documents.putList(document, digests, at);
    const what = { action: 'list.made', actor: officer.id, subject: digest };
    await noteEvent(trx, { at, service: 'ra-portal', ...what, details: { size: String(size) } });
    return { digest, size };
  });
}

async function documentIfGreen(
  parts: PortalParts,
  officer: Person,
  { caseId, changedAt, profile }: Pick<GreenCase, 'caseId' | 'changedAt'> & { profile: CertificateProfile },
): Promise<string | null> {
  const application = await findApplication(parts.database, caseId);
  if (application?.changedAt !== changedAt || application.profile !== profile.name) return null;
  const content = await caseContent(parts, parts.database, caseId);
  if (!isGreen(parts, content) || isOwn(application, officer)) return null;
  try {
    return await makeCaseDocument(parts, { caseId, officer });
  } catch (error) {
    // Held by another officer by now, closed, or older than it may be: it drops out, the others stay.
    if (error instanceof PkiError) return null;
    throw error;
  }
}

async function greenOf(parts: PortalParts, row: QueuedCase, officer: Person): Promise<GreenCase | null> {
  if (isOwn({ claim: row }, officer)) return null;
  const content = await caseContent(parts, parts.database, row.caseId);
  if (content.names === null || !isGreen(parts, content)) return null;
  const { kanjiName, organisationName, mailbox } = content.application.claim;
  const { subjectText } = content.names;
  return {
    caseId: row.caseId,
    kanjiName,
    organisationName,
    mailbox,
    subjectText,
    changedAt: content.application.changedAt,
  };
}

/** Nothing missing, every comparison 一致 as it stands, no evidence refused. */
function isGreen({ policies, clock }: PortalParts, content: CaseContent): boolean {
  const { application, register, violations, variations, evidence } = content;
  const { verdicts } = registerMatch({ claim: application.claim, register, policies, now: clock.now() });
  return (
    violations.length === 0 &&
    variations.length === 0 &&
    verdicts.every(({ verdict }) => verdict === 'match') &&
    evidence.every(({ result }) => result === 'accepted')
  );
}
