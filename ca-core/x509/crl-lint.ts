/** The rules a TBSCertList is held to before it is signed, and again before it is put in public (RFC 5280 §5). */
import type { UnixTime } from '../clock.ts';
import { PkiError, type Violation } from '../errors.ts';
import { readTbsCertList, type TbsCertList } from './crl.ts';
import { crlReasons, type CrlEntry } from './crl-entries.ts';
import { equalBytes, time, toHex } from './der.ts';
import type { LintRule } from './lint-rule.ts';
import { elementsOf } from './tlv-cursor.ts';

export interface CrlExpectation {
  /** DER of the issuer's Name. */
  readonly issuer: Uint8Array;
  /** The issuer's subject key identifier. */
  readonly authorityKeyIdentifier: Uint8Array;
  /** cRLNumber of the CRL before; absent for the first. */
  readonly previousNumber?: bigint;
  /** The time at which it is judged; absent where that does not matter. */
  readonly now?: UnixTime;
}

const rules = {
  form: rule(
    'crlForm',
    '§5.1, §5.2',
    'The octets are one version 2 TBSCertList in DER, with authorityKeyIdentifier, cRLNumber and no other extension.',
  ),
  timeForm: rule('crlTimeForm', '§5.1.2.4, §5.1.2.5', 'Times are UTCTime through 2049 and GeneralizedTime from 2050.'),
  nextUpdate: rule('crlNextUpdate', '§5.1.2.5', 'nextUpdate lies behind thisUpdate, and is not over.'),
  thisUpdate: rule('crlThisUpdate', '§5.1.2.4', 'thisUpdate is not in the future.'),
  issuer: rule('crlIssuer', '§5.1.2.3', "The issuer is the CA's subject, octet for octet."),
  issuerKey: rule('crlIssuerKey', '§5.2.1', "authorityKeyIdentifier is the CA's subjectKeyIdentifier."),
  number: rule('crlNumber', '§5.2.3', 'cRLNumber is greater than that of the CRL before.'),
  entryTwice: rule('crlEntryTwice', '§5.1.2.6', 'A serial number is listed once.'),
  entryReason: rule('crlEntryReason', '§5.3.1', 'A reason is one that a full CRL may give; unspecified is left out.'),
  entryDate: rule('crlEntryDate', '§5.1.2.6', 'Nothing was revoked after thisUpdate.'),
} as const satisfies Readonly<Record<string, LintRule>>;

/** Every rule that a CRL is held to. */
export const crlRules: readonly LintRule[] = Object.values(rules);

/** Every rule that these very bytes break, as ids of `crlRules`; none when they may be signed. */
export function lintTbsCertList(tbs: Uint8Array, expectation: CrlExpectation): Violation[] {
  try {
    const list = readTbsCertList(tbs);
    return [
      ...lintTimeForms(list, tbs),
      ...lintNames(list, expectation),
      ...lintTimes(list, expectation),
      ...lintEntries(list),
    ];
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    return broken(rules.form, 'tbsCertList', error.message);
  }
}

/** The two times as they are written: what our writer gives for them is the only form. */
function lintTimeForms(list: TbsCertList, tbs: Uint8Array): Violation[] {
  const [, , , thisUpdate, nextUpdate] = elementsOf(tbs, 0x30);
  const fits =
    thisUpdate !== undefined &&
    nextUpdate !== undefined &&
    equalBytes(thisUpdate, time(list.thisUpdate)) &&
    equalBytes(nextUpdate, time(list.nextUpdate));
  return fits ? [] : broken(rules.timeForm, 'thisUpdate', 'UTCTime or GeneralizedTime');
}

function lintNames(list: TbsCertList, { issuer, authorityKeyIdentifier, previousNumber }: CrlExpectation): Violation[] {
  const violations: Violation[] = [];
  if (!equalBytes(list.issuer, issuer)) violations.push(...broken(rules.issuer, 'issuer', toHex(list.issuer)));
  if (!equalBytes(list.authorityKeyIdentifier, authorityKeyIdentifier)) {
    violations.push(...broken(rules.issuerKey, 'authorityKeyIdentifier', toHex(list.authorityKeyIdentifier)));
  }
  if (previousNumber !== undefined && list.crlNumber <= previousNumber) {
    violations.push(...broken(rules.number, 'cRLNumber', String(list.crlNumber)));
  }
  return violations;
}

function lintTimes({ thisUpdate, nextUpdate }: TbsCertList, { now }: CrlExpectation): Violation[] {
  const isOver = nextUpdate <= thisUpdate || (now !== undefined && nextUpdate <= now);
  const isAhead = now !== undefined && thisUpdate > now;
  return [
    ...(isOver ? broken(rules.nextUpdate, 'nextUpdate', String(nextUpdate)) : []),
    ...(isAhead ? broken(rules.thisUpdate, 'thisUpdate', String(thisUpdate)) : []),
  ];
}

function lintEntries(list: TbsCertList): Violation[] {
  const violations: Violation[] = [];
  const seen = new Set<string>();
  for (const entry of list.entries) {
    if (seen.has(entry.serialNumber))
      violations.push(...broken(rules.entryTwice, 'userCertificate', entry.serialNumber));
    seen.add(entry.serialNumber);
    violations.push(...lintEntry(entry, list));
  }
  return violations;
}

function lintEntry(entry: CrlEntry, list: TbsCertList): readonly Violation[] {
  // 0 should be absent; 8 belongs to delta CRLs only
  const isOdd = entry.reason === 'unspecified' || entry.reason === 'removeFromCRL';
  if (!isOdd && entry.revokedAt <= list.thisUpdate) return none;
  const at = ` of ${entry.serialNumber}`;
  return [
    ...(isOdd ? broken(rules.entryReason, 'reasonCode', `${crlReasons[entry.reason]}${at}`) : []),
    ...(entry.revokedAt > list.thisUpdate ? broken(rules.entryDate, 'revocationDate', `${entry.revokedAt}${at}`) : []),
  ];
}

const none: readonly Violation[] = [];

function broken({ id }: LintRule, field: string, found: string): Violation[] {
  return [{ rule: id, field, found }];
}

function rule(id: string, section: string, says: string): LintRule {
  return { id, source: `RFC 5280 ${section}`, level: 'must', says };
}
