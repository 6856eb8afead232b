import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file in one step: written beside, synced, renamed, and the folder synced. Whoever reads it gets the old or
 * the new one, whole, whenever the machine stops.
 */
export async function putFile(path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const beside = await open(`${path}.new`, 'w', 0o644);
  try {
    await beside.writeFile(bytes);
    await beside.sync();
  } finally {
    await beside.close();
  }
  await rename(`${path}.new`, path);
  const opened = await open(folder, 'r');
  await opened.sync().finally(() => opened.close());
}
