/** The letters with the users' PINs: made from the vault, shown once to be printed, and then forgotten. */
import { PkiError } from '../../ca-core/errors.ts';
import type { PortalDesk } from '../tokens/portal-desk.ts';
import type { Journal } from '../tokens/token-work.ts';
import type { Vault } from '../tokens/vault.ts';

export interface WaitingLetter {
  readonly jobId: string;
  readonly serial: string;
  readonly label: string;
}

export interface Letter extends WaitingLetter {
  readonly name: string;
  readonly organisationName: string;
  readonly pin: string;
}

export interface Letters {
  /** Of the tokens that are active and whose PIN is kept here still. */
  readonly waiting: () => readonly WaitingLetter[];
  /** With the PIN in clear: for a screen and a printer. Throws tokenJobUnknown, tokenJobState, portalUnreachable. */
  readonly show: (jobId: string) => Promise<Letter>;
  /** It is on paper: the portal notes that, then the PIN is forgotten. May be repeated. */
  readonly close: (jobId: string) => Promise<void>;
}

export function openLetters(parts: {
  readonly journal: Journal;
  readonly vault: Vault;
  readonly desk: PortalDesk;
}): Letters {
  const { journal, vault, desk } = parts;
  const waiting = (): readonly WaitingLetter[] =>
    journal
      .all()
      .filter(({ job, step }) => step === 'reported' && vault.hasUserPin(job.tokenSerial))
      .map(({ job: { jobId, tokenSerial: serial, label } }) => ({ jobId, serial, label }));
  const wanted = (jobId: string): WaitingLetter => {
    const found = waiting().find(one => one.jobId === jobId);
    if (found === undefined) throw new PkiError('tokenJobUnknown');
    return found;
  };
  return {
    waiting,
    show: async jobId => {
      const letter = wanted(jobId);
      const { state, holder } = await desk.standing(jobId);
      if (state !== 'active') throw new PkiError('tokenJobState', { state });
      return { ...letter, ...holder, pin: vault.userPin(letter.serial) };
    },
    close: async jobId => {
      const { serial } = wanted(jobId);
      await desk.noteLetter(jobId);
      vault.forgetUserPin(serial);
    },
  };
}
