/** What a row of an upload becomes, or why it does not. */
import type { Claim, SubjectNames } from '../../ca-core/index.ts';
import type { BulkField } from './columns.ts';

/** How the organisation's desk saw who somebody is, as the row says it (ids of policies/identity.yaml). */
export interface SeenDocument {
  readonly document: string;
  readonly method: string;
  /** Unix seconds: the first second of that day in Japan. */
  readonly seenAt: number;
}

/** A row without a fault: all that a case needs, but for its key. */
export interface BulkRow {
  /** As Excel numbers it. */
  readonly row: number;
  /** The organisation's own number for the person; empty where it gave none. */
  readonly reference: string;
  readonly claim: Claim;
  /** By the claim's fields: as it was typed, where that differs. */
  readonly typed: Readonly<Record<string, string>>;
  /** What proves identity: one primary document, or two others. */
  readonly seen: readonly SeenDocument[];
  /** What the certificate will hold. */
  readonly names: SubjectNames;
}

export const bulkRules = [
  // what became of the file on its way
  'undecodable',
  'replacementCharacter',
  'privateCharacter',
  'quoteOpen',
  'rowTooLong',
  'tooManyRows',
  'sheetBroken',
  'columnMissing',
  'columnTwice',
  'noRows',
  // what Excel did
  'excelScientific',
  'excelDate',
  'excelZeros',
  'excelError',
  // what stands in the cell
  'fieldMissing',
  'fieldInvalid',
  'formula',
  'lineBreak',
  'nameTooLong',
  'nameCharacters',
  'kanaInvalid',
  'mailboxInvalid',
  'dateInvalid',
  'dateToCome',
  'dateTooOld',
  'individualNumber',
  'corporateNumberCheckDigit',
  'corporateNumberIsTwelveDigits',
  'documentUnknown',
  'methodUnknown',
  'methodForbidden',
  'identityInsufficient',
  // whose it is
  'organisationForeign',
  'organisationNameDiffers',
  'organisationUnfit',
  'mailDomainForeign',
  'duplicateInFile',
  'referenceTwice',
  'certificateLive',
  'applicationOpen',
] as const;
export type BulkRule = (typeof bulkRules)[number];

export interface BulkFault {
  readonly row: number;
  /** As Excel names it; empty for the whole row. */
  readonly column: string;
  /** Null for a column that means nothing to us. */
  readonly field: BulkField | null;
  /** What stands in the cell, undecodable octets as 〈81〉; empty where it must not be repeated. */
  readonly value: string;
  readonly rule: BulkRule;
  /** For the sentences: a limit, a row, a suggestion. */
  readonly values: Readonly<Record<string, string | number>>;
}

/** One row, looked at: it has faults, or it is one that a job can take. */
export type CheckedRow =
  | { readonly row: number; readonly faults: readonly BulkFault[]; readonly bulkRow: null }
  | { readonly row: number; readonly faults: readonly []; readonly bulkRow: BulkRow };
