/** What a restored home says of itself until `kakuin recover` has put back what the backup does not know. */
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { UnixTime } from '../clock.ts';
import { z } from '../schema.ts';

const mark = z.object({
  backupAt: z.number().int().nonnegative(),
  restoredAt: z.number().int().nonnegative(),
  /** Leaves of the audit log that the backup's home had a checkpoint of. */
  treeSize: z.number().int().nonnegative(),
});
export interface RestoredMark {
  readonly backupAt: UnixTime;
  readonly restoredAt: UnixTime;
  readonly treeSize: number;
}

const name = 'restored.json';

/** Of CA core and responder: neither may speak for what it no longer knows. */
export const markFiles = (home: string): readonly string[] => [join(home, 'ca', name), join(home, 'responder', name)];

/** What a recovery ends with, once its report is told. */
export async function takeMarksAway(home: string): Promise<void> {
  for (const file of markFiles(home)) await rm(file, { force: true });
}

export const encodeRestoredMark = (content: RestoredMark): string => `${JSON.stringify(content)}\n`;

/** `folder`: `ca` or `responder` in KAKUIN_HOME. A mark that cannot be read marks all the same. */
export function restoredMarkIn(folder: string): RestoredMark | undefined {
  const file = join(folder, name);
  if (!existsSync(file)) return undefined;
  try {
    return mark.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return { backupAt: 0, restoredAt: 0, treeSize: 0 };
  }
}
