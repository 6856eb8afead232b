/** What officers see of a renewal: the certificate before, what differs, and what was seen then and still counts. */
import { PkiError } from '../../ca-core/errors.ts';
import {
  checkIdentity,
  type CertificateProfile,
  type CertificateRow,
  type Claim,
  type IdentityDocument,
} from '../../ca-core/index.ts';
import type { CertificateApplication } from '../applications/application.ts';
import type { AtWork } from '../officer/at-work.ts';
import { changeCase } from '../officer/change-case.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication } from '../store/applications.ts';
import { renewedBy } from '../store/renewals.ts';
import { addEvidence, editorsOf, evidenceOf, type KeptEvidence } from '../store/reviews.ts';

const day = 86_400;

export interface FormerCase {
  readonly caseId: string;
  readonly certificate: CertificateRow | null;
  readonly differences: readonly Difference[];
  readonly evidence: readonly FormerEvidence[];
}

/** A field of the claim, or the profile, as it was and as it is; empty where it did not stand there. */
export interface Difference {
  readonly field: string;
  readonly before: string;
  readonly now: string;
}

export interface FormerEvidence extends KeptEvidence {
  /** Unix seconds up to which the policy lets it count again for this kind of certificate. */
  readonly countsUntil: number;
  /** It stands in this case already. */
  readonly isTaken: boolean;
}

/** Null where the application renews nothing, or what it renews is erased. */
export async function formerCase(
  parts: PortalParts,
  application: CertificateApplication,
  profile: CertificateProfile,
): Promise<FormerCase | null> {
  const { database, ca } = parts;
  const renews = await renewedBy(database, application.caseId);
  const former = renews === null ? null : await findApplication(database, renews);
  if (former === null || former.claim.mailbox === '') return null;
  return {
    caseId: former.caseId,
    certificate: (await ca.certificates.ofCase(former.caseId)) ?? null,
    differences: differencesOf(former, application),
    evidence: await evidenceThatCounts(parts, { former, application, profile }),
  };
}

interface Renewal {
  readonly former: CertificateApplication;
  readonly application: CertificateApplication;
  readonly profile: CertificateProfile;
}

async function evidenceThatCounts(
  parts: PortalParts,
  { former, application, profile }: Renewal,
): Promise<readonly FormerEvidence[]> {
  const { database } = parts;
  const changed = new Set(differencesOf(former, application).map(({ field }) => field));
  const ground = { parts, profile, changed, editors: await editorsOf(database, former.caseId) };
  const taken = new Set((await evidenceOf(database, application.caseId)).map(({ record }) => JSON.stringify(record)));
  return (await evidenceOf(database, former.caseId)).flatMap(one => {
    const countsUntil = reusableUntil(ground, one);
    return countsUntil === null ? [] : [{ ...one, countsUntil, isTaken: taken.has(JSON.stringify(one.record)) }];
  });
}

export function differencesOf(former: CertificateApplication, now: CertificateApplication): readonly Difference[] {
  const fields = new Set([...Object.keys(former.claim), ...Object.keys(now.claim)] as (keyof Claim)[]);
  const ofClaim = [...fields].map(field => ({ field, before: former.claim[field] ?? '', now: now.claim[field] ?? '' }));
  const all = [{ field: 'profile', before: former.profile, now: now.profile }, ...ofClaim];
  return all.filter(one => one.before !== one.now);
}

interface ReuseGround {
  readonly parts: PortalParts;
  readonly profile: CertificateProfile;
  /** Fields of the claim that are not what they were. */
  readonly changed: ReadonlySet<string>;
  /** Who typed or attested the former case: what an LRA saw stood there by its attestation, and counts nowhere else. */
  readonly editors: readonly string[];
}

/** What a look proves; where one of these is another now, it proves nothing any more. */
const proved: Readonly<Record<IdentityDocument['proves'], readonly (keyof Claim)[]>> = {
  identity: ['kanjiName'],
  affiliation: ['kanjiName', 'corporateNumber'],
  role: ['kanjiName', 'corporateNumber', 'roleName'],
  licence: ['kanjiName', 'licence'],
  mailDomain: ['corporateNumber', 'mailbox'],
  mailbox: ['mailbox'],
};

/**
 * Null for what an officer could not record in this case, what was refused, what proves something else by now, and what is
 * too old for the policy: domains 398 days, persons and organisations 825 as shipped. The CA core counts the same days
 * again before it signs.
 */
function reusableUntil(
  { parts: { policies, clock }, profile, changed, editors }: ReuseGround,
  { record }: KeptEvidence,
): number | null {
  const now = clock.now();
  const document = policies.identity.documents.find(({ id }) => id === record.document);
  if (document === undefined || proved[document.proves].some(field => changed.has(field))) return null;
  if (editors.includes(record.seenBy)) return null;
  const check = profile.checks?.[document.proves] ?? null;
  if (check === null || record.result !== 'accepted') return null;
  const claim = { kanjiName: '', kanaName: '', romanName: '', corporateNumber: '', organisationName: '', mailbox: '' };
  const input = { claim, evidence: [record], register: { nta: null, robins: null }, confirmedVariations: [] };
  const isWrong = checkIdentity(profile, input, policies, now).some(({ field }) => field.startsWith('evidence.0.'));
  const until = record.seenAt + check.maxAgeDays * day;
  return isWrong || until <= now ? null : until;
}

/** Lets one look at the former case count in this one, as it was recorded then. Throws documentUnknown. */
export async function takeFormerEvidence(parts: PortalParts, atWork: AtWork, id: string): Promise<void> {
  await changeCase(parts, atWork, {
    action: 'evidence.reused',
    details: { evidence: id },
    change: async (trx, application, at) => {
      const profile = parts.policies.profiles.get(application.profile);
      const renews = await renewedBy(trx, application.caseId);
      const former = renews === null ? null : await findApplication(trx, renews);
      if (former === null || profile === undefined) throw new PkiError('documentUnknown');
      const counting = await evidenceThatCounts({ ...parts, database: trx }, { former, application, profile });
      const found = counting.find(one => one.id === id);
      if (found === undefined || found.isTaken) throw new PkiError('documentUnknown');
      await addEvidence(trx, application.caseId, { record: found.record, at });
      return {};
    },
  });
}
