import { randomBytes } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { addApplication, submittedBefore } from '../store/applications.ts';
import { inOneStep } from '../store/database.ts';
import { rememberDevice } from '../store/known-devices.ts';
import { addRegisterRecords } from '../store/reviews.ts';
import { dropDraft } from '../store/drafts.ts';
import { beginSession } from '../store/sessions.ts';
import { moveUploads } from '../uploads/take-upload.ts';
import type { Language } from '../words/language.ts';
import type { CertificateApplication } from './application.ts';
import { drawAccessCode, drawReceptionNumber, hashAccessCode } from './codes.ts';
import { postMailboxCode } from './mailbox-proof.ts';
import { previewOf } from './preview.ts';
import type { FieldMistake, FormText } from './form-text.ts';
import { isMistakes, readForm } from './read-form.ts';
import { readSubjectKey } from './read-key.ts';

/** What an applicant is told once and never again. */
export interface Received {
  readonly caseId: string;
  readonly accessCode: string;
  readonly mailbox: string;
  /** Until when the mailed code counts. */
  readonly codeUntil: number;
  readonly keyFrom: 'server' | 'csr';
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
  const subjectKey = readSubjectKey(text, { profile: form.profile, policies: parts.policies }, 'withSealTo');
  if (isMistakes(subjectKey)) return subjectKey;
  const preview = await previewOf(parts, form);
  if (preview.mistakes.length > 0) return preview.mistakes;
  const at = parts.clock.now();
  const application: CertificateApplication = {
    caseId: drawReceptionNumber(at),
    state: 'submitted',
    language,
    profile: form.profile.name,
    claim: form.claim,
    subjectKey,
    typed: form.typed,
    mailboxProvedAt: null,
    decision: null,
    documentDigest: null,
    submittedAt: at,
    changedAt: at,
  };
  const received = await record(parts, {
    application,
    register: preview.register,
    submissionId: text.submissionId,
    draftId,
  });
  parts.sendLetters();
  return received;
}

interface Submission {
  readonly application: CertificateApplication;
  readonly register: Awaited<ReturnType<typeof previewOf>>['register'];
  readonly submissionId: string;
  readonly draftId: string | null;
}

async function record(
  parts: PortalParts,
  { application, register, submissionId, draftId }: Submission,
): Promise<Received> {
  const accessCode = drawAccessCode();
  const hash = await hashAccessCode(accessCode);
  const { caseId, submittedAt: at, claim, subjectKey, profile } = application;
  return inOneStep(parts.database, async trx => {
    if (submissionId !== '' && (await submittedBefore(trx, submissionId))) throw new PkiError('orderTwice');
    const id = submissionId === '' ? randomBytes(16).toString('hex') : submissionId;
    await addApplication(trx, application, { submissionId: id.slice(0, 64), accessCode: hash });
    await addRegisterRecords(trx, caseId, { records: register, at });
    if (draftId !== null) {
      await moveUploads(trx, parts, { from: draftId, to: caseId });
      await dropDraft(trx, draftId);
    }
    const codeUntil = await postMailboxCode(trx, application, { ...parts, at });
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
