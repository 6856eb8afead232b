/** A CA that has revoked a million certificates: what its home and the database hold of it. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';

export const million = 1_000_000;
const linesAtOnce = 20_000;
/** Seconds over which they were revoked, one each. */
const span = 2 * million;

/** Twenty octets, the same in SQL and here. */
export const serialAt = (n: number): string => `5a${n.toString(16).padStart(38, '0')}`;

/** From number `first` on, `count` revocations: the lines of the journal, then the rows, with the last ones' certificates. */
export async function revokeAll(
  { home, database, ca }: { readonly home: string; readonly database: Knex; readonly ca: string },
  { first, count, at }: { readonly first: number; readonly count: number; readonly at: number },
): Promise<void> {
  const file = join(home, 'ca', 'status.log');
  for (let start = first; start < first + count; start += linesAtOnce) {
    const end = Math.min(first + count, start + linesAtOnce);
    appendFileSync(file, Array.from({ length: end - start }, (_, n) => lineOf(start + n, at)).join(''));
  }
  await database.raw(
    `with recursive number(n) as (select ? union all select n + 1 from number where n < ?)
     insert into status_changes (issuer, serial_number, change, reason, revoked_at, not_after, created_at)
     select ?, '5a' || printf('%038x', n), 'revoked', 'superseded', ? + n, ?, ? from number`,
    [first, first + count - 1, ca, at - span, at + 700 * 86_400, at],
  );
}

function lineOf(n: number, at: number): string {
  const digest = n.toString(16).padStart(8, '0').repeat(8);
  const decision = { change: 'revoked', reason: 'superseded', revokedAt: at - span + n, invalidityDate: null };
  const entry = { at, serialNumber: serialAt(n), ...decision, notAfter: at + 700 * 86_400, askedBy: 'officer', digest };
  return `${JSON.stringify(entry)}\n`;
}
