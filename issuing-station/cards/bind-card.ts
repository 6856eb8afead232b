/** Giving prepared cards to people: by a list, or by a touch in which the card itself answers. */
import { proofKeyOfCard, proveCard } from '../../ca-core/delivery/card-secret.ts';
import { PkiError } from '../../ca-core/errors.ts';
import type { Card } from './card.ts';
import type { Portal } from '../portal/client.ts';
import type { KnownCard } from './prepare-card.ts';

export interface Holder {
  readonly mailbox: string;
  readonly name: string;
  readonly corporateNumber: string;
}

const path = '/api/v1/cards';

/** The card lies on the reader. Throws cardUnknown, cardState {state}, cardUnproven, cardSecretInvalid, cardGone. */
export async function bindByTouch(portal: Portal, card: Card, holder: Holder): Promise<KnownCard> {
  const touch = await proofOf(portal, card, 'bind');
  return (await portal.post(`${path}/${card.idm}/binding`, { ...holder, touch })) as KnownCard;
}

/** By the number of the FCF format, or by IDm. Throws cardUnknown, cardState {state}. */
export async function bindByList(portal: Portal, named: string, holder: Holder): Promise<KnownCard> {
  const idm = /^[0-9a-f]{16}$/i.test(named) ? named.toLowerCase() : await idmOf(portal, named);
  return (await portal.post(`${path}/${idm}/binding`, holder)) as KnownCard;
}

export type ProofPurpose = 'bind' | 'open' | 'rewrap';

/** What the card answers to a fresh nonce of the portal's. */
export async function proofOf(
  portal: Portal,
  card: Pick<Card, 'idm' | 'readSecret'>,
  purpose: ProofPurpose,
): Promise<{ readonly nonce: string; readonly proof: string }> {
  const { idm } = card;
  const proofKey = await proofKeyOfCard(await card.readSecret());
  const { nonce } = (await portal.post(`${path}/${idm}/challenges`, { purpose })) as { readonly nonce: string };
  return { nonce, proof: await proveCard(proofKey, { idm, purpose, nonce }) };
}

/** Two cards with one number are none: the list has to say which. */
async function idmOf(portal: Portal, fcfId: string): Promise<string> {
  const asked = new URLSearchParams({ fcfId, state: 'prepared' });
  const { cards } = (await portal.get(`${path}?${asked.toString()}`)) as { readonly cards: readonly KnownCard[] };
  const [card, another] = cards;
  if (card === undefined || another !== undefined) throw new PkiError('cardUnknown');
  return card.idm;
}
