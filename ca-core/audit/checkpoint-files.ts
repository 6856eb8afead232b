/** Where checkpoints are kept: the CA core's home, and a second place on another disk or machine. Files, never the database. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, open, rename, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { UnixTime } from '../clock.ts';
import type { Peaks } from './merkle-tree.ts';

/** A checkpoint's note and when it was written: the time is not signed. */
export interface KeptCheckpoint {
  readonly at: UnixTime;
  readonly note: string;
}

export interface CheckpointFiles {
  /** The line of the public key (signed-note.ts), once the log was begun. */
  readonly key: () => string | undefined;
  readonly keepKey: (line: string) => Promise<void>;
  /** The newest note, in `checkpoint`. */
  readonly newest: () => string | undefined;
  /** Adds to the day's file and puts the newest in its place; on the disk when this returns. */
  readonly keep: (checkpoint: KeptCheckpoint) => Promise<void>;
  /** Every checkpoint that was kept, oldest first. A line that is none is given as a note that no key signed. */
  readonly all: () => readonly KeptCheckpoint[];
  /** What the tree can grow on from; absent where it is unreadable, for it only saves time. */
  readonly peaks: () => Peaks | undefined;
  readonly keepPeaks: (peaks: Peaks) => Promise<void>;
}

/** Nothing is touched before something is kept. One line of JSON a checkpoint, one file a day. */
export function openCheckpointFiles(folder: string): CheckpointFiles {
  const pathOf = (name: string): string => join(folder, name);
  return {
    key: () => textOf(pathOf('audit.vkey'))?.trim(),
    keepKey: line => replaceFile(pathOf('audit.vkey'), `${line}\n`),
    newest: () => textOf(pathOf('checkpoint')),
    keep: async checkpoint => {
      await mkdir(pathOf('checkpoints'), { recursive: true, mode: 0o700 });
      await trimNewest(pathOf('checkpoints'));
      await appendLine(join(pathOf('checkpoints'), `${dayOf(checkpoint.at)}.log`), JSON.stringify(checkpoint));
      await replaceFile(pathOf('checkpoint'), checkpoint.note);
    },
    all: () => allCheckpoints(pathOf('checkpoints')),
    peaks: () => peaksOf(textOf(pathOf('peaks.json'))),
    keepPeaks: peaks => writeFile(pathOf('peaks.json'), JSON.stringify(peaks), { mode: 0o600 }),
  };
}

function allCheckpoints(folder: string): KeptCheckpoint[] {
  if (!existsSync(folder)) return [];
  const days = daysIn(folder);
  return days.flatMap((name, at) =>
    readKeptCheckpoints(readFileSync(join(folder, name), 'utf8'), at === days.length - 1),
  );
}

const daysIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter(name => /^\d{4}-\d\d-\d\d\.log$/.test(name))
    .sort();

/** Lines of JSON. The very last one may lack its end, where a crash cut it: it is left out. */
function readKeptCheckpoints(text: string, isNewest: boolean): KeptCheckpoint[] {
  const lines = text.split('\n');
  const unended = lines.pop() ?? '';
  return (unended === '' || isNewest ? lines : [...lines, unended]).map(readKeptCheckpoint);
}

/** A line of a checkpoints file. */
export function readKeptCheckpoint(line: string): KeptCheckpoint {
  const read = jsonOf(line) as Partial<KeptCheckpoint> | undefined;
  return { at: typeof read?.at === 'number' ? read.at : 0, note: typeof read?.note === 'string' ? read.note : line };
}

function peaksOf(text: string | undefined): Peaks | undefined {
  const read = jsonOf(text ?? '') as Partial<Peaks> | undefined;
  const { size = -1, hashes = [] } = read ?? {};
  const isWhole = Number.isSafeInteger(size) && size >= 0 && hashes.every(hash => /^[0-9a-f]{64}$/.test(hash));
  const bits = isWhole ? size.toString(2).replaceAll('0', '').length : -1;
  return bits === hashes.length ? { size, hashes } : undefined;
}

function jsonOf(text: string): unknown {
  try {
    const read: unknown = JSON.parse(text);
    return read ?? undefined;
  } catch {
    return undefined;
  }
}

const textOf = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

const dayOf = (at: UnixTime): string => new Date(at * 1000).toISOString().slice(0, 10);

/**
 * A last line without its end is what a crash or a full disk left: nobody was told of it, and it is cut off, before a newer
 * day's file makes a line of it.
 */
async function trimNewest(folder: string): Promise<void> {
  const newest = daysIn(folder).at(-1);
  if (newest === undefined) return;
  const handle = await open(join(folder, newest), 'r+');
  try {
    await handle.truncate(await wholeLines(handle));
  } finally {
    await handle.close();
  }
}

async function appendLine(file: string, line: string): Promise<void> {
  const handle = await open(file, 'a', 0o600);
  try {
    await handle.appendFile(`${line}\n`);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Where the last whole line ends; a line is far shorter than what is read. */
async function wholeLines(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  const start = Math.max(0, size - 65_536);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
  return start + buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
}

async function replaceFile(file: string, text: string): Promise<void> {
  const beside = await open(`${file}.new`, 'w', 0o600);
  try {
    await beside.writeFile(text);
    await beside.datasync();
  } finally {
    await beside.close();
  }
  await rename(`${file}.new`, file);
  const folder = await open(dirname(file), 'r');
  await folder.sync().finally(() => folder.close());
}
