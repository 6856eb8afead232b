/** Whether a row, read without fault, would pass the CA core: asked of the very functions that it asks itself. */
import type { Violation } from '../../ca-core/errors.ts';
import { checkIdentity, subjectOf, type Claim, type EvidenceRecord, type SubjectNames } from '../../ca-core/index.ts';
import type { BulkFault, BulkRow, CheckedRow } from './bulk-row.ts';
import { bulkFields, type BulkField } from './columns.ts';
import { faultAt, isViolations } from './faults.ts';
import type { OrganisationStanding } from './organisation-standing.ts';
import type { ReadRow } from './read-row.ts';
import { renewedFrom, type CheckGround } from './check-ground.ts';

export interface RowGround {
  readonly ground: CheckGround;
  readonly standing: OrganisationStanding;
  /** False where a column is missing: then no row can be right, and that is said once. */
  readonly isWhole: boolean;
  /** What was asked before, by domain and evidence. */
  readonly verdicts: Map<string, readonly Violation[]>;
}

export function checkRow(read: ReadRow, rowGround: RowGround): CheckedRow {
  const { ground, standing } = rowGround;
  const { row, texts, typed, seen, placeOf } = read;
  const faults: BulkFault[] = [...read.faults];
  const isFaulty = (field: BulkField): boolean => faults.some(fault => fault.field === field);
  const say = (field: BulkField, rule: BulkFault['rule'], values: BulkFault['values'] = {}): void => {
    if (!isFaulty(field)) faults.push(faultAt(placeOf(field), rule, { values }));
  };
  const { corporateNumber = '', organisationName = '', mailbox = '' } = texts;
  if (corporateNumber !== '' && corporateNumber !== ground.organisation) {
    say('corporateNumber', 'organisationForeign', { organisation: ground.organisation });
  } else if (organisationName !== '' && !standing.isCalled(organisationName)) {
    say('organisationName', 'organisationNameDiffers', { organisation: standing.name });
  }
  if (mailbox !== '' && !standing.hasDomain(mailbox)) {
    say('mailbox', 'mailDomainForeign', { domains: standing.domains.join(', ') });
  }
  const held = ground.held.get(mailbox.toLowerCase());
  if (held !== undefined && held.notAfter === null) say('mailbox', 'applicationOpen', { caseId: held.caseId });
  else if (held !== undefined && (held.notAfter ?? 0) > ground.now + renewedFrom) {
    say('mailbox', 'certificateLive', { caseId: held.caseId });
  }
  const claim: Claim = {
    kanjiName: texts.kanjiName ?? '',
    kanaName: texts.kanaName ?? '',
    romanName: texts.romanName ?? '',
    corporateNumber: ground.organisation,
    organisationName: standing.name,
    mailbox,
  };
  const names = standing.isFit ? namesOf(claim, ground) : [];
  if (isViolations(names)) {
    for (const { rule, field, found } of names) {
      const own = bulkFields.find(name => name === field);
      if (own !== undefined && (texts[own] ?? '') !== '') say(own, ruleOfName(rule), limitIn(found));
    }
  }
  if (faults.length > 0 || isViolations(names) || !rowGround.isWhole) return { row, faults, bulkRow: null };
  const bulkRow: BulkRow = { row, reference: texts.reference ?? '', claim, typed, seen, names };
  const left = standing.isFit ? wouldRefuse(bulkRow, rowGround) : [];
  const refused = left.map(({ field }) => faultAt(placeOf(fieldBehind(field)), 'identityInsufficient', {}));
  return refused.length > 0 ? { row, faults: refused, bulkRow: null } : { row, faults: [], bulkRow };
}

function namesOf(claim: Claim, ground: CheckGround): SubjectNames | readonly Violation[] {
  return subjectOf(ground.profile, { claim, register: ground.register }, ground.policies);
}

/** A licence, a role: what no column of ours brings. */
function ruleOfName(rule: string): BulkFault['rule'] {
  return rule === 'nameTooLong' || rule === 'mailboxInvalid' || rule === 'nameCharacters' ? rule : 'fieldInvalid';
}

function limitIn(found: string | undefined): BulkFault['values'] {
  const limit = Number(found?.split(' > ')[1]);
  return Number.isInteger(limit) ? { limit } : {};
}

/**
 * The last word: what the CA core would still miss. Of the row it hangs on the mail domain and on what was seen, and is asked once for each of these.
 */
function wouldRefuse(row: BulkRow, { ground, verdicts }: RowGround): readonly Violation[] {
  const domain = row.claim.mailbox.slice(row.claim.mailbox.lastIndexOf('@'));
  const key = `${domain} ${row.seen.map(({ document, method, seenAt }) => `${document} ${method} ${seenAt}`).join()}`;
  const known = verdicts.get(key) ?? violationsOf(row, ground);
  if (verdicts.size < 10_000) verdicts.set(key, known);
  return known;
}

function violationsOf({ claim, seen }: BulkRow, ground: CheckGround): readonly Violation[] {
  const { profile, policies, now, register, confirmedVariations, domainEvidence, lra } = ground;
  const belongs = profile.checks?.affiliation == null ? [] : [{ ...affiliation, seenAt: now }];
  const said = [...seen, ...belongs].map((one): EvidenceRecord => ({
    ...one,
    issuer: '',
    number: '',
    validUntil: null,
    seenBy: lra,
    result: 'accepted',
  }));
  const domain = domainEvidence.get(claim.mailbox.slice(claim.mailbox.lastIndexOf('@') + 1));
  const evidence = domain === undefined ? said : [...said, domain];
  return checkIdentity(profile, { claim, evidence, register, confirmedVariations, attestedBy: lra }, policies, now);
}

/** The desk's attestation is the organisation's own statement that its people are its people. */
const affiliation = { document: 'employer-statement', method: 'affiliation' } as const;

const fieldBehind = (field: string): BulkField =>
  field === 'mailbox' || field === 'mailDomain' ? 'mailbox' : 'identityDocument';
