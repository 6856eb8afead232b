import { randomBytes } from 'node:crypto';
import { renameSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file that was written beside its place, and waits to take it. */
export interface BesideFile {
  readonly bytes: Buffer;
  /** Takes the place, in one step. */
  readonly takePlace: () => void;
  /** Syncs the folder, so that it keeps the place. */
  readonly settle: () => Promise<void>;
  readonly drop: () => Promise<void>;
}

/** Writes a file beside its place, synced, and reads it back. Each program writes under a name of its own. */
export async function writeBeside(
  path: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<BesideFile> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const beside = `${path}.${randomBytes(6).toString('hex')}.new`;
  const file = await open(beside, 'w', 0o644);
  try {
    for await (const piece of pieces) await file.writeFile(piece);
    await file.sync();
  } finally {
    await file.close();
  }
  return {
    bytes: await readFile(beside),
    takePlace: () => renameSync(beside, path),
    settle: async () => {
      const opened = await open(folder, 'r');
      await opened.sync().finally(() => opened.close());
    },
    drop: () => rm(beside, { force: true }),
  };
}

/**
 * Replaces a file in one step: written beside, synced, renamed, and the folder synced. Whoever reads it gets the old or
 * the new one, whole, whenever the machine stops.
 */
export async function putFile(path: string, bytes: Uint8Array): Promise<void> {
  const beside = await writeBeside(path, [bytes]);
  beside.takePlace();
  await beside.settle();
}

/** Milliseconds after which nobody writes a file any more. */
const leftAfter = 600_000;

/** Takes away what a program that was killed left beside the files of a folder and of those below; `now` in Unix seconds. */
export async function dropLeftovers(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name);
    if (!name.endsWith('.new')) continue;
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && found.mtimeMs + leftAfter < now * 1000) await rm(path, { force: true });
  }
}
