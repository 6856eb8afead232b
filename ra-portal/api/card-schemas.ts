/** Cards as stations and holders' programs see them. */
import { cardStates } from '../../ca-core/index.ts';
import { z } from '../../ca-core/schema.ts';
import { proofPurposes } from '../passes/prove-card.ts';
import { instant } from './times.ts';

const hex = (octets: number) => z.string().regex(new RegExp(`^[0-9a-f]{${octets * 2}}$`));
const hexUpTo = (octets: number) =>
  z
    .string()
    .regex(/^([0-9a-f]{2})+$/)
    .max(octets * 2);
const idm = hex(8).describe('The card’s IDm in the system that holds its secret.');
const corporateNumber = z.string().regex(/^\d{13}$/);

export const cardToBe = z.strictObject({
  idm,
  fcfId: z.string().max(12).nullable(),
  keyId: hex(10),
  publicKey: hex(32).describe('X25519: private keys are sealed to it.'),
  proofKey: hex(32).describe('For HMAC-SHA-256.'),
});

export const confirmation = z.strictObject({ keyId: hex(10).describe('As it was read back from the card.') });

const proof = {
  nonce: hex(32),
  proof: hex(32).describe('HMAC-SHA-256 under the card’s proof key.'),
};

export const binding = z.strictObject({
  mailbox: z.string().min(3).max(255),
  name: z.string().min(1).max(255),
  corporateNumber,
  touch: z.strictObject(proof).nullable().default(null).describe('Where the card lies on the reader.'),
});

export const ending = z.strictObject({
  act: z.enum(['lose', 'damage', 'retire']),
  decision: z.enum(['revoke', 'keep']).default('revoke').describe('Only an officer keeps the certificates.'),
  note: z.string().max(1000).default(''),
});

export const cardsQuery = z.strictObject({
  fcfId: z.string().max(12).optional(),
  mailbox: z.string().max(255).optional(),
  state: z.enum(cardStates).optional(),
});

export const card = z.strictObject({
  idm,
  fcfId: z.string().nullable(),
  state: z.enum(cardStates),
  keyId: z.string(),
  publicKey: z.string(),
  preparedAt: instant,
  holder: z.strictObject({ mailbox: z.string(), name: z.string(), corporateNumber: z.string() }).nullable(),
  boundAt: instant.nullable(),
  ended: z.strictObject({ at: instant, decision: z.enum(['revoke', 'keep']) }).nullable(),
});

export const cardList = z.strictObject({ cards: z.array(card) });
export const endedCard = z.strictObject({ card, revoked: z.array(z.string()) });

export const challengeWish = z.strictObject({ purpose: z.enum(proofPurposes) });
export const challenge = z.strictObject({ nonce: z.string(), expiresAt: instant });

export const proofGiven = z.strictObject(proof);
export const openedPasses = z.strictObject({
  passes: z.array(
    z.strictObject({
      pass: z.string(),
      caseId: z.string(),
      serialNumber: z.string(),
      certificate: z.string().describe('DER, base64.'),
      chain: z.array(z.string()),
      share: z.string().describe('Sealed to the card: HPKE, hex.'),
      key: z
        .strictObject({ sealed: z.string(), caseDigest: z.string() })
        .nullable()
        .describe('Handed out once. Null where it was taken before.'),
    }),
  ),
});

export const rewrapping = z.strictObject({
  ...proof,
  serialNumber: z.string().regex(/^[0-9a-f]{2,40}$/),
  signature: hexUpTo(1024).describe('By the certificate’s own key, over the nonce.'),
});
export const rewrapped = z.strictObject({ caseId: z.string() });
