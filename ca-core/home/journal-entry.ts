import type { RevocationReason } from '../approvals/documents.ts';
import type { UnixTime } from '../clock.ts';

/** What a decision about a certificate says of it. */
export interface JournalStatus {
  readonly at: UnixTime;
  readonly serialNumber: string;
  readonly change: 'revoked' | 'released';
  readonly reason: RevocationReason | null;
  readonly revokedAt: UnixTime | null;
  readonly invalidityDate: UnixTime | null;
  readonly notAfter: UnixTime;
  /** The shard in the certificate's CDP; 0 where it is not written. */
  readonly shard?: number;
}

/** One decision about a certificate's status, on the disk before the database hears of it. */
export interface JournalEntry extends JournalStatus {
  readonly askedBy: 'officer' | 'subscriber';
  /** SHA-256 of the key that was compromised; only with the reason keyCompromise, and only when it is written. */
  readonly key?: string;
  /** Digest of the document that asked for it; each counts once. */
  readonly digest: string;
}
