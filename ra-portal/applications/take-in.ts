/** What every application begins with, whoever wrote it. */
import { randomBytes } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import type { RegisterRecords, SubjectKey } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { addApplication, submittedBefore } from '../store/applications.ts';
import type { Database } from '../store/database.ts';
import { dropDraft } from '../store/drafts.ts';
import { addRegisterRecords } from '../store/reviews.ts';
import { noteRenewal } from '../renewals/take-renewal.ts';
import { moveUploads } from '../uploads/take-upload.ts';
import type { Language } from '../words/language.ts';
import type { CertificateApplication } from './application.ts';
import { drawReceptionNumber } from './codes.ts';
import type { ApplicationForm } from './read-form.ts';

/** An application just submitted, with a reception number of its own. `at` in Unix seconds. */
export function newApplication(
  { profile, claim, typed }: ApplicationForm,
  { language, subjectKey, at }: { readonly language: Language; readonly subjectKey: SubjectKey; readonly at: number },
): CertificateApplication {
  return {
    caseId: drawReceptionNumber(at),
    state: 'submitted',
    language,
    profile: profile.name,
    claim,
    subjectKey,
    typed,
    mailboxProvedAt: null,
    decision: null,
    documentDigest: null,
    submittedAt: at,
    changedAt: at,
  };
}

export interface Submission {
  readonly application: CertificateApplication;
  readonly register: RegisterRecords;
  /** Drawn with the form, so that it counts once; empty for none. */
  readonly submissionId: string;
  /** The draft that becomes the application, with its uploads; null where it came whole. */
  readonly draftId: string | null;
}

/** Inside the caller's step. `accessCode` is a hash (codes.ts). Throws orderTwice for a form that came before. */
export async function takeIn(
  trx: Database,
  parts: Pick<PortalParts, 'uploadSeal'>,
  { application, register, submissionId, draftId }: Submission,
  accessCode: string,
): Promise<void> {
  const { caseId, submittedAt: at } = application;
  if (submissionId !== '' && (await submittedBefore(trx, submissionId))) throw new PkiError('orderTwice');
  const id = submissionId === '' ? randomBytes(16).toString('hex') : submissionId;
  await addApplication(trx, application, { submissionId: id.slice(0, 64), accessCode });
  await addRegisterRecords(trx, caseId, { records: register, at });
  if (draftId === null) return;
  await noteRenewal(trx, draftId, application);
  await moveUploads(trx, parts, { from: draftId, to: caseId });
  await dropDraft(trx, draftId);
}
