import type { RevocationReason } from '../approvals/documents.ts';
import type { UnixTime } from '../clock.ts';
import { openSharedLog } from './shared-log.ts';

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
  /** SHA-256 of the key that was compromised; only with the reason keyCompromise. */
  readonly key?: string;
  /** Digest of the document that asked for it; each counts once. */
  readonly digest: string;
}

/** The CA core's own last word on every certificate that was ever revoked. */
export interface StatusJournal {
  /**
   * Writes a decision that follows from `last`, the certificate's last entry when it was taken. Throws where another
   * worker of this home decided about that certificate since; the same document counts once.
   */
  readonly append: (entry: JournalEntry, last: JournalEntry | undefined) => Promise<void>;
  /** Reads what other workers of this home decided: before anything that asks below. */
  readonly follow: () => void;
  readonly hasDigest: (digest: string) => boolean;
  readonly of: (serialNumber: string) => JournalEntry | undefined;
  /** The last entry of each certificate, in the order of its first revocation. */
  readonly current: () => Iterable<JournalEntry>;
  /** Whether a certificate with this key (SHA-256 of its SubjectPublicKeyInfo, hex) was revoked for keyCompromise. */
  readonly isCompromised: (key: string) => boolean;
  readonly subscriberRevocationsSince: (time: UnixTime) => number;
  readonly close: () => Promise<void>;
}

export async function openStatusJournal(file: string): Promise<StatusJournal> {
  const last = new Map<string, JournalEntry>();
  const digests = new Set<string>();
  const compromised = new Set<string>();
  const bySubscribers: UnixTime[] = [];
  const remember = (entry: JournalEntry): void => {
    last.set(entry.serialNumber, entry);
    digests.add(entry.digest);
    if (entry.key !== undefined) compromised.add(entry.key);
    if (entry.askedBy === 'subscriber') bySubscribers.push(entry.at);
  };
  const log = await openSharedLog<JournalEntry>(file, remember);
  return {
    append: (entry, before) =>
      log.append([entry], wanted => {
        if (digests.has(entry.digest)) return [];
        if (last.get(entry.serialNumber) !== before)
          throw new Error(`another worker decided about ${entry.serialNumber} at the same time`);
        return wanted;
      }),
    follow: log.follow,
    hasDigest: digest => digests.has(digest),
    isCompromised: key => compromised.has(key),
    of: serialNumber => last.get(serialNumber),
    current: () => last.values(),
    subscriberRevocationsSince: time => bySubscribers.filter(at => at >= time).length,
    close: log.close,
  };
}
