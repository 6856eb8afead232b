import type { CertificateApplication } from '../applications/application.ts';
import type { PortalParts } from '../parts.ts';
import { formerKeyOf, openJobOf, type StandingJob } from '../store/token-jobs.ts';
import { blankTokens, type UsbToken } from '../store/usb-tokens.ts';
import { isBackPossible } from './give-token.ts';
import { tokenAlgorithms, type TokenAlgorithm } from './token-algorithms.ts';
import { jobStateOf, type TokenJobState } from './token-job.ts';

/** What the page of a case says of the token on which its key is or could be made. */
export interface CaseToken {
  readonly job: (StandingJob & { readonly standing: TokenJobState }) | null;
  /** That could be given to it; none where its key cannot be on a token. */
  readonly blank: readonly UsbToken[];
  readonly algorithms: readonly TokenAlgorithm[];
  readonly isOffered: boolean;
  /** The key could come from where it was to come from before. */
  readonly mayGoBack: boolean;
}

const mostOffered = 300;

export async function caseToken(
  { database, policies }: Pick<PortalParts, 'database' | 'policies'>,
  { caseId, profile: name, subjectKey }: CertificateApplication,
): Promise<CaseToken> {
  const profile = policies.profiles.get(name);
  const isOffered = subjectKey.from !== 'csr' && profile?.deliveries.includes('token') === true;
  const job = await openJobOf(database, { caseId });
  const former = subjectKey.from === 'station' ? await formerKeyOf(database, caseId) : null;
  return {
    job: job && { ...job, standing: jobStateOf(job) },
    blank: isOffered ? await blankTokens(database, mostOffered) : [],
    algorithms: tokenAlgorithms.filter(algorithm => profile?.keys.includes(algorithm) === true),
    isOffered,
    mayGoBack: former !== null && isBackPossible(former) && (job === null || job.requestedAt === null),
  };
}
