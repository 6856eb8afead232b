import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent, type RegisterRecords } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication, keepApplication } from '../store/applications.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { addRegisterRecords, forgetVariations } from '../store/reviews.ts';
import type { CertificateApplication } from './application.ts';
import { postMailboxCode } from './mailbox-proof.ts';
import { previewOf } from './preview.ts';
import type { FieldMistake, FormText } from './form-text.ts';
import { isMistakes, readForm, type ApplicationForm } from './read-form.ts';

/**
 * A returned application comes back changed. Its document and confirmed variations no longer count, and a new mailbox
 * has to be proved. Throws applicationUnknown, applicationState, registerUnavailable.
 */
export async function correct(
  parts: PortalParts,
  caseId: string,
  text: FormText,
): Promise<'corrected' | readonly FieldMistake[]> {
  const form = readForm(text, parts.policies);
  if (isMistakes(form)) return form;
  const { register, mistakes } = await previewOf(parts, form);
  if (mistakes.length > 0) return mistakes;
  const at = parts.clock.now();
  await inOneStep(parts.database, async trx => {
    const application = await takeCorrection(trx, caseId, { form, register, actor: 'applicant', at });
    if (application.mailboxProvedAt === null) await postMailboxCode(trx, application, { ...parts, at });
  });
  parts.sendLetters();
  return 'corrected';
}

export interface Correction {
  readonly form: ApplicationForm;
  readonly register: RegisterRecords;
  /** `applicant`, or the id of the LRA. */
  readonly actor: string;
  readonly at: number;
}

/**
 * Inside the caller's step, who writes to a mailbox that is to be proved anew. The application as it is now.
 * Throws applicationUnknown, applicationState.
 */
export async function takeCorrection(
  trx: Database,
  caseId: string,
  { form, register, actor, at }: Correction,
): Promise<CertificateApplication> {
  const before = await findApplication(trx, caseId);
  if (before === null) throw new PkiError('applicationUnknown');
  if (before.state !== 'returned') throw new PkiError('applicationState', { state: before.state });
  const sameMailbox = before.claim.mailbox === form.claim.mailbox;
  const application = {
    ...before,
    state: 'submitted' as const,
    profile: form.profile.name,
    claim: form.claim,
    typed: form.typed,
    mailboxProvedAt: sameMailbox ? before.mailboxProvedAt : null,
    documentDigest: null,
    changedAt: at,
  };
  await keepApplication(trx, application);
  await addRegisterRecords(trx, caseId, { records: register, at });
  await forgetVariations(trx, caseId);
  const event = { at, service: 'ra-portal', action: 'application.corrected', actor, subject: caseId };
  await noteEvent(trx, { ...event, details: {} });
  return application;
}
