/** A table that cannot be written for a while, on either database. */
import type { Knex } from 'knex';
import { isPostgres } from '../../ca-core/store/database.ts';

/** From now on every insert into the table fails, as on a disk that is full or broken. */
export async function breakTable(database: Knex, table: string): Promise<void> {
  if (!isPostgres(database)) {
    const fails = "SELECT RAISE(ABORT, 'disk image is malformed')";
    await database.raw(`CREATE TRIGGER broken BEFORE INSERT ON ${table} BEGIN ${fails}; END`);
    return;
  }
  const fails = "RAISE EXCEPTION 'disk image is malformed'";
  await database.raw(`CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${fails}; END $$`);
  await database.raw(`CREATE TRIGGER broken BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION broken()`);
}

export async function mendTable(database: Knex): Promise<void> {
  await database.raw(isPostgres(database) ? 'DROP FUNCTION broken() CASCADE' : 'DROP TRIGGER broken');
}
