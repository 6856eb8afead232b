/** A card is proved by what only it holds. Its IDm is no secret: a copy of it answers no nonce. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import { proveCard } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import type { CardRecord } from '../store/cards.ts';
import { addNonce, useNonce } from '../store/passes.ts';
import { openHex } from './seal-card.ts';

export const proofPurposes = ['bind', 'open', 'rewrap'] as const;
export type ProofPurpose = (typeof proofPurposes)[number];

export interface CardProof {
  /** As the portal gave it, hex. */
  readonly nonce: string;
  /** HMAC-SHA-256, hex. */
  readonly proof: string;
}

export interface CardNonceGiven {
  readonly nonce: string;
  readonly expiresAt: number;
}

/** A nonce to be answered once; also for a card that nobody knows, which learns nothing by it. */
export async function challengeCard(
  { database, clock, policies }: PortalParts,
  asked: { readonly idm: string; readonly purpose: ProofPurpose },
): Promise<CardNonceGiven> {
  const { nonceSeconds, openNonces } = policies.cards.proof;
  const now = clock.now();
  const nonce = randomBytes(32).toString('hex');
  const expiresAt = now + nonceSeconds;
  await addNonce(database, { nonce, ...asked, expiresAt }, { now, most: openNonces });
  return { nonce, expiresAt };
}

/** Throws cardUnproven: for a wrong answer, and for a nonce that is unknown, old, used, or of another card or purpose. */
export async function checkProof(
  parts: PortalParts,
  card: Pick<CardRecord, 'idm' | 'proofKey'>,
  { nonce, proof, purpose }: CardProof & { readonly purpose: ProofPurpose },
): Promise<void> {
  const { idm } = card;
  const proofKey = openHex(parts, card.proofKey, { idm, what: 'proof-key' });
  const right = Buffer.from(await proveCard(proofKey, { idm, purpose, nonce }), 'hex');
  const given = Buffer.from(proof, 'hex');
  const isRight = given.length === right.length && timingSafeEqual(given, right);
  const isFresh = await useNonce(parts.database, { nonce, idm, purpose }, parts.clock.now());
  if (!isRight || !isFresh) throw new PkiError('cardUnproven');
}
