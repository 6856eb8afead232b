/** Keys that may stand in no certificate, as the CA core remembers them whatever the database says. */
import type { UnixTime } from '../clock.ts';
import { openSharedLog } from './shared-log.ts';

export interface BlockEntry {
  readonly at: UnixTime;
  readonly change: 'blocked' | 'unblocked';
  /** SHA-256 of each SubjectPublicKeyInfo, hex. */
  readonly keys: readonly string[];
  /** Digest of the document that asked for it; each counts once. */
  readonly digest: string;
}

export interface Blocked {
  readonly key: string;
  readonly at: UnixTime;
  readonly digest: string;
}

export interface BlockedKeys {
  /** On the disk when this returns; the same document counts once. */
  readonly append: (entry: BlockEntry) => Promise<void>;
  readonly follow: () => void;
  readonly hasDigest: (digest: string) => boolean;
  readonly isBlocked: (key: string) => boolean;
  readonly of: (key: string) => Blocked | undefined;
  /** In the order in which they were blocked. */
  readonly all: () => Iterable<Blocked>;
  readonly close: () => Promise<void>;
}

export async function openBlockedKeys(file: string): Promise<BlockedKeys> {
  const blocked = new Map<string, Blocked>();
  const digests = new Set<string>();
  const log = await openSharedLog<BlockEntry>(file, ({ at, change, keys, digest }) => {
    digests.add(digest);
    for (const key of keys) {
      if (change === 'unblocked') blocked.delete(key);
      else if (!blocked.has(key)) blocked.set(key, { key, at, digest });
    }
  });
  return {
    append: entry => log.append([entry], entries => entries.filter(({ digest }) => !digests.has(digest))),
    follow: log.follow,
    hasDigest: digest => digests.has(digest),
    isBlocked: key => blocked.has(key),
    of: key => blocked.get(key),
    all: () => blocked.values(),
    close: log.close,
  };
}
