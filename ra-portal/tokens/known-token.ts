import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent, rowOfAct, stateAfter, type TokenAct, type TokenState } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { hasRole, type Person } from '../people/person.ts';
import type { Database } from '../store/database.ts';
import { addTokenEvent, type TokenEvent } from '../store/token-events.ts';
import { findUsbToken, type UsbToken } from '../store/usb-tokens.ts';

/** LRAs see the tokens of their own organisation, stations those that lie there. Throws tokenUnknown. */
export async function knownToken(database: Database, person: Person, serial: string): Promise<UsbToken> {
  const token = await findUsbToken(database, serial);
  if (token === null || isForeign(token, person)) throw new PkiError('tokenUnknown');
  return token;
}

function isForeign({ holder, station }: UsbToken, person: Person): boolean {
  if (hasRole(person, 'station')) return station !== person.id;
  return person.organisation !== null && holder?.corporateNumber !== person.organisation;
}

/** The state after an act, by policies/tokens.yaml. Throws tokenState {state}. */
export function stateAfterAct(
  { policies }: Pick<PortalParts, 'policies'>,
  act: TokenAct,
  { state }: Pick<UsbToken, 'state'>,
): TokenState {
  const next = stateAfter(policies.tokens.token, act, state);
  if (next === null) throw new PkiError('tokenState', { state });
  return next;
}

/** What people may do with a token in this state; what stations do is not among it. */
export function actsIn({ policies }: Pick<PortalParts, 'policies'>, { state }: Pick<UsbToken, 'state'>): PeoplesAct[] {
  return peoplesActs.filter(act => rowOfAct(policies.tokens, act).from.includes(state));
}

/** Of each, officers all; LRAs those that only make things stricter. */
export const peoplesActs = ['suspend', 'release', 'damage', 'lose', 'terminate', 'clear'] as const;
export type PeoplesAct = (typeof peoplesActs)[number];
export const lrasActs: readonly TokenAct[] = ['suspend', 'damage', 'lose', 'terminate'];

/** In the token's history, and in the audit log without anybody's name. */
export async function noteTokenEvent(trx: Database, event: TokenEvent): Promise<void> {
  await addTokenEvent(trx, event);
  const { at, actor, act, serial, state, details } = event;
  const told = Object.fromEntries(Object.entries(details).filter(([name]) => name !== 'note'));
  const what = { at, service: 'ra-portal', action: `token.${act}`, actor, subject: serial };
  await noteEvent(trx, { ...what, details: { ...told, state } });
}
