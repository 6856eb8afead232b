import type { UnixTime } from '../ca-core/clock.ts';
import type { Answer } from './answer.ts';
import { serialOctets } from './cert-id-forms.ts';

/** An answer signed once for all who ask for the same CertID without a nonce. */
export interface KeptAnswer {
  readonly answer: Answer;
  readonly thisUpdate: UnixTime;
  readonly nextUpdate: UnixTime;
  /** From then on a newer one is signed, where something newer is known. */
  readonly refreshAt: UnixTime;
}

export interface AnswerCache {
  /** `serialOctets` is the INTEGER content in hex. */
  readonly find: (form: number, serialOctets: string) => KeptAnswer | undefined;
  readonly keep: (form: number, serialOctets: string, kept: KeptAnswer) => void;
  readonly forget: (serialNumber: string) => void;
  readonly forgetAll: () => void;
}

/** Each kept answer takes about 1 kB. */
const mostPerForm = 200_000;

export function openAnswerCache(forms: number): AnswerCache {
  const byForm = Array.from({ length: forms }, () => new Map<string, KeptAnswer>());
  return {
    find: (form, octets) => byForm[form]?.get(octets),
    keep: (form, octets, kept) => {
      const answers = byForm[form];
      if (answers === undefined) return;
      const [oldest] = answers.keys();
      if (answers.size >= mostPerForm && oldest !== undefined) answers.delete(oldest);
      answers.set(octets, kept);
    },
    forget: serialNumber => {
      for (const answers of byForm) answers.delete(serialOctets(serialNumber));
    },
    forgetAll: () => {
      for (const answers of byForm) answers.clear();
    },
  };
}
