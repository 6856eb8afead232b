import type { IdentityDocument, IdentityMethod, Policies } from '../../ca-core/index.ts';
import type { KeptUpload } from '../store/uploads.ts';

/** One thing that a profile wants shown, and the documents that show it and may be sent as a picture. */
export interface WantedDocuments {
  readonly proves: 'identity' | 'affiliation' | 'role' | 'licence';
  readonly documents: readonly IdentityDocument[];
}

/**
 * What an applicant for this profile may send today, by the profile's checks and the dates of the methods. A licence is
 * optional, and looked up: it is asked for only where a picture of it would do.
 */
export function documentsFor(policies: Policies, profileName: string, now: number): readonly WantedDocuments[] {
  const checks = policies.profiles.get(profileName)?.checks ?? null;
  if (checks === null) return [];
  const accepted = methodsOn(policies, now);
  const isAccepted = (id: string): boolean => accepted.some(method => method.id === id);
  const sendable = policies.identity.documents.filter(({ methods }) =>
    methods.some(method => (method === 'image' || method === 'post') && isAccepted(method)),
  );
  return (['identity', 'affiliation', 'role', 'licence'] as const)
    .filter(proves => checks[proves] !== null)
    .map(proves => ({ proves, documents: sendable.filter(document => document.proves === proves) }))
    .filter(({ proves, documents }) => proves !== 'licence' || documents.length > 0);
}

/** The ways of seeing evidence that count today. */
export function methodsOn({ identity }: Pick<Policies, 'identity'>, now: number): readonly IdentityMethod[] {
  const today = new Date((now + 9 * 3600) * 1000).toISOString().slice(0, 10);
  return identity.methods.filter(
    ({ acceptedFrom, acceptedUntil }) =>
      (acceptedFrom === null || acceptedFrom <= today) && (acceptedUntil === null || today <= acceptedUntil),
  );
}

/** Identity takes one primary document or two others; everything else one. */
export function isShown({ proves, documents }: WantedDocuments, uploads: readonly KeptUpload[]): boolean {
  const sent = documents.filter(({ id }) => uploads.some(({ document }) => document === id));
  return proves === 'identity' ? sent.some(({ rank }) => rank === 'primary') || sent.length >= 2 : sent.length >= 1;
}
