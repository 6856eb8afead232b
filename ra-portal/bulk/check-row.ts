/** Whether a row, read without fault, would pass the CA core: asked of the very functions that it asks itself. */
import type { Violation } from '../../ca-core/errors.ts';
import { checkIdentity, subjectOf, type Claim, type SubjectNames } from '../../ca-core/index.ts';
import type { BulkFault, BulkRow, CheckedRow } from './bulk-row.ts';
import { bulkFields, type BulkField } from './columns.ts';
import { faultAt, isViolations } from './faults.ts';
import type { OrganisationStanding } from './organisation-standing.ts';
import type { ReadRow } from './read-row.ts';
import { renewedFrom, type CheckGround } from './check-ground.ts';

export interface RowGround {
  readonly ground: CheckGround;
  readonly standing: OrganisationStanding;
  /** What was asked before, by domain and evidence. */
  readonly verdicts: Map<string, readonly Violation[]>;
}

export function checkRow(read: ReadRow, rowGround: RowGround): CheckedRow {
  const { ground, standing } = rowGround;
  const { row, texts, typed, evidence, placeOf } = read;
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
  if (faults.length > 0 || isViolations(names)) return { row, faults, bulkRow: null };
  const bulkRow: BulkRow = { row, reference: texts.reference ?? '', claim, typed, evidence, names };
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
 * The last word: what the CA core would still miss, once officers have confirmed how the organisation is written. Of the
 * row it hangs on the mail domain and on what was seen, and is asked once for each of these.
 */
function wouldRefuse(row: BulkRow, { ground, standing, verdicts }: RowGround): readonly Violation[] {
  const domain = row.claim.mailbox.slice(row.claim.mailbox.lastIndexOf('@'));
  const key = `${domain} ${row.evidence.map(({ document, method, seenAt }) => `${document} ${method} ${seenAt}`).join()}`;
  const known = verdicts.get(key) ?? violationsOf(row, { ground, standing });
  if (verdicts.size < 10_000) verdicts.set(key, known);
  return known;
}

function violationsOf(
  { claim, evidence }: BulkRow,
  { ground, standing }: Omit<RowGround, 'verdicts'>,
): readonly Violation[] {
  const { profile, policies, now, register, lra, domainEvidence } = ground;
  const seen = [...evidence.map(record => ({ ...record, seenBy: lra })), ...domainEvidence];
  const input = {
    claim,
    evidence: seen,
    register,
    confirmedVariations: standing.variations.map(field => ({ field, confirmedBy: lra })),
    attestedBy: lra,
  };
  return checkIdentity(profile, input, policies, now);
}

const fieldBehind = (field: string): BulkField =>
  field === 'mailbox' || field === 'mailDomain' ? 'mailbox' : 'identityDocument';
