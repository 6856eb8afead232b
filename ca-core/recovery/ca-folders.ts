import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Ca } from '../ca.ts';
import { pinnedIssuers } from '../home/home.ts';

/** What an issuing CA is called, and where in a home's `ca` folder its logs are. */
export interface CaFolder {
  readonly name: string;
  /** Empty for the first one. */
  readonly folder: string;
}

export function folderOf(ca: Ca): CaFolder {
  const hash = createHash('sha256').update(ca.issuer.certificate.der).digest('hex');
  const pinned = pinnedIssuers(ca.home.anchors).find(one => one.certificate === hash);
  const name = pinned?.name ?? 'issuing';
  return { name, folder: pinned?.isFirst === false ? join('issuing-cas', name) : '' };
}
