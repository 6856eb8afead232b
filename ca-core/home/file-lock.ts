/** Locks between the processes of one machine that end with the process that holds them, however it ends. */
import { setTimeout as pause } from 'node:timers/promises';
import { SqliteFile } from '../store/sqlite-driver.ts';

/**
 * A lock that is one file. Node has no flock(2), so the lock is SQLite's own upon an empty database: the kernel keeps it
 * (fcntl(2)) and nothing is left to clear away after a kill. No other code may open the file, since closing it would
 * drop the lock.
 */
export interface FileLock {
  /** Takes the lock, if nobody has it. */
  readonly take: () => boolean;
  readonly release: () => void;
  /** Releases and closes. */
  readonly close: () => void;
}

export function openFileLock(file: string): FileLock {
  const database = new SqliteFile(file, { timeout: 0 });
  const begin = database.prepare('BEGIN EXCLUSIVE');
  const rollback = database.prepare('ROLLBACK');
  const release = (): void => {
    if (database.inTransaction) rollback.run();
  };
  return {
    take: () => {
      try {
        begin.run();
        return true;
      } catch (error) {
        if (error instanceof SqliteFile.SqliteError && error.code.startsWith('SQLITE_BUSY')) return false;
        throw error;
      }
    },
    release,
    close: () => {
      release();
      database.close();
    },
  };
}

/** Whoever holds the lock holds it for a few file operations: a millisecond is a long time. */
const longest = 15_000;

/** Runs `work` while no other process does. Throws where the lock is not to be had for seconds. */
export async function alone<T>(lock: FileLock, work: () => T): Promise<T> {
  const giveUpAt = performance.now() + longest;
  while (!lock.take()) {
    if (performance.now() > giveUpAt) throw new Error('another process keeps the lock of a log');
    await pause(Math.random() * 2);
  }
  try {
    return work();
  } finally {
    lock.release();
  }
}
