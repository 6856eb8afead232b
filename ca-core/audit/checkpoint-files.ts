/** Where checkpoints are kept: the CA core's home, and a second place on another disk or machine. Files, never the database. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UnixTime } from '../clock.ts';
import { openAppendLog, type AppendLog } from '../home/append-log.ts';
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
  readonly close: () => Promise<void>;
}

/** Nothing is touched before something is kept. One line of JSON a checkpoint, one file a day. */
export function openCheckpointFiles(folder: string): CheckpointFiles {
  const pathOf = (name: string): string => join(folder, name);
  let today: { readonly name: string; readonly log: AppendLog<KeptCheckpoint> } | undefined;
  const close = async (): Promise<void> => {
    await today?.log.close();
    today = undefined;
  };
  const logOf = async (name: string): Promise<AppendLog<KeptCheckpoint>> => {
    if (today?.name === name) return today.log;
    await close();
    await mkdir(pathOf('checkpoints'), { recursive: true, mode: 0o700 });
    today = { name, log: await openAppendLog<KeptCheckpoint>(join(pathOf('checkpoints'), name), () => undefined) };
    return today.log;
  };
  return {
    key: () => textOf(pathOf('audit.vkey'))?.trim(),
    keepKey: line => replaceFile(pathOf('audit.vkey'), `${line}\n`),
    newest: () => textOf(pathOf('checkpoint')),
    keep: async checkpoint => {
      const log = await logOf(`${new Date(checkpoint.at * 1000).toISOString().slice(0, 10)}.log`);
      await log.append([checkpoint]);
      await replaceFile(pathOf('checkpoint'), checkpoint.note);
    },
    all: () => allCheckpoints(pathOf('checkpoints')),
    peaks: () => peaksOf(textOf(pathOf('peaks.json'))),
    keepPeaks: peaks => writeFile(pathOf('peaks.json'), JSON.stringify(peaks), { mode: 0o600 }),
    close,
  };
}

function allCheckpoints(folder: string): KeptCheckpoint[] {
  if (!existsSync(folder)) return [];
  const days = readdirSync(folder)
    .filter(name => /^\d{4}-\d\d-\d\d\.log$/.test(name))
    .sort();
  return days.flatMap((name, at) =>
    readKeptCheckpoints(readFileSync(join(folder, name), 'utf8'), at === days.length - 1),
  );
}

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

async function replaceFile(file: string, text: string): Promise<void> {
  const beside = await open(`${file}.new`, 'w', 0o600);
  try {
    await beside.writeFile(text);
    await beside.datasync();
  } finally {
    await beside.close();
  }
  await rename(`${file}.new`, file);
}
