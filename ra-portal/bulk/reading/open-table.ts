import { findForm } from './find-form.ts';
import type { Chosen, Table } from './table.ts';
import { textRows } from './text-table.ts';
import { unreadable } from './xlsx-archive.ts';
import { openWorkbook } from './xlsx-table.ts';

/**
 * Any table that Excel writes: .xlsx, or text in an encoding and with a delimiter that are found out, unless `chosen` says
 * better. Throws tableUnreadable {reason} for what is no table: an empty file, .xls, a workbook under a password.
 */
export async function openTable(octets: Uint8Array, chosen: Chosen = {}): Promise<Table> {
  if (octets.length === 0) throw unreadable('empty');
  if (isBegunBy(octets, [0x50, 0x4b, 0x03, 0x04])) return openWorkbook(octets);
  if (isBegunBy(octets, [0xd0, 0xcf, 0x11, 0xe0])) throw unreadable('compound document');
  if (others.some(magic => isBegunBy(octets, magic))) throw unreadable('no table');
  const form = findForm(octets, chosen);
  return { form, rows: () => textRows(octets, form) };
}

/** PDF, PNG, JPEG, gzip: what is sent by mistake. */
const others = [
  [0x25, 0x50, 0x44, 0x46],
  [0x89, 0x50, 0x4e, 0x47],
  [0xff, 0xd8, 0xff],
  [0x1f, 0x8b],
];

const isBegunBy = (octets: Uint8Array, magic: readonly number[]): boolean =>
  magic.every((octet, at) => octets[at] === octet);
