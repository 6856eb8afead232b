/** policies/operations.yaml: what is measured how often, from where on it is amber or red, and what is to be done then. */
import { readingNames, type ReadingName } from '../operations/observation.ts';
import { z } from '../schema.ts';
import { duration } from './policies.ts';
import { title } from './profile.ts';

const count = z.number().int().positive();

/** `{ above: 75 minutes }`, `{ below: 0.1 }`; seconds, numbers and shares alike when read. */
const amount = z.union([z.number(), duration]);
const bound = z
  .strictObject({ above: amount.optional(), below: amount.optional() })
  .refine(({ above, below }) => (above === undefined) !== (below === undefined), 'says either above or below')
  .nullable();
export type Bound = z.infer<typeof bound>;

export const readingUnits = ['seconds', 'count', 'share', 'yesNo'] as const;

const readingPolicy = z.strictObject({
  /** For people. */
  name: title,
  unit: z.enum(readingUnits),
  amber: bound,
  red: bound,
  /** What it is where it cannot be told. */
  untold: z.enum(['green', 'amber', 'red']),
  /** What to do where it is not green. */
  act: title,
});
export type ReadingPolicy = z.infer<typeof readingPolicy>;

const everyReading = Object.fromEntries(readingNames.map(name => [name, readingPolicy])) as Record<
  ReadingName,
  typeof readingPolicy
>;

export const operationsPolicy = z.strictObject({
  observeEvery: duration,
  /** How long whoever is asked over the network has to answer. */
  answerWithin: duration,
  /** Certificates asked about in each round, and how many answers p50 and p95 are of. */
  ocspSample: count.max(100),
  ocspWindow: count.max(10_000),
  auditEvery: duration,
  /** How often it is counted what only the whole table tells. */
  countEvery: duration,
  chartDays: count.max(366),
  /** A figure that is red for less than this calls nobody. */
  alertAfter: duration,
  /** While it stays red, operators are called again after this. */
  remindAfter: duration,
  /** `expiring` counts certificates that end within so many days. */
  expiringDays: z.array(count).min(1).max(10),
  readings: z.strictObject(everyReading),
});
export type OperationsPolicy = z.infer<typeof operationsPolicy>;
