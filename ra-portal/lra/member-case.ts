/** What an LRA still may do with an application that the organisation's desk wrote. Each step makes it an editor. */
import { randomBytes } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent } from '../../ca-core/index.ts';
import type { CertificateApplication } from '../applications/application.ts';
import { drawAccessCode, hashAccessCode } from '../applications/codes.ts';
import { takeCorrection } from '../applications/correct.ts';
import type { FieldMistake, FormText } from '../applications/form-text.ts';
import { postMailboxCode, waitAfterCode } from '../applications/mailbox-proof.ts';
import { isMistakes, readForm } from '../applications/read-form.ts';
import { withdraw, withdrawableStates } from '../applications/withdraw.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { findApplication, keepAccessCode, keepApplication } from '../store/applications.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { keepHandOverCode, memberApplicationOf } from '../store/member-applications.ts';
import { addEditor } from '../store/reviews.ts';
import { endSessionsOf } from '../store/sessions.ts';
import { takeUpload, type GivenUpload } from '../uploads/take-upload.ts';
import { memberPreview, withOrganisation } from './member-form.ts';

/**
 * An application of the LRA's own organisation that its desk wrote. Throws applicationUnknown (also another
 * organisation's), applicationState (its applicant wrote it, or it stands elsewhere than in `states`).
 */
export async function memberCase(
  { database }: Pick<PortalParts, 'database'>,
  lra: Person,
  { caseId, states }: { readonly caseId: string; readonly states: readonly string[] | 'any' },
): Promise<CertificateApplication> {
  const application = await findApplication(database, caseId);
  const isOwn = lra.organisation !== null && application?.claim.corporateNumber === lra.organisation;
  if (application === null || !isOwn) throw new PkiError('applicationUnknown');
  const isDesks = (await memberApplicationOf(database, caseId)) !== null;
  const { state } = application;
  const isThere = states === 'any' || states.includes(state);
  if (!isDesks || !isThere) throw new PkiError('applicationState', { state });
  return application;
}

/** A new code for the LRA to hand over; null where the member need not take over again. */
export interface Corrected {
  readonly handOverCode: string | null;
}

/**
 * A returned application comes back changed. Another mailbox is another pair of eyes: whoever reads it has to take the
 * application over anew, with a secret of their own. Throws what memberCase throws, and registerUnavailable.
 */
export async function correctForMember(
  parts: PortalParts,
  lra: Person,
  { caseId, text: typed }: { readonly caseId: string; readonly text: FormText },
): Promise<Corrected | readonly FieldMistake[]> {
  await memberCase(parts, lra, { caseId, states: ['returned'] });
  const form = readForm(await withOrganisation(parts, lra, typed), parts.policies);
  if (isMistakes(form)) return form;
  const { register, mistakes } = await memberPreview(parts, form);
  if (mistakes.length > 0) return mistakes;
  const at = parts.clock.now();
  const codes = await drawCodes();
  const corrected = await inOneStep(parts.database, async trx => {
    const application = await takeCorrection(trx, caseId, { form, register, actor: lra.id, at });
    await addEditor(trx, caseId, { editor: lra.mailbox, at });
    if (application.mailboxProvedAt !== null) return { handOverCode: null };
    await inviteMember(trx, parts, application, codes);
    return { handOverCode: codes.handOverCode };
  });
  parts.sendLetters();
  return corrected;
}

/** Lost letters and codes: new ones, those before count no more. Throws what memberCase throws, and tooManyAttempts. */
export async function inviteAgain(parts: PortalParts, lra: Person, caseId: string): Promise<string> {
  const { state } = await memberCase(parts, lra, { caseId, states: withdrawableStates });
  const codes = await drawCodes();
  await inOneStep(parts.database, async trx => {
    const application = await findApplication(trx, caseId);
    const isWaiting = (await memberApplicationOf(trx, caseId))?.takenOverAt === null;
    if (application === null || !isWaiting) throw new PkiError('applicationState', { state });
    await waitAfterCode(trx, parts, caseId);
    await inviteMember(trx, parts, application, codes);
    await noteStep(trx, lra, { action: 'application.memberInvited', caseId, at: parts.clock.now() });
  });
  parts.sendLetters();
  return codes.handOverCode;
}

/** Throws what memberCase and withdraw throw. */
export async function withdrawForMember(parts: PortalParts, lra: Person, caseId: string): Promise<void> {
  await memberCase(parts, lra, { caseId, states: withdrawableStates });
  await withdraw(parts, caseId, lra.id);
}

/** Throws what memberCase and takeUpload throw. */
export async function addDocumentForMember(
  parts: PortalParts,
  lra: Person,
  { caseId, ...given }: GivenUpload & { readonly caseId: string },
): Promise<void> {
  const { profile } = await memberCase(parts, lra, { caseId, states: withdrawableStates });
  await takeUpload(parts, caseId, { ...given, profile });
  const at = parts.clock.now();
  await inOneStep(parts.database, async trx => {
    await addEditor(trx, caseId, { editor: lra.mailbox, at });
    await noteStep(trx, lra, { action: 'document.addedByLra', caseId, at });
  });
}

interface Codes {
  readonly handOverCode: string;
  /** Scrypt hashes: of the code, and of an access code that nobody knows. */
  readonly handOver: string;
  readonly sealed: string;
}

/** Drawn before the step: hashing takes its time. */
async function drawCodes(): Promise<Codes> {
  const handOverCode = drawAccessCode();
  const sealed = await hashAccessCode(randomBytes(32).toString('hex'));
  return { handOverCode, handOver: await hashAccessCode(handOverCode), sealed };
}

/** What opened the application opens it no more; the letter and the new code do. */
async function inviteMember(
  trx: Database,
  parts: PortalParts,
  application: CertificateApplication,
  { handOver, sealed }: Codes,
): Promise<void> {
  const at = parts.clock.now();
  const { caseId, subjectKey } = application;
  const key = subjectKey.from === 'server' ? { ...subjectKey, sealTo: '' } : subjectKey;
  await keepApplication(trx, { ...application, subjectKey: key, documentDigest: null });
  await keepAccessCode(trx, caseId, sealed);
  await endSessionsOf(trx, { kind: 'applicant', subject: caseId }, at);
  await keepHandOverCode(trx, caseId, handOver);
  await postMailboxCode(trx, application, { ...parts, at, letter: 'takeOver' });
}

async function noteStep(
  trx: Database,
  lra: Person,
  { action, caseId, at }: { readonly action: string; readonly caseId: string; readonly at: number },
): Promise<void> {
  await noteEvent(trx, { at, service: 'ra-portal', action, actor: lra.id, subject: caseId, details: {} });
}
