/** The folder of backups: their names, the record of the last one, and which of them stay. */
import { existsSync, readFileSync } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { UnixTime } from '../clock.ts';
import { z } from '../schema.ts';

const suffix = '.kakuin';

/** In seconds: how long every backup stays, one of each day, one of each month. */
export interface KeptBackups {
  readonly keepAll: number;
  readonly keepDaily: number;
  readonly keepMonthly: number;
}

const lastBackup = z.strictObject({
  at: z.number().int().nonnegative(),
  file: z.string(),
  bytes: z.number().int().nonnegative(),
  sha256: z.string(),
  rows: z.number().int().nonnegative(),
  treeSize: z.number().int().nonnegative(),
  /** By the issuing CA's id. */
  crlNumbers: z.record(z.string(), z.number()),
  /** Folders that the account could not read. */
  leftOut: z.array(z.string()),
});
/** The last backup that was read back and compared; there is nothing secret in it. */
export type LastBackup = z.infer<typeof lastBackup>;

/** 20261122T071500Z.kakuin */
export function backupName(at: UnixTime): string {
  return `${new Date(at * 1000).toISOString().replace(/[-:]|\.\d+/g, '')}${suffix}`;
}

function timeIn(name: string): UnixTime | undefined {
  const [, day, time] = /^(\d{8})T(\d{6})Z\.kakuin$/.exec(name) ?? [];
  if (day === undefined || time === undefined) return undefined;
  const text = `${day.replace(/(....)(..)(..)/, '$1-$2-$3')}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`;
  const at = Date.parse(text) / 1000;
  return Number.isFinite(at) ? at : undefined;
}

/** Undefined before the first. */
export function lastBackupIn(folder: string): LastBackup | undefined {
  const file = join(folder, 'last-backup.json');
  if (!existsSync(file)) return undefined;
  try {
    return lastBackup.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

export async function keepLast(folder: string, last: LastBackup): Promise<void> {
  const beside = join(folder, 'last-backup.json.new');
  const handle = await open(beside, 'w', 0o644);
  try {
    // The monitor reads it, whatever the umask: it holds no secret, and names no person.
    await handle.chmod(0o644);
    await handle.writeFile(`${JSON.stringify(last)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, join(folder, 'last-backup.json'));
  const opened = await open(folder, 'r');
  await opened.sync().finally(() => opened.close());
}

/**
 * Takes away what the policy no longer keeps: nothing while the clock may have jumped ahead, which would make all of them
 * old. Files of other names are nobody's business here.
 */
export async function rotate(folder: string, policy: KeptBackups, now: UnixTime): Promise<void> {
  const names = await readdir(folder);
  const times = names.flatMap(name => timeIn(name) ?? []);
  if (!isSteady(times, policy, now)) return;
  const kept = new Set(timesToKeep(times, policy, now));
  for (const name of names) {
    const at = timeIn(name);
    if (at !== undefined && !kept.has(at)) await rm(join(folder, name), { force: true });
  }
}

/** Whether backups were made for `keepAll`, since the first at most, and never so long without one. */
function isSteady(times: readonly UnixTime[], { keepAll }: KeptBackups, now: UnixTime): boolean {
  let later = now;
  for (const at of times.filter(one => one <= now).toSorted((one, other) => other - one)) {
    if (later - at > keepAll) return false;
    if (now - at >= keepAll) return true;
    later = at;
  }
  return true;
}

/** The newest always; all of the last hours, the first of each day and of each month (UTC) for longer. */
export function timesToKeep(times: readonly UnixTime[], policy: KeptBackups, now: UnixTime): readonly UnixTime[] {
  const { keepAll, keepDaily, keepMonthly } = policy;
  const sorted = times.toSorted((one, other) => one - other);
  const days = new Set<string>();
  const months = new Set<string>();
  return sorted.filter((at, index) => {
    const [day, month] = [periodOf(at, 10), periodOf(at, 7)];
    const isFirstOfDay = !days.has(day);
    const isFirstOfMonth = !months.has(month);
    days.add(day);
    months.add(month);
    const age = now - at;
    return (
      index === sorted.length - 1 ||
      age <= keepAll ||
      (isFirstOfDay && age <= keepDaily) ||
      (isFirstOfMonth && age <= keepMonthly)
    );
  });
}

const periodOf = (at: UnixTime, characters: number): string => new Date(at * 1000).toISOString().slice(0, characters);
