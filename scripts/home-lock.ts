import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openFileLock } from '../ca-core/home/file-lock.ts';

/** Two commands that prepare the same home at once take turns; the lock ends with its owner, however long that takes. */
export async function aloneIn<T>(home: string, work: () => Promise<T>): Promise<T> {
  const lock = openFileLock(join(home, 'home.lock'));
  try {
    while (!lock.take()) await pause(100);
    return await work();
  } finally {
    lock.close();
  }
}
