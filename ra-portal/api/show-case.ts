import type { CaseView } from '../officer/case-view.ts';
import { isoTime, isoTimeOrNull } from './times.ts';

/** What an officer's program sees of a case: no internal notes, and no files. */
export function showCase(view: CaseView): object {
  const { application, standing, register, verdicts, variations, violations, names, lint, hold, own } = view;
  const { caseId, profile, claim, typed, mailboxProvedAt, submittedAt, changedAt } = application;
  const { row, holder, left } = hold;
  return {
    caseId,
    state: standing.state,
    profile,
    submittedAt: isoTime(submittedAt),
    changedAt: isoTime(changedAt),
    claim,
    typed,
    mailboxProvedAt: isoTimeOrNull(mailboxProvedAt),
    evidence: view.kept.map(showEvidence),
    register,
    verdicts,
    confirmedVariations: variations,
    missing: violations,
    preview: { subject: names?.subjectText ?? null, lint },
    signatures: view.signatures === null ? null : { ...view.signatures, by: view.signedBy },
    isOwn: own,
    timeLeft: left,
    holder,
    claimedUntil: holder === null ? null : isoTimeOrNull(row?.claimedUntil),
  };
}

const showEvidence = ({ id, record }: CaseView['kept'][number]): object => ({
  id,
  ...record,
  validUntil: isoTimeOrNull(record.validUntil),
  seenAt: isoTime(record.seenAt),
});
