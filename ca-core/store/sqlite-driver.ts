/** The SQLite driver that fits the running Node: no one release of better-sqlite3 runs on all that are in use (decision 4). */
import { createRequire } from 'node:module';
import type BetterSqlite from 'better-sqlite3';

/** better-sqlite3 13 is built against an interface of Node that Node 20 has only in part; 12 aborts in Node 24. */
const runsThirteen = Number.parseInt(process.versions.node, 10) >= 22;

/** better-sqlite3's constructor of connections, the same in both releases. */
export const SqliteFile = createRequire(import.meta.url)(
  runsThirteen ? 'better-sqlite3-13' : 'better-sqlite3',
) as typeof BetterSqlite;
