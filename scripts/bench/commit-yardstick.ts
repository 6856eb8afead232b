import pg from 'pg';
import { connectionTo, isPostgresUrl } from '../../ca-core/store/postgresql.ts';
import { SqliteFile } from '../../ca-core/store/sqlite-driver.ts';
import { settingOf } from '../settings.ts';
import type { Ground } from './ground.ts';

/** Milliseconds of so many transactions of one row each, durable, by the database's own driver. `file`: for SQLite's own. */
export async function commitTimes(
  { settings }: Pick<Ground, 'settings'>,
  file: string,
  count: number,
): Promise<number[]> {
  const location = settingOf(settings, 'KAKUIN_DATABASE');
  return isPostgresUrl(location) ? onPostgres(location, count) : onSqlite(file, count);
}

function onSqlite(file: string, count: number): number[] {
  const database = new SqliteFile(file);
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.exec('create table if not exists one (text text)');
    const insert = database.prepare('insert into one values (?)');
    return Array.from({ length: count }, (_, number) => {
      const start = performance.now();
      insert.run(`row ${number}`);
      return performance.now() - start;
    });
  } finally {
    database.close();
  }
}

async function onPostgres(url: string, count: number): Promise<number[]> {
  const client = new pg.Client(connectionTo(url));
  await client.connect();
  try {
    await client.query('create table if not exists yardstick (text text)');
    const times: number[] = [];
    while (times.length < count) {
      const start = performance.now();
      await client.query({ name: 'one', text: 'insert into yardstick values ($1)', values: [`row ${times.length}`] });
      times.push(performance.now() - start);
    }
    return times;
  } finally {
    await client.end();
  }
}
