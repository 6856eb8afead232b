import type { CertificateProfile, ProfileKind } from '../profiles/profile.ts';
import type { Policies } from '../profiles/read-policies.ts';
import type { SigningKeyAlgorithm } from '../keys/key-store.ts';
import type { NameAttribute } from '../x509/name.ts';

/** The one profile of a kind; readPolicies has seen to it that there is one. */
export function caProfile(policies: Policies, kind: ProfileKind): CertificateProfile {
  const profile = [...policies.profiles.values()].find(one => one.kind === kind);
  if (profile === undefined) throw new Error(`policies/profiles has no profile of kind ${kind}`);
  return profile;
}

export interface CaIdentity {
  readonly subject: readonly NameAttribute[];
  readonly algorithm: SigningKeyAlgorithm;
  readonly validityDays: number;
}

/** The profile as it is for one CA of a plan: lint then holds the certificate to that name, key and length. */
export function profileFor(profile: CertificateProfile, { subject, algorithm, validityDays }: CaIdentity) {
  const keys = profile.keys.filter(key => key === algorithm);
  return { ...profile, subject: [...subject], keys, validityDays };
}

/**
 * For a new root's key under an old root (RFC 5280 §3.2): as an issuing CA's certificate, but the new root's issuing CAs
 * may follow.
 */
export function crossProfile(policies: Policies, identity: CaIdentity): CertificateProfile {
  const issuing = profileFor(caProfile(policies, 'issuingCa'), identity);
  return { ...issuing, basicConstraints: { ca: true, pathLength: 1 } };
}
