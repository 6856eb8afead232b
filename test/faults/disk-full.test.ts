/** Full disks, real ones: orders wait, nothing is lost, and the same CA core goes on by itself once there is room. */
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { openDatabase } from '../../ca-core/store/database.ts';
import { usualDatabase } from '../support/a-ca.ts';
import { anInterruptedCa, turnThroughFailures, type InterruptedCa } from '../support/interrupted-ca.ts';
import { describeOn } from '../support/on-database.ts';
import { run, startPostgres } from '../support/postgres.ts';
import { aSmallDisk, type SmallDisk } from '../support/small-disk.ts';

const isLong = process.env['KAKUIN_LONG'] === '1';
const patience = isLong ? 1_200_000 : 300_000;

/** Some, or in the long form more of them. */
const few = (some: readonly number[], more: readonly number[]): readonly number[] =>
  isLong ? [...some, ...more] : some;

const endings: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const disk = aSmallDisk(24);
disk?.end();
if (disk === undefined)
  process.stderr.write(
    '\nNOT TRIED: full disks of home, database and tables, since this account may not mount a tmpfs.\n',
  );
/** Shown as skipped where this account may not mount a disk, and nowhere else. */
const itOnDisk = it.runIf(disk !== undefined);

function smallDisk(megabytes = 24): SmallDisk {
  const made = aSmallDisk(megabytes);
  if (made === undefined) throw new Error('no disk can be mounted');
  endings.push(made.end);
  return made;
}

/** A number of turns, as main takes them while every one of them fails. How many did. */
async function tryTurns({ turn }: OpenCa, count: number): Promise<number> {
  let failed = 0;
  for (let at = 0; at < count; at++) await turn().catch(() => failed++);
  return failed;
}

/** Another worker may have led until now: turns without work are no failures. */
async function turnUntilFailed({ turn }: OpenCa): Promise<void> {
  for (let waited = 0; waited < 100; waited++) {
    await turn();
    await pause(50);
  }
}

/** Every kind of order meets a disk that is full, and ends well once there is room. How many turns failed. */
async function meetFull(
  { ground, core }: { readonly ground: InterruptedCa; readonly core: OpenCa },
  fill: () => void | Promise<void>,
  free: () => void | Promise<void>,
): Promise<number> {
  const placed = await ground.placeEverything();
  await fill();
  const failed = await tryTurns(core, 8);
  await free();
  await turnThroughFailures(core);
  for (const expectEnded of placed) await expectEnded();
  return failed;
}

/** What a failing turn leaves open would sooner or later be all that a process may have. */
const openFiles = (): number => readdirSync('/proc/self/fd').length;

async function interrupted(times: number, wishes: Parameters<typeof anInterruptedCa>[1]): Promise<InterruptedCa> {
  const ground = await anInterruptedCa(times, wishes);
  endings.push(() => ground.platform.end());
  return ground;
}

describe('the disk of the home', () => {
  itOnDisk(
    'full to any page: what cannot be logged is not signed, and waits',
    async () => {
      const small = smallDisk();
      const other = mkdtempSync(join(tmpdir(), 'kakuin-database-'));
      endings.push(() => rmSync(other, { recursive: true, force: true }));
      const location = usualDatabase === 'sqlite' ? { location: join(other, 'kakuin.db') } : {};
      const ground = await interrupted(30, { disk: small.folder, ...location });
      const core = await ground.open();
      const before = openFiles();
      for (const pagesLeft of few([0, 3, 6, 10, 16], [1, 2, 4, 5, 8, 12, 14])) {
        const placed = await ground.placeEverything();
        small.fill(pagesLeft);
        await tryTurns(core, 12);
        if (pagesLeft === 0) await expect(turnUntilFailed(core)).rejects.toThrow(/ENOSPC|disk is full/);
        small.free();
        await turnThroughFailures(core);
        for (const expectEnded of placed) await expectEnded();
      }
      expect(openFiles()).toBeLessThan(before + 5);
      await core.close();
      await ground.expectWhole();
    },
    patience,
  );
});

describeOn('sqlite', 'the disk of home and database together', () => {
  itOnDisk(
    'full to any page: nothing is lost',
    async () => {
      const small = smallDisk();
      const ground = await interrupted(30, { disk: small.folder });
      const core = await ground.open();
      for (const pagesLeft of few([0, 5, 15, 40], [2, 10, 20, 30, 60, 80]))
        await meetFull({ ground, core }, () => small.fill(pagesLeft), small.free);
      await core.close();
      await ground.expectWhole();
    },
    patience,
  );
});

describeOn('sqlite', 'a SQLite file that may not grow', () => {
  it(
    'whatever does not fit any more waits, and goes on when it may',
    async () => {
      const ground = await interrupted(30, {});
      let limit: (pages: number) => Promise<void> = () => Promise.resolve();
      const core = await ground.open({
        openDatabase: location => {
          const database = openDatabase(location);
          limit = async pages => {
            await database.raw(`PRAGMA max_page_count = ${pages}`);
          };
          return database;
        },
      });
      let failed = 0;
      for (const room of few([0, 1, 2, 4, 8], [0, 1, 2, 3, 5, 6, 10, 12, 16])) {
        const fill = async (): Promise<void> => {
          const [size] = (await ground.platform.database.raw('PRAGMA page_count')) as [{ page_count: number }];
          await limit(size.page_count + room);
        };
        failed += await meetFull({ ground, core }, fill, () => limit(1_000_000));
      }
      expect(failed).toBeGreaterThan(0);
      await core.close();
      await ground.expectWhole();
    },
    patience,
  );
});

describeOn('postgresql', "the disk of PostgreSQL's tables", () => {
  itOnDisk(
    'full to any page: what the server cannot write waits',
    async () => {
      const small = smallDisk(96);
      const server = await startPostgres();
      endings.push(() => server.end());
      const location = await movedTo(await server.database(), small.folder);
      const ground = await interrupted(30, { location });
      const core = await ground.open();
      let failed = 0;
      for (const pagesLeft of few([0, 0, 0, 2, 8], [0, 0, 0, 0, 4, 6, 12, 16, 24]))
        failed += await meetFull({ ground, core }, () => small.fill(pagesLeft), small.free);
      expect(failed).toBeGreaterThan(0);
      await core.close();
      await ground.expectWhole();
    },
    patience,
  );
});

/** Moves a database that nobody uses yet; its URL again. */
async function movedTo(location: string, folder: string): Promise<string> {
  const tables = join(folder, 'tables');
  mkdirSync(tables);
  // The server's account, where this one is root.
  chownSync(tables, 65_534, 65_534);
  const name = new URL(location).pathname.slice(1);
  const elsewhere = location.replace(/[^/]+$/, 'postgres');
  await run(elsewhere, `CREATE TABLESPACE small LOCATION '${tables}'`);
  await run(elsewhere, `ALTER DATABASE ${name} SET TABLESPACE small`);
  return location;
}
