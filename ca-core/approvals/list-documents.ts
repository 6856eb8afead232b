/** Documents about many cases at once, by the root of the tree over their digests (list.ts). */
import { z } from '../schema.ts';
import { corporateNumber, digestHex, profileMeant, unixTime } from './document-parts.ts';

/** The longest list of cases that officers sign at once, having looked at each. */
export const mostInList = 200;

/** The longest list that an LRA attests; of such a one the officers look at a sample. */
export const mostInAttestedList = 10_000;

const place = z
  .number()
  .int()
  .nonnegative()
  .max(mostInAttestedList - 1);

/**
 * Cases of one profile, all signed at once: the root of the tree over their digests (list.ts). More than 200 only where
 * an LRA attested the very same root: then the list names that attestation, and the rows that the officers looked at,
 * which follow from the LRA's signature (attestation.ts).
 */
export const listDocument = z
  .strictObject({
    kind: z.literal('list'),
    version: z.literal(1),
    ca: digestHex,
    profile: profileMeant,
    size: z.number().int().positive().max(mostInAttestedList),
    root: digestHex,
    /** Digest of the attestation document. */
    attestation: digestHex.optional(),
    /** Positions in ascending order. */
    sample: z.array(place).min(1).max(mostInList).optional(),
  })
  .refine(list => list.size <= mostInList || list.attestation !== undefined, 'too long to be signed unattested')
  .refine(
    list => (list.attestation === undefined) === (list.sample === undefined),
    'attestation and sample go together',
  );
export type ListDocument = z.infer<typeof listDocument>;

/**
 * What an organisation's LRA says of every case under a root: that the person in it was seen as its evidence tells. Its
 * rows are of one profile and of that organisation alone.
 */
export const attestationDocument = z.strictObject({
  kind: z.literal('attestation'),
  version: z.literal(1),
  ca: digestHex,
  organisation: corporateNumber,
  profile: profileMeant,
  size: z.number().int().positive().max(mostInAttestedList),
  root: digestHex,
  /** SHA-256 of the file that the rows came in, hex. */
  file: digestHex,
  attestedAt: unixTime,
});
export type AttestationDocument = z.infer<typeof attestationDocument>;
