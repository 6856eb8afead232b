import type { PortalParts } from '../parts.ts';
import { eraseOldFiles } from '../bulk/checked-files.ts';
import { eraseOldDrafts } from './draft.ts';

const often = 600;

/** Erases, every ten minutes, the drafts and checked tables whose time is over. One of these per portal. */
export function openSweep(): (parts: PortalParts) => Promise<void> {
  let last = 0;
  return async parts => {
    const now = parts.clock.now();
    if (now - last < often) return;
    last = now;
    await eraseOldDrafts(parts);
    await eraseOldFiles(parts);
  };
}
