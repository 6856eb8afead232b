/** The log as files that the verifier needs nothing beside: leaves, checkpoints, public key. */
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PkiError } from '../errors.ts';
import { z } from '../schema.ts';
import type { AuditStore } from '../store/audit.ts';
import { readCheckpoint, type Checkpoint } from './checkpoint.ts';
import { openCheckpointFiles, readKeptCheckpoint } from './checkpoint-files.ts';
import type { AuditLine, CheckpointSource } from './judge.ts';
import { keyOf, storedLines } from './live-log.ts';

const exportedLine = z.strictObject({ seq: z.number().int().nonnegative(), leaf: z.base64(), hash: z.base64() });

/**
 * Writes leaves.jsonl, checkpoints.jsonl, checkpoint and audit.vkey into a new or empty folder: the log up to its newest
 * checkpoint, which is answered. Throws auditBroken where there is none, settingsInvalid where the folder is in use.
 */
export async function exportAuditLog(store: AuditStore, home: string, out: string): Promise<Checkpoint> {
  const files = openCheckpointFiles(home);
  const key = keyOf(files);
  const note = files.newest();
  if (key === undefined || note === undefined)
    throw new PkiError('auditBroken', { reason: 'there is no checkpoint yet' });
  const checkpoint = readCheckpoint(note, key);
  await mkdir(out, { recursive: true, mode: 0o700 });
  if ((await readdir(out)).length > 0) throw new PkiError('settingsInvalid', { mistakes: [`${out} is not empty.`] });
  await writeLines(join(out, 'leaves.jsonl'), store, checkpoint.size);
  const kept = files.all().map(one => `${JSON.stringify(one)}\n`);
  await writeFile(join(out, 'checkpoints.jsonl'), kept.join(''));
  await writeFile(join(out, 'checkpoint'), note);
  await writeFile(join(out, 'audit.vkey'), `${files.key() ?? ''}\n`);
  return checkpoint;
}

/** The lines of an export, one after the other. One that is not as it was written is given as a leaf with a wrong hash. */
export async function* exportedLines(folder: string): AsyncGenerator<AuditLine> {
  const input = createReadStream(join(folder, 'leaves.jsonl'));
  let at = 0;
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    yield readLine(text) ?? { seq: at, leaf: new Uint8Array(0), leafHash: new Uint8Array(0) };
    at += 1;
  }
}

/** The checkpoints of an export. */
export function exportedCheckpoints(folder: string): CheckpointSource {
  return {
    kept: 'log',
    place: folder,
    notes: [...checkpointsIn(join(folder, 'checkpoints.jsonl')), ...checkpointsIn(join(folder, 'checkpoint'))],
  };
}

/** The notes of a file: a single checkpoint, or one a line in JSON. None where there is no such file. */
export function checkpointsIn(file: string): string[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  if (!text.startsWith('{')) return text === '' ? [] : [text];
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => readKeptCheckpoint(line).note);
}

async function writeLines(file: string, store: AuditStore, size: number): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    let lines: string[] = [];
    for await (const { seq, leaf, leafHash } of storedLines(store, size)) {
      lines.push(`${lineOf({ seq, leaf, leafHash })}\n`);
      if (lines.length < 2000) continue;
      await handle.appendFile(lines.join(''));
      lines = [];
    }
    await handle.appendFile(lines.join(''));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const lineOf = ({ seq, leaf, leafHash }: AuditLine): string =>
  JSON.stringify({ seq, leaf: base64(leaf), hash: base64(leafHash) });

/** A line, where it is to the byte what lineOf writes. */
function readLine(text: string): AuditLine | undefined {
  try {
    const { seq, leaf, hash } = exportedLine.parse(JSON.parse(text));
    const line = { seq, leaf: Buffer.from(leaf, 'base64'), leafHash: Buffer.from(hash, 'base64') };
    return lineOf(line) === text ? line : undefined;
  } catch {
    return undefined;
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
