/** A database that others are at: locked for longer than one waits, and transactions that lose against others. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Knex } from 'knex';
import pg from 'pg';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { openDatabase } from '../../ca-core/store/database.ts';
import { anInterruptedCa, turnThroughFailures, type InterruptedCa } from '../support/interrupted-ca.ts';
import { describeOn } from '../support/on-database.ts';

let ground: InterruptedCa;
let core: OpenCa;
beforeEach(async () => {
  ground = await anInterruptedCa(20);
});
afterEach(async () => {
  await core.close();
  await ground.platform.end();
});

async function expectAllEnded(placed: Awaited<ReturnType<InterruptedCa['placeEverything']>>): Promise<void> {
  await turnThroughFailures(core);
  for (const expectEnded of placed) await expectEnded();
  await core.close();
  await ground.expectWhole();
  core = await ground.open();
}

describeOn('sqlite', 'a SQLite file that another program is writing', () => {
  it('longer than a writer waits: every turn fails, and all goes on when it is done', async () => {
    const opened: Knex[] = [];
    core = await ground.open({
      openDatabase: location => {
        const database = openDatabase(location);
        opened.push(database);
        return database;
      },
    });
    // Not the fifteen seconds of the product: what comes after them is the matter here.
    for (const database of opened) await database.raw('PRAGMA busy_timeout = 50');
    const placed = await ground.placeEverything();
    const other = openDatabase(ground.settings.database);
    const transaction = await other.transaction();
    let failed = 0;
    for (let turns = 0; turns < 5; turns++) await core.turn().catch(() => failed++);
    await transaction.rollback();
    await other.destroy();
    expect(failed).toBe(5);
    await expectAllEnded(placed);
  }, 180_000);
});

describeOn('postgresql', 'PostgreSQL tables that another program has locked', () => {
  it('for a while: the CA core waits, and goes on when they are free', async () => {
    core = await ground.open();
    const placed = await ground.placeEverything();
    const client = await connected();
    await client.query('BEGIN');
    await client.query('LOCK TABLE intentions, status_changes, crls IN ACCESS EXCLUSIVE MODE');
    let isDone = false;
    const working = turnThroughFailures(core).then(failed => ((isDone = true), failed));
    await pause(1500);
    expect(isDone).toBe(false);
    await client.query('COMMIT');
    await client.end();
    await working;
    await expectAllEnded(placed);
  }, 180_000);

  it('until the server ends its transactions: they fail, and are done again', async () => {
    core = await ground.open();
    const killer = await connected();
    const client = await connected();
    for (const table of [
      'intentions',
      'status_changes',
      'crls',
      'audit_log',
      'certificates',
      'leases',
      'signer_requests',
    ]) {
      const placed = await ground.placeEverything();
      await client.query('BEGIN');
      await client.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
      const working = turnThroughFailures(core);
      while ((await endWaiting(killer)) === 0) await pause(20);
      await client.query('COMMIT');
      expect(await working).toBeGreaterThan(0);
      for (const expectEnded of placed) await expectEnded();
    }
    for (const one of [client, killer]) await one.end();
    await expectAllEnded([]);
  }, 180_000);
});

describeOn('postgresql', 'serializable transactions of others', () => {
  it('that read and write the same rows make some of ours begin again, and nothing is lost', async () => {
    core = await ground.open();
    let isDone = false;
    const rivals = Array.from({ length: 2 }, () => rivalry(() => isDone));
    let conflicts = 0;
    for (let round = 0; round < 4; round++) {
      const placed = await ground.placeEverything();
      await turnThroughFailures(core);
      for (const expectEnded of placed) await expectEnded();
    }
    isDone = true;
    for (const rival of rivals) conflicts += await rival;
    expect(conflicts).toBeGreaterThan(0);
    await expectAllEnded([]);
  }, 180_000);
});

/** Ends the connections that wait for a lock. How many there were. */
async function endWaiting(client: pg.Client): Promise<number> {
  const waiting = "wait_event_type = 'Lock' AND datname = current_database()";
  const { rowCount } = await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${waiting}`);
  return rowCount ?? 0;
}

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: ground.settings.database });
  // The server may end it.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Reads what the CA core writes and writes what it reads, again and again. How often it lost itself. */
async function rivalry(isDone: () => boolean): Promise<number> {
  const client = await connected();
  let lost = 0;
  while (!isDone()) {
    try {
      await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE');
      await client.query("SELECT count(*) FROM status_changes WHERE change <> 'issued'");
      await client.query('SELECT max(seq) FROM audit_log');
      await client.query('SELECT max(crl_number) FROM crls');
      await client.query('UPDATE revocation_orders SET created_at = created_at');
      await client.query('UPDATE signer_requests SET created_at = created_at');
      await client.query('COMMIT');
    } catch {
      lost++;
      await client.query('ROLLBACK');
    }
    await pause(5);
  }
  await client.end();
  return lost;
}
