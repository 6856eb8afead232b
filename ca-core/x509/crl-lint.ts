/** The rules a TBSCertList is held to before it is signed, and again before it is put in public (RFC 5280 §5). */
import type { UnixTime } from '../clock.ts';
import { PkiError, type Violation } from '../errors.ts';
import { readTbsCertList, type TbsCertList } from './crl.ts';
import type { CrlEntry } from './crl-entries.ts';
import { equalBytes, time, toHex } from './der.ts';
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

/** Every rule that these very bytes break; none when they may be signed. */
export function lintTbsCertList(tbs: Uint8Array, expectation: CrlExpectation): Violation[] {
  try {
    const list = readTbsCertList(tbs);
    return [...lintFields(list, tbs), ...lintExpectation(list, expectation), ...lintEntries(list)];
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    return [{ rule: 'RFC 5280 §5.1.2', field: 'tbsCertList', found: error.message }];
  }
}

function lintFields(list: TbsCertList, tbs: Uint8Array): Violation[] {
  const violations: Violation[] = [];
  if (list.nextUpdate <= list.thisUpdate) {
    violations.push({ rule: 'RFC 5280 §5.1.2.5', field: 'nextUpdate', found: String(list.nextUpdate) });
  }
  const [, , , thisUpdate, nextUpdate] = elementsOf(tbs, 0x30);
  const asTimes = [thisUpdate, nextUpdate].every(
    (der, index) => der !== undefined && equalBytes(der, time(index === 0 ? list.thisUpdate : list.nextUpdate)),
  );
  if (!asTimes)
    violations.push({ rule: 'RFC 5280 §5.1.2.4', field: 'thisUpdate', found: 'UTCTime or GeneralizedTime' });
  return violations;
}

function lintExpectation(list: TbsCertList, expectation: CrlExpectation): Violation[] {
  const violations: Violation[] = [];
  if (!equalBytes(list.issuer, expectation.issuer)) {
    violations.push({ rule: 'RFC 5280 §5.1.2.3', field: 'issuer', found: toHex(list.issuer) });
  }
  if (!equalBytes(list.authorityKeyIdentifier, expectation.authorityKeyIdentifier)) {
    const found = toHex(list.authorityKeyIdentifier);
    violations.push({ rule: 'RFC 5280 §5.2.1', field: 'authorityKeyIdentifier', found });
  }
  if (expectation.previousNumber !== undefined && list.crlNumber <= expectation.previousNumber) {
    violations.push({ rule: 'RFC 5280 §5.2.3', field: 'cRLNumber', found: String(list.crlNumber) });
  }
  const { now } = expectation;
  if (now !== undefined && list.thisUpdate > now) {
    violations.push({ rule: 'RFC 5280 §5.1.2.4', field: 'thisUpdate', found: String(list.thisUpdate) });
  }
  if (now !== undefined && list.nextUpdate <= now) {
    violations.push({ rule: 'RFC 5280 §5.1.2.5', field: 'nextUpdate', found: String(list.nextUpdate) });
  }
  return violations;
}

function lintEntries(list: TbsCertList): Violation[] {
  const violations: Violation[] = [];
  const seen = new Set<string>();
  for (const entry of list.entries) {
    if (seen.has(entry.serialNumber)) {
      violations.push({ rule: 'RFC 5280 §5.1.2.6', field: 'userCertificate', found: entry.serialNumber });
    }
    seen.add(entry.serialNumber);
    violations.push(...lintEntry(entry, list));
  }
  return violations;
}

function lintEntry(entry: CrlEntry, list: TbsCertList): Violation[] {
  const violations: Violation[] = [];
  const at = ` of ${entry.serialNumber}`;
  // 0 should be absent; 8 belongs to delta CRLs only
  if (entry.reason === 'unspecified' || entry.reason === 'removeFromCRL') {
    violations.push({ rule: 'RFC 5280 §5.3.1', field: 'reasonCode', found: entry.reason + at });
  }
  if (entry.revokedAt > list.thisUpdate) {
    violations.push({ rule: 'RFC 5280 §5.1.2.6', field: 'revocationDate', found: entry.revokedAt.toString() + at });
  }
  return violations;
}
