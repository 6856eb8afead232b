/** One row, field by field, by the very readers that the application form has: all that is wrong with it at once. */
import { PkiError } from '../../ca-core/errors.ts';
import { checkCorporateNumber } from '../../ca-core/index.ts';
import {
  kanaName,
  mailboxText,
  organisationName,
  present,
  romanText,
  writtenName,
} from '../applications/field-texts.ts';
import type { BulkFault, BulkRule, SeenDocument } from './bulk-row.ts';
import type { CheckGround } from './check-ground.ts';
import type { BulkField } from './columns.ts';
import { faultAt, type FaultPlace } from './faults.ts';
import { isRomanOnly, type FieldCell, type Layout } from './layouts.ts';
import type { TableRow } from './reading/table.ts';
import { readSeen } from './read-seen.ts';
import { trapIn } from './traps.ts';

/** What was read; a field that has a fault is empty. */
export interface ReadRow {
  readonly row: number;
  readonly texts: Readonly<Partial<Record<BulkField, string>>>;
  /** By the claim's fields: as it was typed, where that differs. */
  readonly typed: Readonly<Record<string, string>>;
  readonly seen: readonly SeenDocument[];
  readonly faults: readonly BulkFault[];
  /** Where a fault of a field is told, found later. */
  readonly placeOf: (field: BulkField) => FaultPlace;
}

export function readRow(row: TableRow, layout: Layout, ground: CheckGround): ReadRow {
  const cells = layout.cellsOf(row);
  const faults: BulkFault[] = [];
  const texts: Partial<Record<BulkField, string>> = {};
  const typed: Record<string, string> = {};
  const placeOf = (field: BulkField): FaultPlace => ({ row: row.row, field, cell: cells.get(field) });
  for (const [field, cell] of cells) {
    const read = readCell(field, cell);
    if (typeof read !== 'string') faults.push(faultAt(placeOf(field), read.rule, read));
    else {
      texts[field] = read;
      if (read !== '' && read !== cell.text.trim() && field in claimFields) typed[field] = cell.text.trim();
    }
  }
  const isFaulty = (field: BulkField): boolean => faults.some(fault => fault.field === field);
  for (const field of required) {
    if (layout.fields.has(field) && texts[field] === '' && !isFaulty(field)) {
      faults.push(faultAt(placeOf(field), 'fieldMissing', {}));
    }
  }
  if (isRomanOnly(layout)) {
    texts.kanjiName = texts.romanName ?? '';
    texts.kanaName = texts.romanName ?? '';
  }
  const seen = readSeen({ texts, isFaulty, placeOf }, ground);
  return { row: row.row, texts, typed, seen: seen.seen, faults: [...faults, ...seen.faults], placeOf };
}

const required: readonly BulkField[] = ['kanjiName', 'kanaName', 'romanName', 'mailbox'];

const readers = {
  kanjiName: writtenName,
  kanaName,
  romanName: romanText,
  mailbox: mailboxText,
  organisationName,
  corporateNumber: (text: string): string => checkCorporateNumber(present(text)),
} as const;

const claimFields = readers;

interface Refused {
  readonly rule: BulkRule;
  readonly isSecret?: true;
  readonly values?: BulkFault['values'];
}

/** What is kept of a cell, '' for nothing, or why it cannot be read. */
function readCell(field: BulkField, cell: FieldCell): string | Refused {
  const trap = trapIn(field, cell);
  if (trap !== null) return trap;
  const text = cell.text.trim();
  const read = field in readers ? readers[field as keyof typeof readers] : shortText;
  if (text === '') return '';
  try {
    return read(text);
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    const { limit } = error.values;
    const values = typeof limit === 'number' ? { limit } : {};
    return {
      rule: ruleOf(field, error),
      values,
      ...(error.code === 'corporateNumberIsTwelveDigits' ? { isSecret: true } : {}),
    };
  }
}

/** A reference, or a word of policies/identity.yaml. */
function shortText(text: string): string {
  if (Array.from(text).length > 64) throw new PkiError('nameTooLong', { limit: 64 });
  if (/[\p{Cc}\p{Cf}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)) throw new PkiError('fieldInvalid');
  return text;
}

function ruleOf(field: BulkField, { code }: PkiError): BulkRule {
  if (code === 'fieldInvalid' && field === 'kanaName') return 'kanaInvalid';
  const known: readonly string[] = [
    'nameTooLong',
    'mailboxInvalid',
    'corporateNumberCheckDigit',
    'corporateNumberIsTwelveDigits',
  ];
  return known.includes(code) ? (code as BulkRule) : 'fieldInvalid';
}
