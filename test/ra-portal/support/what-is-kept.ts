/** What a portal has posted and written so far. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { isPostgres } from '../../../ca-core/store/database.ts';

/** Newest last, each as its decoded text. */
export function lettersIn(folder: string): string[] {
  const files = readdirSync(folder).filter(name => name.endsWith('.eml'));
  return files.map(name => {
    const text = readFileSync(join(folder, name), 'utf8');
    const [head = '', body = ''] = text.split(/\r?\n\r?\n/);
    return `${head}\n\n${Buffer.from(body, 'base64').toString('utf8')}`;
  });
}

/** Of each table how many. */
export async function rowsOf(database: Knex): Promise<Readonly<Record<string, number>>> {
  const tables = isPostgres(database)
    ? await database('pg_tables').where({ schemaname: 'public' }).pluck<string[]>('tablename')
    : await database('sqlite_master').where({ type: 'table' }).pluck<string[]>('name');
  const own = tables.filter(name => !/^sqlite_|migrations/.test(name)).sort();
  const counts = new Map<string, number>();
  for (const name of own) {
    const [row] = await database(name).count({ count: '*' });
    counts.set(name, Number(row?.count));
  }
  return Object.fromEntries(counts);
}
