import type { Clock } from '../../ca-core/clock.ts';
import type { Log } from '../../ca-core/log.ts';
import type { Database } from '../store/database.ts';
import {
  noteGivenUp,
  noteSent,
  noteUnsent,
  takeLetter,
  waitingLetters,
  type GivenUp,
  type WaitingLetter,
} from '../store/letters.ts';
import type { Mailer } from './mailer.ts';

/** Seconds after which a letter that a portal took to send is any portal's again. */
const longestSending = 120;

/** For how long a letter is tried: RFC 5321 §4.5.4.1 asks for four to five days at least. */
const longestTrying = 5 * 86_400;

/**
 * One who sends what waits. A letter that cannot be sent is tried again, ever more seldom, for five days; one whose address
 * the mail server refuses for good is given up at once, or anybody could make the queue look old.
 */
export function openPostOffice(parts: { database: Database; mailer: Mailer; clock: Clock; log: Log }) {
  let round: Promise<void> = Promise.resolve();
  const send = (): Promise<void> => (round = round.then(() => sendWaiting(parts)));
  return { send };
}

async function sendWaiting({ database, mailer, clock, log }: Parameters<typeof openPostOffice>[0]): Promise<void> {
  try {
    for (const letter of await waitingLetters(database, clock.now(), 50)) {
      if (!(await takeLetter(database, letter, clock.now() + longestSending))) continue;
      try {
        await mailer.send(letter);
        await noteSent(database, letter.id, clock.now());
      } catch (error) {
        // The text of a mail server's error may repeat the address.
        const because = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
        const [at, why] = [clock.now(), whyGiveUp(error, letter, clock.now())];
        const told = { letter: letter.id, attempts: letter.attempts + 1, because };
        log.warn(told, why === null ? 'a letter could not be sent' : `a letter is given up: ${why}`);
        if (why === null) await noteUnsent(database, letter.id, at + Math.min(3_600, 15 * 2 ** letter.attempts));
        else await noteGivenUp(database, { id: letter.id, why, at });
      }
    }
  } catch (error) {
    log.error({ err: error }, 'waiting letters could not be read');
  }
}

/** A mail server that refuses everything (its own trouble, a wrong account) refuses nobody's address. */
function whyGiveUp(error: unknown, { postedAt }: WaitingLetter, now: number): GivenUp | null {
  const { command, responseCode } = error as { readonly command?: unknown; readonly responseCode?: unknown };
  if (command === 'RCPT TO' && Number(responseCode) >= 500) return 'refused';
  return now - postedAt >= longestTrying ? 'late' : null;
}
