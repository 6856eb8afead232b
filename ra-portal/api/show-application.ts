import type { CaseEvent } from '../store/timeline.ts';
import type { PortalParts } from '../parts.ts';
import { standingOf } from '../applications/standing.ts';
import { findApplication } from '../store/applications.ts';
import { memberApplicationOf } from '../store/member-applications.ts';
import type { ApplicationLine } from '../store/organisation.ts';
import { remarksOf } from '../store/reviews.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { isoTime, isoTimeOrNull } from './times.ts';

export const showLine = ({ submittedAt, changedAt, ...line }: ApplicationLine): object => ({
  ...line,
  submittedAt: isoTime(submittedAt),
  changedAt: isoTime(changedAt),
});

/** One application as its organisation sees it. Throws applicationUnknown. */
export async function showApplication({ database, ca }: PortalParts, caseId: string): Promise<object> {
  const application = await findApplication(database, caseId);
  if (application === null) throw new PkiError('applicationUnknown');
  const { claim, profile, decision, mailboxProvedAt, submittedAt, changedAt } = application;
  const { state, certificate, delivery, refusal } = await standingOf(ca, application);
  const member = await memberApplicationOf(database, caseId);
  return {
    caseId,
    state,
    profile,
    ...claim,
    roleName: claim.roleName ?? null,
    licence: claim.licence ?? null,
    submittedAt: isoTime(submittedAt),
    changedAt: isoTime(changedAt),
    writtenBy: member === null ? 'applicant' : 'organisation',
    takenOverAt: isoTimeOrNull(member?.takenOverAt),
    mailboxProvedAt: isoTimeOrNull(mailboxProvedAt),
    decision,
    remarks: state === 'returned' ? await remarksOf(database, caseId) : [],
    refusal: refusal?.code ?? null,
    serialNumber: certificate?.serialNumber ?? null,
    pickedUpAt: isoTimeOrNull(delivery?.pickedUpAt),
  };
}

/** What of a case's events is the organisation's to know: its course, not who of the officers did what in it. */
const actorsOf: Readonly<Record<string, 'applicant' | 'organisation' | 'officer' | 'platform'>> = {
  'application.submitted': 'applicant',
  'application.submittedByLra': 'organisation',
  'application.takenOver': 'applicant',
  'application.memberInvited': 'organisation',
  'application.corrected': 'applicant',
  'application.withdrawn': 'applicant',
  'application.returned': 'officer',
  'application.rejected': 'officer',
  'document.addedByLra': 'organisation',
  'mailbox.codeSent': 'platform',
  'mailbox.proved': 'applicant',
  'certificate.issued': 'platform',
  'certificate.revoked': 'platform',
  'certificate.released': 'platform',
  'revocation.asked': 'applicant',
  'revocation.askedByLra': 'organisation',
  'order.refused': 'platform',
  'key.pickedUp': 'applicant',
};

/** Some steps are the applicant's, or the desk's in the applicant's stead: the actor tells. */
export const showEvents = (events: readonly CaseEvent[]): readonly object[] =>
  events.flatMap(({ event: { at, action, actor } }) => {
    const usual = actorsOf[action];
    if (usual === undefined) return [];
    return [
      {
        at: isoTime(at),
        action,
        by: usual === 'applicant' && actor !== 'applicant' && actor !== 'subscriber' ? 'organisation' : usual,
      },
    ];
  });
