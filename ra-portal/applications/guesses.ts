/** Codes may be guessed slowly: every wrong one makes the next wait longer, and a restart forgets nothing. */
import { PkiError } from '../../ca-core/errors.ts';
import { attemptsAbout, forgetAttempts, noteAttempts } from '../store/attempts.ts';
import { inOneStep, type Database } from '../store/database.ts';

const freeAttempts = 3;
const firstDelay = 30;
const longestDelay = 3_600;

/** Seconds to wait after this many wrong codes: 0, 0, 30, 60, 120 … 3600. */
export function delayAfter(wrong: number): number {
  return wrong < freeAttempts ? 0 : Math.min(longestDelay, firstDelay * 2 ** Math.min(wrong - freeAttempts, 20));
}

/**
 * Counts an attempt before the code is looked at, so that guesses made at once are counted one by one; how many there
 * are now. Throws tooManyAttempts {until} while the delay lasts.
 */
export function countAttempt(database: Database, about: string, now: number): Promise<number> {
  return inOneStep(database, async trx => {
    const { wrong, blockedUntil } = await attemptsAbout(trx, about);
    if (now < blockedUntil) throw new PkiError('tooManyAttempts', { until: blockedUntil, seconds: blockedUntil - now });
    await noteAttempts(trx, about, { wrong: wrong + 1, blockedUntil: now + delayAfter(wrong + 1) });
    return wrong + 1;
  });
}

/** The code was right: nothing is held against its owner. */
export const forgiveAttempts = (database: Database, about: string): Promise<void> => forgetAttempts(database, about);
