import type { RevocationReason } from '../approvals/documents.ts';
import type { UnixTime } from '../clock.ts';
import { openAppendLog } from './append-log.ts';

/** One decision about a certificate's status, on the disk before the database hears of it. */
export interface JournalEntry {
  readonly at: UnixTime;
  readonly serialNumber: string;
  readonly change: 'revoked' | 'released';
  readonly reason: RevocationReason | null;
  readonly revokedAt: UnixTime | null;
  readonly invalidityDate: UnixTime | null;
  readonly notAfter: UnixTime;
  readonly askedBy: 'officer' | 'subscriber';
  /** Digest of the document that asked for it; each counts once. */
  readonly digest: string;
}

/** The CA core's own last word on every certificate that was ever revoked. */
export interface StatusJournal {
  readonly append: (entry: JournalEntry) => Promise<void>;
  readonly hasDigest: (digest: string) => boolean;
  readonly of: (serialNumber: string) => JournalEntry | undefined;
  /** The last entry of each certificate, in the order of its first revocation. */
  readonly current: () => Iterable<JournalEntry>;
  readonly subscriberRevocationsSince: (time: UnixTime) => number;
  readonly close: () => Promise<void>;
}

export async function openStatusJournal(file: string): Promise<StatusJournal> {
  const last = new Map<string, JournalEntry>();
  const digests = new Set<string>();
  const bySubscribers: UnixTime[] = [];
  const remember = (entry: JournalEntry): void => {
    last.set(entry.serialNumber, entry);
    digests.add(entry.digest);
    if (entry.askedBy === 'subscriber') bySubscribers.push(entry.at);
  };
  const log = await openAppendLog<JournalEntry>(file, remember);
  return {
    append: async entry => {
      await log.append([entry]);
      remember(entry);
    },
    hasDigest: digest => digests.has(digest),
    of: serialNumber => last.get(serialNumber),
    current: () => last.values(),
    subscriberRevocationsSince: time => bySubscribers.filter(at => at >= time).length,
    close: log.close,
  };
}
