/** The tables of all parts of the product, in the order in which they are made. */
import type { Knex } from 'knex';
import { PkiError } from '../ca-core/errors.ts';
import { caTables, migrateCa } from '../ca-core/store/migrate-ca.ts';
import { migrate, type Tables } from '../ca-core/store/migrate.ts';
import { migratePortal, portalTables } from '../ra-portal/store/database.ts';

/** Brings the tables to those steps, by the table that remembers them, or to this release. Throws backupUnfit for a later release's. */
export async function migrateTo(
  database: Knex,
  to: Readonly<Record<string, readonly string[]>> | 'newest',
): Promise<void> {
  if (to === 'newest') {
    await migrateCa(database);
    await migratePortal(database);
    return;
  }
  for (const tables of [caTables, portalTables]) await migrate(database, stepsOf(tables, to[tables.record] ?? []));
}

function stepsOf(tables: Tables, names: readonly string[]): Tables {
  const unknown = names.filter(name => !tables.migrations.some(one => one.name === name));
  if (unknown.length > 0)
    throw new PkiError('backupUnfit', {
      reason: `a later release made it (${unknown.join(', ')}): restore it with that one`,
    });
  return { ...tables, migrations: tables.migrations.filter(({ name }) => names.includes(name)) };
}
