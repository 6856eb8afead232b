import type { UnixTime } from '../ca-core/clock.ts';
import type { Answer } from './answer.ts';
import type { KnownStatus } from './status.ts';

/** An answer signed once for all who ask for the same CertID without a nonce. */
export interface KeptAnswer {
  readonly answer: Answer;
  readonly thisUpdate: UnixTime;
  readonly nextUpdate: UnixTime;
  /** From then on a newer one is signed, where something newer is known. */
  readonly refreshAt: UnixTime;
  /** What it tells: with another status it is worth nothing. */
  readonly known: KnownStatus;
}

export interface AnswerCache {
  /** `serial`: the serial number in hex. */
  readonly find: (form: number, serial: string) => KeptAnswer | undefined;
  readonly keep: (form: number, serial: string, kept: KeptAnswer) => void;
}

/** Each kept answer takes about 2 kB. */
const mostPerForm = 5_000;

export function openAnswerCache(forms: number): AnswerCache {
  const byForm = Array.from({ length: forms }, () => new Map<string, KeptAnswer>());
  return {
    find: (form, serial) => byForm[form]?.get(serial),
    keep: (form, serial, kept) => {
      const answers = byForm[form];
      if (answers === undefined) return;
      const [oldest] = answers.keys();
      if (answers.size >= mostPerForm && oldest !== undefined) answers.delete(oldest);
      answers.set(serial, kept);
    },
  };
}
