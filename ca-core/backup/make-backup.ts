/** A backup: database and home as they are, sealed, put in its place in one step, read back and compared. */
import { rename, rm } from 'node:fs/promises';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpointFiles } from '../audit/checkpoint-files.ts';
import type { Clock } from '../clock.ts';
import { PkiError } from '../errors.ts';
import { projectRoot } from '../project-root.ts';
import { withSnapshot, type Snapshot } from '../store/snapshot.ts';
import { readBackup, writeBackup } from './backup-file.ts';
import { readBackupPublicKey } from './backup-key.ts';
import { encodeColumn, encodeLine, openTally, type BackupEnd, type BackupLine } from './backup-lines.ts';
import { homeFiles, octetsOfFile } from './home-files.ts';
import { backupName, keepLast, rotate, type KeptBackups, type LastBackup } from './kept-backups.ts';

export interface BackupGround {
  /** KAKUIN_HOME. */
  readonly home: string;
  /** KAKUIN_DATABASE, of an account that may read every table. */
  readonly database: string;
  /** KAKUIN_BACKUP: the folder of backups. */
  readonly to: string;
  /** KAKUIN_BACKUP_KEY: the file with the operators' public key. */
  readonly keyFile: string;
  readonly policy: KeptBackups;
  readonly clock: Clock;
  /** Told what is being done. */
  readonly tell?: (what: string) => void;
  /** Ends it, leaving nothing. */
  readonly signal?: AbortSignal;
}

/** Throws settingsInvalid for a key file that is none, backupUnfit where what was written does not read back the same. */
export async function makeBackup(ground: BackupGround): Promise<LastBackup> {
  const { to, clock, policy, tell = () => undefined } = ground;
  const publicKey = publicKeyIn(ground.keyFile);
  mkdirSync(to, { recursive: true, mode: 0o700 });
  const at = clock.now();
  const name = backupName(at);
  const beside = join(to, `${name}.new`);
  const ended: { line?: BackupEnd } = {};
  try {
    await rm(beside, { force: true });
    const written = await withSnapshot(ground.database, snapshot =>
      writeBackup({ file: beside, at, publicKey, lines: linesOf(snapshot, { ...ground, at, ended }) }),
    );
    tell('Reading it back');
    const { end } = await readBackup(beside, written.fileKey, () => ground.signal?.throwIfAborted());
    written.fileKey.fill(0);
    if (JSON.stringify(end) !== JSON.stringify(ended.line)) throw unlike();
    await rename(beside, join(to, name));
    const { treeSize, crlNumbers, leftOut } = end;
    const rows = end.tables.reduce((sum, table) => sum + table.rows, 0);
    const last = { at, file: name, bytes: written.octets, sha256: written.sha256, rows, treeSize, crlNumbers, leftOut };
    await keepLast(to, last);
    await rotate(to, policy, at);
    return last;
  } finally {
    await rm(beside, { force: true });
  }
}

export function publicKeyIn(file: string): string {
  try {
    return readBackupPublicKey(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof PkiError) throw error;
    throw new PkiError('settingsInvalid', { mistakes: [`The public key for backups ${file} cannot be read.`] });
  }
}

interface Making extends BackupGround {
  readonly at: number;
  /** Filled when the last line is given. */
  readonly ended: { line?: BackupEnd };
}

/** The database first: what the home's logs have beyond it is what a crash would leave, which the CA core knows how to end. */
async function* linesOf(snapshot: Snapshot, making: Making): AsyncGenerator<string, void> {
  const { home, at, ended, tell = () => undefined } = making;
  const tally = openTally();
  const seen = (line: BackupLine): string => {
    const text = encodeLine(line);
    making.signal?.throwIfAborted();
    tally.see(line, text);
    return text;
  };
  const { kind: database, migrations } = snapshot;
  const listed = Object.fromEntries(Object.entries(migrations).map(([table, names]) => [table, [...names]]));
  yield seen({ is: 'backup', version: 1, at, release: release(), database, migrations: listed });
  for (const name of snapshot.tables) {
    tell(`Table ${name}`);
    yield seen({ is: 'table', name });
    for await (const { columns, rows } of snapshot.rowsOf(name)) {
      const named = seen({ is: 'columns', names: [...columns] });
      yield named + rows.map(row => seen({ is: 'row', v: row.map(encodeColumn) })).join('');
    }
  }
  const { paths, leftOut } = await homeFiles(home);
  const { note: checkpoint, size: treeSize } = newestCheckpoint(home);
  for (const path of paths) {
    tell(`File ${path}`);
    yield seen({ is: 'file', path });
    for await (const octets of octetsOfFile(join(home, path)))
      yield seen({ is: 'octets', b: octets.toString('base64') });
  }
  const sums = { tables: tally.tables(), files: tally.files() };
  ended.line = {
    is: 'end',
    ...sums,
    treeSize,
    checkpoint,
    crlNumbers: { ...snapshot.crlNumbers },
    leftOut: [...leftOut],
  };
  yield encodeLine(ended.line);
}

function newestCheckpoint(home: string): { readonly note: string | null; readonly size: number } {
  const note = openCheckpointFiles(join(home, 'ca', 'audit')).newest() ?? null;
  return { note, size: Number(note?.split('\n')[1] ?? 0) };
}

const release = (): string =>
  (JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }).version;

const unlike = (): PkiError => new PkiError('backupUnfit', { reason: 'what was written does not read back the same' });
