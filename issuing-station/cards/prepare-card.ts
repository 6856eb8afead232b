/**
 * From a card on the reader to a card that the portal knows. Every step can be interrupted: put there again, the card is
 * finished or begun anew, and what the portal says of it is what it is.
 */
import {
  drawCardSecret,
  pickUpSecretOfCard,
  proofKeyOfCard,
  type CardSecret,
} from '../../ca-core/delivery/card-secret.ts';
import { pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import { PkiError } from '../../ca-core/errors.ts';
import type { CardState } from '../../ca-core/profiles/card-policy.ts';
import type { Card } from './card.ts';
import type { Portal } from '../portal/client.ts';

/** What the portal says of a card. */
export interface KnownCard {
  readonly idm: string;
  readonly state: CardState;
  readonly keyId: string;
  readonly publicKey: string;
}

export interface PreparedCard {
  readonly idm: string;
  readonly fcfId: string | null;
  /** `resumed`: an earlier try had written it, and only the last word was missing; `before`: not even that was. */
  readonly outcome: 'prepared' | 'resumed' | 'before';
}

const path = '/api/v1/cards';

/** Null where the portal has never heard of it. */
export async function askAbout(portal: Portal, idm: string): Promise<KnownCard | null> {
  try {
    return (await portal.get(`${path}/${idm}`)) as KnownCard;
  } catch (error) {
    if (error instanceof PkiError && error.code === 'cardUnknown') return null;
    throw error;
  }
}

/**
 * Throws cardKnown {state} for a card that has been given out or ended, cardForeign {reason: secret} for somebody else's pass,
 * cardUnlike where it does not keep what is written (the portal is told that it is damaged), cardGone.
 */
export async function prepareCard(portal: Portal, card: Card): Promise<PreparedCard> {
  const { idm } = card;
  const fcfId = card.fcf?.id === '' ? null : (card.fcf?.id ?? null);
  const known = await askAbout(portal, idm);
  const found = await secretOn(card);
  if (known === null && found !== null) throw new PkiError('cardForeign', { reason: 'secret' });
  const isWritten = found !== null && found.keyId === known?.keyId && (await publicKeyOf(found)) === known.publicKey;
  if (isWritten && known.state === 'prepared') return { idm, fcfId, outcome: 'before' };
  if (known !== null && known.state !== 'preparing') throw new PkiError('cardKnown', { state: known.state });
  if (isWritten) {
    await confirm(portal, idm, found.keyId);
    return { idm, fcfId, outcome: 'resumed' };
  }
  const secret = drawCardSecret();
  const { keyId } = secret;
  const proofKey = await proofKeyOfCard(secret);
  await portal.post(path, { idm, fcfId, keyId, publicKey: await publicKeyOf(secret), proofKey });
  await write(portal, card, secret);
  await confirm(portal, idm, keyId);
  return { idm, fcfId, outcome: 'prepared' };
}

const publicKeyOf = async (secret: CardSecret): Promise<string> => pickUpPublicKey(await pickUpSecretOfCard(secret));

const confirm = (portal: Portal, idm: string, keyId: string): Promise<unknown> =>
  portal.post(`${path}/${idm}/confirmation`, { keyId });

/** Null for blank blocks, and for what no pass would hold. */
async function secretOn(card: Card): Promise<CardSecret | null> {
  try {
    return await card.readSecret();
  } catch (error) {
    if (error instanceof PkiError && error.code === 'cardSecretInvalid') return null;
    throw error;
  }
}

async function write(portal: Portal, card: Card, secret: CardSecret): Promise<void> {
  try {
    await card.writeSecret(secret);
  } catch (error) {
    const isBad = error instanceof PkiError && error.code === 'cardUnlike';
    if (isBad) await portal.post(`${path}/${card.idm}/end`, { act: 'damage', note: 'does not keep what is written' });
    throw error;
  }
}
