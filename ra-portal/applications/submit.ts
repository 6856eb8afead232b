import { noteEvent, type SubjectKey } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { inOneStep } from '../store/database.ts';
import { rememberDevice } from '../store/known-devices.ts';
import { beginSession } from '../store/sessions.ts';
import { mailboxProvedBefore } from '../renewals/take-renewal.ts';
import type { Language } from '../words/language.ts';
import { drawAccessCode, hashAccessCode } from './codes.ts';
import { postMailboxCode } from './mailbox-proof.ts';
import { previewOf } from './preview.ts';
import type { FieldMistake, FormText } from './form-text.ts';
import { isMistakes, readForm } from './read-form.ts';
import { readUnblockedKey } from './own-key.ts';
import { newApplication, takeIn, type Submission } from './take-in.ts';

/** What an applicant is told once and never again. */
export interface Received {
  readonly caseId: string;
  readonly accessCode: string;
  readonly mailbox: string;
  /** Until when the mailed code counts; null where none was needed: a renewal whose mailbox was just proved. */
  readonly codeUntil: number | null;
  readonly keyFrom: SubjectKey['from'];
  /** Token of the session that opens the status page. */
  readonly session: string;
  /** Token by which the device is known that applied. */
  readonly device: string;
}

export interface Sending {
  readonly text: FormText;
  readonly language: Language;
  /** The draft that becomes the application, with its uploads; null where it came whole. */
  readonly draftId: string | null;
}

/**
 * Takes an application in: application, register records, mailbox code, letter, session and audit event in one step.
 * Throws registerUnavailable, orderTwice (the same form again).
 */
export async function submit(
  parts: PortalParts,
  { text, language, draftId }: Sending,
): Promise<Received | readonly FieldMistake[]> {
  const form = readForm(text, parts.policies);
  if (isMistakes(form)) return form;
  const subjectKey = await readUnblockedKey(parts, { text, profile: form.profile }, 'withSealTo');
  if (isMistakes(subjectKey)) return subjectKey;
  const preview = await previewOf(parts, form);
  if (preview.mistakes.length > 0) return preview.mistakes;
  const { register } = preview;
  const application = newApplication(form, { language, subjectKey, at: parts.clock.now() });
  const received = await record(parts, { application, register, submissionId: text.submissionId, draftId });
  parts.sendLetters();
  return received;
}

async function record(parts: PortalParts, submission: Submission): Promise<Received> {
  const accessCode = drawAccessCode();
  const hash = await hashAccessCode(accessCode);
  const { caseId, submittedAt: at, claim, subjectKey, profile } = submission.application;
  return inOneStep(parts.database, async trx => {
    const mailboxProvedAt = await mailboxProvedBefore(trx, parts, submission);
    const application = { ...submission.application, mailboxProvedAt };
    await takeIn(trx, parts, { ...submission, application }, hash);
    const codeUntil = mailboxProvedAt === null ? await postMailboxCode(trx, application, { ...parts, at }) : null;
    const session = await beginSession(trx, { kind: 'applicant', subject: caseId, means: 'accessCode', at });
    const device = await rememberDevice(trx, caseId, at);
    const details = { profile, keyFrom: subjectKey.from };
    await noteEvent(trx, {
      at,
      service: 'ra-portal',
      action: 'application.submitted',
      actor: 'applicant',
      subject: caseId,
      details,
    });
    return { caseId, accessCode, mailbox: claim.mailbox, codeUntil, keyFrom: subjectKey.from, session, device };
  });
}
