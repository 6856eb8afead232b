/** The CA core as a process: no port, only turns. With KAKUIN_CA_WORKERS=n it is n processes, of which this is the first. */
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PkiError } from './errors.ts';
import { usualSessions } from './keys/open-key-store.ts';
import { openLog } from './log.ts';
import { openCa, type OpenCa } from './open-ca.ts';
import { readCaSettings } from './settings.ts';
import { sibling, startSiblings } from './siblings.ts';
import { failureSentence } from './turn-failure.ts';

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());

try {
  const log = openLog('ca-core');
  const settings = readCaSettings(process.env);
  // The token's program inherits it: each session that is busy takes one of its threads.
  process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, settings.tokenSessions ?? usualSessions));
  const open = await openCa(settings, { log });
  const isFirst = process.argv[2] !== sibling;
  if (isFirst) console.log(`ca-core ready at ${open.ca.id.slice(0, 16)} (no port)`);
  else process.once('disconnect', () => stopping.abort());
  const others = startSiblings(fileURLToPath(import.meta.url), isFirst ? (settings.workers ?? 1) - 1 : 0, log);
  await takeTurns(open);
  await others.stop();
  await open.close();
  if (!isFirst && process.connected) process.disconnect();
} catch (error) {
  console.error(error instanceof PkiError ? `ca-core cannot start: ${error.message}` : error);
  process.exitCode = 1;
}

/** Turns until the process is told to stop; a turn that fails makes the state red and is tried again. */
async function takeTurns({ ca, worker, turn, rest }: OpenCa): Promise<void> {
  let beatAt = 0;
  let told: string | undefined;
  let failed: string | undefined;
  while (!stopping.signal.aborted) {
    const worked = await turn().then(
      had => ((failed = undefined), had),
      (error: unknown) => {
        const sentence = failureSentence(error);
        // A token may be away for days: the same is told once, the state says the rest.
        if (sentence !== failed) ca.log.error({ error: stackOf(error) ?? sentence }, 'a turn failed');
        failed = sentence;
        return false;
      },
    );
    const color = failed === undefined ? ('green' as const) : ('red' as const);
    if (ca.clock.now() - beatAt >= 5 || told !== color) {
      [beatAt, told] = [ca.clock.now(), color];
      const state = { service: worker.name, state: color };
      await ca.store.states.beat({ ...state, detail: failed ?? '', seenAt: beatAt }).catch(() => undefined);
    }
    // After a failure nothing but time helps: orders that come in would only fail anew.
    if (failed !== undefined) await pause(1000, undefined, stopping).catch(() => undefined);
    else if (!worked) await rest(ca.policies.schedule.issuing.pollEvery * 1000, stopping.signal);
  }
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
