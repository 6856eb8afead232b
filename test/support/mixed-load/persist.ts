/** What a person does whose page did not answer: the same again, until it does. */
import { setTimeout as pause } from 'node:timers/promises';

/** What nobody may ever see, and what was lost on the way. */
export interface Complaints {
  readonly violations: string[];
  /** Acts that had to be done again, because nobody answered. */
  again: number;
}

/** Nobody there, hung up in the middle, not yet open, too many at once: another try is all that helps. */
const elsewhere = /ECONNREFUSED|ECONNRESET|EPIPE|socket hang up|aborted|: 429 |: 50[234] /;
const bug = /: 500 /;
const patience = 90_000;

export interface Act<T> {
  readonly what: string;
  readonly act: () => Promise<T>;
  /** Refusals that tell that an earlier try arrived after all, although its answer did not. */
  readonly arrived?: RegExp;
}

/** Undefined where an earlier try arrived. Throws any other refusal, and the last failure after 90 s. */
export async function persist<T>(complaints: Complaints, { what, act, arrived }: Act<T>): Promise<T | undefined> {
  const since = performance.now();
  for (let turn = 0; ; turn += 1) {
    try {
      return await act();
    } catch (error) {
      const words = wordsOf(error);
      if (turn > 0 && arrived?.test(words) === true) return undefined;
      if (bug.test(words)) complaints.violations.push(`${what}: ${words.slice(0, 300)}`);
      if (!elsewhere.test(words) || performance.now() - since > patience) throw new Error(`${what}: ${words}`);
      complaints.again += 1;
      await pause(300);
    }
  }
}

function wordsOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return `${code} ${error instanceof Error ? error.message : String(error)}`;
}
