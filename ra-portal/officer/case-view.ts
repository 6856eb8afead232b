import { PkiError, type Violation } from '../../ca-core/errors.ts';
import { previewCertificate, type Verdict } from '../../ca-core/index.ts';
import { deskNoteOf, type DeskNote } from '../lra/desk-note.ts';
import { issuingCa, type PortalParts } from '../parts.ts';
import { equipmentOf, type Equipment } from '../people/authenticators.ts';
import type { Person } from '../people/person.ts';
import { formerCase, type FormerCase } from '../renewals/former-case.ts';
import { deskRowOf, type DeskRow } from '../store/desk.ts';
import { openHold, type LegalHold } from '../store/legal-holds.ts';
import { notesOf, remarksOf, type InternalNote, type KeptEvidence, type Remark } from '../store/reviews.ts';
import { caseEventsOf, type CaseEvent } from '../store/timeline.ts';
import { uploadsOf, type KeptUpload } from '../store/uploads.ts';
import { caseToken, type CaseToken } from '../tokens/case-token.ts';
import { caseFile, type CaseFile } from './case-file.ts';
import { isHeldByAnother } from './claim.ts';
import { readFollowed } from './follow-desk.ts';
import { markDifferences, type TextPart } from './mark-differences.ts';
import { memberNames } from './queue.ts';
import { workingTimeBetween } from './working-time.ts';

/** All that the page of one case shows. */
export interface CaseView extends CaseFile {
  readonly marks: Marks;
  readonly uploads: readonly KeptUpload[];
  readonly seen: readonly SeenEvidence[];
  readonly notes: readonly InternalNote[];
  readonly remarks: readonly Remark[];
  readonly events: readonly CaseEvent[];
  /** What lint will say; null while there are no names. */
  readonly lint: readonly Violation[] | null;
  readonly signedBy: readonly string[];
  readonly hold: Hold;
  /** The organisation that a closed one went over to. */
  readonly successor: { readonly corporateNumber: string; readonly name: string | null } | null;
  /** Where the organisation's desk applied for its member. */
  readonly desks: DeskNote | null;
  /** Of the officer who looks; null for an auditor. */
  readonly equipment: Equipment | null;
  readonly token: CaseToken;
  /** Why nothing of it is deleted; null where it goes when its time is over. */
  readonly legalHold: LegalHold | null;
  /** Where it renews a certificate. */
  readonly renewal: FormerCase | null;
  /** Names of officers by member id, and of the LRA who applied. */
  readonly people: ReadonlyMap<string, string>;
}

/** Texts with their differences, and the verdict they got, by `claim.organisationName`, `nta.address` and the like. */
export type Marks = Readonly<
  Record<string, { readonly parts: readonly TextPart[]; readonly verdict: Verdict['verdict'] }>
>;

export interface SeenEvidence extends KeptEvidence {
  /** Unix seconds after which it proves nothing more for this profile; null where the profile does not ask for it. */
  readonly countsUntil: number | null;
}

/** Who has the case, and how long it has. */
export interface Hold {
  readonly row: DeskRow | null;
  readonly holder: string | null;
  readonly isMine: boolean;
  readonly isAnothers: boolean;
  readonly left: number | null;
}

/** Throws applicationUnknown, profileUnknown. */
export async function caseView(parts: PortalParts, caseId: string, officer: Person): Promise<CaseView> {
  const { database, ca } = parts;
  const file = await caseFile(parts, caseId, officer);
  const desks = await deskNoteOf(parts, caseId);
  const members = await memberNames(database);
  const people = desks === null ? members : new Map([...members, [desks.appliedBy, desks.name]]);
  const digest = file.application.documentDigest;
  const signed = digest === null ? [] : await ca.approvals.of(digest);
  return {
    ...file,
    marks: marksOf(file.verdicts),
    uploads: await uploadsOf(database, caseId),
    seen: file.kept.map(kept => ({ ...kept, countsUntil: countsUntil(parts, file, kept) })),
    notes: await notesOf(database, caseId),
    remarks: await remarksOf(database, caseId),
    events: await caseEventsOf(database, caseId),
    lint: await lintOf(parts, file),
    signedBy: signed.map(({ memberId }) => people.get(memberId) ?? memberId),
    hold: await holdOf(parts, { caseId, officer, people }),
    successor: await successorOf(parts, file),
    desks,
    equipment: await equipmentOf(parts, officer.id),
    legalHold: await openHold(database, caseId),
    renewal: await formerCase(parts, file.application, file.profile),
    token: await caseToken(parts, file.application),
    people,
  };
}

