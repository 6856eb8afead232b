/** What a service tells of how it is, in figures: one row of the table `observations` for each that tells. */
import type { UnixTime } from '../clock.ts';
import { z } from '../schema.ts';

/** Everything that is measured, by the name that policies/operations.yaml, pages, metrics and alerts have for it. */
export const readingNames = [
  'monitorSilence',
  'databaseAway',
  'serviceSilence',
  'serviceRed',
  'pageAway',
  'tokenAway',
  'crlNumber',
  'crlAge',
  'crlLeft',
  'rootCrlAge',
  'rootCrlLeft',
  'crlOutside',
  'caCertificateOutside',
  'caLeft',
  'ocspFault',
  'ocspOldest',
  'ocspLeft',
  'ocspP50',
  'ocspP95',
  'ordersWaiting',
  'ordersAge',
  'casesWaiting',
  'casesAge',
  'queueAge',
  'queueLength',
  'expiring',
  'issuedToday',
  'revokedToday',
  'auditFaults',
  'auditVerified',
  'auditWaiting',
  'backupAge',
  'diskFree',
  'clockOffset',
] as const;
export type ReadingName = (typeof readingNames)[number];

/** One figure: seconds, a number of things, a share of 1, or 1 for what is so and 0 for what is not. */
export interface Reading {
  readonly name: ReadingName;
  /** Which of several: an issuer's, a service's, a queue's or a place's name; empty where there is one. */
  readonly subject: string;
  /** Null where it could not be told. */
  readonly value: number | null;
  /** A word or two for people beside it; never what an error said, which may hold an address or a secret. */
  readonly note: string;
}

/** Certificates of a day in Japan. */
export interface DayFigures {
  /** 2026-11-22. */
  readonly day: string;
  readonly issued: number;
  readonly revoked: number;
}

export interface Observation {
  readonly at: UnixTime;
  readonly readings: readonly Reading[];
  /** Oldest first; empty from those who do not count them. */
  readonly days: readonly DayFigures[];
}

const whole = z.number().int().nonnegative();

/** As the row has it: nothing in a database is believed to be what it should be. */
export const observationText = z.object({
  readings: z
    .array(
      z.object({
        name: z.enum(readingNames),
        subject: z.string().max(64),
        value: z.number().nullable(),
        note: z.string().max(200),
      }),
    )
    .max(2_000),
  days: z.array(z.object({ day: z.iso.date(), issued: whole, revoked: whole })).max(400),
});
