/** Putting a backup back, whole or not at all; what comes out of it is of yesterday, and marked so (recovery/). */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { open, readdir, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock, UnixTime } from '../clock.ts';
import { PkiError } from '../errors.ts';
import { mayPause, openDatabase } from '../store/database.ts';
import { dropIssuedCrls, emptyTables, holdsNothing, loadRows, settleSequences } from '../store/load-rows.ts';
import type { ColumnValue } from '../store/snapshot.ts';
import { readBackup } from './backup-file.ts';
import { readColumn, type BackupBegin, type BackupEnd, type BackupLine } from './backup-lines.ts';
import { encodeRestoredMark, markFiles } from './restored-mark.ts';

type Database = ReturnType<typeof openDatabase>;

export interface RestoreGround {
  readonly file: string;
  readonly fileKey: Uint8Array;
  /** KAKUIN_HOME and KAKUIN_DATABASE to put it into; either is left as it is where nothing is said. */
  readonly home: string | undefined;
  readonly database: string | undefined;
  /** Whose CA core has to recover: KAKUIN_HOME, whatever is put back. */
  readonly markIn: string;
  /** Brings the tables to those migrations, by the table that remembers them, or to this version's. Throws for unknown ones. */
  readonly migrate: (database: Database, to: BackupBegin['migrations'] | 'newest') => Promise<void>;
  readonly clock: Clock;
  readonly tell: (what: string) => void;
}

export interface Restored {
  /** When the backup was made. */
  readonly at: UnixTime;
  readonly end: BackupEnd;
  readonly rows: number;
  readonly files: number;
}

/** Throws backupUnfit before anything is touched where the backup is not whole, or its place is taken. */
export async function restoreBackup(ground: RestoreGround): Promise<Restored> {
  const { file, fileKey, home, database, tell, clock } = ground;
  tell('Reading the backup');
  const { begin, end } = await readBackup(file, fileKey, () => undefined);
  if (home !== undefined) await refuseTaken(home, end);
  const restored = { at: begin.at, end, rows: sum(end.tables.map(({ rows }) => rows)), files: end.files.length };
  if (database !== undefined) await onDatabase(database, requireEmpty);
  const mark = encodeRestoredMark({ backupAt: begin.at, restoredAt: clock.now(), treeSize: end.treeSize });
  if (home === undefined) await putMarks(ground.markIn, mark);
  else await putFiles(ground, home, mark);
  if (database !== undefined) await putRows(ground, database, { begin, end });
  return restored;
}

async function refuseTaken(home: string, { files }: BackupEnd): Promise<void> {
  const folders = [...new Set(files.map(({ path }) => path.split('/')[0] ?? ''))].filter(one => one !== 'crl');
  for (const folder of folders) {
    const found = await readdir(join(home, folder)).catch(() => []);
    const own = found.filter(name => name !== 'passphrase' && !name.endsWith('.lock'));
    if (own.length > 0)
      throw unfit(
        `${join(home, folder)} is there: it knows more than a backup, so keep it and restore --only database, or move it away`,
      );
  }
}

async function requireEmpty(database: Database): Promise<void> {
  if (!(await holdsNothing(database))) throw unfit('the database has rows; restore into an empty one');
}

/** Beside the home, then each folder into its place. */
async function putFiles({ file, fileKey, tell }: RestoreGround, home: string, mark: string): Promise<void> {
  const beside = join(home, `.restoring-${randomBytes(6).toString('hex')}`);
  let handle: FileHandle | undefined;
  const end = async (): Promise<void> => {
    await handle?.sync();
    await handle?.close();
    handle = undefined;
  };
  try {
    tell('Putting back the home');
    const read = await readBackup(file, fileKey, async line => {
      if (line.is === 'file') {
        await end();
        mkdirSync(dirname(join(beside, line.path)), { recursive: true, mode: 0o700 });
        handle = await open(join(beside, line.path), 'wx', 0o600);
      }
      if (line.is === 'octets') await handle?.writeFile(Buffer.from(line.b, 'base64'));
    });
    await end();
    await putMarks(beside, mark);
    await refuseTaken(home, read.end);
    for (const folder of await readdir(beside)) await takePlace(join(beside, folder), join(home, folder));
  } finally {
    await end();
    await rm(beside, { recursive: true, force: true });
  }
}

/** A passphrase, a mark and published certificates may be in the place already: they stay. Throws backupUnfit for others. */
async function takePlace(from: string, to: string): Promise<void> {
  if (!existsSync(to)) return rename(from, to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await takePlace(source, target);
    else if (!existsSync(target)) await rename(source, target);
    else if (!mayStay(target)) throw unfit(`${target} came while this backup was put back`);
  }
}

const mayStay = (file: string): boolean => /\/(passphrase|restored\.json)$|\/crl\/ca\//.test(file);

async function putMarks(home: string, mark: string): Promise<void> {
  for (const file of markFiles(home)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, mark, { mode: 0o600, flush: true });
  }
}

async function putRows(
  { file, fileKey, migrate, tell }: RestoreGround,
  location: string,
  { begin, end }: { readonly begin: BackupBegin; readonly end: BackupEnd },
): Promise<void> {
  const tables = end.tables.map(({ name }) => name);
  await onDatabase(location, async database => {
    tell('Making the tables');
    await migrate(database, begin.migrations);
    await database.transaction(transaction => loadAll(transaction, { file, fileKey, tell, tables }));
    await migrate(database, 'newest');
  });
}

type Loading = Pick<RestoreGround, 'file' | 'fileKey' | 'tell'> & { readonly tables: readonly string[] };

const rowsAtOnce = 200;

async function loadAll(transaction: Database, { file, fileKey, tell, tables }: Loading): Promise<void> {
  // The backup is read between the statements; and somebody may have come since the place was looked at.
  await mayPause(transaction);
  await requireEmpty(transaction);
  await emptyTables(transaction, tables);
  let [table, columns]: [string, readonly string[]] = ['', []];
  let rows: ColumnValue[][] = [];
  const flush = async (): Promise<void> => {
    if (rows.length > 0) await loadRows(transaction, table, { columns, rows });
    rows = [];
  };
  await readBackup(file, fileKey, async (line: BackupLine) => {
    if (line.is === 'row') rows.push(line.v.map(readColumn));
    if (line.is !== 'row' || rows.length >= rowsAtOnce) await flush();
    if (line.is === 'columns') columns = line.names;
    if (line.is !== 'table') return;
    table = line.name;
    tell(`Table ${table}`);
  });
  await settleSequences(transaction);
  await dropIssuedCrls(transaction);
}

async function onDatabase(location: string, work: (database: Database) => Promise<void>): Promise<void> {
  const database = openDatabase(location);
  try {
    await work(database);
  } finally {
    await database.destroy();
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
const unfit = (reason: string): PkiError => new PkiError('backupUnfit', { reason });
