import type { Knex } from 'knex';
import * as thePortal from './migrations/0001-the-portal.ts';
import * as officersDesk from './migrations/0002-officers-desk.ts';
import * as whatApplicantsBring from './migrations/0003-what-applicants-bring.ts';
import * as people from './migrations/0004-people.ts';
import * as lraApplies from './migrations/0005-lra-applies.ts';
import * as api from './migrations/0006-api.ts';
import * as picturesShown from './migrations/0008-pictures-shown.ts';
import * as bulkJobs from './migrations/0009-bulk-jobs.ts';
import * as cards from './migrations/0012-cards.ts';
import * as bulkUploads from './migrations/0013-bulk-uploads.ts';
import * as rekeyCampaigns from './migrations/0014-rekey-campaigns.ts';

/** A connection, or a transaction that stands in for one. */
export type Database = Knex;

const migrations: Readonly<Record<string, Knex.Migration>> = {
  '0001-the-portal': thePortal,
  '0002-officers-desk': officersDesk,
  '0003-what-applicants-bring': whatApplicantsBring,
  '0004-people': people,
  '0005-lra-applies': lraApplies,
  '0006-api': api,
  '0008-pictures-shown': picturesShown,
  '0009-bulk-jobs': bulkJobs,
  '0012-cards': cards,
  '0013-bulk-uploads': bulkUploads,
  '0014-rekey-campaigns': rekeyCampaigns,
};

/** Brings the portal's own tables up to date. Runs after the CA's migrations, in a table of its own; safe to run again. */
export async function migratePortal(database: Database): Promise<void> {
  await database.migrate.latest({
    tableName: 'portal_migrations',
    migrationSource: {
      getMigrations: () => Promise.resolve(Object.keys(migrations)),
      getMigrationName: (name: string) => name,
      getMigration: (name: string) => Promise.resolve(migrationCalled(name)),
    },
  });
}

function migrationCalled(name: string): Knex.Migration {
  const migration = migrations[name];
  if (migration === undefined) throw new Error(`There is no migration ${name}.`);
  return migration;
}

/** One step of a person's story: all of it happens, or none. */
export function inOneStep<T>(database: Database, step: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  return database.transaction(step);
}
