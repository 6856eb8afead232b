/** A disk of a few megabytes that can be filled to the last octet: a tmpfs, which only root may mount. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, closeSync, rmdirSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  readonly folder: string;
  /** Leaves room for so many pages of 4,096 octets. */
  readonly fill: (pagesLeft?: number) => void;
  /** Makes room again. */
  readonly free: () => void;
  readonly end: () => void;
}

const page = 4096;

/** Nothing where this account may not mount one. */
export function aSmallDisk(megabytes: number): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'tmpfs', folder]);
  if (mounted.status !== 0) {
    rmdirSync(folder);
    return undefined;
  }
  const ballast = join(folder, 'ballast');
  const free = (): void => rmSync(ballast, { force: true });
  return {
    folder,
    fill: (pagesLeft = 0) => {
      free();
      const pages = statfsSync(folder).bavail - pagesLeft;
      const file = openSync(ballast, 'w');
      const block = Buffer.alloc(page, 1);
      try {
        for (let at = 0; at < pages; at++) writeSync(file, block);
      } catch (error) {
        // Others write meanwhile: then it is full already.
        if (pagesLeft > 0 || !(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      } finally {
        closeSync(file);
      }
    },
    free,
    end: () => {
      spawnSync('umount', ['-l', folder]);
      rmdirSync(folder);
    },
  };
}
