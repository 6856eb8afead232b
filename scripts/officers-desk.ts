import { createInterface } from 'node:readline/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { founderLinks, pendingEnrolments, type PendingEnrolment } from '../ca-core/console.ts';
import { confirmationLine, confirmShown, fingerprintsOf, linkText, pendingLines, withConsole } from './ca-console.ts';
import { sayWhy } from './sentences.ts';
import type { Settings } from './settings.ts';

const lookEvery = 1_000;

/** What to tell about the first two officers; empty when the roll has them. */
export async function founderLines(settings: Settings): Promise<readonly string[]> {
  const links = await withConsole(settings, founderLinks);
  if (links.length === 0) return [];
  const next = process.stdin.isTTY
    ? 'When they have registered, compare the fingerprints here in this terminal.'
    : 'When they have registered, compare the fingerprints: npm run kakuin -- officers confirm';
  return [
    'The first officers register their passkeys with these one-time links, one for each person:',
    ...links.map(link => `  ${linkText(settings, link)}`),
    next,
  ];
}

/** Asks at this terminal about each complete registration of a founder until the roll stands; without a terminal, nothing. */
export async function confirmAtTerminal(settings: Settings, signal: AbortSignal): Promise<void> {
  const asked = new Set<string>();
  while (process.stdin.isTTY && !signal.aborted) {
    if ((await withConsole(settings, founderLinks)).length === 0) return;
    for (const pending of await withConsole(settings, pendingEnrolments)) {
      const shown = `${pending.invitationId} ${fingerprintsOf(pending)}`;
      if (pending.missing.length > 0 || asked.has(shown)) continue;
      asked.add(shown);
      if (await isSame(pending, signal)) await confirm(settings, pending);
    }
    await pause(lookEvery, undefined, { signal }).catch(() => undefined);
  }
}

/** A refusal is said and the platform runs on. */
async function confirm(settings: Settings, pending: PendingEnrolment): Promise<void> {
  try {
    const confirmation = await withConsole(settings, console => confirmShown(console, pending));
    console.log(confirmationLine(settings, confirmation));
  } catch (error) {
    sayWhy(error);
  }
}

async function isSame(pending: PendingEnrolment, signal: AbortSignal): Promise<boolean> {
  console.log(pendingLines(pending).join('\n'));
  return askYes("Are these the fingerprints on this person's own screen? [y/N] ", signal);
}

/** Ctrl-C at the question ends the program as anywhere else. */
export async function askYes(question: string, signal: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return /^y(es)?$/i.test((await terminal.question(question, { signal })).trim());
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    terminal.close();
  }
}
