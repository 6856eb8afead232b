/** One row of the National Tax Agency's publication: 30 columns, the same in the bulk files and in the Web-API's CSV. */
import { createHash } from 'node:crypto';
import { CsvError, parse as parseStream, type Parser } from 'csv-parse';
import { parse as parseText } from 'csv-parse/sync';
import type { NtaRecord } from '../../ca-core/index.ts';

export const ntaColumns = [
  'sequenceNumber',
  'corporateNumber',
  'process',
  'correct',
  'updateDate',
  'changeDate',
  'name',
  'nameImageId',
  'kind',
  'prefectureName',
  'cityName',
  'streetNumber',
  'addressImageId',
  'prefectureCode',
  'cityCode',
  'postCode',
  'addressOutside',
  'addressOutsideImageId',
  'closeDate',
  'closeCause',
  'successorCorporateNumber',
  'changeCause',
  'assignmentDate',
  'latest',
  'enName',
  'enPrefectureName',
  'enCityName',
  'enAddressOutside',
  'furigana',
  'hihyoji',
] as const;

export type NtaRow = Readonly<Record<(typeof ntaColumns)[number], string>>;

export const sha256Hex = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** Null when a row has not exactly 30 columns. */
export function ntaRowOf(cells: readonly string[]): NtaRow | null {
  if (cells.length !== ntaColumns.length) return null;
  const named = ntaColumns.map((column, index) => [column, cells[index] ?? ''] as const);
  return Object.fromEntries(named) as unknown as NtaRow;
}

export function ntaRecordOf(row: NtaRow, provenance: Pick<NtaRecord, 'source' | 'fetchedAt' | 'rawHash'>): NtaRecord {
  return {
    ...provenance,
    corporateNumber: row.corporateNumber,
    process: row.process,
    updateDate: row.updateDate,
    changeDate: row.changeDate,
    name: row.name,
    nameImageId: row.nameImageId,
    kind: row.kind,
    prefectureName: row.prefectureName,
    cityName: row.cityName,
    streetNumber: row.streetNumber,
    prefectureCode: row.prefectureCode,
    cityCode: row.cityCode,
    postCode: row.postCode,
    closeDate: row.closeDate,
    closeCause: row.closeCause,
    successorCorporateNumber: row.successorCorporateNumber,
    latest: row.latest,
    enName: row.enName,
    enPrefectureName: row.enPrefectureName,
    enCityName: row.enCityName,
    furigana: row.furigana,
    hihyoji: row.hihyoji,
  };
}

const dialect = { bom: true, relax_column_count: true, skip_empty_lines: true } as const;

/** A text of a few rows. Throws csv-parse's error when the quoting is broken. */
export function readCsv(text: string): string[][] {
  return parseText(text, dialect);
}

/** Broken quoting, not a broken disk. */
export const isCsvFault = (error: unknown): error is CsvError => error instanceof CsvError;

/** A row with the very text it was read from. */
export interface RawRow {
  readonly record: readonly string[];
  readonly raw: string;
}

/** A parser to stream a bulk file through, yielding RawRow: five million rows never stand in memory together. */
export const csvStream = (): Parser => parseStream({ ...dialect, encoding: 'utf8', raw: true });
