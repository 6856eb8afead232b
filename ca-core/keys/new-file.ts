/** Puts a file that must not exist yet, whole or not at all. */
import { randomBytes } from 'node:crypto';
import { link, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes beside, syncs, then links under the final name, which, unlike a rename, never replaces a file; mode 0600.
 * Throws EEXIST when the name is taken.
 */
export async function putNewFile(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    await writeSynced(beside, text);
    await link(beside, path);
  } finally {
    await unlink(beside).catch(() => undefined);
  }
  await syncFolder(dirname(path));
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const opened = await open(folder, 'r');
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}
