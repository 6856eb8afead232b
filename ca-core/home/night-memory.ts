/** When something that is done once a night was last done: kept in the home, since a row in the database could put it off for ever. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { UnixTime } from '../clock.ts';

export interface NightMemory {
  /** Undefined where nobody has begun to count. */
  readonly lastAt: () => UnixTime | undefined;
  readonly done: (at: UnixTime) => void;
}

export function openNightMemory(file: string): NightMemory {
  return {
    lastAt: () => {
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      return /^\d{1,12}\n$/.test(text) ? Number(text) : undefined;
    },
    done: at => {
      const beside = `${file}.${randomBytes(6).toString('hex')}.new`;
      writeFileSync(beside, `${at}\n`, { mode: 0o600, flush: true });
      renameSync(beside, file);
    },
  };
}
