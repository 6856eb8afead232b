/** The octets of a table, and the rows that are read of them. */
import { byteOrderMark, encodeText } from '../../../ra-portal/bulk/reading/encode.ts';
import { openTable } from '../../../ra-portal/bulk/reading/open-table.ts';
import { isBreak, type Chosen, type Encoding, type TableRow } from '../../../ra-portal/bulk/reading/table.ts';

export const octetsOf = (text: string, encoding: Encoding, mark: 'marked' | 'bare'): Buffer =>
  Buffer.concat([
    mark === 'marked' ? byteOrderMark[encoding] : Buffer.alloc(0),
    encodeText(text, encoding) ?? Buffer.alloc(0),
  ]);

/** All of them: throws where the table breaks. */
export async function rowsIn(octets: Uint8Array, chosen: Chosen = {}): Promise<readonly TableRow[]> {
  const rows: TableRow[] = [];
  for await (const row of (await openTable(octets, chosen)).rows()) {
    if (isBreak(row)) throw new Error(`broken at ${row.row}: ${row.broken}`);
    rows.push(row);
  }
  return rows;
}
