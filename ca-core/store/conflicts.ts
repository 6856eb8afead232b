import { setTimeout as pause } from 'node:timers/promises';

/** serialization_failure and deadlock_detected (PostgreSQL, appendix A): nothing was written, the same again may succeed. */
const conflicts = ['40001', '40P01'];
const attempts = 30;
const longestPause = 50;

/** Runs a transaction again for as long as it only lost against another one. The one place where this is done. */
export async function againAfterConflict<T>(transact: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transact();
    } catch (error) {
      if (attempt === attempts || !isConflict(error)) throw error;
      await pause(Math.random() * Math.min(longestPause, 2 ** attempt));
    }
  }
}

/** Whether a statement or a commit lost against another transaction: all of its own has to be done again. */
export const isConflict = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && conflicts.includes(String(error.code));
