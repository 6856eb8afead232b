import type { Clock } from '../../ca-core/clock.ts';
import type { Log } from '../../ca-core/log.ts';
import type { Database } from '../store/database.ts';
import { noteSent, noteUnsent, takeLetter, waitingLetters } from '../store/letters.ts';
import type { Mailer } from './mailer.ts';

/** Seconds after which a letter that a portal took to send is any portal's again. */
const longestSending = 120;

/** One who sends what waits. A letter that cannot be sent is tried again, ever more seldom, and never lost. */
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
        const wait = Math.min(3_600, 15 * 2 ** letter.attempts);
        // The text of a mail server's error may repeat the address.
        const because = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
        log.warn({ letter: letter.id, attempts: letter.attempts + 1, because }, 'a letter could not be sent');
        await noteUnsent(database, letter.id, clock.now() + wait);
      }
    }
  } catch (error) {
    log.error({ err: error }, 'waiting letters could not be read');
  }
}
