/** The demo's case with one part of it changed, and what the identity check finds in it. */
import type { Claim } from '../../../ca-core/approvals/documents.ts';
import type { EvidenceRecord, NtaRecord, RobinsRecord } from '../../../ca-core/approvals/evidence.ts';
import { checkIdentity, type IdentityInput } from '../../../ca-core/profiles/check-identity.ts';
import { demoCase, demoClaim, demoNumber, now, ntaOf, policies, profileOf, robinsOf } from '../../support/demo-case.ts';

export const day = 86_400;
/** What `checkIdentity` finds in the demo's case with these parts of it replaced, as `registerMismatch nta.address`. */
export const found = (input: Partial<IdentityInput>, at = now, profile = 'jcan-classic'): string[] =>
  checkIdentity(profileOf(profile), { ...demoCase, ...input }, policies, at).map(
    ({ rule, field }) => `${rule} ${field}`,
  );

/** The demo's case, its record changed. */
export const nta = (change: Partial<NtaRecord>): Partial<IdentityInput> => ({
  register: { ...demoCase.register, nta: { ...ntaOf(demoNumber), ...change } },
});
export const robins = (change: Partial<RobinsRecord>): Partial<IdentityInput> => ({
  register: { ...demoCase.register, robins: { ...robinsOf(demoNumber), ...change } },
});
export const evidence = (...records: readonly EvidenceRecord[]): Partial<IdentityInput> => ({ evidence: records });
export const claim = (change: Partial<Claim>): Partial<IdentityInput> => ({ claim: { ...demoClaim, ...change } });
