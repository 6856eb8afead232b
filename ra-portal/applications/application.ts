import type { Claim, SubjectKey } from '../../ca-core/index.ts';
import type { Language } from '../words/language.ts';

/** Where an application stands. A `draft` has no reception number yet: store/drafts.ts keeps it. */
export const applicationStates = [
  'draft',
  'submitted',
  'inReview',
  'returned',
  'approved',
  'rejected',
  'withdrawn',
  'issued',
  'delivered',
] as const;
export type ApplicationState = (typeof applicationStates)[number];

/** The states in which officers may still change a case or make its document. */
export const openStates: readonly ApplicationState[] = ['submitted', 'inReview'];

export interface CertificateApplication {
  /** The reception number, `K26-XXXX-XXXX`. */
  readonly caseId: string;
  readonly state: ApplicationState;
  /** The language of the letters to the applicant. */
  readonly language: Language;
  readonly profile: string;
  readonly claim: Claim;
  readonly subjectKey: SubjectKey;
  /** Fields as they were typed, where that differs from the claim: full-width digits, other kana. */
  readonly typed: Readonly<Record<string, string>>;
  /** Unix seconds, or null while the mailbox is not proved. */
  readonly mailboxProvedAt: number | null;
  /** Why it was returned or rejected, last time. */
  readonly decision: { readonly reason: string; readonly note: string } | null;
  /** Digest of the document that stands for the case as it is now; null after every change. */
  readonly documentDigest: string | null;
  readonly submittedAt: number;
  readonly changedAt: number;
}
