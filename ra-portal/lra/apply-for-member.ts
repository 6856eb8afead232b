import { randomBytes } from 'node:crypto';
import { noteEvent, type SubjectKey } from '../../ca-core/index.ts';
import { drawAccessCode, hashAccessCode } from '../applications/codes.ts';
import type { FieldMistake, FormText } from '../applications/form-text.ts';
import { postMailboxCode } from '../applications/mailbox-proof.ts';
import { isMistakes, readForm } from '../applications/read-form.ts';
import { readSubjectKey } from '../applications/read-key.ts';
import { newApplication, takeIn, type Submission } from '../applications/take-in.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { inOneStep } from '../store/database.ts';
import { addMemberApplication } from '../store/member-applications.ts';
import { addEditor } from '../store/reviews.ts';
import type { Language } from '../words/language.ts';
import { readIdentitySeen, type IdentitySeen, type SeenText } from './identity-seen.ts';
import { memberPreview, memberProfiles, mistakesOf, withOrganisation } from './member-form.ts';

export interface MemberSending {
  /** The applicant's form. Organisation, delivery and key are not the LRA's to choose: what stands there is overwritten. */
  readonly text: FormText;
  readonly seen: SeenText;
  /** Of the letters to the member. */
  readonly language: Language;
  /** The draft that becomes the application, with its uploads; null where it came whole. */
  readonly draftId: string | null;
}

/** What the LRA is told once and never again. */
export interface AppliedForMember {
  readonly caseId: string;
  /** Eight digits, for the member, by another way than the mail. Opens nothing once the member has taken over. */
  readonly handOverCode: string;
  /** Where the mailed code went, and until when it counts (Unix seconds). */
  readonly mailbox: string;
  readonly codeUntil: number;
}

/**
 * An LRA applies for one member of its own organisation. The member proves the mailbox and draws the secret afterwards
 * (take-over.ts): until then nobody has an access code, and no document can be made. The LRA counts as an editor, so that
 * no approval of theirs counts. Mistakes are at the fields of the form, `identityMethod` and `identitySeenOn`.
 * Throws notPermitted (no LRA), registerUnavailable, orderTwice.
 */
export async function applyForMember(
  parts: PortalParts,
  lra: Person,
  { text: typed, seen: seenText, language, draftId }: MemberSending,
): Promise<AppliedForMember | readonly FieldMistake[]> {
  const text = await withOrganisation(parts, lra, typed);
  const form = readForm(text, parts.policies);
  const seen = readIdentitySeen(parts, seenText);
  const subjectKey = isMistakes(form) ? [] : keyToCome(parts, text);
  if (isMistakes(form) || isMistakes(seen) || isMistakes(subjectKey)) return mistakesOf(form, subjectKey, seen);
  const { register, mistakes } = await memberPreview(parts, form);
  if (mistakes.length > 0) return mistakes;
  const application = newApplication(form, { language, subjectKey, at: parts.clock.now() });
  const submission = { application, register, submissionId: text.submissionId, draftId };
  const applied = await record(parts, lra, { submission, seen });
  parts.sendLetters();
  return applied;
}

/** The key is made by the CA core and sealed to a secret that the member's browser has yet to draw. */
export function keyToCome(parts: PortalParts, text: FormText): SubjectKey | readonly FieldMistake[] {
  const profile = memberProfiles(parts).find(({ name }) => name === text.profile);
  if (profile === undefined) return [{ rule: 'profileUnknown', field: 'profile' }];
  const key = readSubjectKey(text, { profile, policies: parts.policies }, 'beforeSealTo');
  return isMistakes(key) || key.from !== 'server' ? key : { ...key, sealTo: '' };
}

interface MemberSubmission {
  readonly submission: Submission;
  readonly seen: IdentitySeen;
}

async function record(
  parts: PortalParts,
  lra: Person,
  { submission, seen }: MemberSubmission,
): Promise<AppliedForMember> {
  const { application } = submission;
  const { caseId, submittedAt: at, claim, profile } = application;
  const handOverCode = drawAccessCode();
  const hash = await hashAccessCode(handOverCode);
  // Nobody knows what opens it: the member's own code is drawn when the member takes over.
  const sealed = await hashAccessCode(randomBytes(32).toString('hex'));
  return inOneStep(parts.database, async trx => {
    await takeIn(trx, parts, submission, sealed);
    const noted = { identityMethod: seen.method, identitySeenAt: seen.seenAt, notedAt: at };
    await addMemberApplication(trx, { caseId, appliedBy: lra.id, ...noted }, hash);
    await addEditor(trx, caseId, { editor: lra.mailbox, at });
    const codeUntil = await postMailboxCode(trx, application, { ...parts, at, letter: 'takeOver' });
    const event = { at, service: 'ra-portal', action: 'application.submittedByLra', actor: lra.id, subject: caseId };
    const seenOn = new Date((seen.seenAt + japan) * 1000).toISOString().slice(0, 10);
    await noteEvent(trx, { ...event, details: { profile, identityMethod: seen.method, identitySeenOn: seenOn } });
    return { caseId, handOverCode, mailbox: claim.mailbox, codeUntil };
  });
}

const japan = 9 * 3_600;
