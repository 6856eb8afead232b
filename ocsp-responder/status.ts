/** What the responder believes of one certificate. */
import type { CrlReason } from '../ca-core/index.ts';
import type { UnixTime } from '../ca-core/clock.ts';

export type KnownStatus =
  | { readonly status: 'good'; readonly notAfter: UnixTime }
  | {
      readonly status: 'revoked';
      readonly revokedAt: UnixTime;
      readonly reason: CrlReason | null;
      readonly invalidityDate: UnixTime | null;
      /** Only a CRL with a higher number can show that it was released. */
      readonly afterCrl: bigint;
      /** Null where it was learnt from a CRL alone. */
      readonly notAfter: UnixTime | null;
    };

/** How far the database was followed, by when, and the newest CRL verified. */
export interface Reached {
  readonly seq: number;
  readonly at: UnixTime;
  readonly crlNumber: bigint;
}

/** Whether both would be told in the same words. */
export function isSameStatus(one: KnownStatus | undefined, other: KnownStatus | undefined): boolean {
  if (one === other) return true;
  if (one === undefined || other?.status !== one.status || other.notAfter !== one.notAfter) return false;
  if (one.status === 'good' || other.status === 'good') return true;
  const { revokedAt, reason, invalidityDate } = one;
  return other.revokedAt === revokedAt && other.reason === reason && other.invalidityDate === invalidityDate;
}