/** ROBINS speaks against the NTA of address and prefecture; of everything else the claim speaks against a register. */
export function marksOf(verdicts: readonly Verdict[]): Marks {
  const marks: Record<string, Marks[string]> = {};
  for (const { field, source, verdict, claimed, registered } of verdicts) {
    const side = field === 'address' || field === 'stateOrProvince' ? 'robins' : 'claim';
    const pair =
      verdict === 'match'
        ? { claimed: [{ text: claimed, differs: false }], registered: [{ text: registered, differs: false }] }
        : markDifferences(claimed, registered);
    marks[`${source}.${field}`] = { parts: pair.registered, verdict };
    const before = marks[`${side}.${field}`];
    if (before === undefined || rank[verdict] > rank[before.verdict])
      marks[`${side}.${field}`] = { parts: pair.claimed, verdict };
  }
  return marks;
}

/** The worse of two verdicts is the one to look at. */
const rank: Readonly<Record<Verdict['verdict'], number>> = { match: 0, uncheckable: 1, variation: 2, mismatch: 3 };

function countsUntil({ policies }: PortalParts, { profile }: CaseFile, { record }: KeptEvidence): number | null {
  const document = policies.identity.documents.find(({ id }) => id === record.document);
  const check = document === undefined ? null : (profile.checks?.[document.proves] ?? null);
  return check === null ? null : record.seenAt + check.maxAgeDays * 86_400;
}

async function lintOf(parts: PortalParts, file: CaseFile): Promise<readonly Violation[] | null> {
  const { names, profile, application } = file;
  if (names === null || !file.open) return null;
  const { certificate } = await issuingCa(parts.ca);
  return previewCertificate({
    profile,
    names,
    subjectKey: application.subjectKey,
    issuer: certificate,
    publicationUrl: parts.settings.publicationUrl,
    now: parts.clock.now(),
  });
}

async function holdOf(
  parts: PortalParts,
  { caseId, officer, people }: { caseId: string; officer: Person; people: ReadonlyMap<string, string> },
): Promise<Hold> {
  const now = parts.clock.now();
  const row = await readFollowed(parts, database => deskRowOf(database, caseId));
  if (row === null) return { row, holder: null, isMine: false, isAnothers: false, left: null };
  const isHeld = row.claimedBy !== null && (row.claimedUntil ?? 0) > now;
  const { desk } = parts.policies.schedule;
  return {
    row,
    holder: isHeld ? (people.get(row.claimedBy) ?? row.claimedBy) : null,
    isMine: isHeld && row.claimedBy === officer.id,
    isAnothers: isHeldByAnother(row, officer, now),
    left: row.stage === 'done' ? null : row.dueAt === null ? row.timeLeft : workingTimeBetween(now, row.dueAt, desk),
  };
}

const noRecord = { closeDate: '', successorCorporateNumber: '' };

async function successorOf(parts: PortalParts, { register }: CaseFile): Promise<CaseView['successor']> {
  const { closeDate, successorCorporateNumber: corporateNumber } = register.nta ?? noRecord;
  if (closeDate === '' || corporateNumber === '') return null;
  try {
    const found = await parts.registers.nta.find(corporateNumber, parts.clock.now());
    return { corporateNumber, name: found?.name ?? null };
  } catch (error) {
    // The register may be away: its number is still worth showing.
    if (error instanceof PkiError) return { corporateNumber, name: null };
    throw error;
  }
}
