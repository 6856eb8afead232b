import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import { foldMailbox } from '../people/accounts.ts';
import type { Person } from '../people/person.ts';
import { findCard, keepCard, type CardHolder, type CardRecord } from '../store/cards.ts';
import { afterAct, isOthers, knownCard, noteCardEvent } from './known-card.ts';
import { checkProof, type CardProof } from './prove-card.ts';

export interface Binding {
  readonly idm: string;
  readonly holder: CardHolder;
  /** Where the card itself lay on the reader; null where it stood on a list. */
  readonly touch: CardProof | null;
}

/** Gives a prepared card to a person. Throws cardUnknown, cardState {state}, cardUnproven, notPermitted. */
export async function bindCard(parts: PortalParts, person: Person, binding: Binding): Promise<CardRecord> {
  const { idm, holder, touch } = binding;
  if (person.organisation !== null && person.organisation !== holder.corporateNumber) {
    throw new PkiError('notPermitted');
  }
  const card = await (touch === null ? knownCard(parts, person, idm) : touchedCard(parts, person, { idm, touch }));
  const named = { ...holder, mailbox: foldMailbox(holder.mailbox) };
  const bound: CardRecord = {
    ...card,
    state: afterAct(parts, 'bind', card.state),
    holder: named,
    boundBy: person.id,
    boundAt: parts.clock.now(),
  };
  await keepCard(parts.database, bound);
  const details = { by: touch === null ? 'list' : 'touch' };
  await noteCardEvent(parts, { action: 'bound', actor: person.id, idm, details });
  return bound;
}

interface Touched {
  readonly idm: string;
  readonly touch: CardProof;
}

/** A card that answers lies there: whoever prepared it. */
async function touchedCard(parts: PortalParts, person: Person, { idm, touch }: Touched): Promise<CardRecord> {
  const card = await findCard(parts.database, idm);
  if (card === null || isOthers(person, card)) throw new PkiError('cardUnknown');
  await checkProof(parts, card, { ...touch, purpose: 'bind' });
  return card;
}
