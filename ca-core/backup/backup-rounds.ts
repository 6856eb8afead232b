/** Backups by the timetable, made beside the turns of whoever leads: issuing and revoking wait for none of it. */
import type { Ca } from '../ca.ts';
import type { CaSettings } from '../settings.ts';
import type { Aside } from '../aside.ts';
import { lastBackupIn, type LastBackup } from './kept-backups.ts';
import { makeBackup } from './make-backup.ts';

/** Seconds between looks whether one is due, and after which one that failed is begun again. */
const lookEvery = 30;
const againAfter = 300;

/** Nothing is done where the settings name no folder for backups. */
export function openBackupRounds(ca: Ca, { home, database, backup }: CaSettings): Aside {
  const { clock, policies } = ca;
  let notBefore = 0;
  let running: AbortController | undefined;
  const isDue = (to: string, now: number): boolean => {
    const last = lastBackupIn(to);
    return last === undefined || last.at > now || now - last.at >= policies.schedule.backup.every;
  };
  const run = async (controller: AbortController, ground: Omit<Parameters<typeof makeBackup>[0], 'signal'>) => {
    try {
      await tell(ca, await makeBackup({ ...ground, signal: controller.signal }));
    } catch (error) {
      if (controller.signal.aborted) return;
      notBefore = clock.now() + againAfter;
      await tellFailure(ca, error).catch(() => undefined);
    } finally {
      running = undefined;
    }
  };
  return {
    step: () => {
      const now = clock.now();
      const isEarly = now < notBefore && notBefore - now <= againAfter;
      if (backup === undefined || running !== undefined || isEarly) return Promise.resolve(false);
      notBefore = now + lookEvery;
      if (!isDue(backup.to, now)) return Promise.resolve(false);
      running = new AbortController();
      const { to, keyFile } = backup;
      const policy = policies.schedule.backup;
      void run(running, { home, database: backup.database ?? database, to, keyFile, policy, clock });
      return Promise.resolve(false);
    },
    stop: () => running?.abort(),
  };
}

async function tell({ store, clock, log }: Ca, last: LastBackup): Promise<void> {
  const { file, bytes, sha256, treeSize, leftOut } = last;
  const details = { sha256, bytes: String(bytes), treeSize: String(treeSize) };
  await store.audit.note({
    ...{ at: clock.now(), service: 'ca-core', action: 'backup.made', actor: 'ca-core', subject: file, details },
  });
  const missing = leftOut.length === 0 ? '' : `; not in it, since this account may not read them: ${leftOut.join(' ')}`;
  const detail = `${file}, ${bytes} octets${missing}`;
  log.info({ file, bytes }, 'a backup was made');
  await store.states.beat({ service: 'backup', state: 'green', detail, seenAt: clock.now() });
}

async function tellFailure({ store, clock, log }: Ca, error: unknown): Promise<void> {
  log.error({ error: error instanceof Error ? error.stack : error }, 'a backup failed');
  const detail = error instanceof Error ? error.message : String(error);
  await store.states.beat({ service: 'backup', state: 'red', detail, seenAt: clock.now() });
}
