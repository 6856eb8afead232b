/** Disks, the last backup, and the clock. */
import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { preciseNow } from '../ca-core/clock.ts';
import { z } from '../ca-core/schema.ts';
import { askTime } from './ask-time.ts';
import { reading, type Look, type MonitorParts } from './parts.ts';

export function lookAtDisks({ settings }: MonitorParts): Look {
  return () =>
    Promise.all(
      settings.disks.map(async ({ name, folder }) => {
        const disk = await statfs(standing(folder)).catch(() => undefined);
        const share = disk === undefined || disk.blocks === 0 ? null : disk.bavail / disk.blocks;
        return reading('diskFree', name, share);
      }),
    );
}

/** The folder, or what it will be made in. */
function standing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : standing(dirname(folder));
}

const lastBackup = z.object({ at: z.number().int().nonnegative() });

/** The record that a backup leaves once it was read back and compared. */
export function lookAtBackup({ settings, clock }: MonitorParts): Look {
  return async () => {
    const text = settings.backup && (await readFile(join(settings.backup, 'last-backup.json'), 'utf8').catch(() => ''));
    const at = text ? atIn(text) : undefined;
    return [
      reading('backupAge', '', at === undefined ? null : Math.max(0, clock.now() - at), at ? '' : 'no backup yet'),
    ];
  };
}

function atIn(text: string): number | undefined {
  try {
    return lastBackup.safeParse(JSON.parse(text)).data?.at;
  } catch {
    return undefined;
  }
}

/** By the time server where one is named, else by the clock of the database's server. */
export function lookAtClock({ settings, store, policy }: MonitorParts): Look {
  const offset = async (): Promise<{ readonly by: string; readonly seconds: number } | undefined> => {
    if (settings.timeSource !== undefined)
      return { by: settings.timeSource.host, seconds: await askTime(settings.timeSource, policy.answerWithin) };
    const begun = preciseNow();
    const theirs = await store.observations.serverTime();
    return theirs === null ? undefined : { by: 'database', seconds: theirs - (begun + preciseNow()) / 2 };
  };
  return async () => {
    const found = await offset().catch(() => undefined);
    const note = found?.by ?? (settings.timeSource === undefined ? 'no time server is named' : 'no answer');
    return [reading('clockOffset', '', found === undefined ? null : Math.abs(found.seconds), note)];
  };
}
