import type { Claim } from '../approvals/documents.ts';
import type { EvidenceRecord, RegisterRecords } from '../approvals/evidence.ts';
import type { UnixTime } from '../clock.ts';
import type { Violation } from '../errors.ts';
import type { IdentityDocument, IdentityMethod, IdentityPolicy } from './policies.ts';
import type { CertificateProfile } from './profile.ts';
import type { Policies } from './read-policies.ts';
import { clockSkew, isGradeAccepted, mailDomainOf } from './register-match.ts';

export interface EvidenceInput {
  readonly claim: Claim;
  readonly evidence: readonly EvidenceRecord[];
  readonly register: RegisterRecords;
  readonly policies: Policies;
  readonly now: UnixTime;
  /** Member id of the LRA who attested it in a list; left out where it is not in one. */
  readonly attestedBy?: string;
}

/**
 * Whether what was seen is enough for the profile (its `checks`, policies/identity.yaml). Two kinds of violation:
 * fieldInvalid {evidence.N.…} for a record that must not stand there at all, and identityInsufficient
 * {mailbox|identity|affiliation|mailDomain|role|licence} where too little counts. What is refused, expired when it was seen, or seen
 * in a way that the policy did not accept that day, is kept but counts for nothing. In an attested list only the
 * attesting LRA speaks for the person, and only by what the policy lets an LRA record; officers speak there for a mail
 * domain alone, which is the organisation's.
 */
export function checkEvidence(profile: CertificateProfile, input: EvidenceInput): readonly Violation[] {
  const { evidence } = input;
  const faults = evidence.flatMap((record, index) => faultsOf(record, `evidence.${index}`, input));
  const { checks } = profile;
  if (checks === null) return faults;
  const missing = [
    checks.mailbox !== null && !isMailboxProven(profile, input, checks.mailbox) && 'mailbox',
    checks.identity !== null && !isPersonIdentified(input, checks.identity) && 'identity',
    checks.affiliation !== null && !isAffiliated(input, checks.affiliation) && 'affiliation',
    checks.mailDomain !== null && !isDomainOfOrganisation(profile, input, checks.mailDomain) && 'mailDomain',
    checks.role !== null && !isRoleConfirmed(input, checks.role) && 'role',
    !isLicenceProven(input, checks.licence) && 'licence',
  ].filter(field => field !== false);
  return [...faults, ...missing.map(field => ({ rule: 'identityInsufficient', field }))];
}

interface MaxAge {
  readonly maxAgeDays: number;
}

/**
 * The mailbox that will stand in the certificate, and no other, answered to the platform's code; or, in an attested list
 * and where the profile says so, its domain is the organisation's own.
 */
function isMailboxProven(profile: CertificateProfile, input: EvidenceInput, age: MaxAge): boolean {
  const domainAge = input.attestedBy === undefined ? null : (profile.bulk?.mailDomain ?? null);
  if (domainAge !== null && isDomainOfOrganisation(profile, input, domainAge)) return true;
  return counting(input, 'mailbox', age).some(({ record }) => record.number === input.claim.mailbox);
}

/** One primary document with a photo, or two others that are not of the same kind. */
function isPersonIdentified(input: EvidenceInput, age: MaxAge): boolean {
  const seen = counting(input, 'identity', age).map(({ document }) => document);
  const others = new Set(seen.filter(document => document.rank === 'secondary').map(document => document.id));
  return seen.some(document => document.rank === 'primary') || others.size >= 2;
}

function isAffiliated(input: EvidenceInput, age: MaxAge): boolean {
  return counting(input, 'affiliation', age).length > 0;
}

/**
 * The mailbox's domain belongs to the organisation: ROBINS lists it with an accepted grade (where the profile asks
 * ROBINS), or an officer has seen control of it. A subdomain must be listed itself.
 */
function isDomainOfOrganisation(profile: CertificateProfile, input: EvidenceInput, age: MaxAge): boolean {
  const { claim, register, policies } = input;
  const domain = mailDomainOf(claim.mailbox);
  const robins = profile.registers.includes('robins') ? register.robins : null;
  const isListed =
    robins !== null &&
    isGradeAccepted(robins, 'mailDomains', policies) &&
    robins.mailDomains.some(listed => listed.toLowerCase() === domain);
  return isListed || counting(input, 'mailDomain', age).some(({ record }) => record.number.toLowerCase() === domain);
}

