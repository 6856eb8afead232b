import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent, stateAfter, type CardAct, type CardState } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { findCard, type CardRecord } from '../store/cards.ts';

/** LRAs see the cards of their own organisation and those that nobody has yet. Throws cardUnknown. */
export async function knownCard(
  { database }: Pick<PortalParts, 'database'>,
  person: Pick<Person, 'organisation'>,
  idm: string,
): Promise<CardRecord> {
  const card = await findCard(database, idm);
  const { organisation } = person;
  const isForeign = organisation !== null && card?.holder != null && card.holder.corporateNumber !== organisation;
  if (card === null || isForeign) throw new PkiError('cardUnknown');
  return card;
}

/** The state after an act, by policies/cards.yaml. Throws cardState {state}. */
export function afterAct({ policies }: Pick<PortalParts, 'policies'>, act: CardAct, state: CardState): CardState {
  const next = stateAfter(policies.cards.card, act, state);
  if (next === null) throw new PkiError('cardState', { state });
  return next;
}

export interface CardEvent {
  readonly action: 'preparing' | 'prepared' | 'bound' | 'ended' | 'proved';
  readonly actor: string;
  readonly idm: string;
  readonly details?: Readonly<Record<string, string>>;
}

/** No secret and nobody's name stands in it. */
export async function noteCardEvent(
  { database, clock }: Pick<PortalParts, 'database' | 'clock'>,
  { action, actor, idm, details = {} }: CardEvent,
): Promise<void> {
  const event = { at: clock.now(), service: 'ra-portal', action: `card.${action}`, actor, subject: idm };
  await noteEvent(database, { ...event, details });
}
