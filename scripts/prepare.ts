import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { isCeremonyHeld } from '../ca-core/ceremony.ts';
import { systemClock } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import { isPostgresUrl } from '../ca-core/store/postgresql.ts';
import { migrateCa, openDatabase, openStore, type Store } from '../ca-core/index.ts';
import { importNtaSnapshot } from '../ra-portal/registers/nta-snapshot.ts';
import { importRobinsSnapshot } from '../ra-portal/registers/robins-snapshot.ts';
import { migratePortal } from '../ra-portal/store/database.ts';
import { currentSnapshot } from '../ra-portal/store/snapshots.ts';
import { ceremony } from './ceremony.ts';
import { makeHome } from './home.ts';
import { aloneIn } from './home-lock.ts';
import { settingOf, type Settings } from './settings.ts';

/** Told each step as it begins, and what a step has to say. */
export interface Progress {
  readonly step: (what: string) => void;
  readonly tell: (line: string) => void;
}

/**
 * Makes a home in which every service can start: folders and passphrases, the tables, the registers as shipped, the
 * CA's keys. Whatever is there already stays as it is. Four steps.
 */
export async function prepare(
  settings: Settings,
  { step, tell }: Progress,
  hold: (store: Store) => Promise<readonly string[] | undefined> = store => ceremony(settings, store),
): Promise<void> {
  step(`Making the home ${settings.home}`);
  makeHome(settings);
  await aloneIn(settings.home, () =>
    onDatabase(settings, async database => {
      step('Bringing the database up to date');
      await migrateCa(database);
      await migratePortal(database);
      step('Importing the registers as shipped, where none is there');
      await importRegisters(settings, database);
      step('Holding the key ceremony, where there is no CA yet');
      const said = await hold(openStore(database));
      said?.forEach(line => tell(`      ${line}`));
    }),
  );
}

/** Opens the platform's database for one piece of work. Throws notInitialised before the ceremony. */
export async function withDatabase<T>(settings: Settings, work: (database: Knex) => Promise<T>): Promise<T> {
  const location = settingOf(settings, 'KAKUIN_DATABASE');
  if (!isPostgresUrl(location) && !existsSync(location)) throw new PkiError('notInitialised');
  return onDatabase(settings, async database => {
    const isMigrated = await database.schema.hasTable('issuers');
    if (!isMigrated || !(await isCeremonyHeld(openStore(database)))) throw new PkiError('notInitialised');
    return work(database);
  });
}

/** The same before there is anything in it. */
export async function onDatabase<T>(settings: Settings, work: (database: Knex) => Promise<T>): Promise<T> {
  const database = openDatabase(settingOf(settings, 'KAKUIN_DATABASE'));
  try {
    return await work(database);
  } finally {
    await database.destroy();
  }
}

async function importRegisters(settings: Settings, database: Knex): Promise<void> {
  const folder = join(settingOf(settings, 'KAKUIN_POLICIES'), 'registers');
  const now = systemClock.now();
  if ((await currentSnapshot(database, 'nta')) === null) {
    await importNtaSnapshot(database, createReadStream(join(folder, 'nta-snapshot.csv')), now);
  }
  if ((await currentSnapshot(database, 'robins')) === null) {
    await importRobinsSnapshot(database, readFileSync(join(folder, 'robins-snapshot.yaml'), 'utf8'), now);
  }
}
