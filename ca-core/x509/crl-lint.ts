/** The rules a TBSCertList is held to before it is signed, and again before it is put in public (RFC 5280 §5). */
import type { UnixTime } from '../clock.ts';
import { PkiError, type Violation } from '../errors.ts';
import { readTbsCertList, type TbsCertList } from './crl.ts';
import { crlReasons, type CrlEntry } from './crl-entries.ts';
import { equalBytes, time, toHex } from './der.ts';
import type { LintRule } from './lint-rule.ts';
import { octetsOf, type Octets } from './octets.ts';
import { SerialNumbers } from './serial-numbers.ts';

export interface CrlExpectation {
  /** DER of the issuer's Name. */
  readonly issuer: Uint8Array;
  /** The issuer's subject key identifier. */
  readonly authorityKeyIdentifier: Uint8Array;
  /** What kind of list it must be; absent for a complete one. */
  readonly scope?: CrlScope;
  /** cRLNumber of the CRL before; absent for the first. */
  readonly previousNumber?: bigint;
  /**
   * Takes a serial number in; false where it was in, or may not be on the list at all. Absent where nothing is known that
   * needs less memory than all of them.
   */
  readonly takeIn?: (serialNumber: string) => boolean;
  /** The time at which it is judged; absent where that does not matter. */
  readonly now?: UnixTime;
}

/** Of which certificates a CRL is to tell, and whether only what changed. */
export interface CrlScope {
  /** The URL in the certificates' CDP; null where it is of all. */
  readonly distributionPoint: string | null;
  readonly kind: 'full' | 'delta';
}

const complete: CrlScope = { distributionPoint: null, kind: 'full' };

const rules = {
  form: rule(
    'crlForm',
    '§5.1, §5.2',
    'The octets are one version 2 TBSCertList in DER, with authorityKeyIdentifier, cRLNumber and only extensions that its kind has.',
  ),
  timeForm: rule('crlTimeForm', '§5.1.2.4, §5.1.2.5', 'Times are UTCTime through 2049 and GeneralizedTime from 2050.'),
  nextUpdate: rule('crlNextUpdate', '§5.1.2.5', 'nextUpdate lies behind thisUpdate, and is not over.'),
  thisUpdate: rule('crlThisUpdate', '§5.1.2.4', 'thisUpdate is not in the future.'),
  issuer: rule('crlIssuer', '§5.1.2.3', "The issuer is the CA's subject, octet for octet."),
  issuerKey: rule('crlIssuerKey', '§5.2.1', "authorityKeyIdentifier is the CA's subjectKeyIdentifier."),
  number: rule('crlNumber', '§5.2.3', 'cRLNumber is greater than that of the CRL before.'),
  scope: rule(
    'crlScope',
    '§5.2.4, §5.2.5',
    'issuingDistributionPoint is that of the certificates, octet for octet; a delta goes with an earlier full CRL, and nothing else is one.',
  ),
  entryTwice: rule('crlEntryTwice', '§5.1.2.6', 'A serial number is listed once.'),
  entryReason: rule(
    'crlEntryReason',
    '§5.3.1',
    'A reason is one that such a CRL may give: removeFromCRL only in a delta; unspecified is left out.',
  ),
  entryDate: rule('crlEntryDate', '§5.1.2.6', 'Nothing was revoked after thisUpdate.'),
} as const satisfies Readonly<Record<string, LintRule>>;

/** Every rule that a CRL is held to. */
export const crlRules: readonly LintRule[] = Object.values(rules);

/** Every rule that these very bytes break, as ids of `crlRules`; none when they may be signed. */
export function lintTbsCertList(tbs: Uint8Array | Octets, expectation: CrlExpectation): Violation[] {
  try {
    const list = readTbsCertList(tbs instanceof Uint8Array ? octetsOf(tbs) : tbs);
    return [
      ...lintTimeForms(list),
      ...lintNames(list, expectation),
      ...lintScope(list, expectation.scope ?? complete),
      ...lintTimes(list, expectation),
      ...lintEntries(list, expectation.takeIn),
    ];
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    return broken(rules.form, 'tbsCertList', error.message);
  }
}

/** The two times as they are written: what our writer gives for them is the only form. */
function lintTimeForms({ times, thisUpdate, nextUpdate }: TbsCertList): Violation[] {
  const fits = equalBytes(times[0], time(thisUpdate)) && equalBytes(times[1], time(nextUpdate));
  return fits ? [] : broken(rules.timeForm, 'thisUpdate', 'UTCTime or GeneralizedTime');
}

function lintScope(
  { distributionPoint, baseNumber, crlNumber, freshestCrl }: TbsCertList,
  scope: CrlScope,
): Violation[] {
  const isDelta = baseNumber !== null;
  const isRightKind = isDelta === (scope.kind === 'delta');
  const isBehind = isDelta && (baseNumber >= crlNumber || freshestCrl !== null);
  return [
    ...(distributionPoint === scope.distributionPoint
      ? []
      : broken(rules.scope, 'issuingDistributionPoint', distributionPoint ?? 'none')),
    ...(isRightKind && !isBehind ? [] : broken(rules.scope, 'deltaCRLIndicator', String(baseNumber))),
  ];
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

function takeInAnew(): (serialNumber: string) => boolean {
  const seen = new SerialNumbers();
  return serialNumber => seen.add(serialNumber);
}

/** A million broken entries are told of no better than some. */
const enough = 100;

function lintEntries(list: TbsCertList, takeIn = takeInAnew()): Violation[] {
  const violations: Violation[] = [];
  for (const entry of list.entries) {
    if (!takeIn(entry.serialNumber))
      violations.push(...broken(rules.entryTwice, 'userCertificate', entry.serialNumber));
    const found = lintEntry(entry, list);
    if (found.length > 0) violations.push(...found);
    if (violations.length >= enough) return violations;
  }
  return violations;
}

function lintEntry(entry: CrlEntry, list: TbsCertList): readonly Violation[] {
  // 0 should be absent; 8 belongs to delta CRLs only
  const isOdd = entry.reason === 'unspecified' || (entry.reason === 'removeFromCRL' && list.baseNumber === null);
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
