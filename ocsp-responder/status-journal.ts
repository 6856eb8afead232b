/**
 * The responder's memory on its own disk, outside the database: one JSON line for each thing it has learnt, appended
 * and synced before it is believed.
 */
import { createReadStream } from 'node:fs';
import { open, rename, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PkiError } from '../ca-core/errors.ts';
import { ocspStatusLine, type OcspStatusLine } from '../ca-core/index.ts';
import { readBy } from '../ca-core/schema.ts';

/** The group may read it: the CA core compares it with what it signed. Nothing in it is secret. */
const journalMode = 0o640;

export interface StatusJournal {
  /** Returns when the lines are on the disk. */
  readonly append: (lines: readonly OcspStatusLine[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Gives every whole line to `learn`, in order, and drops a last line that a crash cut short. Throws storeUnavailable
 * when another line cannot be read: what is forgotten might be a revocation.
 */
export async function openJournal(file: string, learn: (line: OcspStatusLine) => void): Promise<StatusJournal> {
  const created = await open(file, 'a', journalMode);
  await created.close();
  const wholeBytes = await readLines(file, learn);
  await truncate(file, wholeBytes);
  const journal = await open(file, 'a', journalMode);
  await syncFolder(dirname(file));
  return {
    append: async lines => {
      if (lines.length === 0) return;
      await journal.appendFile(textOf(lines));
      await journal.datasync();
    },
    close: () => journal.close(),
  };
}

/** Replaces the journal by these lines in one step, when much of it is no longer news. */
export async function rewriteJournal(file: string, lines: Iterable<OcspStatusLine>): Promise<void> {
  const beside = await open(`${file}.new`, 'w', journalMode);
  let batch: OcspStatusLine[] = [];
  for (const line of lines) {
    if (batch.push(line) < 10_000) continue;
    await beside.appendFile(textOf(batch));
    batch = [];
  }
  await beside.appendFile(textOf(batch));
  await beside.sync();
  await beside.close();
  await rename(`${file}.new`, file);
  await syncFolder(dirname(file));
}

/** Length in octets of the whole lines. */
async function readLines(file: string, learn: (line: OcspStatusLine) => void): Promise<number> {
  let wholeBytes = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      learn(readLine(bytes.toString('utf8', start, end), wholeBytes));
      wholeBytes += end + 1 - start;
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
  return wholeBytes;
}

function readLine(text: string, at: number): OcspStatusLine {
  try {
    return readBy(ocspStatusLine, JSON.parse(text), 'storeUnavailable');
  } catch {
    throw new PkiError('storeUnavailable', { what: 'a line of the status journal cannot be read', at });
  }
}

function textOf(lines: readonly OcspStatusLine[]): string {
  return lines.map(line => `${JSON.stringify(line)}\n`).join('');
}

async function syncFolder(folder: string): Promise<void> {
  const opened = await open(folder, 'r');
  await opened.sync();
  await opened.close();
}
