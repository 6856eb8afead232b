import { setTimeout as pause } from 'node:timers/promises';

/** serialization_failure and deadlock_detected (PostgreSQL, appendix A): nothing was written, the same again may succeed. */
const conflicts = ['40001', '40P01'];
const attempts = 30;
/** unique_violation: the row in the way may have come after this transaction looked for it; begun again, it is seen. */
const inTheWay = '23505';
const looks = 3;
const longestPause = 50;

/** Runs a transaction again for as long as it only lost against another one. The one place where this is done. */
export async function againAfterConflict<T>(transact: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transact();
    } catch (error) {
      const isWorthIt = isConflict(error) ? attempt < attempts : hasCode(error, [inTheWay]) && attempt < looks;
      if (!isWorthIt) throw error;
      await pause(Math.random() * Math.min(longestPause, 2 ** attempt));
    }
  }
}

/** Whether a statement or a commit lost against another transaction: all of its own has to be done again. */
export const isConflict = (error: unknown): boolean => hasCode(error, conflicts);

const hasCode = (error: unknown, codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));
