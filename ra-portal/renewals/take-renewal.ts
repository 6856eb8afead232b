/** What becomes of a renewal's draft when it is submitted. */
import type { CertificateApplication } from '../applications/application.ts';
import type { PortalParts } from '../parts.ts';
import type { Database } from '../store/database.ts';
import { addRenewal, draftOrigin } from '../store/renewals.ts';
import { findApplication } from '../store/applications.ts';

const day = 86_400;

/** Notes, inside the caller's step, which certificate an application renews; before the draft is dropped. */
export async function noteRenewal(
  trx: Database,
  draftId: string,
  { caseId, submittedAt: at }: CertificateApplication,
): Promise<void> {
  const { renews } = await draftOrigin(trx, draftId);
  if (renews !== null) await addRenewal(trx, { caseId, renews, at });
}

/**
 * When the mailbox of a renewal was proved, if that counts for it: the very mailbox of the former certificate, no longer
 * ago than the kind of certificate allows (S/MIME BR: 30 days). Null where a code must be mailed.
 */
export async function mailboxProvedBefore(
  trx: Database,
  { policies }: Pick<PortalParts, 'policies'>,
  { application, draftId }: { readonly application: CertificateApplication; readonly draftId: string | null },
): Promise<number | null> {
  const { renews, mailboxProvedAt } = draftId === null ? none : await draftOrigin(trx, draftId);
  const former = renews === null ? null : await findApplication(trx, renews);
  const age = policies.profiles.get(application.profile)?.checks?.mailbox?.maxAgeDays ?? 0;
  const isFresh = mailboxProvedAt !== null && mailboxProvedAt > application.submittedAt - age * day;
  return isFresh && former?.claim.mailbox === application.claim.mailbox ? mailboxProvedAt : null;
}

const none = { renews: null, mailboxProvedAt: null };