/** The organisation spoke of the very role, or of the mailbox where no role is named. */
function isRoleConfirmed(input: EvidenceInput, age: MaxAge): boolean {
  const { roleName, mailbox } = input.claim;
  return counting(input, 'role', age).some(({ record }) => record.number === (roleName ?? mailbox));
}

/** A licence that nobody names needs no proof; one that a profile does not check proves nothing. */
function isLicenceProven(input: EvidenceInput, age: MaxAge | null): boolean {
  const { licence } = input.claim;
  if (licence === undefined) return true;
  return age !== null && counting(input, 'licence', age).some(({ record }) => record.number === licence);
}

interface CountingRecord {
  readonly record: EvidenceRecord;
  readonly document: IdentityDocument;
}

/** The records that count as proof of one thing, with what the policy says of them. */
function counting(
  input: EvidenceInput,
  proves: IdentityDocument['proves'],
  { maxAgeDays }: MaxAge,
): readonly CountingRecord[] {
  const { evidence, policies, now } = input;
  return evidence.flatMap(record => {
    const { document, method } = termsOf(record, policies.identity);
    const counts =
      document?.proves === proves &&
      method !== undefined &&
      document.methods.includes(method.id) &&
      isAcceptedOn(method, record.seenAt) &&
      record.result === 'accepted' &&
      record.seenAt >= now - maxAgeDays * 86_400 &&
      (record.validUntil === null || record.validUntil >= record.seenAt);
    return counts && faultsOf(record, '', input).length === 0 ? [{ record, document }] : [];
  });
}

/** What must not stand in a record, whether or not it is needed. */
function faultsOf(record: EvidenceRecord, path: string, input: EvidenceInput): Violation[] {
  const { document, method } = termsOf(record, input.policies.identity);
  const faults = [
    method === undefined && 'method',
    document === undefined && 'document',
    // The number itself is never repeated in a violation: it may be one that must not be kept.
    document !== undefined && !isNumberAllowed(document, record) && 'number',
    record.seenAt > input.now + clockSkew && 'seenAt',
    method !== undefined && !mayRecord(record, { method, document, attestedBy: input.attestedBy }) && 'seenBy',
  ].filter(field => field !== false);
  return faults.map(field => ({ rule: 'fieldInvalid', field: `${path}.${field}` }));
}

interface Recording {
  readonly method: IdentityMethod;
  readonly document: IdentityDocument | undefined;
  readonly attestedBy: string | undefined;
}

/** Whether the one who saw it may have. That `seenBy` is who it says is judged beside the roll. */
function mayRecord({ seenBy }: EvidenceRecord, { method, document, attestedBy }: Recording): boolean {
  if (seenBy === 'mailbox-proof') return method.recordedBy.includes('platform');
  if (attestedBy === undefined) return method.recordedBy.includes('officer');
  const isOfPerson = document?.proves === 'identity' || document?.proves === 'affiliation';
  if (seenBy === attestedBy) return method.recordedBy.includes('lra') && isOfPerson;
  return method.recordedBy.includes('officer') && document?.proves === 'mailDomain';
}

function isNumberAllowed({ number }: IdentityDocument, record: EvidenceRecord): boolean {
  switch (number) {
    case 'kept':
      return true;
    case 'masked':
      return /^[*＊-]*[^*＊]{0,3}$/u.test(record.number);
    case 'never':
      return record.number === '' && !/[0-9０-９]{12}/u.test(record.issuer);
    case 'mailbox':
      return record.number.includes('@');
    case 'domain':
      return /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/.test(record.number);
    case 'role':
      return record.number.trim() !== '';
    case 'licence':
      return /^[A-Z][A-Z0-9]*-[0-9]+$/.test(record.number);
  }
}

const jst = 9 * 3600;

/** Whole days in Japan, both ends inclusive. */
function isAcceptedOn({ acceptedFrom, acceptedUntil }: IdentityMethod, seenAt: UnixTime): boolean {
  const day = new Date((seenAt + jst) * 1000).toISOString().slice(0, 10);
  return (acceptedFrom === null || acceptedFrom <= day) && (acceptedUntil === null || day <= acceptedUntil);
}

function termsOf(
  record: EvidenceRecord,
  { documents, methods }: IdentityPolicy,
): { readonly document: IdentityDocument | undefined; readonly method: IdentityMethod | undefined } {
  return {
    document: documents.find(document => document.id === record.document),
    method: methods.find(method => method.id === record.method),
  };
}
