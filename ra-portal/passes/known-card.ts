import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent, stateAfter, type CardAct, type CardState } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { findCard, type CardRecord } from '../store/cards.ts';
import type { Database } from '../store/database.ts';
import { findPerson } from '../store/people.ts';

/** LRAs see the cards of their own organisation, and of those that nobody has yet what their own desk prepared. Throws cardUnknown. */
export async function knownCard(
  { database }: Pick<PortalParts, 'database'>,
  person: Asking,
  idm: string,
): Promise<CardRecord> {
  const card = await findCard(database, idm);
  if (card === null || !(await isOfDesk(database, person, card))) throw new PkiError('cardUnknown');
  return card;
}

type Asking = Pick<Person, 'id' | 'organisation'>;

/** Of a card that nobody has yet: whose desk prepared it. Whoever belongs to no organisation sees every card. */
export async function isOfDesk(database: Database, { id, organisation }: Asking, card: CardRecord): Promise<boolean> {
  if (organisation === null || card.preparedBy === id || card.holder !== null) return !isOthers({ organisation }, card);
  return (await findPerson(database, card.preparedBy))?.organisation === organisation;
}

/** Somebody of another organisation has it. */
export const isOthers = ({ organisation }: Pick<Person, 'organisation'>, { holder }: CardRecord): boolean =>
  organisation !== null && holder !== null && holder.corporateNumber !== organisation;

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
