/**
 * Preparing a card. First the portal learns what the card will hold, then the station writes, reads back and says so: a
 * card that was taken away in between is known, and no card ever holds a secret that the portal has not heard of.
 */
import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { findCard, keepCard, type CardRecord } from '../store/cards.ts';
import { afterAct, isOfDesk, knownCard, noteCardEvent } from './known-card.ts';
import { sealHex } from './seal-card.ts';

export interface CardToBe {
  /** Hex. */
  readonly idm: string;
  readonly fcfId: string | null;
  readonly keyId: string;
  /** X25519, hex: what private keys are sealed to. */
  readonly publicKey: string;
  /** Hex. */
  readonly proofKey: string;
}

/** Throws cardKnown {state} for a card that is beyond preparing, and for one that another organisation's desk prepares. */
export async function beginPreparing(parts: PortalParts, person: Person, card: CardToBe): Promise<CardRecord> {
  const { idm, fcfId, keyId, publicKey, proofKey } = card;
  const before = await findCard(parts.database, idm);
  const isFree = before === null || (before.state === 'preparing' && (await isOfDesk(parts.database, person, before)));
  if (!isFree) throw new PkiError('cardKnown', { state: before.state });
  const record: CardRecord = {
    idm,
    fcfId,
    state: afterAct(parts, 'prepare', before?.state ?? 'blank'),
    keyId,
    publicKey,
    proofKey: sealHex(parts, proofKey, { idm, what: 'proof-key' }),
    preparedBy: person.id,
    preparedAt: parts.clock.now(),
    holder: null,
    boundBy: null,
    boundAt: null,
    end: null,
  };
  await keepCard(parts.database, record);
  await noteCardEvent(parts, { action: 'preparing', actor: person.id, idm, details: { keyId } });
  return record;
}

/** What was read back from the card holds that key id. Throws cardUnknown, cardState {state}. */
export async function confirmPrepared(
  parts: PortalParts,
  person: Person,
  { idm, keyId }: Pick<CardToBe, 'idm' | 'keyId'>,
): Promise<CardRecord> {
  const card = await knownCard(parts, person, idm);
  // Another secret than the one that was announced last: some other station prepares this card.
  if (card.keyId !== keyId) throw new PkiError('cardState', { state: card.state });
  if (card.state !== 'preparing') return card;
  const confirmed = { ...card, state: afterAct(parts, 'confirm', card.state) };
  await keepCard(parts.database, confirmed);
  await noteCardEvent(parts, { action: 'prepared', actor: person.id, idm, details: { keyId } });
  return confirmed;
}
